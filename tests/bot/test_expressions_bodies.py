"""Markdown with holes: what fills them is what it is, and never markup."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.document import (
    CodeBlock,
    Date,
    Document,
    HardBreak,
    Heading,
    Link,
    Mention,
    OrderedList,
    Paragraph,
    Quote,
    Text,
)
from bot.documents import from_markdown, text_of, to_adf, to_storage
from bot.documents.text import clean
from bot.errors import ExpressionFailed, ExpressionRefused, Undefined
from bot.expressions import compile_body, filled
from bot.values import Thing
from tests.bot import documents_given as any_
from tests.bot.documents_given import steady
from tests.bot.test_documents_any import hold, markup, parsed_storage
from tests.bot.values_given import texts, values

PAGE = Thing("page", "Release notes", {"id": "7", "url": "https://a.example/7"})
ADA = Thing("person", "Ada", {"account": "712:ada", "user": "U0ADA"})
GRACE = Thing("person", "Grace", {"account": ""})
DUE = date(2026, 11, 20)
STRONG = frozenset({"strong"})
TWO = from_markdown("# A\n\nb **c**")


def body(markdown, **given_values):
    return filled(compile_body(markdown), given_values)


def blocks(markdown, **given_values):
    return body(markdown, **given_values).blocks


def storage(markdown, **given_values):
    return to_storage(body(markdown, **given_values))


EVERYWHERE = """# Title {{ x }}

{{ x }}

