import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogs.controls import Control
from bot.dialogs.saying import Named, Said, understand
from bot.template import Entity, EntityType

AREA = Entity(name="space", type=EntityType.SPACE, prompt="?")
TITLE = Entity(name="contentTitle", type=EntityType.TEXT, label="Title", prompt="?")
BODY = Entity(name="body", type=EntityType.RICH_TEXT, prompt="?")
DAY = Entity(name="due_day", type=EntityType.DATE, label="Due on:", prompt="?")
ALL = (AREA, TITLE, BODY, DAY)


def by_name(*named):
    return Said(named=tuple(Named(*each) for each in named), is_literal=False)


def answer(text):
    return Said(answer=text)


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("skip", Control.SKIP),
        ("Skip it.", Control.SKIP),
        ("BACK", Control.BACK),
        ("  go   back  ", Control.BACK),
        ("help!", Control.HELP),
        ("?", Control.HELP),
        ("What’s left?", Control.LEFT),
        ("what is left", Control.LEFT),
        ("cancel", Control.CANCEL),
        ("form", Control.TO_FORM),
        ("skip this one, please", Control.SKIP),
        ("Could you go back one?", Control.BACK),
        ("What is missing", Control.LEFT),
        ("what do I still have to answer?", Control.LEFT),
        ("Help me, please!", Control.HELP),
        ("I'd like to cancel it", Control.CANCEL),
        ("ok, forget it", Control.CANCEL),
        ("please show me the form", Control.TO_FORM),
    ],
)
@pytest.mark.parametrize("asked", [AREA, TITLE, BODY, None])
def test_a_word_of_control_is_the_whole_message(text, control, asked):
    assert understand(text, ALL, asked) == Said(control=control)
    if asked is TITLE:
        assert understand(f"{text} the rest", ALL, asked) == answer(f"{text} the rest")


@pytest.mark.parametrize("text", ["no", "None.", "nothing", "No, thanks!", "n/a", "-", "nope"])
def test_nothing_is_said_to_what_may_be_skipped_alone(text):
    remark = TITLE.model_copy(update={"required": False})
    assert understand(text, ALL, remark) == Said(control=Control.NOTHING)
    assert understand(f"“{text}”", ALL, remark) == Said(answer=text, is_literal=False)
    for asked in (TITLE, BODY, AREA):
        assert understand(text, ALL, asked) == answer(text)
    sure = remark.model_copy(update={"type": EntityType.BOOLEAN})
    assert understand(text, ALL, sure) == answer(text)


@pytest.mark.parametrize("text", ["left", "Next", "stop", "none"])
def test_a_choice_that_the_question_has_is_an_answer(text):
    kind = {"name": "kind", "type": "choice", "prompt": "?", "required": False}
    asked = Entity.model_validate({**kind, "choices": ["Left", "next", "Stop", "None"]})
    assert understand(text, ALL, asked) == answer(text)


@pytest.mark.parametrize(
    ("text", "entity", "words"),
    [
        ("no, the title should be Roadmap", "contentTitle", "Roadmap"),
        ("Actually, space: OPS", "space", "OPS"),
        ("oh sorry, change the title to Plan", "contentTitle", "Plan"),
        ("the title is wrong", "contentTitle", None),
        ("No, the space isn't right.", "space", None),
    ],
)
@pytest.mark.parametrize("asked", [AREA, TITLE, DAY, None])
def test_what_is_put_right_needs_no_set_phrase(text, entity, words, asked):
    assert understand(text, ALL, asked) == by_name((entity, words))


def test_of_a_text_nothing_but_a_change_is_said_by_is():
    assert understand("the body is too long", ALL, None) == answer("the body is too long")
    assert understand("no, that is good", ALL, TITLE) == answer("no, that is good")


@pytest.mark.parametrize("text", ["yes", "Yes!", "confirm", "OK", "go ahead", "looks good"])
def test_a_yes_is_one_only_where_nothing_is_asked(text):
    assert understand(text, ALL, None) == Said(control=Control.YES)
    assert understand(text, ALL, TITLE) == answer(text)


@pytest.mark.parametrize("text", ['"back"', "“skip”", "'help'", "«cancel»", '"title: x"'])
def test_quotes_make_an_answer_of_anything(text):
    assert understand(text, ALL, TITLE) == Said(answer=text[1:-1], is_literal=False)


@pytest.mark.parametrize("text", ['"Use Mongo"', "'tis", '"a" and "b"', '"'])
def test_quotes_that_are_not_needed_are_part_of_an_answer(text):
    assert understand(text, ALL, TITLE) == answer(text)


