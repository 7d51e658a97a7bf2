import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_stage import stage


def allowed(manifest):
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    if "usergroups:read" not in scopes:
        scopes.append("usergroups:read")


def forbidden(manifest):
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    scopes[:] = [each for each in scopes if each != "usergroups:read"]


@pytest.fixture
async def slack():
    async with stage(change=allowed) as made:
        yield made


async def error_of(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_workspaces_groups_and_who_is_in_them(slack):
    found = (await slack.client.usergroups_list())["usergroups"]
    assert {(g["id"], g["handle"], g["team_id"]) for g in found} == {
        ("S0WRITERS", "writers", "T0ACME"),
        ("S0EDITORS", "editors", "T0ACME"),
    }
    assert "users" not in found[0]
    with_users = (await slack.client.usergroups_list(include_users=True))["usergroups"]
    assert with_users[0]["users"] == ["U0BOB"]
    members = await slack.client.usergroups_users_list(usergroup="S0EDITORS")
    assert members["users"] == ["U0ADA", "U0CY"]


async def test_another_workspaces_group_is_none(slack):
    call = slack.client.usergroups_users_list(usergroup="S0OTHERS")
    assert await error_of(call) == "no_such_subteam"


async def test_without_the_scope_nothing_is_told():
    async with stage(change=forbidden) as slack:
        assert await error_of(slack.client.usergroups_list()) == "missing_scope"
        call = slack.client.usergroups_users_list(usergroup="S0EDITORS")
        assert await error_of(call) == "missing_scope"


async def test_groups_change(slack):
    await slack.post("groups", group="S0WRITERS", users=["U0CY"])
    members = await slack.client.usergroups_users_list(usergroup="S0WRITERS")
    assert members["users"] == ["U0CY"]
    await slack.post("groups", group="S0NEW", handle="new", users=["U0BOB"])
    members = await slack.client.usergroups_users_list(usergroup="S0NEW")
    assert members["users"] == ["U0BOB"]
    assert (await slack.post("groups", group="S0NEW", users=["U0NOBODY"]))["error"] == "not_found"


async def test_a_disabled_group_is_there_only_for_who_asks(slack):
    await slack.post("groups", group="S0WRITERS", disabled=True)
    found = (await slack.client.usergroups_list())["usergroups"]
    assert [g["id"] for g in found] == ["S0EDITORS"]
    found = (await slack.client.usergroups_list(include_disabled=True))["usergroups"]
    assert [g["date_delete"] for g in found] == [1, 0]
    call = slack.client.usergroups_users_list(usergroup="S0WRITERS")
    assert await error_of(call) == "subteam_disabled"
