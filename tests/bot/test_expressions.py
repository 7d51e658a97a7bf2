from datetime import UTC, date, datetime

import pytest

from bot.document import Document, Heading, Link, OrderedList, Paragraph, Quote, Table, Text
from bot.documents import from_markdown, to_storage
from bot.errors import ExpressionFailed, ExpressionRefused, Undefined
from bot.expressions import FILTERS, compile_expression, compile_text
from bot.values import Thing

SPACE = Thing("space", "Engineering", {"key": "ENG", "name": "Engineering"})
PAGE = Thing(
    "page",
    "Release notes",
    {"id": "7", "title": "Release notes", "url": "https://a.example/7", "space": SPACE},
)
ADA = Thing("person", "Ada", {"account": "712:ada", "name": "Ada"})


def post(number, kind="blog", updated=None):
    title = f"Post {number}"
    fields = {"id": str(number), "title": title, "kind": kind, "space": None, "updated": updated}
    return Thing("page", title, fields)


VALUES = {
    "title": "Use Mongo",
    "page": PAGE,
    "ada": ADA,
    "due": date(2026, 11, 20),
    "now": datetime(2026, 11, 20, 9, 5, tzinfo=UTC),
    "count": 3,
    "half": 0.5,
    "urgent": False,
    "nothing": None,
    "empty": "",
    "labels": ("b", "a", "b"),
    "posts": (
        post(1, updated=date(2026, 1, 3)),
        post(2, "page", date(2026, 1, 9)),
        post(3, updated=None),
    ),
    "notes": "first\n\n  second \nthird",
    "body": from_markdown("# A\n\nb **c**"),
}


def value_of(source, values=VALUES):
    return compile_expression(source).value(values)


def titles(things):
    return [thing.label for thing in things]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("title", "Use Mongo"),
        ("page.space.key", "ENG"),
        ('page["space"].key', "ENG"),
        ("labels[0]", "b"),
        ("labels[-1]", "b"),
        ("labels.1", "a"),
        ("posts[1].title", "Post 2"),
        ("page", PAGE),
        ("'it\\'s'", "it's"),
        ('"a\\nb\\t\\\\"', "a\nb\t\\"),
        ("0x10 + 1_0", 26),
        ("[1, 'two', none, true]", (1, "two", None, True)),
        ("[]", ()),
        ("count + 2 - 1", 4),
        ("count - 0.5", 2.5),
        ("-count", -3),
        ("due + 7", date(2026, 11, 27)),
        ("due - 20", date(2026, 10, 31)),
        ("due - (due - 3)", 3),
        ("now + 1", datetime(2026, 11, 21, 9, 5, tzinfo=UTC)),
        ("now - due", 0),
        ("count > 2 and count <= 3", True),
        ("1 < count < 3", False),
        ("count != 3 or not urgent", True),
        ("urgent or 'later'", "later"),
        ("urgent and 'later'", False),
        ("'Mongo' in title", True),
        ("'c' not in labels", True),
        ("due < now", False),
        ("due == now", True),
        ("due >= due - 1", True),
        ("true == 1", False),
        ("nothing == page", False),
        ("title if count else 'x'", "Use Mongo"),
        ("title if urgent", None),
        ("page.owner is defined", False),
        ("page.title is defined", True),
        ("nobody is not defined", True),
        ("nothing is none", True),
        ("title is not none", True),
        ("{{ title }}", "Use Mongo"),
        (" {{title}} ", "Use Mongo"),
        ("{{ '}}' }}", "}}"),
    ],
)
def test_an_expression_comes_to(source, value):
    found = value_of(source)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('due|date("short")', "20 Nov 2026"),
        ("due|date", "20 November 2026"),
        ('due|date("iso")', "2026-11-20"),
        ('due|date("weekday")', "Friday"),
        ('now|date("short")', "20 Nov 2026, 09:05 UTC"),
        ('"2026-11-20"|date', "20 November 2026"),
        ('"2026-11-20T09:05:00+00:00"|date', "20 November 2026, 09:05 UTC"),
        ("due|plus_days(3)", date(2026, 11, 23)),
        ('due|plus_days(-count)|date("iso")', "2026-11-17"),
        ("title|cut(5)", "Use…"),
        ("labels|cut(2)", ("b", "a")),
        ("labels|join", "b, a, b"),
        ('labels|join(" and ")', "b and a and b"),
        ('["a", "", none, 2]|join("-")', "a-2"),
        ("title|lower", "use mongo"),
        ("page|upper", "RELEASE NOTES"),
        ('"an old page"|title', "An Old Page"),
        ('"  a "|trim', "a"),
        ("notes|lines", ("first", "second", "third")),
        ("labels|first", "b"),
        ("[]|first", None),
        ("labels|last", "b"),
        ("[]|last", None),
        ("labels|count", 3),
        ('page.owner|default("nobody")', "nobody"),
        ('nobody.at.all|default("nobody")', "nobody"),
        ('empty|default("x")', "x"),
        ("[]|default([1])", (1,)),
        ("count - 3|default(5)", 0),
        ('posts|map("title")', ("Post 1", "Post 2", "Post 3")),
        ('[page]|map("space.key")', ("ENG",)),
        ('posts|map("space.key")', (None, None, None)),
        ("labels|unique", ("b", "a")),
        ("[1, true, 1.0, 1]|unique", (1, True, 1.0)),
        ("labels|sort", ("a", "b", "b")),
        ('labels|sort("", "down")', ("b", "b", "a")),
        ('["b", none, "A"]|sort', ("A", "b", None)),
        ('"Über uns: v2.0!"|slug', "über-uns-v2-0"),
        ("body|text", "A\nb c"),
        ("[page, ada]|join", "Release notes, Ada"),
    ],
)
def test_a_filter_gives(source, value):
    found = value_of(source)
    assert found == value
    assert type(found) is type(value)


