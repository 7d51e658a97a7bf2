"""Whatever can be read can be checked: in words, in time, and at a place."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checking import check, needs_of, scopes_needed, too_near
from bot.errors import TemplateRefused
from bot.template import Category, EntityType, Source
from bot.template_files import read_with_places
from bot.template_words import entity_in_words, policy_in_words, steps_in_words

NAMES = st.sampled_from(["a", "b", "page", "me", "item", "none", "Title"])
SEEN = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=6)
TEXTS = (
    st.sampled_from(
        [
            *(
                "",
                "x",
                "{{ a }}",
                "{{ a.title }}",
                "{{ page[0].space.key }}",
                "{{",
                "}}",
                "{% if %}",
            ),
            *("{{ a", "{{ 'x' }}", "{{ a|table(b) }}", "{{ me.name if a else b }}", "{{ -a + 1 }}"),
            *(
                "{{ connections.confluence.access_token }}",
                "# {{ a|bullets }}",
                "[{{ a }}]({{ b }})",
            ),
            *(
                "{{ a }}{{ a }}",
                "é",
                "Bearer abcdefghijklmnopqrst",
                "{{ a|nothing }}",
                "a\nb {{ c }}",
            ),
            *("{{ " + "(" * 50, "{{ " + "not " * 200 + "a }}", "/x/../y", "7d", "{a} {b}", "true"),
        ]
    )
    | SEEN
)
PATTERNS = st.sampled_from(["", "(", "[A-Z]+", "(a|aa|aaa)+b+", "(?P<x>", "\\p{L}", "a{1,2}{3}"])
STEPS = st.deferred(lambda: st.lists(STEP, min_size=1, max_size=3))
VALUES = st.dictionaries(st.sampled_from(["a", "Host", "X-Y", "x y"]), TEXTS, max_size=2)
ACTION = st.one_of(
    st.fixed_dictionaries({"get": st.fixed_dictionaries({"page": TEXTS})}),
    st.fixed_dictionaries({"search": st.dictionaries(st.sampled_from(["text", "cql"]), TEXTS)}),
    st.fixed_dictionaries({"let": st.dictionaries(NAMES, TEXTS, max_size=2)}),
    st.fixed_dictionaries({"fail": TEXTS}),
    st.fixed_dictionaries({"ask": st.lists(NAMES, min_size=1, max_size=2)}),
    st.fixed_dictionaries(
        {
            "http": st.fixed_dictionaries(
                {"path": TEXTS.map(lambda text: f"/x{text}")},
                optional={
                    "headers": VALUES,
                    "query": VALUES,
                    "body": st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=2)),
                    "method": st.sampled_from(["GET", "POST"]),
                },
            )
        }
    ),
    st.fixed_dictionaries({"for_each": TEXTS, "steps": STEPS}, optional={"item": NAMES}),
    st.fixed_dictionaries({"steps": STEPS}, optional={"otherwise": STEPS}),
    st.fixed_dictionaries(
        {
            "create": st.fixed_dictionaries(
                {"space": TEXTS, "title": TEXTS}, optional={"body": TEXTS, "draft": TEXTS}
            )
        }
    ),
)
STEP = st.tuples(
    ACTION, st.fixed_dictionaries({}, optional={"id": NAMES, "when": TEXTS.filter(bool)})
).map(lambda both: {**both[1], **both[0]})
BOUNDS = st.fixed_dictionaries(
    {}, optional={"least": st.integers(-3, 9), "most": st.integers(-3, 9)}
)
ENTITY = st.fixed_dictionaries(
    {
        "name": NAMES,
        "type": st.sampled_from([each.value for each in EntityType]),
        "prompt": TEXTS.filter(bool),
    },
    optional={
        "examples": st.lists(st.sampled_from(["x", "3", "aaaaaaaaaaaa", "{{ a }}"]), max_size=2),
        "default": TEXTS | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3),
        "required": st.booleans(),
        "many": st.booleans(),
        "ask": st.sampled_from(["always", "never"]),
        "when": TEXTS.filter(bool),
        "length": BOUNDS,
        "range": BOUNDS,
        "pattern": PATTERNS,
        "choices": st.lists(st.sampled_from(["x", "y", "X"]), max_size=3),
        "choices_from": st.fixed_dictionaries(
            {"source": st.sampled_from([each.value for each in Source])}, optional={"of": NAMES}
        ),
    },
)
TEMPLATE = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a-note", "help", "x"]),
        "version": st.just("1.0.0"),
        "name": st.just("x"),
        "description": TEXTS.filter(bool),
        "category": st.sampled_from([each.value for each in Category]),
        "steps": STEPS,
        "reply": st.fixed_dictionaries(
            {"text": TEXTS},
            optional={"card": st.fixed_dictionaries({"title": TEXTS}, optional={"facts": VALUES})},
        ),
    },
    optional={
        "entities": st.lists(ENTITY, max_size=4),
        "preview": TEXTS,
        "utterances": st.lists(
            TEXTS.filter(lambda text: text and "\n" not in text and "\r" not in text), max_size=2
        ),
        "scopes": st.lists(st.sampled_from(["write:page:confluence", "x", "search:y"]), max_size=2),
    },
)


@settings(max_examples=250, deadline=None)
@given(TEMPLATE)
def test_whatever_can_be_read_is_checked_and_told(data):
    source = json.dumps(data, ensure_ascii=False, indent=1)
    try:
        template, places = read_with_places(source)
    except TemplateRefused:
        return
    most = source.count("\n") + 1
    for each in check(template, places, ["help"]):
        assert each.message
        assert "\n" not in each.message
        assert 1 <= each.line <= most
        assert each.column >= 1
    assert scopes_needed(template) <= frozenset().union(*(x.scopes for x in needs_of(template)))
    told = [each.words for each in steps_in_words(template)]
    told += [*map(entity_in_words, template.entities), policy_in_words(template)]
    assert all(told)


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3))
def test_any_word_may_be_compared_and_is_near_itself(word, taken):
    assert too_near(word, [*taken, word]) is not None
