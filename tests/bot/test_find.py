"""What somebody means who names a page."""

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.content import Hit, Hits, PageId
from bot.errors import ConsentRequired, NotFound
from bot.find import PageFinder, SeveralPages
from bot.whereabouts import Whereabouts
from store.memory import MemoryConnections, MemoryIntegrations
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    issuers,
    own_credentials,
)
from tests.fakes import connection as connect


class Counting(MemoryConnections):
    """Counts how often a connection is read."""

    reads = 0

    async def find(self, principal, profile):
        self.reads += 1
        return await super().find(principal, profile)


class Desk:
    """A finder, and what it works with."""

    def __init__(self):
        clock = FakeClock()
        self.connections, self.confluence = Counting(clock), FakeConfluence()
        authorizer = Authorizer(self.connections, issuers(FakeConsentServer()), clock)
        actor = Actor(
            authorizer,
            self.connections,
            memory_stores(clock).preferences,
            own_credentials(self.connections),
        )
        self.finder = PageFinder(actor, self.confluence, Whereabouts(actor, MemoryIntegrations()))

    async def finds(self, text):
        return await self.finder.find(ADA, text)


@pytest.fixture
async def desk():
    desk = Desk()
    await desk.connections.save(connect())
    return desk


def hits(*titles):
    found = (
        Hit("page", title, f"{ACME.url}/{number}", page_id=PageId(str(number)), space_name="ENG")
        for number, title in enumerate(titles, 1)
    )
    return {None: Hits(tuple(found))}


async def test_an_id_is_taken_at_its_word_and_costs_nothing(desk):
    assert await desk.finds("123") == (None, PageId("123"))
    assert desk.connections.reads == 0
    assert desk.confluence.asked == []


async def test_a_link_names_its_site(desk):
    link = f"{ACME.url}/wiki/spaces/ENG/pages/123/Plan"
    assert await desk.finds(link) == (ACME.cloud_id, PageId("123"))


async def test_a_link_to_elsewhere_is_refused_by_the_names_of_what_is_connected(desk):
    with pytest.raises(NotFound, match=ACME.name):
        await desk.finds("https://else.example/wiki/spaces/ENG/pages/123")


async def test_a_link_of_somebody_who_is_not_connected_asks_for_consent():
    with pytest.raises(ConsentRequired):
        await Desk().finds(f"{ACME.url}/wiki/spaces/ENG/pages/123")


async def test_a_title_is_looked_up_with_one_look_at_the_connection(desk):
    desk.confluence.hits = hits("Plan of old", "Plan")
    assert await desk.finds("plan") == (ACME.cloud_id, PageId("2"))
    assert desk.connections.reads == 1


async def test_several_pages_of_a_title_are_offered_by_their_ids(desk):
    desk.confluence.hits = hits("Plan", "Plan", "Plan of old")
    with pytest.raises(SeveralPages) as caught:
        await desk.finds("Plan")
    assert caught.value.site == ACME.cloud_id
    assert caught.value.choices == (("1", "Plan · ENG"), ("2", "Plan · ENG"))


async def test_a_title_that_nobody_sees_is_said_so(desk):
    with pytest.raises(NotFound, match="I can't see a page"):
        await desk.finds("Plan")