def test_things_are_chosen_sorted_and_kept_once():
    assert titles(value_of('posts|where("kind", "blog")')) == ["Post 1", "Post 3"]
    assert titles(value_of('posts|where("updated")')) == ["Post 1", "Post 2"]
    assert titles(value_of('posts|sort("updated", "down")')) == ["Post 2", "Post 1", "Post 3"]
    twice = {"posts": (post(1), Thing("page", "Another", {"id": "1"}), post(2))}
    assert titles(value_of("posts|unique", twice)) == ["Post 1", "Post 2"]


@pytest.mark.parametrize(
    ("source", "storage"),
    [
        ("labels|bullets", "<ul><li><p>b</p></li><li><p>a</p></li><li><p>b</p></li></ul>"),
        ('"x\n\ny"|bullets', "<ul><li><p>x</p></li><li><p>y</p></li></ul>"),
        (
            "[page]|numbered",
            '<ol><li><p><a href="https://a.example/7">Release notes</a></p></li></ol>',
        ),
        ("[ada, body]|bullets", None),
        ("[]|bullets", ""),
        ('[]|bullets("title")', ""),
        (
            'posts|bullets("kind", "space.key", "updated")',
            (
                "<ul><li><p>Post 1 · blog · 3 Jan 2026</p></li>"
                "<li><p>Post 2 · page · 9 Jan 2026</p></li><li><p>Post 3 · blog</p></li></ul>"
            ),
        ),
        (
            '[page]|bullets("id")',
            '<ul><li><p><a href="https://a.example/7">Release notes</a> · 7</p></li></ul>',
        ),
        ("[]|numbered", ""),
        ("[none]|tasks", ""),
        (
            'posts|where("kind", "page")|table("title", "space.key", "updated")',
            (
                "<table><tbody>"
                "<tr><th><p>Title</p></th><th><p>Space key</p></th><th><p>Updated</p></th></tr>"
                "<tr><td><p>Post 2</p></td><td><p /></td>"
                '<td><p><time datetime="2026-01-09" /></p></td></tr></tbody></table>'
            ),
        ),
        ('page|link("Read it")', '<p><a href="https://a.example/7">Read it</a></p>'),
        ("page|link", '<p><a href="https://a.example/7">Release notes</a></p>'),
        ('"https://b.example"|link("b")', '<p><a href="https://b.example">b</a></p>'),
        ('"javascript:x"|link("b")', "<p>b</p>"),
        ('"<b>"|quote', "<blockquote><p>&lt;b&gt;</p></blockquote>"),
        ("empty|quote", ""),
    ],
)
def test_a_filter_makes_a_document(source, storage):
    document = value_of(source)
    assert isinstance(document, Document)
    if storage is not None:
        assert to_storage(document) == storage


def test_tasks_are_open():
    assert "incomplete" in to_storage(value_of("labels|tasks"))


def test_a_table_takes_its_columns_as_a_list_too():
    one = value_of('posts|table(["title", "kind"])')
    assert one == value_of('posts|table("title", "kind")')
    assert isinstance(one.blocks[0], Table)


def test_the_usage_that_a_filter_shows_can_be_read():
    for name, each in FILTERS.items():
        assert f"|{name}" in each.usage
        compile_expression(each.usage)
        assert each.says


def test_a_text_is_filled_with_what_people_read():
    text = compile_text("On {{ due }}: {{ labels }}, {{ urgent }}{{ nothing }}; {{ page }}")
    assert text.text(VALUES) == "On 20 November 2026: b, a, b, no; Release notes"
    assert text.value(VALUES) == text.text(VALUES)


def test_one_hole_and_nothing_else_keeps_its_value():
    assert compile_text("{{ posts }}").value(VALUES) == VALUES["posts"]
    assert compile_text("{{ posts }} ").value(VALUES) == "Post 1, Post 2, Post 3 "


def test_each_hole_can_be_filled_in_another_way():
    text = compile_text("/x/{{ title }}?{{ labels[0] }}")
    assert text.text(VALUES, fill=lambda value: f"<{value}>") == "/x/<Use Mongo>?<b>"


