"""Numbers, yes or no, and choosing from a list."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.connection import READ
from bot.entities import MOST_BUTTONS, WrongAnswer, ask, element, shown, suggest
from bot.entities.numbers import NO, YES
from bot.errors import NotOffered, ScopeMissing
from bot.template import Choice
from bot.things import page_thing, space_thing
from bot.values import dump_value, load_value
from tests.bot.asking import Desk, entity, labels, template, values
from tests.fakes import ACME, ENG, page

COLOURS = ("Red", "Green", "Greyish blue", Choice(value="k", label="Black and white"))
PLAN = page_thing(page(7, "Plan"), ACME, ENG)


@pytest.fixture
async def desk():
    desk = await Desk().connect()
    desk.put(7, "Plan")
    desk.knows(plan=PLAN)
    return desk


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-3", -3),
        ("−3", -3),
        ("+3", 3),
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("0.125", 0.125),
        ("0,125", 0.125),
        ("12 000", 12000),
        ("12\u202f000,5", 12000.5),
        ("12'000", 12000),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("2.0", 2),
        ("1234.567", 1234.567),
        ("٣", 3),
        ("“7”", 7),
    ],
)
async def test_a_number_is_read_as_people_write_it(desk, text, number):
    found = await desk.typed("number", text)
    assert found == number
    assert isinstance(found, type(number))


@pytest.mark.parametrize(
    ("text", "readings"), [("1,234", ["1234", "1.234"]), ("-12.000", ["-12000", "-12"])]
)
async def test_a_number_that_may_be_two_is_neither(desk, text, readings):
    error = await desk.refused("number", text)
    assert values(error) == readings
    assert [await desk.chosen("number", each) for each in readings] == [
        float(each) for each in readings
    ]


@pytest.mark.parametrize("text", ["3 days", "5 %", "3-4", "1 2", "12 00", "1.2.3", "2,5 h"])
async def test_a_number_stands_alone(desk, text):
    assert "number alone" in str(await desk.refused("number", text))


@pytest.mark.parametrize("text", ["many", "-", "", "²", "nan", "inf", "one", "1e5x", "<@U0ADA>"])
async def test_what_is_no_number_is_refused(desk, text):
    assert "number" in str(await desk.refused("number", text))


async def test_a_number_has_as_many_digits_as_are_kept(desk):
    assert "15 digits" in str(await desk.refused("number", "9" * 16))
    assert await desk.typed("number", "9" * 15) == int("9" * 15)
    assert await desk.refused("number", "9" * 100_000)


async def test_a_forms_number_has_a_point(desk):
    assert await desk.filled("number", "3.142") == 3.142
    assert await desk.chosen("number", "3.142") == 3.142


async def test_a_number_keeps_its_range(desk):
    bounds = {"range": {"least": 1, "most": 5}}
    assert await desk.typed("number", "5", **bounds) == 5
    assert str(await desk.refused("number", "5.5", **bounds)) == (
        "5.5 is too large. Give a number from 1 to 5."
    )
    assert "too small" in str(await desk.refused("number", "0", **bounds))
    only = {"range": {"least": 1}}
    assert "a number from 1." in str(await desk.refused("number", "0", **only))


async def test_what_a_number_isnt_is_no_number(desk):
    for held in (math.nan, math.inf):
        with pytest.raises(WrongAnswer):
            await desk.chosen("number", held)


@given(st.one_of(st.integers(-(10**15) + 1, 10**15 - 1), st.floats(-1e6, 1e6)))
@settings(max_examples=150, deadline=None)
async def test_a_number_that_is_shown_reads_as_itself(number):
    words = shown(entity("number"), number)
    assert await Desk().filled("number", words) == pytest.approx(number, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Y",
        "TRUE",
        "ok",
        "Yep!",
        "1",
        ":+1:",
        ":thumbsup::skin-tone-3:",
        "👍🏽",
        "✔️",
        "`yes`",
    ],
)
async def test_yes(desk, text):
    assert await desk.typed("boolean", text) is True


@pytest.mark.parametrize(
    "text", ["no", "N", "false", "nope.", "0", ":-1:", "👎", "❌", "no thanks"]
)
async def test_no(desk, text):
    assert await desk.typed("boolean", text) is False


async def test_neither_yes_nor_no(desk):
    assert labels(await desk.refused("boolean", "maybe")) == ["Yes", "No"]
    assert [await desk.chosen("boolean", each) for each in (True, False, "yes", "no")] == [
        True,
        False,
        True,
        False,
    ]


def test_a_boolean_that_must_be_answered_is_a_menu_and_else_a_tick():
    assert element(entity("boolean")).look == "menu"
    optional = element(entity("boolean", required=False), value=False)
    assert (optional.look, optional.chosen) == ("checkbox", (NO,))
    assert element(entity("boolean"), value=True).chosen == (YES,)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("red", "Red"),
        ("RED", "Red"),
        ("1", "Red"),
        ("2", "Green"),
        ("grey", "Greyish blue"),
        ("k", "k"),
        ("black", "k"),
        ("Black and white", "k"),
        ("`green`", "Green"),
    ],
)
async def test_one_is_chosen_by_label_value_number_or_beginning(desk, text, value):
    assert await desk.typed("choice", text, choices=COLOURS) == value


async def test_a_beginning_that_several_share_offers_those(desk):
    error = await desk.refused("choice", "gre", choices=COLOURS)
    assert labels(error) == ["Green", "Greyish blue"]


async def test_what_is_no_choice_offers_what_is_near_or_all(desk):
    assert labels(await desk.refused("choice", "greeen", choices=COLOURS))[0] == "Green"
    assert labels(await desk.refused("choice", "white", choices=COLOURS)) == ["Black and white"]
    assert len(labels(await desk.refused("choice", "zzz", choices=COLOURS))) == 4
    assert "“Red”" in str(await desk.refused("choice", "0", choices=COLOURS))
    assert await desk.refused("choice", "5", choices=COLOURS)
    assert await desk.refused("choice", "9" * 400, choices=COLOURS)


async def test_a_number_that_is_a_choice_is_that_and_no_place(desk):
    numbers = ("30", "2", "1")
    assert await desk.typed("choice", "1", choices=numbers) == "1"
    assert await desk.typed("choice", "3", choices=("a", "b", "c")) == "c"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("red, green", ("Red", "Green")),
        ("red and green", ("Red", "Green")),
        ("red, k and 2", ("Red", "k", "Green")),
        ("Red, and Black and white", ("Red", "k")),
        ("black and white & red", ("k", "Red")),
        ("Black and white", ("k",)),
        ("red\ngreen;grey", ("Red", "Green", "Greyish blue")),
        ("red, red", ("Red",)),
        ("R&amp;D", ("R&D",)),
    ],
)
async def test_several_are_chosen_with_commas_and_and(desk, text, chosen):
    assert await desk.typed("choices", text, choices=(*COLOURS, "R&D")) == chosen


async def test_several_that_are_chosen_in_a_menu(desk):
    assert await desk.chosen("choices", ("Red", "k"), choices=COLOURS) == ("Red", "k")
    assert await desk.chosen("choices", "k", choices=COLOURS) == ("k",)
    many = tuple(f"choice {number}" for number in range(60))
    assert await desk.chosen("choices", many, choices=many) == many


async def test_quotes_around_what_is_typed_are_dropped_and_of_what_is_chosen_they_stay(desk):
    names = ("“Red”", "Red")
    assert await desk.typed("choice", "“red”", choices=("Red", "Blue")) == "Red"
    assert [await desk.chosen("choice", each, choices=names) for each in names] == [*names]


async def test_one_wrong_among_several_is_told(desk):
    assert "“blue”" in str(await desk.refused("choices", "red, blue", choices=COLOURS))
    assert await desk.refused("choices", "red," * 50_000, choices=COLOURS)


async def test_one_is_wanted_and_several_came(desk):
    with pytest.raises(WrongAnswer, match="one is wanted"):
        await desk.chosen("choice", ("Red", "Green"), choices=COLOURS)
    assert await desk.chosen("choice", ("Red",), choices=COLOURS) == "Red"


def test_few_choices_are_buttons_and_more_are_a_menu():
    few = ask(entity("choice", choices=COLOURS), Desk().context)
    assert few.has_buttons
    assert [each.value for each in few.choices] == ["Red", "Green", "Greyish blue", "k"]
    many = tuple(str(number) for number in range(MOST_BUTTONS + 1))
    question = ask(entity("choice", choices=many), Desk().context)
    assert not question.has_buttons
    assert question.element.look == "menu"


def test_a_choice_is_shown_by_its_label():
    chosen = entity("choices", choices=COLOURS)
    assert shown(chosen, ("k", "Red")) == "Black and white, Red"
    assert [each.label for each in element(chosen, ("k", "Red")).chosen] == [
        "Black and white",
        "Red",
    ]


async def test_a_choice_too_long_for_slack_is_chosen_all_the_same(desk):
    long = "x" * 150
    question = ask(entity("choice", choices=(long, "y")), desk.context)
    (first, _) = question.choices
    assert len(first.value) <= 75
    assert len(first.label) <= 75
    assert await desk.chosen("choice", first.value, choices=(long, "y")) == long


@given(st.data())
@settings(max_examples=50, deadline=None)
async def test_whatever_is_shown_of_a_choice_reads_as_it(data):
    words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1)
    names = data.draw(
        st.lists(
            words.map(lambda each: " ".join(each.split())[:60]).filter(bool),
            min_size=1,
            max_size=8,
            unique_by=str.casefold,
        )
    )
    one = entity("choice", choices=tuple(names))
    for name, option in zip(names, ask(one, Desk().context).choices, strict=True):
        assert await Desk().chosen("choice", option.value, choices=tuple(names)) == name


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
async def test_whatever_is_typed_is_a_choice_or_a_wrong_answer(text):
    for kind in ("choice", "choices", "boolean", "number"):
        try:
            await Desk().typed(kind, text, choices=COLOURS if kind.startswith("choice") else ())
        except WrongAnswer as error:
            told = str(error)
            assert len(told) < 400


def looked_up(source, of="plan", **more):
    return entity("choice", choices_from={"source": source, "of": of}, **more)


async def test_sections_are_chosen_from_the_pages_own(desk):
    section = looked_up("sections")
    assert labels_of(await suggest(section, "", desk.context)) == ["Goals", "How & when"]
    assert labels_of(await suggest(section, "how", desk.context)) == ["How & when"]
    one = {"choices_from": {"source": "sections", "of": "plan"}}
    assert await desk.typed("choice", "how &amp; when", **one) == "How & when"
    assert labels(await desk.refused("choice", "Risks", **one)) == ["Goals", "How & when"]


def labels_of(choices):
    return [each.label for each in choices]


async def test_versions_and_comments_are_shown_in_words(desk):
    found = await suggest(looked_up("versions"), "", desk.context)
    assert labels_of(found) == [
        "Version 2 · Ada Lovelace · 23 November 2026 · Say when",
        "Version 1 · Ada Lovelace",
    ]
    one = {"choices_from": {"source": "versions", "of": "plan"}}
    assert await desk.typed("choice", "version 1", **one) == "1"
    comments = await suggest(looked_up("comments"), "", desk.context)
    assert comments[0].value == "77"
    assert comments[0].label.startswith("Ada Lovelace: Is this still so?")
    of_page = {"choices_from": {"source": "comments", "of": "plan"}}
    found = await desk.chosen("choice", "77", **of_page)
    assert found == "77"
    assert shown(entity("choice", **of_page), found).startswith("Ada Lovelace: Is this")
    assert load_value(dump_value(found)) == "77"


async def test_page_templates_are_those_of_the_space_and_of_all(desk):
    desk.wiki.templates = [template(1, "Retro"), template(2, "Plan")]
    desk.knows(where=space_thing(ENG, ACME))
    of_all = {"choices_from": {"source": "page templates"}}
    assert await desk.typed("choice", "retro", **of_all) == "1"
    offered = await suggest(looked_up("page templates", "where"), "", desk.context)
    asked = [what for name, what in desk.wiki.asked if name == "list_page_templates"]
    assert asked == [None, "ENG", None]
    assert labels_of(offered) == ["Retro", "Plan"]


async def test_what_takes_more_rights_is_asked_for_with_them():
    desk = await Desk().connect(scopes=READ)
    desk.put(7, "Plan")
    desk.knows(plan=PLAN)
    assert await suggest(looked_up("sections"), "", desk.context)
    for source in ("comments", "page templates"):
        with pytest.raises(ScopeMissing):
            await suggest(looked_up(source), "", desk.context)


async def test_labels_are_those_of_the_page(desk):
    desk.wiki.labels[PLAN.fields["id"]] = ["how-to", "plan"]
    one = {"choices_from": {"source": "labels", "of": "plan"}}
    assert await desk.typed("label", "PLAN", **one) == "plan"
    assert labels(await desk.refused("label", "plain", **one)) == ["plan"]
    assert labels_of(await suggest(entity("label", **one), "how", desk.context)) == ["how-to"]


async def test_without_what_it_depends_on_nothing_can_be_chosen(desk):
    one = {"choices_from": {"source": "sections", "of": "otherPage"}}
    assert "“Other page”" in str(await desk.refused("choice", "Goals", **one))
    desk.knows(otherPage="Plan")
    assert "“Other page”" in str(await desk.refused("choice", "Goals", **one))


async def test_nothing_to_choose_from_is_told(desk):
    of_all = {"choices_from": {"source": "page templates"}}
    assert "nothing to choose" in str(await desk.refused("choice", "retro", **of_all))


async def test_what_confluence_refuses_comes_through(desk):
    desk.wiki.fails["list_page_templates"] = NotOffered("not on this server")
    with pytest.raises(NotOffered):
        await suggest(entity("choice", choices_from={"source": "page templates"}), "", desk.context)
