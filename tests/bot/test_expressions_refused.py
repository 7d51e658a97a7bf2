"""What expressions may not hold, and what none of them can do."""

import string
import tracemalloc
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cutting import ELLIPSIS
from bot.document import Document, Paragraph, Quote, Text
from bot.errors import ExpressionFailed, ExpressionRefused
from bot.expressions import (
    FILTERS,
    HIDDEN,
    Effort,
    compile_body,
    compile_expression,
    compile_text,
    filled,
)
from bot.steps.names import Names
from bot.values import MAX_BYTES, Thing, dump_value, size_of, text_of_value
from tests.bot.documents_given import steady
from tests.bot.values_given import values

TOKEN = "{{ connections.confluence.access_token }}"
READERS = (compile_text, compile_expression, compile_body)


def refusal(source, read=compile_text):
    with pytest.raises(ExpressionRefused) as caught:
        read(source)
    return str(caught.value)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("page()", "no calls"),
        ("page.title.upper()", "no calls"),
        ("range(9)", "no calls"),
        ("dict(a=1)", "no calls"),
        ("title|upper()()", "no calls"),
        ("a ~ b", "no “~”"),
        ("a * b", "“+” and “-”"),
        ("2 ** 9", "“+” and “-”"),
        ("a / b", "“+” and “-”"),
        ("a // b", "“+” and “-”"),
        ("a % b", "“+” and “-”"),
        ("+a", "“+” and “-”"),
        ("a[1:2]", "“cut”"),
        ("a[::2]", "“cut”"),
        ("a[b]", "“cut”"),
        ("a[1.5]", "“cut”"),
        ("a[true]", "“cut”"),
        ("a[-true]", "“cut”"),
        ("a[1, 2]", "“cut”"),
        ("(a, b)", "square brackets"),
        ("()", "square brackets"),
        ("{'a': 1}", "no dictionaries"),
        ("a is divisibleby 3", "“is defined”"),
        ("a is divisibleby(3)", "“is defined”"),
        ("a is sameas b", "“is defined”"),
        ("a is defined(1)", "“is defined”"),
        ("a is string", "“is defined”"),
        ("_a", "underscore"),
        ("a._b", "underscore"),
        ("a.b.__c__", "underscore"),
        ("a['__class__']", "underscore"),
        ("a[0]._b", "underscore"),
        ("a|attr('x')", "no filter"),
        ("a|string", "no filter"),
        ("a|format(b)", "no filter"),
        ("a|map(attribute='x')", "is used as"),
        ("a|default(boolean=true)", "is used as"),
        ("a|cut(*b)", "is used as"),
        ("a|cut(**b)", "is used as"),
        ("a|cut", "is used as"),
        ("a|upper(1)", "is used as"),
        ("a|join(1, 2)", "is used as"),
        ("a|date('soon')", "knows short, long"),
        ("a|foo.bar", "no filter"),
        ("a b", "“b” is not expected"),
        ("a, b", "“,” is not expected"),
        ("a = b", "“=” is not expected"),
        ("a if", "can't be read"),
        ("a +", "can't be read"),
        ("(a", "can't be read"),
        ("a)", "can't be read"),
        ("a[", "can't be read"),
        ("a.", "can't be read"),
        ("a|", "can't be read"),
        ("a|1", "can't be read"),
        ("a ? b : c", "can't be read"),
        ("'a", "can't be read"),
        ("\u00b2", "can't be read"),
        ("a := 1", "not expected"),
        ("'\\x41'", "backslash"),
        ("'\\d'", "backslash"),
        ("", "missing"),
        ("   ", "missing"),
        ("1" * 16, "at most"),
        ("1e16", "at most"),
        ("1e999", "at most"),
        ("0x" + "f" * 3_000, "at most"),
        ("'" + "a" * 4_000 + "'", "4000 characters"),
        ("(" * 21 + "a" + ")" * 21, "too deep"),
        ("(" * 1_500 + "a" + ")" * 1_500, "too deep"),
        ("[" * 1_900 + "]" * 1_900, "too deep"),
        ("not " * 900 + "a", "too deep"),
        ("-" * 3_900 + "a", "too deep"),
        ("a if b else " * 300 + "c", "too deep"),
        ("a or " * 700 + "a", "too deep"),
        ("1 + " * 900 + "1", "too deep"),
        ("a" + "|trim" * 700, "too deep"),
        ("a" + "[0]" * 1_000, "too deep"),
        ("a" + ".b" * 1_000, "too deep"),
    ],
)
def test_what_no_expression_may_hold(expression, words):
    assert words in refusal(f"{{{{ {expression} }}}}")
    assert words in refusal(expression, compile_expression)
    assert words in refusal(f"# x {{{{ {expression} }}}}", compile_body)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% if a %}b{% endif %}", "no statements"),
        ("{%- set a = 1 -%}", "no statements"),
        ("{{ a }}{% raw %}{{ b }}{% endraw %}", "no statements"),
        ("{% include 'x' %}", "no statements"),
        ("{# a #}", "no comments"),
        ("{{ a }}{# b #}", "no comments"),
        ("{{- a }}", "space behind"),
        ("{{+ a }}", "space behind"),
        ("{{ a -}}", "space before"),
        ("{{ a", "never closed"),
        ("{{ a }", "can't be read"),
        ("{{ {{ a }} }}", "can't be read"),
    ],
)
def test_what_no_text_may_hold(read, source, words):
    assert words in refusal(source, read)


