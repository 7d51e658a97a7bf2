"""Which version of a profile people use, and when the first success is told."""

from dataclasses import replace

import pytest

from bot.administration.announcing import Announcer
from bot.errors import ProfileBroken
from bot.profile import SYSTEM, AuthorizationProfile
from bot.profiles import ProfileBook
from store import memory
from tests.fakes import ADA, BOB, NOON, SYSTEM_PROFILE

CUSTOM = AuthorizationProfile("p1", "Ours", tenant=ADA.tenant)


@pytest.fixture
def profiles():
    return memory.MemoryProfiles()


async def test_the_newest_version_that_was_tried_is_used(profiles):
    book = ProfileBook(SYSTEM_PROFILE, profiles)
    for version in (1, 2, 3, 4):
        tried_at = NOON if version in {1, 2} else None
        await profiles.add(replace(CUSTOM, version=version, tried_at=tried_at))
    assert (await book.get_usable(ADA.tenant, "p1")).version == 2
    assert (await book.get(ADA.tenant, "p1")).version == 4


async def test_where_none_was_tried_the_newest_is_found(profiles):
    book = ProfileBook(SYSTEM_PROFILE, profiles)
    await profiles.add(CUSTOM)
    await profiles.add(replace(CUSTOM, version=2))
    assert (await book.get_usable(ADA.tenant, "p1")).version == 2
    assert (await book.get_usable(ADA.tenant, SYSTEM)).is_system
    with pytest.raises(ProfileBroken):
        await book.get_usable(ADA.tenant, "p2")


class Installer(memory.MemoryInstallations):
    """An installation store that knows who installed."""

    def __init__(self, user_id):
        super().__init__(lambda: NOON)
        self.user_id = user_id

    async def find_installer(self, tenant):
        return self.user_id


def announcer(admins, installer=None):
    async def may_administer(principal):
        return principal in admins

    integrations = memory.MemoryIntegrations()
    return Announcer(integrations, Installer(installer), may_administer, lambda: NOON)


async def test_an_admin_is_told_once():
    first = announcer({ADA})
    assert await first.claim(ADA) == ADA
    assert await first.claim(ADA) is None


async def test_a_members_success_is_told_to_the_admin_who_installed():
    assert await announcer({ADA}, "U0ADA").claim(BOB) == ADA


async def test_without_an_admin_it_waits_for_one():
    waiting = announcer({ADA}, "U0BOB")
    assert await waiting.claim(BOB) is None
    assert await waiting.claim(ADA) == ADA
