import json
import string
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.catalogue import shipped_sources
from bot.errors import TemplateRefused
from bot.plain_yaml import MOST_BYTES, MOST_NODES, MOST_PROBLEMS, Places, data_of, read_yaml
from bot.template import CreateStep, EntityType, ForEachStep, GetStep, WatchStep
from bot.template_files import read_template, read_with_places

LEAST = """\
id: hello
version: 1.0.0
name: Hello
description: Says hello.
category: Write
steps:
  - fail: Hello.
reply: {text: Hello.}
"""
GOOD = """\
id: quick-note
version: 1.10.0
name: Quick note
description: 2026
category: Write
entities:
  - name: title
    type: text
    prompt: no
    examples: [1.10, 007, 2026-11-23, on, 0x1F]
    required: yes
steps:
  - id: page
    create: {space: ENG, title: "{{ title }}", body: "{{ title }}"}
  - watch: {page: "{{ page }}", on: no}
  - when: "{{ page.title }}"
    steps:
      - for_each: "{{ [1, 2] }}"
        steps:
          - get: {page: 123}
reply:
  text: |
    Done:
      {{ page.title }}
    Bye.
"""


def problems(source):
    with pytest.raises(TemplateRefused) as refused:
        read_template(source, "x.yml")
    return refused.value.problems


def found_in(source):
    with suppress(TemplateRefused):
        read_template(source)
        return ()
    return problems(source)


def told(source):
    return [f"{each.line}:{each.column} {each.message}" for each in problems(source)]


def without(line):
    assert line in LEAST
    return LEAST.replace(line, "")


def test_a_file_becomes_a_template():
    template = read_template(GOOD.encode())

    assert (template.id, template.version) == ("quick-note", "1.10.0")
    assert template.entities[0].type is EntityType.TEXT
    create, watch, when = template.steps
    assert isinstance(create, CreateStep)
    assert isinstance(watch, WatchStep)
    assert isinstance(when.steps[0], ForEachStep)
    assert isinstance(when.steps[0].steps[0], GetStep)


def test_where_text_is_wanted_what_was_written_is_the_text():
    entity = read_template(GOOD).entities[0]

    assert read_template(GOOD).description == "2026"
    assert read_template(GOOD).steps[2].steps[0].steps[0].get.page == "123"
    assert entity.prompt == "no"
    assert entity.examples == ("1.10", "007", "2026-11-23", "on", "0x1F")


def test_where_truth_is_wanted_people_may_write_yes_and_no():
    template = read_template(GOOD)

    assert template.entities[0].required is True
    assert template.steps[1].watch.on is False


def test_lines_may_end_as_on_windows_and_begin_with_a_mark():
    assert read_template("\ufeff" + GOOD.replace("\n", "\r\n")) == read_template(GOOD)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[(each, each) for each in ("no", "yes", "on", "off", "y", "N", "1.0.0", "2026-11-23")],
        *[(each, each) for each in ("0o17", "017", "0x1F", "+1", "1_000", "1:30", ".inf", ".nan")],
        *[(each, each) for each in ("=", "12:30:45", "1e999", "9" * 30, ".5", "1.")],
        *[("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None)],
        *[("0", 0), ("-12", -12), ("1.50", 1.5), ("2e3", 2000.0), ('"1"', "1"), ("'no'", "no")],
    ],
)
def test_a_scalar_is_what_it_seems_to_be(written, value):
    node, _ = read_yaml(f"key: {written}")

    assert data_of(node) == {"key": value}
    assert type(data_of(node)["key"]) is type(value)


def test_every_problem_is_told_at_once_with_its_place():
    source = LEAST.replace("category: Write", "category: Writ").replace("fail", "fial")

    assert told(source + "promt: x\n") == [
        told(source)[0],
        told(source)[1],
        "9:1 `promt` isn't known here",
    ]
    assert told(source)[0].startswith("5:1 `category` must be one of Write, Meet and decide,")
    assert told(source)[0].endswith("; did you mean `Write`?")
    assert told(source)[1].startswith("7:5 a step says what it does by one of `search`, `get`,")
    assert told(source)[1].endswith("; did you mean `fail`?")