@pytest.mark.parametrize("source", ["{{ a }} b", "{{ a }}{{ b }}", "a }} b", "a }}", "{{ a }} }}"])
def test_one_expression_stands_alone(source):
    assert "one expression" in refusal(source, compile_expression)


def test_a_text_has_a_length_and_so_many_holes():
    assert "65536 characters" in refusal("x" * 65_537)
    assert "1000 holes" in refusal("{{ a }}" * 1_001)
    assert compile_text("{{ a }}" * 1_000).text({"a": "b"}) == "b" * 1_000


def test_an_unknown_filter_is_named_with_its_neighbour_or_with_all():
    assert "perhaps “bullets” is meant" in refusal("{{ a|bulets }}")
    message = refusal("{{ a|xyzzy }}")
    assert all(name in message for name in FILTERS)


# Published ways out of Jinja2 and of its sandbox.
ESCAPES = (
    "''.__class__.__mro__[1].__subclasses__()",
    "''.__class__.__base__.__subclasses__()[0]",
    "''['__class__']",
    "''|attr('__class__')",
    "''|attr('\\x5f\\x5fclass\\x5f\\x5f')",
    "''['\\x5f\\x5fclass\\x5f\\x5f']",
    "()|attr('__class__')|attr('__base__')",
    "().__class__",
    "[].__class__.__base__",
    "{}.__class__",
    "page.__init__.__globals__",
    "page.fields.__class__",
    "self.__init__.__globals__.__builtins__.__import__('os').popen('id').read()",
    "self._TemplateReference__context",
    "cycler.__init__.__globals__.os.popen('id').read()",
    "joiner.__init__.__globals__",
    "namespace.__init__.__globals__",
    "lipsum.__globals__['os'].popen('id').read()",
    "lipsum|attr('__globals__')",
    "config.__class__.from_envvar['LOL']",
    "request.application.__globals__",
    "url_for.__globals__",
    "get_flashed_messages.__globals__",
    "range.__class__",
    "super().__class__",
    "loop.__class__",
    "caller()",
    "varargs|map('__class__')",
    "''.format.__func__",
    "'{0.__class__}'.format(page)",
    "'{0.__class__.__init__.__globals__}'|format(page)",
    "'%s'|format(page)",
    "''.format_map",
    "page|map(attribute='__class__')|list",
    "[page]|map('attr', '__class__')",
    "[page]|selectattr('__class__')",
    "[page]|groupby('__class__')",
    "[page]|sum(attribute='__class__')",
    "[page]|sort(attribute='__class__')",
    "page|xmlattr",
    "page|tojson",
    "page|pprint",
    "page|string",
    "page|safe",
    "''.join(['_','_'])",
    "['_','_']|join ~ 'class'",
    "(10**9000000)|string",
    "9**9**9**9",
    "'a' * 999999999",
    "range(999999999)|list",
    "'a'|center(999999999)",
    "'a'|indent(999999999)",
    "'%0999999999d'|format(1)",
    "'a'|wordwrap(1)|replace('a','b'*99)",
    "1.0.real",
    "true.real",
    "none.__class__",
    "page['fields']()",
    "page.label.__len__()",
    "import('os')",
    "lambda: 1",
    "[x for x in page]",
    "await page",
    "page[page.__class__]",
    "page.title.__format__",
    "namespace(a=1)",
    "{{ page }}",
    "page if (page.title.strip()) else 1",
)


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_known_escape_leads_anywhere(escape):
    page = Thing("page", "Title", {"title": "Title"})
    for source in (f"{{{{ {escape} }}}}", escape):
        try:
            found = compile_expression(source).value({"page": page})
        except (ExpressionRefused, ExpressionFailed):
            continue
        # A hole around a hole is one hole.
        assert escape == "{{ page }}"
        assert found == page


