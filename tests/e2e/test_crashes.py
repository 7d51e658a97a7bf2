"""A bot that is killed during a create; then another one starts (promises 8, 9, 17).

One kill meets three people, each at another step. `CRASHES=200` kills at 200 random moments.
"""

import asyncio
import math
import os
import random
import time
from dataclasses import dataclass

import pytest
import pytest_asyncio

from sandbox.person import words
from tests.e2e.trip import PATIENCE
from tests.wire.gates import Gate

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.crash]

PEOPLE = ("U0ADA", "U0BOB", "U0CY")
CHANGED = "findAndModify receipts"
CONFIRMED = "create_confirm"


@dataclass(frozen=True)
class Step:
    """Where a create is held: at which message of which wire, or at its answer."""

    name: str
    wire: str
    part: str
    nth: int = 1
    answers: bool = False

    def gate(self):
        return Gate(self.part, self.nth, self.answers)


CLAIM = Step("before the claim", "database", "insert receipts")
STEPS = (
    CLAIM,
    Step("after the claim, before the ack", "database", "insert receipts", answers=True),
    Step("after the ack", "database", CHANGED),
    Step("before the draft is sent", "web", "POST /atlassian/api/ex"),
    Step("after the draft was sent", "web", "POST /atlassian/api/ex", answers=True),
    Step("before its id is kept", "database", CHANGED, 2),
    Step("after its id was kept", "database", CHANGED, 2, answers=True),
    Step("before it is published", "web", "PUT /atlassian/api/ex"),
    Step("after it was published", "web", "PUT /atlassian/api/ex", answers=True),
    Step("before the receipt", "database", CHANGED, 3),
    Step("after the receipt", "database", CHANGED, 3, answers=True),
    Step("before the message", "web", "chat.postMessage"),
    Step("after the message", "web", "chat.postMessage", answers=True),
    Step("before the telling is kept", "database", CHANGED, 4),
    Step("after the telling was kept", "database", CHANGED, 4, answers=True),
)
MOMENTS = int(os.environ.get("CRASHES", "12"))  # noqa: TID251  # the bot's settings are not the tests'
ROUNDS = [STEPS[at : at + 3] for at in range(0, len(STEPS), 3)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(wired):
    """Three people who may write."""
    travellers = [wired.person(user) for user in PEOPLE]
    for each in travellers:
        await each.connect(to_write=True)
    return travellers


@pytest.mark.parametrize("steps", ROUNDS, ids=lambda steps: "; ".join(s.name for s in steps))
async def test_one_page_or_none_whichever_step_the_bot_dies_at(wired, people, steps):
    held = list(zip(people, steps, [f"Page held {step.name}" for step in steps], strict=True))
    await asyncio.gather(*(previewed(person, title) for person, _, title in held))
    pressing = [await reached(wired, person, step) for person, step, _ in held]
    await wired.sandbox.kill_bot()
    wired.wires.clear()
    acks = await asyncio.gather(*pressing)
    await wired.sandbox.bots.start()

    for (person, step, title), ack in zip(held, acks, strict=True):
        if step is CLAIM:
            await nothing_was_written(wired, person, title, ack)
        await one_page(wired, person, title)
        await pressing_again_shows_the_receipt(wired, person, title)
        await person.person.closes(everything=True)


async def test_text_is_added_once_although_the_bot_dies_before_it_knows(wired, people):
    ada = people[0]
    [before] = [each for each in await wired.pages("Release checklist") if each["space"] == "ENG"]
    await ada.opens_form()
    await ada.fills("Release checklist", "One line more")
    await ada.sees("That title exists")
    await ada.person.presses("create_append")
    await ada.sees("More text at the end of")
    await dies(wired, ada, Step("", "web", "PUT /atlassian/api/ex", answers=True))

    assert words(await ada.hears("Added", "@app")).startswith("Added: Release checklist")
    [after] = await wired.get(f"atlassian/pages?id={before['id']}")
    assert after["text"].count("One line more") == 1
    assert len(after["versions"]) == len(before["versions"]) + 1
    await ada.person.closes(everything=True)


async def test_a_second_draft_is_owned_up_to(wired, people):
    ada = people[0]
    await ada.opens_form()
    await ada.fills("Kept for later", act="draft")
    await ada.sees("that you alone can see")
    await dies(wired, ada, Step("", "web", "POST /atlassian/api/ex", answers=True))

    told = words(await ada.hears("Kept for later", "@app"))
    assert told.startswith("Saved as a draft")
    assert "second draft" in told
    assert await wired.statuses("Kept for later") == ["draft", "draft"]
    await ada.person.closes(everything=True)


async def dies(trip, person, step):
    """Confirm, kill the bot at *step*, and start another."""
    await reached(trip, person, step)
    await trip.sandbox.kill_bot()
    trip.wires.clear()
    await trip.sandbox.bots.start()


async def test_one_page_whenever_the_bot_dies(wired, people):
    took = await lasting(wired, people[0])
    for turn in range(math.ceil(MOMENTS / len(people))):
        titles = [f"Page of turn {turn} by {each.person.user}" for each in people]
        await asyncio.gather(*map(previewed, people, titles))
        pressing = [asyncio.create_task(later(took, each)) for each in people]
        await asyncio.sleep(took)
        await wired.sandbox.kill_bot()
        acks = await asyncio.gather(*pressing)
        await wired.sandbox.bots.start()
        await asyncio.gather(*map(settled, [wired] * len(people), people, titles, acks))


async def lasting(trip, person):
    """Return the seconds that a create takes, from its confirmation to its message."""
    await previewed(person, "Nobody disturbs this")
    began = time.monotonic()
    await person.person.submits()
    await person.hears("Nobody disturbs this", "@app")
    await person.person.closes(everything=True)
    return time.monotonic() - began


async def later(took, person):
    """Confirm at some moment before the kill."""
    await asyncio.sleep(random.uniform(0, took))  # noqa: S311  # no secret
    return await person.person.submits()


async def settled(trip, person, title, ack):
    """Whoever was left with the form presses again; the others do nothing."""
    if ack["ack"]["error"]:
        shown = await person.person.modal()
        assert (shown["callback_id"], "Hello, all" in str(shown)) == (CONFIRMED, True)
        await person.person.submits()
    await one_page(trip, person, title)
    await pressing_again_shows_the_receipt(trip, person, title)
    await person.person.closes(everything=True)


async def previewed(person, title):
    await person.opens_form()
    await person.previews(title)


async def reached(trip, person, step):
    """Confirm, and return as soon as the step is; the press may still be waiting for its ack."""
    gate = step.gate()
    getattr(trip.wires, step.wire).hold(gate)
    pressing = asyncio.create_task(person.person.submits())
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
        if step not in STEPS[:2]:
            await asyncio.wait({pressing})
    return pressing


async def nothing_was_written(trip, person, title, ack):
    """The form is still open, with its text, and can be confirmed again."""
    assert ack["ack"]["error"]
    shown = await person.person.modal()
    assert (shown["callback_id"], "Hello, all" in str(shown)) == (CONFIRMED, True)
    assert await trip.pages(title) == []
    await person.person.submits()


async def one_page(trip, person, title):
    """There is one, its person was told without doing anything, and a stray draft is named."""
    told = words(await person.hears(title, "@app"))
    assert told.startswith("Published")
    found = await trip.statuses(title)
    assert found in (["current"], ["current", "draft"])
    assert ("second draft" in told) >= ("draft" in found)


async def pressing_again_shows_the_receipt(trip, person, title):
    """The same form once more, as somebody presses who has seen no answer."""
    before = await trip.pages(title)
    log = await trip.get("slack/log")
    pressed = [each for each in log["deliveries"] if is_confirming(each, person)]
    again = await trip.post(
        "slack/deliver", {"body": pressed[-1]["body"], "timestamp": int(time.time()) - 7}
    )
    assert "Published" in again["body"]
    assert await trip.pages(title) == before


def is_confirming(delivery, person):
    return CONFIRMED in delivery["body"] and person.person.user in delivery["body"]