def test_a_refusal_names_the_file_and_the_first_problem():
    with pytest.raises(TemplateRefused, match=r"x\.yml can't be used\. Line 1: `id` must be small"):
        read_template(LEAST.replace("hello", "Hello World"), "x.yml")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (without("version: 1.0.0\n"), "1:1 `version` is missing here"),
        (LEAST.replace("1.0.0", "1.0"), "as in `1.0.0`"),
        (LEAST.replace("Says hello.", ""), "`description` is empty"),
        (LEAST.replace("id: hello", "id: [hello]"), "1:1 `id` must be text"),
        (LEAST.replace("fail: Hello.", "get: {}"), "7:10 `page` is missing here"),
        (LEAST.replace("fail: Hello.", "get: {pge: x, page: y}"), "did you mean `page`?"),
        (LEAST.replace("fail: Hello.", "gte: {page: x}"), "did you mean `get`?"),
        (LEAST.replace("- fail: Hello.", "- Hello"), "a step is a mapping"),
        (LEAST.replace("- fail: Hello.", "x: y"), "6:1 `steps` must be a list"),
        (LEAST.replace("{text: Hello.}", "Hello"), "8:1 `reply` must be a mapping"),
        (
            LEAST.replace("fail: Hello.", "fail: x\n    get: {page: y}"),
            "7:5 a step does one thing: this one says `fail` and `get`",
        ),
        (
            LEAST.replace("fail: Hello.", "when: x\n    steps: [{gt: {page: x}}]"),
            "did you mean `get`?",
        ),
        (
            LEAST.replace("fail: Hello.", "list_spaces: {most: 500}"),
            "7:19 `most` must be 50 or less",
        ),
        (LEAST.replace("fail: Hello.", "list_spaces: {most: x}"), "`most` must be a whole number"),
        (LEAST + "name: Again\n", "9:1 `name` stands twice: it is in line 3 already"),
        (LEAST + "entities: [{name: 1a, type: text, prompt: x}]", "9:13 `name` must be a name"),
        (
            LEAST + "entities: [{name: a, type: choice, prompt: x, choices: [{value: 1}]}]",
            "`label` is missing here",
        ),
        (
            LEAST + "entities: [{name: a, type: txet, prompt: x}]",
            "date-time, person, channel, space, page, label, site, attachment, URL; did you mean",
        ),
        (
            LEAST + "entities: [{name: a, type: choice, prompt: x, choices: ['']}]",
            "is empty: write something",
        ),
        (LEAST + "<<: {owner: x}", "merge keys"),
    ],
)
def test_what_is_wrong_is_said_in_words(source, expected):
    (only,) = told(source)

    assert expected in only


def test_of_too_many_problems_the_first_are_told():
    source = LEAST + "".join(f"wrong{number}: x\n" for number in range(100))

    found = problems(source)
    assert len(found) == MOST_PROBLEMS
    assert [each.line for each in found] == list(range(9, 9 + MOST_PROBLEMS))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip(string.ascii_lowercase, string.ascii_lowercase[1:9], strict=False)
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (BOMB, "anchors"),
        ("a: *a", "anchors"),
        ("a: &x b", "anchors"),
        ("!!python/object/apply:os.system [id]", "tags"),
        ("a: !!python/name:os.system x", "tags"),
        ("a: !x y", "tags"),
        ("? !!str a\n: b", "tags"),
        ("%TAG ! tag:x,2026:\n--- {a: !b c}", "“%”"),
        ("%YAML 1.1\n---\na: b", "“%”"),
        ("a: b\n---\na: b", "one template"),
        ("[" * 10_000, "nested too deep"),
        ("a:\n" + "".join(f"{' ' * n}b:\n" for n in range(1, 100)), "nested too deep"),
        ("? " * 5_000, "a key is a word"),
        ("? [a, b]\n: c", "a key is a word"),
        ("{" * 500, "begins with {{ needs quotes"),
        ("- " * 500 + "a", "nested too deep"),
        (f"a: [{'x,' * MOST_NODES}]", "too much"),
        ("a" * (MOST_BYTES + 1), "too large"),
        ("é" * MOST_BYTES, "too large"),
        (b"a: \xff", "UTF-8"),
        ("a: \ud800", "UTF-8"),
        ('a: "\\0"', "U+0000"),
        ('a: "\\u202e"', "U+202E"),
        ('"\\x07": a', "U+0007"),
        ("a: \x00", "U+0000"),
        ("a: \u202e", "U+202E"),
        ("a: \u2028", "U+2028"),
        ("a: \x85", "U+0085"),
        ("a: b\ufeffc", "U+FEFF"),
        ("a: b\u200bc", "U+200B"),
        ("a: b\u2061c", "U+2061"),
        ("a: b\u3164c", "U+3164"),
        ('a: "b\\xADc"', "U+00AD"),
        ("a: b\U000e0041\U000e0042", "U+E0041"),
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("a", "a template is a mapping"),
        ("- a", "a template is a mapping"),
        ("a: b\n\tc: d", "tab"),
        ("a: [b", "closing bracket is missing"),
        ("a: 'b", "a quote isn't closed"),
        ('"": b', "a key is missing"),
        ("a: b: c", "colon makes no sense"),
        ("a: {{ b }}", 'needs quotes around it, as in "{{ title }}"'),
        ("- a: b\n c: d", "begin in the same column"),
        ("a: b\n c: 'd'", "indented wrongly"),
        ("a:\n  b: c\n    d\n   e: f", "indented wrongly"),
        ("a: |\n    b\nc", "as in `name: value`"),
        ("a: @b", "begins with @ needs quotes"),
        ("a: *b*", "begins with * or & needs quotes"),
        ('a: "b" c', "doesn't go with those above"),
        ("a: ? b", "begins with “? ” needs quotes"),
        ("a: {", "is a bracket or a brace closed"),
        ("a: b\n\u00a0 c: d\n  e: f", "only looks like a space"),
    ],
    ids=range(54),
)
def test_what_no_template_needs_is_refused(source, expected):
    assert any(expected in each.message for each in problems(source))


