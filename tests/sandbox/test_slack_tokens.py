import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_stage import data, stage


def rotating(manifest):
    manifest["settings"]["token_rotation_enabled"] = True


@pytest.fixture
async def slack():
    async with stage(change=rotating) as made:
        yield made


async def ask(slack, method="oauth.v2.access", **fields):
    sent = {"client_id": "1.2", "client_secret": "client-secret", **fields}
    return (await slack.client_of(None).api_call(method, data=sent)).data


async def refresh(slack, token, **fields):
    return await ask(slack, grant_type="refresh_token", refresh_token=token, **fields)


async def fresh(slack, team="T0OTHER"):
    return (await slack.post("install", team=team, installed=True))["answer"]


async def error_of(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def tried(slack, token):
    return slack.client_of(token).auth_test()


async def test_an_access_token_lives_twelve_hours(slack):
    made = await fresh(slack)
    assert made["access_token"].startswith("xoxe.xoxb-1-")
    assert made["refresh_token"].startswith("xoxe-1-")
    assert made["expires_in"] == 43_200
    await slack.post("clock", advance=43_190)
    assert (await tried(slack, made["access_token"]))["team_id"] == "T0OTHER"
    await slack.post("clock", advance=11)
    assert await error_of(tried(slack, made["access_token"])) == "token_expired"


async def test_a_refresh_token_brings_another_pair_for_the_same_install(slack):
    made = await fresh(slack)
    answer = await refresh(slack, made["refresh_token"])
    assert answer["access_token"] != made["access_token"]
    assert answer["refresh_token"] != made["refresh_token"]
    same = ("app_id", "bot_user_id", "team", "enterprise", "is_enterprise_install", "scope")
    assert [answer[key] for key in same] == [made[key] for key in same]
    for pair in (made, answer):
        assert (await tried(slack, pair["access_token"]))["team_id"] == "T0OTHER"


async def test_a_refresh_token_is_good_once_and_a_minute_of_grace(slack):
    made = await fresh(slack)
    await refresh(slack, made["refresh_token"])
    await slack.post("clock", advance=55)
    assert (await refresh(slack, made["refresh_token"]))["ok"]
    await slack.post("clock", advance=10)
    error = await error_of(refresh(slack, made["refresh_token"]))
    assert error == "invalid_refresh_token"
    assert await error_of(refresh(slack, "xoxe-1-made-up")) == "invalid_refresh_token"


async def test_two_access_tokens_are_good_at_a_time(slack):
    pairs = [await fresh(slack)]
    for _ in range(2):
        pairs.append(await refresh(slack, pairs[-1]["refresh_token"]))
    assert await error_of(tried(slack, pairs[0]["access_token"])) == "token_revoked"
    for pair in pairs[1:]:
        assert (await tried(slack, pair["access_token"]))["ok"]


async def test_a_token_that_lasts_stays_beside_those_that_rotate(slack):
    pair = await refresh(slack, (await fresh(slack))["refresh_token"])
    for _ in range(3):
        pair = await refresh(slack, pair["refresh_token"])
    assert (await tried(slack, data.BOT_TOKEN))["ok"]


async def test_a_refresh_needs_the_clients_secret(slack):
    made = await fresh(slack)
    wrong = refresh(slack, made["refresh_token"], client_secret="no")
    assert await error_of(wrong) == "bad_client_secret"


async def test_a_token_that_lasts_is_exchanged(slack):
    answer = await ask(slack, "oauth.v2.exchange", token=data.BOT_TOKEN)
    assert (answer["team_id"], answer["user_id"]) == ("T0ACME", "U0BOT")
    assert (await tried(slack, answer["access_token"]))["team_id"] == "T0ACME"
    assert await error_of(tried(slack, data.BOT_TOKEN)) == "token_revoked"
    again = ask(slack, "oauth.v2.exchange", token=answer["access_token"])
    assert await error_of(again) == "invalid_token"


async def test_nothing_is_exchanged_before_tokens_rotate():
    async with stage() as slack:
        call = ask(slack, "oauth.v2.exchange", token=data.BOT_TOKEN)
        assert await error_of(call) == "token_rotation_not_enabled"
        assert "refresh_token" not in await fresh(slack)
        assert (await slack.post("rotation", enabled=False))["error"] == "rotation_stays_on"
        await slack.post("rotation", enabled=True)
        assert "refresh_token" in await fresh(slack, "T0NORTH")
        assert (await tried(slack, data.BOT_TOKEN))["ok"]


async def test_revoking_one_of_the_tokens_uninstalls_nothing(slack):
    made = await fresh(slack)
    more = await refresh(slack, made["refresh_token"])
    assert (await slack.client_of(made["access_token"]).auth_revoke())["revoked"]
    assert await error_of(tried(slack, made["access_token"])) == "token_revoked"
    assert (await tried(slack, more["access_token"]))["ok"]


async def test_an_uninstall_ends_access_and_refresh_tokens(slack):
    made = await fresh(slack)
    await slack.post("install", team="T0OTHER", installed=False)
    assert await error_of(tried(slack, made["access_token"])) == "account_inactive"
    assert await error_of(refresh(slack, made["refresh_token"])) == "invalid_refresh_token"


async def test_revoked_tokens_leave_the_app_installed(slack):
    made = await fresh(slack)
    await slack.post("tokens/revoke", team="T0OTHER")
    assert await error_of(tried(slack, made["access_token"])) == "token_revoked"
    assert await error_of(refresh(slack, made["refresh_token"])) == "invalid_refresh_token"
    apps = {a["id"]: a for a in (await slack.get("workspaces"))["installations"]}
    assert apps["T0OTHER"]["installed"] is True
