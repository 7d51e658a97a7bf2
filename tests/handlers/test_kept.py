"""Grants as the whole bot keeps them: listed when made and used, renewed, and told of."""

from dataclasses import replace
from datetime import timedelta

from bot.app import utc_now
from bot.connection import organisation
from bot.keeping import AHEAD, AHEAD_SPREAD, IDLE, SPREAD
from bot.ports import RENEW, Due
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM
from sandbox.person import words

ADA = Principal(Tenant("T0ACME"), "U0ADA")
ID = f"U0ADA/{SYSTEM}"


async def listed(stage):
    return await stage.stores.due.list_due(RENEW, utc_now() + IDLE + SPREAD, 9)


async def is_due(stage):
    await stage.stores.due.add(Due(RENEW, ADA.tenant, ID, utc_now()))
    await stage.bot.errands.run_due()
    await stage.quiet()


async def expired(stage):
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    ended = replace(kept.grant, expires_at=utc_now() - timedelta(hours=1))
    await stage.stores.connections.save(replace(kept, grant=ended))


async def test_who_connects_is_on_the_list(stage):
    await stage.connect()
    [due] = await listed(stage)
    assert (due.tenant, due.id) == (ADA.tenant, ID)
    assert due.at > utc_now() + IDLE - timedelta(minutes=1)


async def test_who_searches_is_renewed_before_the_hour_is_over(stage):
    ada = await stage.connect()
    await ada.types("/confluence search release")
    await stage.quiet()
    [due] = await listed(stage)
    hour = utc_now() + timedelta(hours=1)
    assert hour - AHEAD - AHEAD_SPREAD - timedelta(minutes=1) < due.at < hour - AHEAD


async def test_what_is_due_is_renewed_at_atlassian_and_listed_again(stage):
    await stage.connect()
    await expired(stage)
    await is_due(stage)
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    assert kept.generation == 2
    assert kept.grant.expires_at > utc_now() + timedelta(minutes=50)
    [due] = await listed(stage)
    assert due.at > utc_now() + IDLE - timedelta(minutes=1)


async def test_a_consent_that_has_ended_is_told_once_with_one_click_to_connect_again(stage):
    ada = await stage.connect()
    await expired(stage)
    await stage.post("atlassian/revoke", {"account": "ada"})
    await is_due(stage)
    await is_due(stage)
    told = await ada.waits_for_message("Atlassian has ended the consent", "@app")
    assert "Nothing was lost." in words(told)
    await ada.presses("reconnect")
    await ada.waits_for_message("Your consent has ended. ", "@app")
    assert await listed(stage) == []


async def test_the_organisations_owner_is_led_to_its_authorization(stage):
    ada = await stage.connect()
    kept = await stage.stores.connections.find(ADA, SYSTEM)
    lent = replace(kept, principal=organisation(ADA.tenant), name="Staff", owner="U0ADA")
    await stage.stores.connections.save(lent)
    await stage.bot.authorizer.end(lent)
    await stage.quiet()
    await ada.waits_for_message("the organisation's connection any more", "@app")
    await ada.presses("admin_open")
    await stage.quiet()
    assert "Profile for people" in words(await ada.modal())


async def test_who_disconnects_is_taken_off_when_the_time_comes(stage):
    ada = await stage.connect()
    await ada.types("/confluence disconnect")
    await stage.quiet()
    await ada.presses("disconnect")
    await stage.quiet()
    await is_due(stage)
    assert await listed(stage) == []