def test_the_place_of_what_can_not_be_decoded_is_told():
    assert told(b"id: hello\nname: a\xff") == [
        "2:8 this isn't UTF-8: save the file with that encoding"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "a" * 190_000 + ": b",
        "a: " + "b" * 190_000,
        "a: '" + "b\\n" * 60_000 + "'",
        "a: " + "[]," * 60_000,
        "a: |\n" + "  b\n" * 45_000,
        "a: [" + "{b: c}, " * 3_000 + "]",
        "\n".join(f"a{number}: b" for number in range(9_000)),
        LEAST + "entities:\n" + "  - {x: 1, y: 2, z: 3}\n" * 2_000,
        LEAST.replace("fail: Hello.", "let:\n" + "".join(f"      {n}: x\n" for n in range(4_000))),
        "a: " + "- " * 90_000,
        "a: " + '"' * 90_000,
        "a: " + "#" * 90_000,
        "a: " + "{{ " * 50_000,
        "a: " + "'" * 90_001,
        "? a\n" * 40_000,
    ],
    ids=range(15),
)
def test_a_large_file_ends_in_words(source):
    found = problems(source)

    assert 1 <= len(found) <= MOST_PROBLEMS
    assert all(len(each.message) < 1_000 and len(each.where) < 500 for each in found)


SOUP = st.lists(
    st.sampled_from(
        [
            *(
                "id",
                "steps",
                "reply",
                "entities",
                "name",
                "- ",
                ": ",
                "\n",
                "  ",
                "{",
                "}",
                "[",
                "]",
            ),
            *(",", "|", ">", "&a", "*a", "!!str", "'", '"', "#", "%", "---", "...", "?", "~", "<<"),
            *("create", "get", "when", "{{ x }}", "1", "true", "\t", "\u00e9", "@", "`", "\\", "-"),
        ]
    ),
    max_size=60,
).map("".join)


@settings(max_examples=300)
@given(st.text(max_size=300) | SOUP | st.binary(max_size=100))
@example("a: &a *a")
@example("\n... \n---\n")
@example("? ? a")
def test_any_text_is_read_or_refused(source):
    text = source if isinstance(source, str) else source.decode("latin-1")
    most = text.count("\n") + text.count("\r") + 1
    for each in found_in(source):
        assert 1 <= each.line <= most + 1
        assert each.column >= 1
        assert each.message


SEEN = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn"]) | st.just("\n"),
    max_size=8,
)
KEYS = st.sampled_from(
    ["id", "name", "steps", "otherwise", "when", "search", "create", "let", "reply", "choices"]
) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300)
@given(st.dictionaries(KEYS | st.sampled_from(["entities", "policy", "version"]), JSON, max_size=8))
def test_whatever_stands_in_a_template_is_read_or_refused_in_words(data):
    for each in found_in(json.dumps(data, ensure_ascii=False)):
        assert each.message
        assert "Input should" not in each.message


@given(st.recursive(SEEN, lambda inner: st.lists(inner, max_size=3), max_leaves=20))
def test_text_in_quotes_comes_back_as_it_was(value):
    node, _ = read_yaml(json.dumps({"a": value}, ensure_ascii=False))

    assert data_of(node) == {"a": value}


def test_places_lead_to_the_line_in_a_block():
    _, places = read_with_places(GOOD)

    path = ("reply", "text")
    assert places.at(path).line == 22
    assert (places.within(path, 2, 3).line, places.within(path, 2, 3).column) == (24, 7)
    lines = GOOD.split("\n")
    assert lines[23][6:].startswith("{{ page.title")


def test_places_lead_into_quotes():
    _, places = read_with_places(GOOD)

    place = places.within(("steps", 0, "create", "title"), 1, 1)
    assert GOOD.split("\n")[place.line - 1][place.column - 1 :].startswith("{{ title }}")


def test_a_place_that_is_not_there_is_that_of_what_is_around_it():
    node, _ = read_yaml("a:\n  b: [c]\n")

    assert Places(node).at(("a", "b", 7, "d")).line == 2


@pytest.mark.parametrize(("name", "source"), shipped_sources())
def test_what_ships_can_be_read(name, source):
    assert f"{read_template(source, name).id}.yml" == name


def test_the_schema_is_named_in_what_ships():
    for name, source in shipped_sources():
        first = source.partition("\n")[0]
        _, _, schema = first.partition("# yaml-language-server: $schema=")
        assert (Path("bot/templates") / schema).resolve().name == "schema.json", name
