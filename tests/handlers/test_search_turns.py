"""From one page of results to the next: at the same site, whatever is decided meanwhile."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import CloudId, Hit, Hits
from bot.errors import Ambiguous, BadInput
from bot.search import Found
from bot.whereabouts import Whereabouts
from handlers.ask import Ask
from handlers.search import LONGEST_TYPED, LONGEST_VALUE, Search, Turn, results
from tests.fakes import ACME, ADA

TEXTS = st.text(max_size=LONGEST_TYPED)


class Elsewhere(Whereabouts):
    """A channel that writes to another site by now."""

    def __init__(self):
        pass

    async def site(self, *_):
        return CloudId("elsewhere")


class Finder:
    """Finds one page of many, and shows what it was asked."""

    def __init__(self, fails=None):
        self.asked = []
        self.fails = fails

    async def search(self, principal, text, cursor, name, site):
        self.asked.append((text, cursor, site))
        if self.fails:
            raise self.fails
        return Found(Hits((Hit("page", "Plan", "https://x"),), "more"), ACME)


def values(reply):
    return [
        Turn.read(element["value"])
        for block in reply.blocks
        for element in block.get("elements", ())
        if element["type"] == "button" and element.get("value")
    ]


def search(finder):
    return Search(finder, Elsewhere(), None, None, "/confluence")


async def test_the_next_page_and_the_one_before_are_of_the_same_site():
    first = results(
        Found(Hits((Hit("page", "Plan", "https://x"),), "c2"), ACME),
        Turn("plan"),
        "/c",
        replace=False,
    )
    [onward] = values(first)
    finder = Finder()
    second = await search(finder).turn(Ask(ADA, "c", value=onward.value(), channel_id="C1"))

    assert finder.asked == [("plan", "c2", ACME.cloud_id)]
    assert {each.site for each in values(second)} == {ACME.cloud_id}
    assert len(values(second)) == 2


async def test_the_author_is_picked_for_the_site_that_was_searched():
    finder = Finder(Ambiguous("Whom?", (("a1", "Ada"), ("a2", "Adam"))))
    asked = await search(finder).search(Ask(ADA, "c", text="plan", channel_id="C1"))

    assert [each.site for each in values(asked)] == ["elsewhere"] * 2


@given(TEXTS, st.none() | TEXTS, st.lists(st.none() | TEXTS, max_size=20), st.none() | TEXTS)
def test_a_turn_is_read_as_it_was_written(text, cursor, before, site):
    turn = Turn(text, cursor, tuple(before), CloudId(site) if site else None)
    value = turn.value()
    read = Turn.read(value)

    assert (read.text, read.cursor, read.site) == (turn.text, turn.cursor, turn.site)
    assert turn.before[len(turn.before) - len(read.before) :] == read.before
    assert len(value) <= LONGEST_VALUE or not read.before


def test_a_button_of_an_earlier_version_is_read():
    assert Turn.read(json.dumps({"q": "a", "c": None, "b": []})) == Turn("a")


@pytest.mark.parametrize("value", ["", "[]", "7", '"q"', '{"q": "a", "c": null, "b": [], "s": 7}'])
def test_what_is_none_of_ours_is_out_of_date(value):
    with pytest.raises(BadInput):
        Turn.read(value)
