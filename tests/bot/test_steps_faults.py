"""A run whose process sleeps, whose database fails or whose clock is wrong: each step once."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.course import TakenUp
from bot.dialog import Fate, Phase
from bot.dialogs.filling import Rules
from bot.errors import BotError, ConsentRequired, NotAllowed, Unavailable, Unclear
from tests.bot.steps_stage import template_of
from tests.bot.test_steps_killed import (
    ANSWERS,
    FIVE,
    MOMENTS,
    Mortal,
    dying,
    finished,
    held,
    opened,
)
from tests.fakes import ADA, FakeClock

ONCE = (1, 1, 1, ["decision"])
KEPT = frozenset({"replace", "claim", "take_up"})


async def confirmed():
    bench, template = await opened(), template_of(FIVE)
    await bench.engine.advance(await bench.begin(template, **ANSWERS), template, None)
    return bench, template, await bench.confirm()


async def is_done_once(bench, template):
    done = await finished(bench, template)
    assert (done.phase, done.failure) == (Phase.DONE, "")
    assert held(bench) == ONCE


class Sleep:
    """Counts moments, and sleeps at one of them."""

    def __init__(self, at):
        self.moments, self.at = 0, at
        self.sleeps, self.wakes = asyncio.Event(), asyncio.Event()

    async def one_more(self):
        self.moments += 1
        if self.moments == self.at:
            self.sleeps.set()
            await self.wakes.wait()


class Sleeper(Mortal):
    """Something before or after which a process may sleep; then it looks at the time it had."""

    def __init__(self, inner, sleep, clock):
        super().__init__(inner, sleep)
        self._clock = clock

    def __getattr__(self, name):
        method = getattr(self._inner, name)
        if name not in self.writes:
            return method

        async def sleepy(*args, **how):
            await self._fate.one_more()
            until = getattr(args[0], "writes_until", None)
            if until is not None and self._clock() >= until:  # as the gateway does
                raise Unavailable("Confluence")
            answer = await method(*args, **how)
            await self._fate.one_more()
            return answer

        return sleepy


@pytest.mark.parametrize("at", range(1, MOMENTS + 1))
async def test_who_wakes_up_after_another_has_finished_does_nothing_twice(at):
    bench, template, dialog = await confirmed()
    sleep = Sleep(at)
    engine = dying(bench, sleep, lambda inner, fate: Sleeper(inner, fate, bench.clock))
    running = asyncio.create_task(engine.advance(dialog, template, None))
    await sleep.sleeps.wait()
    await is_done_once(bench, template)
    kept = await bench.kept()
    sleep.wakes.set()
    with suppress(TakenUp):
        await running
    assert held(bench) == ONCE
    assert await bench.kept() == kept


class Faulty(Mortal):
    """A store of which one write fails: before it is made, or with its answer lost.

    *silent* says that what is tried again finds that somebody has changed it: oneself.
    """

    def __getattr__(self, name):
        method = getattr(self._inner, name)
        if name not in KEPT:
            return method

        async def faulty(*args, **how):
            self._fate.moments += 1
            fails = self._fate.moments == self._fate.at
            if fails and self._fate.how == "before":
                raise Unavailable("the database")
            answer = await method(*args, **how)
            if fails and self._fate.how == "silent":
                return None
            if fails:
                raise Unavailable("the database")
            return answer

        return faulty


class Fault:
    def __init__(self, at, how):
        self.moments, self.at, self.how = 0, at, how


SAVES = 18
"""Of a run: its claim is made already; three for each of two pages, two a step, and its end."""


@pytest.mark.parametrize("how", ["before", "after", "silent"])
@pytest.mark.parametrize("at", range(1, SAVES + 1))
async def test_each_step_once_whichever_write_of_the_database_fails(at, how):
    bench, template, dialog = await confirmed()
    fault = Fault(at, how)
    engine = dying(bench, fault, Faulty)
    with suppress(BotError):
        await engine.advance(dialog, template, None)
    assert fault.moments >= at
    await is_done_once(bench, template)


@pytest.mark.parametrize("how", ["before", "after", "silent"])
async def test_that_a_comment_was_made_is_kept_in_spite_of_the_database(how):
    template = template_of('steps:\n  - comment: {page: "1", body: Hello.}\n')
    bench = await opened()
    await bench.engine.advance(await bench.begin(template), template, None)
    fault = Fault(2, how)
    done = await dying(bench, fault, Faulty).advance(await bench.confirm(), template, None)
    assert done.phase is Phase.DONE
    assert len(bench.confluence.comments) == 1


WRITTEN = ("create_draft", "publish_draft", "append", "add_labels", "add_comment", "watch")


class Slow(Mortal):
    """Confluence, from which one answer doesn't come; what was asked arrives, never or *late*."""

    def __init__(self, inner, name, late):
        super().__init__(inner, None)
        self._name, self._late = name, late

    def __getattr__(self, name):
        method = getattr(self._inner, name)
        if name != self._name:
            return method

        async def slow(*args, **how):
            self._name = ""
            self._late.append(lambda: method(*args, **how))
            raise Unclear("Confluence")

        return slow