Before {{ x }} after, **strong {{ x }}** and *{{ x }}* and ~~{{ x }}~~ and `{{ x }}`{{ x }}.
<b>{{ x }}</b> [text {{ x }}](https://example.com/{{ x }}?q={{ x }}) \\{{ x }}\\[{{ x }}]({{ n }})

- {{ x }}
- a {{ x }}
  1. {{ x }}

* [ ] {{ x }}
* [x] a {{ x }}

> {{ x }}
>
> > a {{ x }}

| {{ x }} | a |
|---|---|
| {{ x }} | a {{ x }} |

{{ x }}
===

```python
{{ x }}
```

    {{ x }}

---
"""
HOLES_THAT_SHOW = EVERYWHERE.count("{{ x }}") - 2
"""All but those in an address."""
BODY = compile_body(EVERYWHERE)


def squeezed(text):
    return "".join(clean(text).split())


def tags(document):
    return {each.tag for each in parsed_storage(to_storage(document)).iter()}


def types(node):
    found = {node["type"], *(mark["type"] for mark in node.get("marks", ()))}
    return found.union(*map(types, node.get("content", ())))


PLAIN = filled(BODY, {"x": "word\n\nword\nword", "n": 1})


@steady
@given(texts)
def test_a_text_is_shown_as_it_is_and_adds_no_element(text):
    document = filled(BODY, {"x": text, "n": 1})
    hold(document)
    root = parsed_storage(to_storage(document))
    assert tags(document) <= tags(PLAIN)
    assert types(to_adf(document)) <= types(to_adf(PLAIN))
    shown = squeezed("".join(root.itertext()))
    if wanted := squeezed(text):
        assert shown.count(wanted) >= HOLES_THAT_SHOW
    assert all(each.get("href").startswith("https://example.com/") for each in root.iter("a"))


@steady
@given(values)
def test_any_value_can_fill_any_place(value):
    hold(filled(BODY, {"x": value, "n": value}))


pieces = st.lists(
    markup
    | st.sampled_from(("{{ x }}", "{{ y }}", "]({{ x }})", "]: {{ x }}\n", "<{{ y }}>", "hole0z")),
    max_size=8,
).map("".join)


@steady
@given(pieces, values, texts)
def test_any_markdown_can_be_filled(markdown, value, text):
    try:
        compiled = compile_body(markdown)
    except ExpressionRefused:
        return
    hold(filled(compiled, {"x": value, "y": text}))


@steady
@given(markup.filter(lambda text: "{" not in text and "}" not in text))
def test_markdown_without_holes_is_what_it_is(markdown):
    assert body(markdown) == from_markdown(markdown.replace("\r\n", "\n").replace("\r", "\n"))


@steady
@given(any_.documents)
def test_a_document_alone_becomes_its_blocks(document):
    made = blocks("a\n\n{{ x }}\n\nb", x=document)
    assert made[:1] + made[-1:] == (Paragraph((Text("a"),)), Paragraph((Text("b"),)))
    assert made[1:-1] == document.blocks


def test_holes_in_values_are_never_worked_out():
    compiled = compile_body("{{ a }} {{ b }}")
    made = filled(compiled, {"a": "{{ b }}", "b": "{{ a }}", "secret": "s3cret"})
    assert text_of(made) == "{{ b }} {{ a }}"


@pytest.mark.parametrize(
    "stand_in", ["hole0z0x", "hole1z0x", "https://hole0z0u.hole", "HOLE0Z0X", "hole0z9x"]
)
def test_what_stands_for_a_hole_can_be_written_by_anybody(stand_in):
    assert text_of(body(f"{stand_in} {{{{ a }}}}", a="b")) == f"{stand_in} b"
    assert text_of(body("{{ a }} {{ b }}", a=stand_in, b="c")) == f"{stand_in} c"
    assert text_of(body("{{ a }} &#104;ole0z5x", a="b")) == "b hole0z5x"


# Part of a line.


def test_a_value_in_a_line_has_the_marks_around_it():
    made = blocks("a **b {{ x }}** `{{ x }}`", x="<i>")
    assert made == (
        Paragraph(
            (
                Text("a "),
                Text("b ", STRONG),
                Text("<i>", STRONG),
                Text(" "),
                Text("<i>", frozenset({"code"})),
            )
        ),
    )


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (ADA, Mention("712:ada", "Ada", "U0ADA")),
        (Thing("person", "Bob", {"user": "U0BOB"}), Mention("", "Bob", "U0BOB")),
        (GRACE, Text("Grace", STRONG)),
        (PAGE, Link("https://a.example/7", "Release notes", STRONG)),
        (Thing("page", "x", {"url": "javascript:alert(1)"}), Text("x", STRONG)),
        (DUE, Date(DUE)),
        (datetime(2026, 11, 20, 9, 5, tzinfo=UTC), Text("20 November 2026, 09:05 UTC", STRONG)),
        (5, Text("5", STRONG)),
        (False, Text("no", STRONG)),
        (from_markdown("*c*"), Text("c", frozenset({"strong", "em"}))),
    ],
)
def test_each_kind_of_value_is_what_it_is_in_a_line(value, part):
    assert blocks("a **{{ x }}**", x=value) == (Paragraph((Text("a "), part)),)


def test_a_line_end_in_a_line_is_a_line_break():
    made = blocks("a {{ x }} b", x="1\n2\r\n3")
    parts = (Text("a "), Text("1"), HardBreak(), Text("2"), HardBreak(), Text("3"), Text(" b"))
    assert made == (Paragraph(parts),)


def test_a_list_and_a_document_in_a_line_are_their_words():
    assert storage("by {{ x }}.", x=(ADA, "B", PAGE)) == (
        '<p>by <ac:link><ri:user ri:account-id="712:ada" /></ac:link>, B, '
        '<a href="https://a.example/7">Release notes</a>.</p>'
    )
    assert storage("by {{ x }}.", x=TWO) == "<p>by A<br />b c.</p>"


def test_a_heading_is_one_line_of_text():
    made = blocks("# On {{ day }}: {{ x }}\n\n## {{ ada }}", day=DUE, x="1\n\n2\t3", ada=ADA)
    assert made[0].level == 1
    assert text_of(Document(made[:1])) == "On 20 November 2026: 1 2 3"
    assert made[1] == Heading(2, (Text("Ada"),))
    assert len(blocks("# {{ x }}", x=TWO)) == 1


def test_a_line_of_marks_is_a_line_whatever_fills_it():
    assert storage("**{{ x }}**", x=TWO) == ("<p><strong>A</strong><br /><strong>b c</strong></p>")
    assert storage("`{{ x }}`", x=(ADA, PAGE, DUE)) == (
        "<p><code>Ada, Release notes, 20 November 2026</code></p>"
    )


def test_code_is_kept_to_the_letter():
    made = blocks("```{{ lang }}\nx = {{ x }}\n```", lang="python", x='"]]>"\n  {{ y }}')
    assert made == (CodeBlock('x = "]]>"\n  {{ y }}', "python"),)
    assert blocks("```{{ lang }}\nx\n```", lang='a"> b') == (CodeBlock("x", ""),)


# Alone.


def test_a_list_alone_is_a_list_and_in_an_item_it_is_items():
    assert storage("{{ x }}", x=("a", "b")) == "<ul><li><p>a</p></li><li><p>b</p></li></ul>"
    assert storage("- {{ x }}\n- c", x=("a", "b")) == (
        "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ul>"
    )
    assert storage("3. {{ x }}", x=("a", "b")) == (
        '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'
    )
    assert storage("| A |\n|---|\n| {{ x }} |", x=("a", "b")).count("<li>") == 2
    assert text_of(body("- [ ] {{ x }}\n- [x] c", x=("a", "", ADA))) == "☐ a\n☐ @Ada\n☑ c"


def test_a_document_in_an_item_a_quote_and_a_cell_is_its_blocks():
    blocks_of_it = "<h1>A</h1><p>b <strong>c</strong></p>"
    assert storage("- {{ x }}", x=TWO) == f"<ul><li>{blocks_of_it}</li></ul>"
    assert storage("> {{ x }}", x=TWO) == f"<blockquote>{blocks_of_it}</blockquote>"
    assert f"<td>{blocks_of_it}</td>" in storage("| A |\n|---|\n| {{ x }} |", x=TWO)


def test_a_text_of_several_lines_alone_is_paragraphs():
    assert storage("{{ x }}", x="\n1\n2\n \n\n3\n") == "<p>1<br />2</p><p>3</p>"


@pytest.mark.parametrize("nothing", [None, "", (), ("", None), Document(), Thing("page", "")])
def test_what_says_nothing_leaves_out_its_paragraph(nothing):
    made = storage(
        "# H\n\n{{ x }}\n\n- {{ x }}\n- a {{ x }}\n\n1. {{ x }}\n\n> {{ x }}\n\n* [ ] {{ x }}\n\n"
        "{{ x }} {{ x }}\n\n## {{ x }}\n\n| {{ x }} |\n|---|\n",
        x=nothing,
    )
    assert made == (
        "<h1>H</h1><ul><li><p>a </p></li></ul><table><tbody><tr><th><p /></th></tr></tbody></table>"
    )


def test_spaces_alone_say_nothing():
    assert blocks("{{ x }}\n\n- {{ x }}\n\n# {{ x }}", x=" \n\t") == ()


def test_what_the_author_left_empty_stays():
    assert blocks(">\n\n-\n\n{{ x }}", x="") == (Quote(()), *blocks("-"))
    assert isinstance(blocks("1. a {{ x }}", x="")[0], OrderedList)


def test_a_document_nested_deeper_than_any_page_is_written_as_its_text():
    deep = from_markdown("> " * 12 + "bottom")
    made = body("> " * 12 + "{{ x }}", x=deep)
    hold(made)
    assert "bottom" in to_storage(made)


# Addresses.


@pytest.mark.parametrize(
    ("markdown", "href"),
    [
        ("[a]({{ url }})", "https://b.example/x?y=1#z"),
        ("[a]( <{{ url }}> 'title')", "https://b.example/x?y=1#z"),
        ("[a][ref]\n\n[ref]: {{ url }}", "https://b.example/x?y=1#z"),
        ("[a]({{ page }})", "https://a.example/7"),
        ("[a]({{ page }}/b)", "https://a.example/7/b"),
        ("[a]({{ page }}/{{ text }})", "https://a.example/7/a%20b%2F..%2F%3F%23%40%3C%22%27"),
        (
            "[a](https://c.example/{{ text }}/d)",
            "https://c.example/a%20b%2F..%2F%3F%23%40%3C%22%27/d",
        ),
        (
            "[a](https://c.example?q={{ text }})",
            "https://c.example?q=a%20b%2F..%2F%3F%23%40%3C%22%27",
        ),
        ("[a](https://c.example/{{ n }}{{ n }})", "https://c.example/55"),
        ("<https://c.example/{{ n }}>", "https://c.example/5"),
        ("see https://c.example/{{ n }}", "https://c.example/5"),
        ("[a](mailto:{{ mail }})", "mailto:ada@a.example"),
        ("[a]({{ mailto }})", "mailto:ada@a.example"),
        ("![a]({{ url }})", "https://b.example/x?y=1#z"),
    ],
)
def test_a_value_may_be_an_address_or_a_part_behind_its_host(markdown, href):
    given_values = {
        "url": "https://b.example/x?y=1#z",
        "page": PAGE,
        "text": "a b/../?#@<\"'",
        "n": 5,
        "mail": "ada@a.example",
        "mailto": "mailto:ada@a.example",
    }
    [link] = parsed_storage(storage(markdown, **given_values)).iter("a")
    assert link.get("href") == href


def test_an_address_that_is_too_long_leaves_the_text():
    made = blocks("[a](https://b.example/{{ x }})", x="y" * 2_000)
    assert made == (Paragraph((Text("a"),)),)


@pytest.mark.parametrize(
    "markdown",
    [
        "[a](https://{{ x }}/b)",
        "[a](https://b.{{ x }})",
        "[a](https://b.example{{ x }})",
        "[a](https://b.example:{{ x }}/)",
        "[a](https://{{ x }}@b.example/)",
        "[a](https{{ x }}//b.example/)",
        "[a]({{ x }}b)",
        "[a]({{ x }}{{ x }})",
        "[a]({{ url }}{{ x }})",
        "[a]({{ url }}.evil.example)",
        "[a]({{ asked }}/b)",
        "[a](https://b.example/{{ up }}/x)",
        "[a](/{{ x }})",
        "[a](javascript:{{ x }})",
    ],
)
@pytest.mark.parametrize(
    "text", ["evil", "@evil.example", ".evil.example", "://evil.example", "javascript:alert(1)", ""]
)
def test_a_value_is_no_part_of_a_host_or_of_a_scheme(markdown, text):
    document = body(markdown, x=text, url="https://u.example", asked="https://u.example?q", up="..")
    assert not list(parsed_storage(to_storage(document)).iter("a"))
    assert text_of(document).startswith("a")


@pytest.mark.parametrize(
    "text",
    ["evil", "javascript:alert(1)", "data:,x", "//evil.example", "https://a b", "ftp://a.example"],
)
def test_an_address_that_is_none_leaves_the_text(text):
    assert storage("[a {{ x }}]({{ x }})", x=text) == f"<p>a {text}</p>"


def test_what_only_looks_like_the_place_of_an_address_is_text():
    assert storage("`[a]({{ x }})`", x="https://b.example") == (
        "<p><code>[a](</code><code>https://b.example</code><code>)</code></p>"
    )
    assert text_of(body("\\[a]({{ x }})", x="b")) == "[a](b)"


# Reading and bounds.


def test_a_body_names_what_it_uses():
    compiled = compile_body("# {{ title }}\n\n{{ page.space.key }} [a]({{ page.url }})")
    assert compiled.names == {("title",), ("page", "space", "key"), ("page", "url")}


def test_a_mistake_in_a_body_is_placed():
    with pytest.raises(ExpressionRefused) as caught:
        compile_body("# Title\n\n| a |\n|---|\n| {{ x|uper }} |")
    assert (caught.value.line, caught.value.column) == (5, 8)


def test_what_is_missing_is_an_error_when_a_body_is_filled():
    with pytest.raises(Undefined, match="there is no “x”"):
        body("{{ x }}")


def test_a_body_holds_no_more_than_a_page_may():
    with pytest.raises(ExpressionFailed, match="too long for a page"):
        body("{{ x }}\n\n" * 20, x="y" * 65_536)
    assert len(blocks("{{ x }}\n\n" * 15, x="y" * 65_536)) == 15


def test_a_body_is_read_once_and_filled_often():
    compiled = compile_body("{{ x }}")
    assert text_of(filled(compiled, {"x": "a"})) == "a"
    assert text_of(filled(compiled, {"x": "b"})) == "b"
