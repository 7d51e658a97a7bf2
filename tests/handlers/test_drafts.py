"""What a process remembers of the previews that it has shown."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.document import Document, Paragraph, Text
from handlers.drafts import RecentDrafts
from tests.fakes import ADA, BOB, NOON
from tests.store.world import World

LONG = Document((Paragraph((Text("x" * 600),)),))


def drafts(count, body=None):
    for number in range(count):
        draft = World(ADA, NOON, number=str(number)).draft
        yield replace(draft, decision=replace(draft.decision, body=body)) if body else draft


def remembered(recent, shown):
    return [draft for draft in shown if recent.find(ADA, draft.id) is draft]


@pytest.fixture
def fill():
    def fill(recent, shown):
        for draft in shown:
            recent.keep(draft)
        return remembered(recent, shown)

    return fill


async def test_remembers_a_draft_for_its_person_alone(fill):
    recent, [draft] = RecentDrafts(), [*drafts(1)]
    assert fill(recent, [draft]) == [draft]
    assert recent.find(BOB, draft.id) is None


async def test_forgets_the_oldest_of_too_many(fill):
    shown = [*drafts(4)]
    assert fill(RecentDrafts(most=3), shown) == shown[1:]


async def test_forgets_the_oldest_of_too_much_text(fill):
    shown = [*drafts(4, LONG)]
    recent = RecentDrafts(most_characters=2_000)
    assert fill(recent, shown) == shown[2:]
    assert fill(recent, shown[3:]) == shown[3:]
    recent.forget(ADA, shown[2].id)
    assert fill(recent, shown[:1]) == shown[:1]
    assert remembered(recent, shown) == [shown[0], shown[3]]


async def test_remembers_nothing_that_alone_is_too_long(fill):
    assert fill(RecentDrafts(most_characters=500), [*drafts(1, LONG)]) == []


async def test_forgets_what_can_no_longer_be_confirmed(fill):
    shown = [*drafts(2)]
    recent = RecentDrafts(lasts=timedelta())
    assert fill(recent, shown) == shown
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert remembered(recent, shown) == []
