from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.principal import Tenant

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
