import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import cql
from bot.errors import BadInput
from tests.fakes import NOON

# A run tells the same each time, however busy the machine is.
steady = settings(deadline=None, derandomize=True)

anything = st.text(alphabet=st.characters(), max_size=60)
nasty = st.text(alphabet="\"'\\()ab ~*?:-+&|!{}[]^/\n\x00 AND", max_size=40)
texts = anything | nasty

STRING = r'"(?:\\["\\]|[^"\\])*"'


def content(literal):
    """Read a CQL string as CQL does; fails where *literal* isn't one string, whole."""
    assert re.fullmatch(STRING, literal, re.DOTALL), literal
    return re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL)


@steady
@given(texts)
def test_no_value_gets_out_of_its_quotes(text):
    # 18
    value = content(cql.literal(text))
    assert all(each.isprintable() or each in "\u200c\u200d" for each in value)


@steady
@given(texts)
def test_no_words_bring_an_operator_to_lucene(text):
    for clause in (cql.text_matches(text), cql.title_contains(text), cql.person_named(text)):
        if clause is None:
            continue
        field, _, literal = clause.text.partition(" ~ ")
        assert field in {"text", "title", "user.fullname"}
        words = content(literal)
        assert not set(words) & cql.LUCENE_SPECIAL
        assert not {"AND", "OR", "NOT", "TO"} & set(words.split())


@steady
@given(texts)
def test_a_phrase_is_quoted_twice_and_holds(text):
    clause = cql.phrase(text)
    if clause is not None:
        inner = content(clause.text.removeprefix("text ~ "))
        assert inner[0] == inner[-1] == '"'
        assert '"' not in inner[1:-1]


@steady
@given(texts)
def test_an_unfinished_title_has_its_star_at_the_very_end_alone(text):
    clause = cql.title_begins(text)
    if clause is not None:
        literals = re.findall(STRING, clause.text)
        assert re.fullmatch(rf"title ~ {STRING}(?: and title ~ {STRING})*", clause.text)
        assert content(literals[-1]).endswith("*")
        assert not any("*" in content(each)[:-1] for each in literals)
        assert not any(content(each).startswith("*") for each in literals)


@steady
@given(st.lists(texts, min_size=1, max_size=5))
def test_spaces_are_always_quoted(keys):
    clause = cql.in_spaces(keys).text
    assert re.fullmatch(rf"space in \({STRING}(?:, {STRING})*\)", clause, re.DOTALL)


def depth_at(query, position):
    """Count the parentheses that are open at *position*, as CQL would."""
    outside = re.sub(
        r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", lambda m: "x" * len(m[0]), query, flags=re.DOTALL
    )
    return outside[:position].count("(") - outside[:position].count(")")


@steady
@given(nasty | st.from_regex(r"[a-z]+ = \"[^\"]*\" order by [a-z]+", fullmatch=True))
def test_a_raw_query_cannot_argue_a_filter_away(text):
    # 18
    try:
        query = str(cql.raw(text, cql.in_spaces(["ENG"])))
    except BadInput:
        return
    position = query.rindex(' and space in ("ENG")')
    assert query.startswith("(")
    assert depth_at(query, position) == 0
    assert depth_at(query, len(query)) == 0


@pytest.mark.parametrize(
    ("written", "built"),
    [
        ("type = page", '(type = page) and space in ("A")'),
        (
            "type = page or label = x ORDER BY created desc, title",
            '(type = page or label = x) and space in ("A") ORDER BY created desc, title',
        ),
        ('title = "order by x"', '(title = "order by x") and space in ("A")'),
        ("title = 'it (is'", "(title = 'it (is') and space in (\"A\")"),
    ],
)
def test_the_order_of_a_raw_query_is_hoisted_out_of_its_parentheses(written, built):
    assert str(cql.raw(written, cql.in_spaces(["A"]))) == built


@pytest.mark.parametrize(
    "written",
    [
        "",
        "order by created",
        "a) or (b",
        "(a",
        'title = "x',
        "title = 'x",
        "a order by b) or (c",
        "a order by b or 1",
        'a = b\\" ) or (c = d\\\\"',
    ],
)
def test_a_raw_query_that_does_not_pair_up_is_refused(written):
    with pytest.raises(BadInput):
        cql.raw(written)


@pytest.mark.parametrize("text", ["", "  ", "***", '"', "\x00\u202e", "-", "()[]{}"])
def test_text_without_words_makes_no_clause(text):
    assert cql.text_matches(text) is None
    assert cql.phrase(text) is None
    assert cql.title_begins(text) is None


@pytest.mark.parametrize(
    ("text", "built"),
    [
        ("vpn setup", 'text ~ "vpn setup"'),
        ("cats AND dogs", 'text ~ "cats and dogs"'),
        ("C++: what's new?", 'text ~ "C what\'s new"'),
        ("北京　計画", 'text ~ "北京 計画"'),
        ("release 🚀", 'text ~ "release 🚀"'),
        ("in:ENG\n- a", 'text ~ "in ENG a"'),
    ],
)
def test_words_are_searched_for_as_words(text, built):
    # 18: titles with ":" and "-" are found by their words.
    assert cql.text_matches(text).text == built


def test_a_hundred_thousand_characters_make_a_short_query():
    assert len(cql.text_matches("word " * 20_000).text) < 1100


def test_dates_are_given_to_the_minute():
    assert cql.since(NOON).text == 'lastmodified >= "2030-01-01 12:00"'