@pytest.mark.parametrize("when", ["never", "at once", "later"])
@pytest.mark.parametrize("name", WRITTEN)
async def test_each_step_once_whenever_a_request_arrives(name, when):
    bench, template, dialog = await confirmed()
    late = []
    engine = bench.engine_of(Slow(bench.confluence, name, late))
    left = await engine.advance(dialog, template, None)
    assert (left.phase is Phase.UNCLEAR) == (name == "add_comment")
    if when != "never":
        bench.clock.pass_by(seconds=0 if when == "at once" else 59)
        with suppress(BotError):  # as a page, whose version has moved on by then
            await late[0]()
    await is_done_once(bench, template)


async def test_what_may_still_arrive_isnt_done_once_more():
    bench, template = await opened(), template_of(FIVE)
    bench.confluence.fails["add_comment"] = Unclear("Confluence")
    dialog = await bench.run(template, **ANSWERS)
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=59)
    with pytest.raises(NotAllowed, match="may still arrive"):
        await bench.engine.verdict(dialog, template, None, ("3", "do it"))
    assert (await bench.kept()).phase is Phase.UNCLEAR
    assert bench.confluence.comments == []


@pytest.mark.parametrize("wrong", [timedelta(minutes=10), timedelta(minutes=-10)])
async def test_a_replica_whose_clock_is_wrong_takes_nothing_up_early(wrong):
    bench, template, dialog = await confirmed()
    sleep = Sleep(MOMENTS - 6)  # the comment is under way
    engine = dying(bench, sleep, lambda inner, fate: Sleeper(inner, fate, bench.clock))
    running = asyncio.create_task(engine.advance(dialog, template, None))
    await sleep.sleeps.wait()
    right, bench.clock = bench.clock, FakeClock(bench.clock() + wrong)
    other = bench.engine_of()
    right.pass_by(seconds=30)
    seen = await bench.kept()
    assert any(each.fate is Fate.SENT for each in seen.journal)
    for going_on in (other.settle, other.advance):
        with pytest.raises(TakenUp):
            await going_on(seen, template, None)
    sleep.wakes.set()
    assert (await running).phase is Phase.DONE
    assert held(bench) == ONCE


class Meddler(Mortal):
    """Confluence, before one of whose writes something else happens."""

    def __init__(self, inner, name, meanwhile):
        super().__init__(inner, None)
        self._name, self._meanwhile = name, meanwhile

    def __getattr__(self, name):
        method = getattr(self._inner, name)
        if name != self._name:
            return method

        async def meddled(*args, **how):
            self._name = ""
            await self._meanwhile()
            return await method(*args, **how)

        return meddled


async def disconnects(bench):
    kept = await bench.stores.connections.find(ADA, "system")
    await bench.stores.connections.remove(ADA, "system")
    return lambda: bench.stores.connections.save(kept)


async def may_only_read(bench):
    integrations = bench.stores.integrations

    async def policy(*, is_read_only):
        now = await integrations.find(ADA.tenant)
        changed = replace(now.policy, is_read_only=is_read_only)
        await integrations.replace(now, replace(now, policy=changed))

    await policy(is_read_only=True)
    return lambda: policy(is_read_only=False)


async def is_revoked(bench):
    kept = await bench.stores.connections.find(ADA, "system")
    await bench.stores.connections.end(kept, bench.clock())
    return lambda: bench.stores.connections.save(kept)


@pytest.mark.parametrize("happens", [disconnects, may_only_read, is_revoked])
@pytest.mark.parametrize("name", WRITTEN)
async def test_whatever_happens_meanwhile_the_rest_is_done_once_it_may_be(name, happens):
    bench, template, dialog = await confirmed()
    mended = []

    async def meanwhile():
        mended.append(await happens(bench))

    engine = bench.engine_of(Meddler(bench.confluence, name, meanwhile))
    with suppress(ConsentRequired):
        await engine.advance(dialog, template, None)
    left = await bench.kept()
    assert (left.phase is Phase.DONE) == (name == "watch")
    assert left.phase is Phase.DONE or left.failure
    await mended[0]()
    if left.phase is Phase.FAILED:
        await bench.dialogs.replace(left, Rules(template, bench.engine).tried_again(left))
    await is_done_once(bench, template)


@pytest.mark.parametrize("other", ["do it", "done", "stop"])
async def test_of_two_who_say_at_once_what_became_of_it_one_is_heard(other):
    bench, template = await opened(), template_of(FIVE)
    bench.confluence.fails["add_comment"] = Unclear("Confluence")
    dialog = await bench.run(template, **ANSWERS)
    bench.confluence.fails.clear()
    bench.clock.pass_by(seconds=60)
    said = [
        bench.engine_of().verdict(dialog, template, None, ("3", verdict))
        for verdict in ("do it", other)
    ]
    ended = await asyncio.gather(*said, return_exceptions=True)
    assert [type(each) for each in ended].count(TakenUp) == 1
    kept = await bench.kept()
    assert kept.phase.is_final
    assert len(bench.confluence.comments) <= 1
    assert [each for each in ended if each == kept]
