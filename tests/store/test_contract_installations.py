import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.installation import PendingInstall
from bot.principal import Tenant, digest

SECOND = timedelta(seconds=1)


@pytest.fixture
def installations(stores):
    return stores.installations


@pytest.fixture
def newer(installation):
    return replace(
        installation,
        bot_token=SecretStr("xoxb-newer"),
        installed_at=installation.installed_at + SECOND,
    )


async def test_finds_the_installation_whole(installations, installation):
    await installations.save(installation)
    assert await installations.find(installation.tenant) == installation


async def test_finds_an_organisations_installation_whole(installations, installation):
    tenant = Tenant("E" + installation.tenant)
    whole = replace(installation, tenant=tenant, team_id=None, enterprise_id=tenant)
    await installations.save(whole)
    assert await installations.find(tenant) == whole


async def test_finds_a_workspace_of_an_organisation_by_the_workspace(installations, installation):
    part = replace(installation, enterprise_id="E1")
    await installations.save(part)
    assert await installations.find(installation.tenant) == part
    assert await installations.find(Tenant("E1")) is None


async def test_the_newest_wins_in_whatever_order_they_come(installations, installation, newer):
    await installations.save(newer)
    await installations.save(installation)
    assert await installations.find(installation.tenant) == newer


async def test_a_newer_one_replaces_an_older(installations, installation, newer):
    await installations.save(installation)
    await installations.save(newer)
    assert await installations.find(installation.tenant) == newer


async def test_a_late_event_leaves_a_newer_installation(installations, newer, installation):
    await installations.save(newer)
    assert not await installations.remove(newer.tenant, before=installation.installed_at)
    assert not await installations.remove(newer.tenant, before=newer.installed_at)
    assert await installations.find(newer.tenant) == newer


async def test_an_event_removes_what_was_installed_before_it(installations, installation):
    await installations.save(installation)
    after = installation.installed_at + SECOND
    assert await installations.remove(installation.tenant, before=after)
    assert await installations.find(installation.tenant) is None
    assert not await installations.remove(installation.tenant, before=after)


async def test_knows_who_installed_it_last(installations, installation, newer):
    await installations.save(newer, by="U2")
    await installations.save(installation, by="U1")
    assert await installations.find_installer(installation.tenant) == "U2"
    await installations.remove(installation.tenant, before=newer.installed_at + SECOND)
    assert await installations.find_installer(installation.tenant) is None


async def test_does_not_know_who_installed_it_where_nobody_says(installations, installation):
    await installations.save(installation)
    assert await installations.find_installer(installation.tenant) is None


class TestRenewing:
    LASTS = timedelta(seconds=30)

    @pytest.fixture
    async def installed(self, installations, installation):
        await installations.save(installation)
        return installation

    async def test_one_of_ten_claims_it(self, installations, installed):
        claims = await asyncio.gather(
            *(installations.claim_refresh(installed, self.LASTS) for _ in range(10))
        )
        assert len([claim for claim in claims if claim]) == 1

    async def test_new_tokens_are_kept_under_the_claim(self, installations, installed, world):
        claim = await installations.claim_refresh(installed, self.LASTS)
        assert not await installations.replace_tokens(installed, "another", world.tokens)
        assert await installations.replace_tokens(installed, claim, world.tokens)
        found = await installations.find(installed.tenant)
        assert found == replace(
            installed,
            bot_token=world.tokens.bot_token,
            refresh_token=world.tokens.refresh_token,
            token_expires_at=world.tokens.expires_at,
            generation=1,
        )

    async def test_an_older_generation_can_do_nothing_more(self, installations, installed, world):
        claim = await installations.claim_refresh(installed, self.LASTS)
        await installations.replace_tokens(installed, claim, world.tokens)
        assert await installations.claim_refresh(installed, self.LASTS) is None
        assert not await installations.replace_tokens(installed, claim, world.tokens)
        newest = await installations.find(installed.tenant)
        assert await installations.claim_refresh(newest, self.LASTS)

    async def test_a_claim_ends_by_being_given_back(self, installations, installed):
        claim = await installations.claim_refresh(installed, self.LASTS)
        await installations.release_refresh(installed, "another")
        assert await installations.claim_refresh(installed, self.LASTS) is None
        await installations.release_refresh(installed, claim)
        assert await installations.claim_refresh(installed, self.LASTS)

    async def test_a_claim_that_is_over_is_taken_over(self, installations, installed, world):
        first = await installations.claim_refresh(installed, -SECOND)
        second = await installations.claim_refresh(installed, self.LASTS)
        assert second
        assert not await installations.replace_tokens(installed, first, world.tokens)
        assert await installations.replace_tokens(installed, second, world.tokens)

    async def test_what_was_installed_anew_is_not_overwritten(
        self, installations, installed, newer, world
    ):
        claim = await installations.claim_refresh(installed, self.LASTS)
        await installations.save(newer)
        assert not await installations.replace_tokens(installed, claim, world.tokens)
        assert not await installations.mark_broken(installed, claim, world.now)
        assert await installations.find(installed.tenant) == newer
        assert await installations.claim_refresh(newer, self.LASTS)

    async def test_what_was_removed_stays_removed(self, installations, installed, world):
        claim = await installations.claim_refresh(installed, self.LASTS)
        await installations.remove(installed.tenant, before=installed.installed_at + SECOND)
        assert not await installations.replace_tokens(installed, claim, world.tokens)
        assert await installations.find(installed.tenant) is None

    async def test_it_breaks_once_and_is_mended_by_another_install(
        self, installations, installed, newer, world
    ):
        claim = await installations.claim_refresh(installed, self.LASTS)
        assert not await installations.mark_broken(installed, "another", world.now)
        assert await installations.mark_broken(installed, claim, world.now)
        assert not await installations.mark_broken(installed, claim, world.now)
        assert (await installations.find(installed.tenant)).broken_at == world.now
        assert await installations.claim_refresh(installed, self.LASTS) is None
        await installations.save(newer)
        assert (await installations.find(installed.tenant)).broken_at is None


