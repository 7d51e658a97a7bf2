"""What holds for entities of every type."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.document import Document, Paragraph, Text
from bot.entities import (
    LONGEST_FIELD,
    LONGEST_OPTION,
    Given,
    SlackFile,
    WrongAnswer,
    ask,
    element,
    read,
    shown,
    suggest,
)
from bot.template import EntityType
from bot.values import Thing, dump_value, load_value
from tests.bot.asking import Desk, entity

CHOSEN = {"choices": ("Red", "Green")}
MANY = {EntityType.PERSON, EntityType.PAGE, EntityType.LABEL, EntityType.ATTACHMENT}
HOSTILE = [
    "<!channel> <!everyone> <@U0ADA> <#C0GEN|x> <https://a.example|*b*>",
    "*_~`" * 300,
    "\u202e\u2066\u200f\u200b",
    '" or type = "page" or ("a" = "a',
    "<" * 100_000,
    "a" * 100_000,
    "1," * 50_000,
    "<@U0BOB>" * 5_000,
    "\x00\ud800\uffff",
    "{{ connections.confluence.access_token }}",
    "&amp;lt;script&amp;gt;",
    "in " * 30_000,
    "9" * 100_000,
    "https://" + "a." * 40_000,
]


def of(kind, **more):
    chosen = CHOSEN if kind in {EntityType.CHOICE, EntityType.CHOICES} else {}
    return entity(kind, **chosen, **more)


async def answer(given, kind, **more):
    """Return what is read, if anything: any other error fails the test."""
    desk = await Desk().connect()
    try:
        return await read(of(kind, **more), given, desk.context)
    except WrongAnswer as error:
        words = str(error)
    assert 0 < len(words) < 500
    return None


@pytest.mark.parametrize("kind", EntityType)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_nothing_that_is_typed_breaks_anything(kind, text):
    for is_plain in (False, True):
        for many in {False, kind in MANY}:
            found = await answer(Given(text=text, is_plain=is_plain), kind, many=many)
            words = shown(of(kind, many=many), found) if found is not None else ""
            assert len(words) <= len(text) + 100


WORDS = st.text(max_size=40)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.dates() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.builds(
            Thing,
            st.sampled_from(["page", "space", "person", "channel", "site", "attachment", "hit"]),
            WORDS,
            st.dictionaries(
                st.sampled_from(["id", "key", "site", "user", "account", "file"]), inner
            ),
        )
    ),
    max_leaves=5,
)


@given(ANYTHING, st.sampled_from(list(EntityType)), st.booleans())
@settings(max_examples=300, deadline=None)
async def test_nothing_that_is_chosen_breaks_anything(value, kind, many):
    found = await answer(Given(value=value), kind, many=many and kind in MANY)
    if found is not None:
        assert load_value(dump_value(found)) == found


@pytest.mark.parametrize("kind", EntityType)
async def test_nothing_is_no_answer(kind):
    for given_ in (Given(), Given(text=" \n"), Given(value=()), Given(document=Document(()))):
        with pytest.raises(WrongAnswer, match="There is nothing in that"):
            await read(of(kind), given_, Desk().context)


@pytest.mark.parametrize("kind", EntityType)
def test_each_is_asked_for_in_its_authors_words(kind):
    context = Desk().context
    question = ask(of(kind), context)
    assert question.words == "Which?"
    assert ask(of(kind, required=False), context).words == "Which? (optional)"
    assert ask(of(kind, examples=("this", "that")), context).hint == "As in this or that."
    if kind in {"label", "person", "page", "attachment"}:
        assert "Several may be given" in ask(of(kind, many=True), context).hint
    assert element(of(kind, label="Label", help="Help", required=False)).label == "Label"
    assert element(of(kind, name="pageTitle")).label == "Page title"
    assert element(of(kind, required=False)).is_optional
    assert element(of(kind, examples=("this",))).placeholder == "this"


async def test_what_is_suggested_fits_slacks_options():
    desk = await Desk().connect()
    desk.finds("x" * 300, "*bold*\n<b>", "\u200b")
    found = await suggest(entity("page"), "x", desk.context)
    assert len(found) == 3
    for each in found:
        assert 0 < len(each.label) <= LONGEST_OPTION
        assert 0 < len(each.value) <= LONGEST_OPTION


def test_a_field_that_cant_hold_an_answer_tells_of_it():
    long = "word " * 1_000
    assert element(entity("long text"), long).text == ""
    assert element(entity("long text"), long).held.startswith("word word")
    assert element(entity("long text"), "short").text == "short"
    assert element(entity("long text")).most == LONGEST_FIELD
    assert element(entity("text", length={"least": 2, "most": 80})).most == 80


def test_a_field_holds_the_answer_that_it_had():
    rich = Document((Paragraph((Text("Hi"),)),))
    assert element(entity("rich text"), rich).document == rich
    assert element(entity("number"), 2.5).text == "2.5"
    assert element(entity("date"), date(2026, 12, 3)).text == "2026-12-03"
    assert element(entity("label", many=True), ()).text == ""
    assert element(entity("text"), "title").text == "title"


async def test_several_files_and_words_at_once_are_read_for_what_is_asked():
    desk = await Desk().connect()
    came = Given(text="my notes", files=(SlackFile("F1", "a.txt", "text/plain", 3),))
    assert await read(entity("text"), came, desk.context) == "my notes"
    assert (await read(entity("attachment"), came, desk.context)).label == "a.txt"


@pytest.mark.parametrize("kind", EntityType)
def test_an_example_in_words_never_fills_a_menu_or_a_calendar(kind):
    filled = element(of(kind), "no such thing!")
    assert filled.chosen == ()
    is_typed = kind in {EntityType.TEXT, EntityType.LONG_TEXT, EntityType.URL, EntityType.LABEL}
    assert filled.text == ("no such thing!" if is_typed else "")
    assert filled.held or is_typed or kind is EntityType.RICH_TEXT


@pytest.mark.parametrize(
    ("kind", "chosen", "text"),
    [
        ("date", "2026-12-03", "2026-12-03"),
        ("date-time", "1796310000", "1796310000"),
        ("date-time", 1796310000, "1796310000"),
        ("number", "3.5", "3.5"),
        ("person", "U0ADA", "U0ADA"),
        ("channel", "C0GEN", "C0GEN"),
    ],
)
def test_a_field_shows_again_what_was_chosen_and_not_read_yet(kind, chosen, text):
    empty, filled = element(entity(kind)), element(entity(kind), chosen)
    assert (filled.look, filled.text, filled.held) == (empty.look, text, "")


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("space", "ENG"),
        ("site", "11111111-1111-4111-8111-111111111111"),
        ("page", "7@11111111-1111-4111-8111-111111111111"),
        ("person", "account=712020:grace Grace Hopper"),
        ("choice", "Red"),
        ("choices", ("Red", "Green")),
        ("boolean", "yes"),
    ],
)
def test_a_menu_shows_again_what_was_chosen_and_not_read_yet(kind, chosen):
    filled = element(of(EntityType(kind)), chosen)
    wanted = chosen if isinstance(chosen, tuple) else (chosen,)
    assert tuple(each.value for each in filled.chosen) == wanted


@given(ANYTHING, st.sampled_from(list(EntityType)), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_field_holds_anything_or_tells_of_it(value, kind, many):
    filled = element(of(kind, many=many and kind in MANY), value)
    assert len(filled.text) <= LONGEST_FIELD
    assert all(len(each.value) <= LONGEST_OPTION for each in filled.chosen)


def test_a_field_says_how_much_it_takes():
    assert element(entity("attachment")).most == 1
    assert element(entity("attachment", many=True)).most == 20
    assert element(entity("label")).most == 255
    assert element(entity("label", many=True)).most == LONGEST_FIELD
    of_page = {"source": "labels", "of": "page"}
    assert element(entity("label", many=True, choices_from=of_page)).most == 20
    assert element(entity("number", range={"least": 1, "most": 5})).most == 5
    assert element(entity("choices", choices=("a", "b"))).most is None