@pytest.mark.parametrize(
    "name",
    ["__class__", "_fields", "fields", "kind", "label", "__dict__", "get", "items", "__len__"],
)
def test_nothing_of_python_can_be_reached_by_a_name_that_is_a_value(name):
    things = (Thing("page", "Title", {"title": "Title"}),)
    for use in ("map", "where", "sort", "table"):
        with pytest.raises(ExpressionFailed, match="there is no"):
            compile_expression(f"things|{use}(name)").value({"things": things, "name": name})


@pytest.mark.parametrize("name", ["fields", "kind", "label", "get", "items", "blocks", "day"])
def test_a_field_is_a_things_own_and_nothing_else(name):
    some = (
        Thing("page", "Title"),
        "text",
        5,
        1.5,
        True,
        None,
        ("x",),
        date(2026, 1, 1),
        Document(),
    )
    for value in some:
        with pytest.raises(ExpressionFailed, match="there is no"):
            compile_expression(f"value.{name}").value({"value": value})


# The access token.


def test_the_token_stands_where_it_may_and_is_what_the_caller_says():
    header = compile_text(f"Bearer {TOKEN}", allows_token=True)
    assert header.uses_token
    assert header.text({}, token="<marker>") == "Bearer <marker>"
    assert header.text({}) == f"Bearer {HIDDEN}"
    assert header.value({}) == f"Bearer {HIDDEN}"
    assert header.names == frozenset()
    assert compile_text("{{connections['confluence'].access_token}}", allows_token=True).uses_token
    assert compile_text(TOKEN, allows_token=True).value({"connections": "x"}) == HIDDEN
    assert not compile_text("Bearer {{ a }}", allows_token=True).uses_token


@pytest.mark.parametrize("read", READERS)
def test_the_token_stands_nowhere_else(read):
    assert "may stand in a header of an http step and nowhere else" in refusal(TOKEN, read)


@pytest.mark.parametrize(
    "expression",
    [
        "connections",
        "connections.confluence",
        "connections.confluence.access_token.x",
        "connections.other.access_token",
        "connections.confluence.access_token|upper",
        "connections.confluence.access_token|cut(1)",
        "connections.confluence.access_token|default('')",
        "'a'|default(connections.confluence.access_token)",
        "connections.confluence.access_token == 'a'",
        "'a' in connections.confluence.access_token",
        "connections.confluence.access_token if a else ''",
        "'a' if connections.confluence.access_token else ''",
        "a or connections.confluence.access_token",
        "[connections.confluence.access_token]",
        "[connections][0].confluence.access_token",
        "(connections|default(1)).confluence.access_token",
        "connections.confluence.access_token is defined",
        "not connections.confluence.access_token",
    ],
)
def test_nothing_can_be_learned_of_the_token(expression):
    for allows_token in (False, True):
        with pytest.raises(ExpressionRefused, match="in a hole of its own"):
            compile_text(f"{{{{ {expression} }}}}", allows_token=allows_token)


@pytest.mark.parametrize("source", [TOKEN + TOKEN, f"{TOKEN} {{{{ a }}}}", f"{{{{ a }}}} {TOKEN}"])
def test_no_other_hole_stands_beside_the_token(source):
    with pytest.raises(ExpressionRefused, match="no other hole"):
        compile_text(source, allows_token=True)


def test_a_caller_that_fills_holes_does_not_see_the_token():
    seen = []
    compile_text(TOKEN, allows_token=True).text({}, fill=lambda value: seen.append(value) or "")
    assert seen == []


# Bounds.

LONG = "x" * MAX_BYTES
MANY = tuple(
    Thing("page", f"Page {number}", {"title": f"Page {number}"}) for number in range(9_000)
)
WIDE = Document(tuple(Paragraph((Text("y" * 1_000),)) for _ in range(200)))