@pytest.mark.parametrize(
    ("text", "entity", "words"),
    [
        ("space should be OPS", "space", "OPS"),
        ("change title to Use Mongo", "contentTitle", "Use Mongo"),
        ("Change the Title to Use Mongo", "contentTitle", "Use Mongo"),
        ("set content title to X", "contentTitle", "X"),
        ("title: Use Mongo", "contentTitle", "Use Mongo"),
        ("contentTitle=Use Mongo", "contentTitle", "Use Mongo"),
        ('title = "Use: Mongo"', "contentTitle", "Use: Mongo"),
        ("the space is OPS", "space", "OPS"),
        ("my space must be OPS", "space", "OPS"),
        ("due on: tomorrow", "due_day", "tomorrow"),
        ("due day: tomorrow", "due_day", "tomorrow"),
        ("DUE_DAY is 10:30", "due_day", "10:30"),
        ("change the title", "contentTitle", None),
    ],
)
@pytest.mark.parametrize("asked", [AREA, TITLE, DAY, None])
def test_an_answer_by_name_is_one_whatever_is_asked(text, entity, words, asked):
    assert understand(text, ALL, asked) == by_name((entity, words))


@pytest.mark.parametrize(
    "text",
    [
        "colour: red",
        "spaceship: X",
        "the spaces are OPS",
        "Mongo, and why the title matters",
        "title",
        "title:",
        "rename the title to X",
        "why title: X",
        "",
    ],
)
def test_anything_else_is_an_answer(text):
    assert understand(text, ALL, TITLE) == answer(text)


def test_a_name_and_a_value_will_do_where_no_free_text_is_asked():
    assert understand("title Use Mongo", ALL, AREA) == by_name(("contentTitle", "Use Mongo"))
    assert understand("title Use Mongo", ALL, TITLE) == answer("title Use Mongo")
    assert understand("space exploration", ALL, TITLE) == answer("space exploration")


def test_several_at_once_each_by_its_name_after_an_answer():
    assert understand("ENG, title Use Mongo, not SQL, due on tomorrow", ALL, AREA) == Said(
        answer="ENG",
        named=(Named("contentTitle", "Use Mongo, not SQL"), Named("due_day", "tomorrow")),
        is_literal=False,
    )
    assert understand("space: ENG\ntitle: Use Mongo", ALL, TITLE) == by_name(
        ("space", "ENG"), ("contentTitle", "Use Mongo")
    )
    assert understand("Use Mongo; and space: OPS", ALL, TITLE) == Said(
        answer="Use Mongo", named=(Named("space", "OPS"),), is_literal=False
    )
    assert understand("title: Use Mongo space: ENG due day=tomorrow", ALL, TITLE) == by_name(
        ("contentTitle", "Use Mongo"), ("space", "ENG"), ("due_day", "tomorrow")
    )
    assert understand('title: "Why, space: not" and space: ENG', ALL, None) == by_name(
        ("contentTitle", "Why, space: not"), ("space", "ENG")
    )
    assert understand("body: see title: x", ALL, None) == by_name(("body", "see title: x"))
    assert understand("Use Mongo, space age", ALL, TITLE) == answer("Use Mongo, space age")
    assert understand("whatever, title: X", ALL, None) == answer("whatever, title: X")


@pytest.mark.parametrize(
    "text", ["Title: none of it", "The space is big.", "a\nspace should be OPS", "b, space: OPS"]
)
def test_prose_is_left_alone(text):
    assert understand(text, ALL, BODY) == answer(text)


def test_prose_can_be_left_to_change_another():
    assert understand("change space to OPS", ALL, BODY) == by_name(("space", "OPS"))
    assert understand("space should be OPS", ALL, BODY) == by_name(("space", "OPS"))


def test_what_two_are_called_means_neither():
    twin = Entity(name="other", type=EntityType.TEXT, label="Title", prompt="?")
    assert understand("title: X", (*ALL, twin), AREA) == answer("title: X")
    assert understand("contentTitle: X", (*ALL, twin), AREA) == by_name(("contentTitle", "X"))


@given(st.text(max_size=200), st.sampled_from([None, *ALL]))
def test_any_message_says_one_thing(text, asked):
    said = understand(text, ALL, asked)
    assert (said.control is None) == (said.answer is not None or bool(said.named))
    if said.control is None and not said.named and said.is_literal:
        assert said.answer == text


@given(st.text(alphabet='space title:=,;\n"“” beischould', max_size=400))
def test_names_and_their_values_are_taken_apart_whatever_stands_there(text):
    for asked in (None, *ALL):
        said = understand(text, ALL, asked)
        assert all(each.words is None or each.words in text for each in said.named)


@pytest.mark.parametrize("text", [",title:" * 280, "space " * 330, ", and " * 330])
def test_a_long_message_is_taken_apart_at_once(text):
    understand(text, ALL, AREA)
