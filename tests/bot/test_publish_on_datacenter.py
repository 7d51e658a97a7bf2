"""Promise 8 on the sandbox's Data Center, which loses answers and writes late."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.compose import Composer, Form
from bot.course import Memory, TakenUp
from bot.errors import TitleTaken, Unavailable, Unclear
from bot.profile import SYSTEM
from bot.publish import Publisher
from bot.receipt import Act, Stage
from store.stores import memory_stores
from tests.fakes import FakeConsentServer, auditor, issuers, own_credentials
from tests.providers.test_datacenter_against_the_sandbox import HELLO, MORE, bench

__all__ = ["bench"]  # the fixture

TITLE = "Plans for spring"


class Desk:
    """Ada, who confirms a page, and whoever takes it up."""

    def __init__(self, bench, stores, given):
        self.bench = bench
        self.stores = stores
        self.given = given
        authorizer = Authorizer(stores.connections, issuers(FakeConsentServer()), bench.now)
        actor = Actor(
            authorizer,
            stores.connections,
            stores.preferences,
            own_credentials(stores.connections),
        )
        memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor())
        self.publisher = Publisher(
            actor, bench.confluence, memory, bench.now, timedelta(minutes=10)
        )
        self.composer = Composer(actor, bench.confluence, stores.drafts, bench.now)

    async def claim(self, body=HELLO):
        space = await self.bench.space(self.given)
        form = Form(self.bench.site.cloud_id, space, TITLE, body, Act.PUBLISH)
        draft = (await self.composer.compose(self.given.principal, form)).draft
        assert await self.publisher.claim(draft, "c0ffee00")
        self.decision = draft.decision.id

    async def take_up(self, **later):
        self.bench.world.clock.advance(timedelta(**later).total_seconds())
        return await self.publisher.settle(await self.receipt())

    async def receipt(self):
        return await self.stores.receipts.find(self.given.principal, self.decision)

    def pages(self):
        contents = self.bench.world.world.site.contents.values()
        return [each for each in contents if each.title == TITLE]

    async def breaks(self, kind, **how):
        await self.bench.world.control(
            "faults", kind=kind, method="POST", path="/rest/api/content$", **how
        )


@pytest.fixture
async def desk(bench):
    stores = memory_stores(bench.now)
    given = replace(await bench.connect(), profile=SYSTEM)
    await stores.connections.save(given)
    return Desk(bench, stores, given)


async def test_one_page_by_one_request(desk):
    await desk.claim()
    done = await desk.take_up()
    assert (done.stage, len(desk.pages())) == (Stage.DONE, 1)
    assert done.page_url.startswith(desk.bench.site.url)
    await desk.publisher.undo(desk.given.principal, desk.decision)
    assert [page.status for page in desk.pages()] == ["trashed"]


async def test_a_lost_answer_is_found_at_once(desk):
    await desk.claim()
    await desk.breaks("drop-after")
    done = await desk.take_up()
    assert (done.stage, len(desk.pages())) == (Stage.DONE, 1)


async def test_a_page_that_is_written_late_is_found_later(desk):
    await desk.claim()
    await desk.breaks("late-commit")
    with pytest.raises(Unclear):
        await desk.take_up()
    with pytest.raises(Unclear):
        await desk.take_up(seconds=60)
    await desk.bench.world.control("commit")
    done = await desk.take_up(seconds=20)
    assert (done.stage, len(desk.pages())) == (Stage.DONE, 1)


async def test_a_request_that_never_arrived_has_written_nothing(desk):
    await desk.claim()
    await desk.breaks("drop-before")
    with pytest.raises(Unclear):
        await desk.take_up()
    ended = await desk.take_up(seconds=90)
    assert (ended.stage, ended.refusal, desk.pages()) == (Stage.REFUSED, Unavailable.code, [])


async def test_somebody_elses_page_is_a_clash(desk):
    await desk.claim()
    await desk.bench.make(await desk.bench.connect("bob"), TITLE)
    ended = await desk.take_up()
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, TitleTaken.code)
    assert len(desk.pages()) == 1


async def test_ones_own_page_with_another_text_is_a_clash(desk):
    await desk.claim()
    await desk.bench.make(desk.given, TITLE, MORE)
    ended = await desk.take_up()
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, TitleTaken.code)


async def test_two_at_once_write_one_page(desk):
    await desk.claim()
    receipt = await desk.receipt()
    ended = await asyncio.gather(
        *(desk.publisher.settle(receipt) for _ in range(4)), return_exceptions=True
    )
    assert len(desk.pages()) == 1
    assert [type(each) for each in ended].count(TakenUp) == 3