@pytest.mark.parametrize(
    "source",
    [
        "long",
        "[" + "long," * 600 + "]",
        "[" + "long," * 600 + "]|join",
        "[" + "long," * 600 + "]|join(long)",
        "[" + "long," * 600 + "]|bullets",
        "[" + "long," * 600 + "]|text",
        "[" + "many," * 600 + "]|text",
        "[" + "[wide]," * 300 + "]",
        "many",
        'many|table("title", "title", "title", "title")',
        'many|table("title")|quote',
        "many|tasks",
        "many|map('title')|join",
        "wide",
        "[wide]|first|quote",
        "thing",
        "[thing, thing]",
        "family|lower",
    ],
)
def test_no_result_is_larger_than_it_may_be(source):
    thing = Thing("page", LONG, {"id": "7", "body": WIDE, "url": "https://a.example", "text": LONG})
    given_values = {"long": LONG, "many": MANY, "wide": WIDE, "thing": thing}
    given_values["family"] = "e" + "\u0301" * MAX_BYTES
    compiled = compile_expression(source)
    tracemalloc.start()
    try:
        found = compiled.value(given_values)
        text = compile_text(f"{{{{ {source} }}}}").text(given_values)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size_of(found) <= MAX_BYTES + 1_024
    assert len(text.encode()) <= MAX_BYTES
    assert peak < 12_000_000


def test_a_text_is_cut_at_a_grapheme_with_an_ellipsis():
    found = compile_expression("family").value({"family": "👩‍👩‍👧‍👦" * 10_000})
    assert found.endswith(ELLIPSIS)
    assert set(found[:-1].split("👩‍👩‍👧‍👦")) == {""}


def test_a_document_that_is_cut_says_so_at_its_end():
    found = compile_expression("wide").value({"wide": WIDE})
    assert found.blocks[:60] == WIDE.blocks[:60]
    assert text_of_value(found).endswith(ELLIPSIS)


def test_of_a_thing_that_is_cut_the_short_fields_stay():
    thing = Thing("page", "Title", {"body": WIDE, "url": "https://a.example", "text": LONG})
    found = compile_expression("thing").value({"thing": thing})
    assert found.fields["url"] == "https://a.example"
    assert found.fields["text"].endswith(ELLIPSIS)
    assert size_of(found.fields["body"]) > MAX_BYTES / 3


def test_of_a_table_and_of_a_list_that_are_cut_the_first_rows_stay():
    for source in ('many|table("title")', "many|map('title')|numbered", "many|tasks"):
        block, end = compile_expression(source).value({"many": MANY}).blocks
        assert len(getattr(block, "rows", None) or block.items) > 200
        assert end == Paragraph((Text(ELLIPSIS),))


def test_of_a_list_that_is_cut_the_first_stay():
    found = compile_expression("many").value({"many": MANY})
    assert found == MANY[: len(found)]
    assert len(found) > 500


def test_work_has_an_end_however_often_it_is_asked_for():
    source = "[" + ",".join(["many|sort('title')"] * 150) + "]"
    with pytest.raises(ExpressionFailed, match="too much work"):
        compile_expression(source).value({"many": MANY})
    source = "[" + ",".join(["[l]|bullets"] * 330) + "]|count"
    with pytest.raises(ExpressionFailed, match="too much work"):
        compile_expression(source).value({"l": LONG})
    body = compile_body("{{ l|bullets }}\n\n" * 30)
    with pytest.raises(ExpressionFailed, match="too much work"):
        filled(body, {"l": ("ab",) * 2_500})
    text = compile_text("{{ long == other }}" * 900)
    with pytest.raises(ExpressionFailed, match="too much work"):
        text.text({"long": LONG, "other": LONG[:-1] + "y"})


def test_what_is_worked_out_of_the_same_names_shares_one_effort():
    names = Names({"x": LONG[:50_000], "l": ("ab",) * 100}, effort=Effort(1_000_000))
    ways = (
        lambda: names.value("{{ x|upper }}"),
        lambda: names.inside().text("a {{ x|upper }}"),
        lambda: names.holds("x|upper"),
        lambda: names.document("{{ l|bullets }}"),
    )
    for way in ways:
        way()
    names.effort.left = 1_000
    for way in ways:
        with pytest.raises(ExpressionFailed, match="too much work"):
            way()


@pytest.mark.parametrize("source", ["n + 1", "1 - n", "-n", "n + 0.5", "0.5 - n"])
@pytest.mark.parametrize("number", [10**400, -(10**16), float("inf"), float("nan")])
def test_no_sum_is_made_of_what_is_too_large(source, number):
    with pytest.raises(ExpressionFailed, match="at most"):
        compile_expression(source).value({"n": number})


def test_a_text_that_is_full_is_filled_no_further():
    filled_with = []
    text = compile_text("{{ x }}" * 1_000)
    text.text({"x": "y" * 1_000}, fill=lambda value: filled_with.append(value) or value)
    assert len(filled_with) < 70


