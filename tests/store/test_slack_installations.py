"""The installation store as Slack's SDK knows it, over the same collection."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import Installation

from store.installations import MongoInstallations

AT = 3_982_003_200.5


@pytest.fixture
def slack(database, vault):
    return MongoInstallations(database, vault)


@pytest.fixture
def make(tenant):
    def make(user_id="U1", token="xoxb-1", at=AT, **more):
        fields = {
            "app_id": "A1",
            "team_id": tenant,
            "team_name": "Acme",
            "enterprise_id": "E1",
            "bot_token": token,
            "bot_id": "B1",
            "bot_user_id": "U0",
            "bot_scopes": ["commands"],
            "bot_refresh_token": "xoxe-1",
            "bot_token_expires_at": 1234,
            "user_token": "xoxp-1",
            "user_scopes": ["search"],
            "custom_values": {"colour": "blue"},
        }
        return Installation(user_id=user_id, installed_at=at, **{**fields, **more})

    return make


async def _installer(slack, tenant, user_id=None):
    return await slack.async_find_installation(enterprise_id="E1", team_id=tenant, user_id=user_id)


async def _bot(slack, tenant):
    return await slack.async_find_bot(enterprise_id="E1", team_id=tenant)


async def test_finds_an_installation_whole(slack, make, tenant):
    given = make()
    await slack.async_save(given)
    assert vars(await _installer(slack, tenant)) == vars(given)
    assert vars(await _installer(slack, tenant, "U1")) == vars(given)
    assert vars(await _bot(slack, tenant)) == vars(given.to_bot())


async def test_finds_nothing_where_nobody_installed(slack, make, tenant):
    assert await _installer(slack, tenant) is None
    assert await _bot(slack, tenant) is None
    assert await slack.async_find_bot(enterprise_id=None, team_id=None) is None
    assert await slack.async_find_installation(enterprise_id=None, team_id=None) is None
    await slack.async_save(make())
    assert await _installer(slack, tenant, "U2") is None


async def test_the_newest_installer_and_bot_win(slack, make, tenant):
    await slack.async_save(make("U2", "xoxb-2", AT + 10))
    await slack.async_save(make("U1", "xoxb-1", AT))
    assert (await _installer(slack, tenant)).user_id == "U2"
    assert (await _bot(slack, tenant)).bot_token == "xoxb-2"


async def test_an_earlier_installer_uses_the_newest_bot(slack, make, tenant):
    await slack.async_save(make("U1", "xoxb-1", AT))
    await slack.async_save(make("U2", "xoxb-2", AT + 10))
    found = await _installer(slack, tenant, "U1")
    assert (found.user_id, found.bot_token) == ("U1", "xoxb-2")


async def test_an_installation_without_a_bot_borrows_the_tenants(slack, make, tenant):
    await slack.async_save(make("U1", "xoxb-1", AT))
    await slack.async_save(make("U2", None, AT + 10))
    found = await _installer(slack, tenant)
    assert (found.user_id, found.bot_token) == ("U2", "xoxb-1")


async def test_an_organisations_installation_stands_under_the_organisation(slack, make, tenant):
    organisation = f"E{tenant}"
    whole = make(team_id=None, enterprise_id=organisation, is_enterprise_install=True)
    await slack.async_save(whole)
    for team_id, everywhere in ((tenant, True), (None, False), (None, True)):
        found = await slack.async_find_bot(
            enterprise_id=organisation, team_id=team_id, is_enterprise_install=everywhere
        )
        assert found.bot_token == "xoxb-1"
    assert await slack.async_find_bot(enterprise_id=organisation, team_id=tenant) is None


async def test_an_installation_of_nobody_is_refused(slack, make):
    with pytest.raises(ValueError, match="team"):
        await slack.async_save(make(team_id=None, enterprise_id=None))


async def test_deletes_one_installer_or_all(slack, make, tenant):
    await slack.async_save(make("U1", at=AT))
    await slack.async_save(make("U2", at=AT + 1))
    await slack.async_delete_installation(enterprise_id="E1", team_id=tenant, user_id="U2")
    assert (await _installer(slack, tenant)).user_id == "U1"
    await slack.async_delete_bot(enterprise_id="E1", team_id=tenant)
    assert await _bot(slack, tenant) is None
    await slack.async_delete_all(enterprise_id="E1", team_id=tenant)
    assert await _installer(slack, tenant) is None


async def test_a_late_event_deletes_nothing_newer(slack, make, tenant):
    await slack.async_save(make())
    before = datetime.fromtimestamp(AT, UTC)
    where = {"enterprise_id": "E1", "team_id": tenant, "before": before}
    await slack.async_delete_bot(**where)
    await slack.async_delete_installation(**where)
    await slack.async_delete_all(**where)
    assert not await slack.remove(tenant, before=before)
    assert await _bot(slack, tenant)
    assert await _installer(slack, tenant)
    await slack.async_delete_all(**{**where, "before": before + timedelta(seconds=1)})
    assert await _bot(slack, tenant) is None
    assert await _installer(slack, tenant) is None


async def test_nothing_is_deleted_of_nobody(slack, make, tenant):
    await slack.async_save(make())
    nobody = {"enterprise_id": None, "team_id": None}
    await slack.async_delete_bot(**nobody)
    await slack.async_delete_installation(**nobody)
    await slack.async_delete_all(**nobody)
    assert await _bot(slack, tenant)


async def test_what_slack_installed_is_an_installation_of_ours(slack, make, tenant, installation):
    await slack.async_save_bot(_bot_of(make()))
    ours = await slack.find(tenant)
    assert (ours.tenant, ours.team_id, ours.enterprise_id) == (tenant, tenant, "E1")
    assert ours.bot_token.get_secret_value() == "xoxb-1"
    await slack.save(replace(installation, installed_at=ours.installed_at + timedelta(seconds=1)))
    assert (await _bot(slack, tenant)).bot_token == "xoxb-secret"


async def test_no_token_of_slacks_stands_plain_in_the_database(slack, make, tenant, database):
    await slack.async_save(make())
    found = repr(await database.raw.installations.find({"tenant": tenant}).to_list(None))
    assert "xox" not in found
    assert "Acme" not in found


def _bot_of(installation):
    bot = installation.to_bot()
    assert isinstance(bot, Bot)
    return bot