class TestAccess:
    @pytest.fixture
    async def installed(self, installations, installation):
        tenant = Tenant("E" + installation.tenant)
        whole = replace(installation, tenant=tenant, team_id=None, enterprise_id=tenant)
        await installations.save(whole)
        return whole

    async def _barred(self, installations, installed):
        return (await installations.find(installed.tenant)).barred

    async def test_it_is_taken_and_given(self, installations, installed):
        at = installed.installed_at + SECOND
        assert await installations.set_access(installed.tenant, "T1A", granted=False, at=at)
        assert await installations.set_access(installed.tenant, "T2B", granted=False, at=at)
        assert await self._barred(installations, installed) == {"T1A", "T2B"}
        assert await installations.set_access(installed.tenant, "T1A", granted=True, at=at + SECOND)
        assert await self._barred(installations, installed) == {"T2B"}

    @pytest.mark.parametrize("late", [0, 1])
    async def test_the_latest_wins_in_whatever_order_they_come(
        self, installations, installed, late
    ):
        at = installed.installed_at + 2 * SECOND
        assert await installations.set_access(installed.tenant, "T1A", granted=True, at=at)
        earlier = at - late * SECOND
        assert not await installations.set_access(
            installed.tenant, "T1A", granted=False, at=earlier
        )
        assert await self._barred(installations, installed) == set()

    async def test_what_is_older_than_the_installation_changes_nothing(
        self, installations, installed
    ):
        for at in (installed.installed_at, installed.installed_at - SECOND):
            assert not await installations.set_access(installed.tenant, "T1A", granted=False, at=at)
        assert await self._barred(installations, installed) == set()

    @pytest.mark.parametrize("team", ["", "T1.x", "$set", "T\0A", "t1a", "C0GENERAL", "T" * 40])
    async def test_what_is_no_workspace_is_not_written_down(self, installations, installed, team):
        at = installed.installed_at + SECOND
        assert not await installations.set_access(installed.tenant, team, granted=False, at=at)
        assert await installations.find(installed.tenant) == installed

    async def test_new_tokens_leave_it_as_it_is(self, installations, installed, world):
        at = installed.installed_at + SECOND
        await installations.set_access(installed.tenant, "T1A", granted=False, at=at)
        claim = await installations.claim_refresh(installed, SECOND)
        await installations.replace_tokens(installed, claim, world.tokens)
        assert await self._barred(installations, installed) == {"T1A"}


class TestPendingInstalls:
    @pytest.fixture
    def pending(self, world, tenant):
        return PendingInstall(digest(f"state {tenant}"), digest("cookie"), world.soon)

    async def test_it_is_used_up_by_one_of_ten(self, stores, pending, world):
        await stores.installs.save(pending)
        taken = await asyncio.gather(
            *(stores.installs.consume(pending.key, world.now) for _ in range(10))
        )
        used = replace(pending, consumed_at=world.now)
        assert [each for each in taken if each] == [used]
        assert await stores.installs.find(pending.key) == used

    async def test_it_is_no_good_once_it_has_expired(self, stores, pending, world):
        await stores.installs.save(pending)
        assert await stores.installs.consume(pending.key, world.soon) is None
        assert await stores.installs.find(pending.key) == pending

    async def test_what_was_never_begun_is_not_found(self, stores, pending, world):
        assert await stores.installs.find(pending.key) is None
        assert await stores.installs.consume(pending.key, world.now) is None

    async def test_what_was_used_up_stays_so(self, stores, pending, world):
        await stores.installs.save(pending)
        await stores.installs.consume(pending.key, world.now)
        await stores.installs.save(pending)
        assert await stores.installs.consume(pending.key, world.now) is None