def test_what_is_nested_deeper_than_anything_is_an_error():
    deep = ()
    block = Paragraph((Text("x"),))
    for _ in range(100_000):
        deep = (deep,)
        block = Quote((block,))
    inputs = {"deep": deep, "other": (deep,), "body": Document((block,))}
    for source in ("deep", "[body]", "deep|bullets", "deep|unique", "body|quote", "deep == other"):
        with pytest.raises(ExpressionFailed, match="nested too deep"):
            compile_expression(source).value(inputs)


# Anything at all.

WORDS = (
    *("page", "posts", "title", "due", "n", "x", "connections", "confluence", "access_token"),
    *(".", "[", "]", "(", ")", "{", "}", "|", ",", ":", "~", "+", "-", "*", "**", "/", "//", "%"),
    *("==", "!=", "<", ">", "<=", ">=", "=", "in", "not", "and", "or", "if", "else", "is"),
    *(
        "defined",
        "none",
        "true",
        "True",
        "self",
        "super",
        "loop",
        "__class__",
        "_",
        "0",
        "1",
        "1.5",
    ),
    *("'a'", '"b"', "'", '"', "\\", "\n", " ", "{{", "}}", "{%", "%}", "{#", "#}", "{{-", "-}}"),
    *("raw", "endraw", "é", "²", "\u2028", "\x00", "\ud800", "1e5", "0x1f", "1_0", ";", "@", "!"),
    *FILTERS,
)
soup = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
tight = st.lists(st.sampled_from(WORDS), max_size=25).map("".join)
holes = st.lists(soup, max_size=4).map(
    lambda parts: "".join(f"x {{{{ {part} }}}}" for part in parts)
)
anything = soup | tight | holes | st.text(alphabet=string.printable, max_size=80) | st.text()


def grammar(inner):
    filters = st.sampled_from(sorted(FILTERS))
    arguments = st.lists(inner, max_size=2).map(", ".join)
    pairs = st.tuples(inner, st.sampled_from(("+", "-", "==", "<", "in", "and", "or")), inner)
    return st.one_of(
        st.builds("({})|{}".format, inner, filters),
        st.builds("({})|{}({})".format, inner, filters, arguments),
        pairs.map(" ".join).map("({})".format),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}]".format, arguments),
        st.builds("(not {})".format, inner),
        st.builds("({})[{}]".format, inner, st.integers(-3, 3)),
        st.builds("({}).{}".format, inner, st.sampled_from(("title", "url", "space", "id"))),
    )


leaves = st.sampled_from(
    ("value", "other", "'a'", "7", "-1", "1.5", "none", "true", '"title"', '"iso"', '"down"', "[]")
)
wellformed = st.recursive(leaves, grammar, max_leaves=12)


@steady
@given(anything)
def test_any_source_is_read_or_refused_and_nothing_else(source):
    inputs = {"page": Thing("page", "p", {"title": "t"}), "posts": (), "title": "t", "n": 5}
    for read in READERS:
        try:
            made = read(source)
            if read is compile_body:
                filled(made, inputs)
            else:
                made.value(inputs)
        except (ExpressionRefused, ExpressionFailed):
            continue


@steady
@given(wellformed, values, values)
def test_any_values_come_to_a_value_or_to_an_error_in_words(source, value, other):
    try:
        found = compile_expression(source).value({"value": value, "other": other})
    except (ExpressionFailed, ExpressionRefused):
        return
    dump_value(found)
    assert size_of(found) <= MAX_BYTES + 1_024


@steady
@given(st.sampled_from(sorted(FILTERS)), values, st.lists(values, max_size=2))
def test_any_filter_takes_any_value_or_says_why_not(name, value, arguments):
    given_values = {"value": value, **{f"a{place}": each for place, each in enumerate(arguments)}}
    source = f"value|{name}({', '.join(f'a{place}' for place in range(len(arguments)))})"
    try:
        found = compile_expression(source).value(given_values)
    except (ExpressionFailed, ExpressionRefused):
        return
    dump_value(found)


@steady
@given(values)
def test_what_is_read_again_is_the_same_again(value):
    compiled = compile_expression("value")
    assert compiled.value({"value": value}) == compiled.value({"value": value})


def test_the_clock_is_no_part_of_an_expression():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ExpressionFailed, match="there is no “today”"):
        compile_expression("today").value({"now": now})
