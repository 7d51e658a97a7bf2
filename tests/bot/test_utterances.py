import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.template import Entity, EntityType
from bot.utterances import compile_utterance, match_all, read_line

ENTITIES = [
    Entity(name=name, type=EntityType.TEXT, prompt="?") for name in ("title", "space", "labels")
]
RECORD = compile_utterance("write a decision record in {space} about {title}")


def match(text, pattern):
    return dict(match_all(text, {0: [pattern]})).get(0)


def known(text, pattern):
    return match(text, compile_utterance(pattern))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write a decision record in ENG about Mongo", {"space": "ENG", "title": "Mongo"}),
        ("  Write  A decision\nrecord in ENG about Mongo  ", {"space": "ENG", "title": "Mongo"}),
        ("write a decision record in ENG, about Mongo!", {"space": "ENG", "title": "Mongo"}),
        (
            "write a decision record in our space about Mongo 7.0, now",
            {"space": "our space", "title": "Mongo 7.0, now"},
        ),
        (
            "write a decision record in ENG about what we are about",
            {"space": "ENG", "title": "what we are about"},
        ),
        (
            'write a decision record in "all about us" about “Mongo”.',
            {"space": "all about us", "title": "Mongo"},
        ),
        ("write a decision record in ENG about", None),
        ("write a decision record in about Mongo", None),
        ("please write a decision record in ENG about Mongo", None),
        ("write a decision recording in ENG about Mongo", None),
        ("write a decision record in ENG aboutMongo", None),
        ("", None),
        ("!", None),
    ],
)
def test_matches_whole_words_in_their_order(text, found):
    assert match(text, RECORD) == found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("what's new", "What’s new?", {}),
        ("what's new", "what's new here", None),
        ("{title} again", "Mongo again", {"title": "Mongo"}),
        ("{title} again", "again", None),
        ("{title} again", "again again", {"title": "again"}),
        ("note: {title}", "note: buy milk", {"title": "buy milk"}),
        ("note: {title}", "Note buy milk", {"title": "buy milk"}),
        (
            "label {title} as {labels} please",
            "label A as b as c please",
            {"title": "A", "labels": "b as c"},
        ),
        ("ändere {title}", "ÄNDERE Straße", {"title": "Straße"}),
        (
            "move {title} to {space} and {labels}",
            "move a and b to c and d and e",
            {"title": "a and b", "space": "c", "labels": "d and e"},
        ),
    ],
)
def test_what_lies_between_is_captured_as_short_as_it_can_be(pattern, text, found):
    assert known(text, pattern) == found


@pytest.mark.parametrize(
    "pattern",
    [
        "{title}",
        "write {title} {space}",
        "write {title} and {title}",
        "write {title",
        "write }",
        "write {2}",
        "",
        "un{title}",
        "write {title}s",
        "{title}, {space} write",
    ],
)
def test_a_pattern_that_says_too_little_is_refused(pattern):
    with pytest.raises(BadInput):
        compile_utterance(pattern)


def test_the_most_words_win_and_equals_are_all_told():
    tasks = {
        "page": [compile_utterance("write {title}")],
        "record": [RECORD, compile_utterance("record {title}")],
        "copy": [compile_utterance("write a decision record in {space} about {labels}")],
        "other": [compile_utterance("forget {title}")],
    }

    found = match_all("write a decision record in ENG about Mongo", tasks)

    assert found == [
        ("record", {"space": "ENG", "title": "Mongo"}),
        ("copy", {"space": "ENG", "labels": "Mongo"}),
    ]
    assert match_all("write home", tasks) == [("page", {"title": "home"})]
    assert match_all("nothing of it", tasks) == []


WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
PHRASE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)


@given(PHRASE, PHRASE, st.sampled_from(["", ".", "!!", " ?", " …"]))
def test_whatever_is_said_of_entities_comes_out_as_it_was_said(space, title, end):
    found = match(f"write a decision record in {space} about {title}{end}", RECORD)

    words = space.casefold().split()
    if "about" not in words:
        assert found == {"space": space, "title": title}
    else:
        assert found is not None


@given(st.text(max_size=300))
@example('"' * 300)
@example("{title}")
def test_any_text_can_be_tried(text):
    match(text, RECORD)


@pytest.mark.parametrize(
    "text",
    [
        "in about " * 100_000,
        '"' * 1_000_000,
        "write " + "about " * 300,
        "a" * 1_000_000,
        "write a decision record in " + "about " * 320,
        "“" * 1_900,
        '" ' * 900,
    ],
)
def test_hostile_texts_are_done_with_at_once(text):
    pattern = compile_utterance("write a decision record in {space} about about about x {title}")
    found = match_all(text, {number: [pattern, RECORD] for number in range(20)})
    assert len(found) in {0, 20}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        (
            'title="Use Mongo" space=ENG labels=a,b',
            {"title": "Use Mongo", "space": "ENG", "labels": "a,b"},
        ),
        ("title=“Use Mongo” Space=ENG", {"title": "Use Mongo", "space": "ENG"}),
        ("title=«Use Mongo»", {"title": "Use Mongo"}),
        ("title=„Use Mongo“", {"title": "Use Mongo"}),
        (r'title="Use \"Mongo\""', {"title": 'Use "Mongo"'}),
        (r"title=Use\ Mongo", {"title": "Use Mongo"}),
        (r"title=a\\b", {"title": r"a\b"}),
        ('title=5"disk', {"title": '5"disk'}),
        ("title=a=b", {"title": "a=b"}),
        ("title= space=ENG", {"title": "", "space": "ENG"}),
        ('title=""', {"title": ""}),
    ],
)
def test_a_line_says_what_each_thing_is(text, found):
    assert read_line(text, ENTITIES) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("titel=x", "Did you mean “title”"),
        ("colour=red", "title, space, labels"),
        ("title=Use Mongo", "“Mongo”"),
        ("title: x", "title, space, labels"),
        ("title=a title=b", "twice"),
        ('title="Use Mongo', "never closed"),
        ('title="Use"Mongo', "blank"),
        ("=x", "“=x”"),
    ],
)
def test_what_a_line_does_not_say_is_not_guessed(text, words):
    with pytest.raises(BadInput, match=words):
        read_line(text, ENTITIES)


def quoted(value):
    escaped = "".join(f"\\{each}" if each in '\\"“”„«»' else each for each in value)
    return f'"{escaped}"'


VALUES = st.dictionaries(st.sampled_from(["title", "space", "labels"]), st.text(max_size=40))


@given(VALUES, st.sampled_from([" ", "  ", "\n"]))
def test_a_line_is_read_as_it_was_written(values, blank):
    line = blank.join(f"{name}={quoted(value)}" for name, value in values.items())

    assert read_line(line, ENTITIES) == values


@given(st.text(alphabet='title=space "\\“”a', max_size=60))
def test_any_line_is_read_or_refused(text):
    try:
        found = read_line(text, ENTITIES)
    except BadInput:
        return
    assert set(found) <= {"title", "space", "labels"}


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ('title="Use “Mongo”: yes"', "Use “Mongo”: yes"),
        ('title=“Use "Mongo": yes”', 'Use "Mongo": yes'),
        ('title=“Use Mongo"', "Use Mongo"),
        ('title="Use Mongo”', "Use Mongo"),
    ],
)
def test_a_quote_is_closed_by_its_own_kind_where_there_is_one(line, title):
    entities = (Entity(name="title", type=EntityType.TEXT, prompt="Which?"),)
    assert read_line(line, entities) == {"title": title}
