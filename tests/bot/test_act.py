"""In whose name and at which site something is done, and what is read to know it."""

from dataclasses import replace

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.connection import Need, Preferences
from bot.content import CloudId, Site
from bot.errors import SiteRequired
from store.memory import MemoryConnections, MemoryPreferences
from tests.fakes import ACME, ADA, ENG, FakeClock, FakeConsentServer, issuers, own_credentials
from tests.fakes import connection as connect

OTHER = Site(CloudId("22222222-2222-4222-8222-222222222222"), "Other", "https://other.example")


class Counting(MemoryPreferences):
    """Counts how often somebody's choices are read."""

    reads = 0

    async def find(self, principal):
        self.reads += 1
        return await super().find(principal)


class Desk:
    """An actor for Ada, who may use two sites, has chosen the other and wrote in Acme's."""

    def __init__(self):
        clock = FakeClock()
        self.connections, self.preferences = MemoryConnections(clock), Counting()
        self.authorizer = Authorizer(self.connections, issuers(FakeConsentServer()), clock)
        self.actor = Actor(
            self.authorizer, self.connections, self.preferences, own_credentials(self.connections)
        )

    async def acts(self, **how):
        async def look(acting):
            return acting

        return await self.actor.run(ADA, Need.READ, look, **how)


@pytest.fixture
async def desk():
    desk = Desk()
    await desk.connections.save(replace(connect(), sites=(ACME, OTHER)))
    await desk.preferences.choose_site(ADA, OTHER.cloud_id)
    await desk.preferences.add_recent_space(ADA, ACME.cloud_id, ENG)
    desk.preferences.reads = 0
    return desk


async def test_without_a_site_it_is_the_one_in_use(desk):
    acting = await desk.acts()
    assert acting.site == OTHER
    assert acting.preferences.site == OTHER.cloud_id


async def test_a_site_that_is_named_makes_the_choice_needless(desk):
    acting = await desk.acts(site=ACME.cloud_id)
    assert (acting.site, acting.preferences) == (ACME, Preferences())
    assert desk.preferences.reads == 0


async def test_whoever_prefers_to_know_is_told(desk):
    acting = await desk.acts(site=ACME.cloud_id, prefers=True)
    assert (acting.site, len(acting.preferences.recent_spaces)) == (ACME, 1)


async def test_a_site_that_the_consent_does_not_open_is_replaced_by_none(desk):
    await desk.connections.save(connect())
    with pytest.raises(SiteRequired):
        await desk.acts(site=OTHER.cloud_id)