def test_a_text_without_holes_is_constant():
    text = compile_text("no { hole } }} here")
    assert text.is_constant
    assert text.value({}) == "no { hole } }} here"
    assert compile_text("").value({}) == ""
    assert not compile_text("{{ 1 }}").is_constant


def test_braces_can_be_written_as_constants():
    assert compile_text("{{ '{{' }}x{{ '{%' }}").text({}) == "{{x{%"


def test_what_is_true_is_what_says_something():
    for true in ("page", "1", "labels", "body", "'x'", "due", "true"):
        assert compile_expression(true).holds(VALUES)
    for false in ("nothing", "0", "''", "[]", "urgent", "blank"):
        assert not compile_expression(false).holds({**VALUES, "blank": Document((Paragraph(),))})


def test_the_names_are_those_that_are_written():
    text = compile_text(
        "{{ page.space.key }} {{ page }} {{ posts[0].title }} {{ x|default(y['z']) }} {{ 'a' }}"
    )
    assert text.names == {
        ("page", "space", "key"),
        ("page",),
        ("posts",),
        ("x",),
        ("y", "z"),
    }


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nobody", "there is no “nobody”"),
        ("page.titel", "there is no “titel” in a page; it has id, space, title, url"),
        ("title.upper", "there is no “upper” in a text"),
        ("labels.count", "there is no “count”"),
        ("page.space.owner.name", "there is no “owner” in a space"),
        ("posts[0].space.key", "there is nothing that could have a “key”"),
        ("posts[3]", "the list has 3, and no place 3"),
        ('posts|map("author")', "there is no “author” in a page"),
    ],
)
def test_what_is_not_there_is_an_error_that_names_it(source, words):
    with pytest.raises(Undefined, match="The expression “") as caught:
        value_of(source)
    assert words in str(caught.value)
    assert f"“{source}”" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("title + 1", "take numbers"),
        ("'a' + 'b'", "take numbers"),
        ("true + 1", "take numbers"),
        ("-title", "take numbers"),
        ("due + 1.5", "whole number of days"),
        ("due + 100_001", "whole number of days"),
        ("due + due", "whole number of days"),
        ("1 - due", "take numbers"),
        ("late + 1", "no such date"),
        ("early - 100_000", "no such date"),
        ("1_000_000_000_000_000 + 1", "at most"),
        ("title < 1", "have an order"),
        ("page < page", "have an order"),
        ("now < naive", "time zone"),
        ("now - naive", "time zone"),
        ("[now, naive]|sort", "time zone"),
        ("[1, 'a']|sort", "can be sorted"),
        ("[body]|sort", "can be sorted"),
        ("page == 'Release notes'", "compare one of its fields"),
        ("'ENG' in [page.space]", "compare one of its fields"),
        ("1 in title", "“in” looks for"),
        ("'a' in page", "“in” looks for"),
        ("title[0]", "only a list has a place"),
        ("page[0]", "only a list has a place"),
        ("title|join", "takes a list"),
        ("page|count", "takes a list"),
        ("5|bullets", "takes a list"),
        ("title|cut(title)", "takes a number"),
        ("title|cut(-1)", "takes a number"),
        ("title|date", "takes a date"),
        ("due|date(title)", "“short”"),
        ("labels|join(5)", "takes a text"),
        ("labels|sort('', title)", "“up” or “down”"),
        ("posts|table([])", "columns"),
        ("posts|table(5)", "takes a text"),
        ("labels|bullets('title')", "in a text"),
        ("posts|bullets(title)", "there is no"),
    ],
)
def test_values_that_do_not_suit_are_an_error_in_words(source, words):
    values = {
        **VALUES,
        "late": date.max,
        "early": date.min,
        "naive": datetime(2026, 1, 1),  # noqa: DTZ001
    }
    with pytest.raises(ExpressionFailed) as caught:
        value_of(source, values)
    assert words in str(caught.value)


def test_a_long_expression_is_cut_in_its_error():
    with pytest.raises(Undefined) as caught:
        value_of("nobody|default(nobody)|default('" + "x" * 3_000 + "') + nobody")
    assert len(str(caught.value)) < 200


def test_the_place_of_a_mistake_is_named():
    with pytest.raises(ExpressionRefused) as caught:
        compile_text("one\r\ntwo {{ title|uper }}")
    refused = caught.value
    assert (refused.line, refused.column) == (2, 14)
    assert "“upper” is meant" in refused.why
    assert str(refused).startswith("Line 2, column 14: ")


def test_a_link_in_a_line_is_a_link_in_the_document():
    assert value_of("page|link") == Document(
        (Paragraph((Link("https://a.example/7", "Release notes"),)),)
    )
    assert value_of("body|quote").blocks[0] == Quote(
        (
            Heading(1, (Text("A"),)),
            Paragraph((Text("b "), Text("c", frozenset({"strong"})))),
        )
    )
    assert isinstance(value_of("labels|numbered").blocks[0], OrderedList)
