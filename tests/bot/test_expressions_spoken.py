"""Expressions as people read them: by the names in them, and never as code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import read_shipped
from bot.expressions import Called, spoken_condition, spoken_expression, spoken_text
from bot.template_words import steps_in_words

CALLED = Called(
    {"title": "Title", "note": "Note", "found": "what was found", "me": "whoever runs it"},
    {"place": {"end": "At the end"}},
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain", "plain"),
        ("Decision: {{ title }}", "Decision: ‹Title›"),
        ("{{ title|upper|cut(80) }}", "‹Title›"),
        ("{{ title or note|lines|first|cut(80) }}", "‹Title or the first of Note›"),
        ('{{ "" if title else ", " }}{{ "" if title else today|date("short") }}', "‹today›"),
        ('about {{ note }}{{ " in " if title else "" }}{{ title }}', "about ‹Note› in ‹Title›"),
        ('It is {{ "copied" if title else "moved" }}', "It is ‹“copied” or “moved”›"),
        ('{{ [title, "-", note]|join(" ") }}', "‹Title, Note›"),
        ("{{ me.name }}, {{ title.space.key }}", "‹whoever runs it›, ‹space of Title›"),
        ("{{ found.results|first }}", "‹the first of what was found›"),
        ("{{ found.results[0].title }}", "‹what was found›"),
        ("{{ note|default(title) }}", "‹Note or Title›"),
        ("{{ note and title }}", "‹Title›"),
        ("{{ found.count + 1 }}", "‹the number of what was found + 1›"),
        ("{{ [] }}", "‹›"),
        ("{{ none }}", ""),
        ("{{ broken", "{{ broken"),
        ("{{ a.b() }}", "{{ a.b() }}"),
    ],
)
def test_a_hole_is_told_by_what_it_may_come_to(text, said):
    assert spoken_text(text, CALLED) == said


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("found.count == 0", "‹the number of what was found› is 0"),
        ('place == "end"', "‹place› is “At the end”"),
        ('place in ["end", "start"]', "‹place› is among “At the end”, “start”"),
        ("{{ title != note }}", "‹Title› isn't ‹Note›"),
        ("title", "‹Title› is given"),
        ("not title and not note", "‹Title› isn't given and ‹Note› isn't given"),
        ("not (title or note)", "it isn't so that ‹Title› is given or ‹Note› is given"),
        ("1 < found.count <= 5", "1 is less than ‹the number of what was found› and is at most 5"),
        ("title is none or note is defined", "‹Title› is missing or ‹Note› is there"),
        ("a b", "a b"),
    ],
)
def test_a_condition_is_told_as_what_has_to_be_so(condition, said):
    assert spoken_condition(condition, CALLED) == said


def test_a_list_is_told_with_its_braces_or_without():
    assert spoken_expression("found.results", CALLED) == "‹what was found›"
    assert spoken_expression("{{ found.results }}", CALLED) == "‹what was found›"


PIECES = st.sampled_from(
    ["title", "note.space", "found.results[0]", '"x y"', "1", "none", "[title, 2]", "me|first"]
)
EXPRESSIONS = st.recursive(
    PIECES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["or", "and", "==", "in", "+", "<"]), inner).map(
            lambda each: f"({' '.join(each)})"
        ),
        inner.map(lambda each: f"(not {each})"),
        st.tuples(inner, inner, inner).map(lambda each: "({} if {} else {})".format(*each)),
        inner.map(lambda each: f"({each})|join"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_any_expression_is_told_in_one_way_and_without_its_filters(expression):
    said = spoken_text(f"{{{{ {expression} }}}}", CALLED)
    assert spoken_expression(expression, CALLED) == said
    assert "{{" not in said
    assert "|" not in said
    assert "==" not in spoken_condition(expression, CALLED)


@pytest.mark.parametrize("shipped", read_shipped(), ids=lambda each: each.template.id)
def test_what_ships_is_told_without_code(shipped):
    for told in steps_in_words(shipped.template):
        assert not [code for code in ("|", "{", "==", '"') if code in told.words], told.words
