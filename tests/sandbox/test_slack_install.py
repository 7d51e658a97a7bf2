import base64
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from sandbox.person import query_of
from sandbox.slack.clients import answered
from sandbox.walk import walk
from tests.sandbox.slack_stage import conversing, stage

BACK = "http://localhost:1/slack/oauth_redirect"
SCOPES = "chat:write,commands"


def ready(manifest):
    manifest["oauth_config"]["redirect_urls"].append(BACK)
    manifest["settings"]["org_deploy_enabled"] = True


@pytest.fixture
async def slack():
    async with stage(change=ready) as made:
        yield made


def asking(slack, **changed):
    asked = {"client_id": "1.2", "scope": SCOPES, "state": "s&1", "redirect_uri": BACK, **changed}
    query = urlencode({k: v for k, v in asked.items() if v is not None})
    return f"{slack.base_url}/slack/oauth/v2/authorize?{query}"


async def code_of(slack, user, workspace=None, **changed):
    location = await slack.person(user).installs(asking(slack, **changed), workspace)
    return query_of(location)["code"]


async def trade(slack, **fields):
    sent = {"client_id": "1.2", "client_secret": "client-secret", "redirect_uri": BACK, **fields}
    sent = {k: v for k, v in sent.items() if v is not None}
    return (await slack.client_of(None).api_call("oauth.v2.access", data=sent)).data


async def refused(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def page(slack, url, user="U0MAX"):
    headers = {"Cookie": f"sandbox_slack_user={user}"}
    async with slack.session.get(url, headers=headers) as got:
        return got.status, await got.text()


async def test_a_code_is_traded_for_a_workspaces_own_bot(slack):
    location = await slack.person("U0MAX").installs(asking(slack))
    assert location.startswith(f"{BACK}?")
    assert query_of(location)["state"] == "s&1"

    answer = await trade(slack, code=query_of(location)["code"])

    token = answer.pop("access_token")
    assert token.startswith("xoxb-")
    assert answer == {
        "ok": True,
        "app_id": "A0CONFAB",
        "authed_user": {"id": "U0MAX"},
        "scope": SCOPES,
        "token_type": "bot",
        "bot_user_id": "U0BOTOTHER",
        "team": {"id": "T0OTHER", "name": "Other"},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    who = await slack.client_of(token).auth_test()
    assert (who["team_id"], who["user_id"], who["bot_id"]) == (
        "T0OTHER",
        "U0BOTOTHER",
        "B0BOTOTHER",
    )
    assert who.headers["x-oauth-scopes"] == SCOPES
    with pytest.raises(SlackApiError, match="missing_scope"):
        await slack.client_of(token).users_info(user="U0MAX")


async def test_an_organisations_install_has_no_team_and_is_in_no_workspace_yet(slack):
    answer = await trade(slack, code=await code_of(slack, "W0IRIS", "E0GLOBE"))
    assert answer["team"] is None
    assert answer["enterprise"] == {"id": "E0GLOBE", "name": "Globe"}
    assert answer["is_enterprise_install"] is True
    client = slack.client_of(answer["access_token"])
    assert (await client.api_call("auth.teams.list"))["teams"] == []
    who = await client.auth_test()
    assert (who["enterprise_id"], who["is_enterprise_install"]) == ("E0GLOBE", True)


async def test_a_workspace_of_an_organisation_can_install_for_itself(slack):
    answer = await trade(slack, code=await code_of(slack, "W0PAT", "T0SOUTH"))
    assert answer["team"]["id"] == "T0SOUTH"
    assert answer["enterprise"]["id"] == "E0GLOBE"
    assert answer["is_enterprise_install"] is False


async def test_a_code_is_good_once(slack):
    code = await code_of(slack, "U0MAX")
    assert await refused(trade(slack, code=code, redirect_uri=f"{BACK}/x")) == "bad_redirect_uri"
    assert await refused(trade(slack, code=code, redirect_uri=None)) == "bad_redirect_uri"
    assert await refused(trade(slack, code=code, client_secret="no")) == "bad_client_secret"
    assert await refused(trade(slack, code=code, client_id="9")) == "invalid_client_id"
    assert await refused(trade(slack, code=code, grant_type="x")) == "invalid_grant_type"
    assert await refused(trade(slack, code="made up")) == "invalid_code"
    assert (await trade(slack, code=code))["ok"]
    assert await refused(trade(slack, code=code)) == "invalid_code"


async def test_a_code_is_good_for_ten_minutes(slack):
    code = await code_of(slack, "U0MAX")
    await slack.post("clock", advance=601)
    assert await refused(trade(slack, code=code)) == "invalid_code"


async def test_without_an_address_the_first_registered_one_is_meant(slack):
    location = await slack.person("U0MAX").installs(asking(slack, redirect_uri=None))
    assert location.startswith("http://localhost:1/connect/slack?")
    code = query_of(location)["code"]
    assert (await trade(slack, code=code, redirect_uri=None))["ok"]


async def test_the_client_may_show_its_secret_in_a_header(slack):
    url = f"{slack.client.base_url}oauth.v2.access"
    sent = {"code": await code_of(slack, "U0MAX"), "redirect_uri": BACK}
    for secret, ok in (("wrong", False), ("client-secret", True)):
        basic = base64.b64encode(f"1.2:{secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        async with slack.session.post(url, data=sent, headers=headers) as got:
            assert (await got.json())["ok"] is ok


async def test_scopes_add_up_and_the_token_stays_while_the_install_lasts(slack):
    first = await trade(slack, code=await code_of(slack, "U0MAX", scope="commands"))
    again = await trade(slack, code=await code_of(slack, "U0OLA", scope="chat:write users:read"))
    assert again["access_token"] == first["access_token"]
    assert again["scope"] == "commands,chat:write,users:read"
    assert again["authed_user"] == {"id": "U0OLA"}
    await slack.post("install", team="T0OTHER", installed=False)
    fresh = await trade(slack, code=await code_of(slack, "U0MAX", scope="commands"))
    assert fresh["scope"] == "commands"
    old = slack.client_of(first["access_token"]).auth_test()
    assert await refused(old) == "token_revoked"


@given(state=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example(state="a&code=evil#x")
def test_whatever_the_state_is_it_comes_back_as_it_was(state):
    for back in (BACK, f"{BACK}?kept=1"):
        query = query_of(answered(back, {"state": state}, code="c"))
        assert query.pop("kept", "1") == "1"
        assert query == {"code": "c", "state": state}


async def test_a_refusal_goes_back_without_a_code(slack):
    location = await slack.person("U0MAX").installs(asking(slack), allow=False)
    assert query_of(location) == {"error": "access_denied", "state": "s&1"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "9"}, "invalid_client_id"),
        ({"redirect_uri": "http://evil.example/slack/oauth_redirect"}, "bad_redirect_uri"),
        ({"redirect_uri": f"{BACK}evil"}, "bad_redirect_uri"),
        ({"redirect_uri": f"{BACK}/../evil"}, "bad_redirect_uri"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "commands,admin"}, "invalid_scope"),
        ({"scope": "commands,openid"}, "invalid_scope"),
        ({"user_scope": "search:read"}, "invalid_scope"),
        ({"team": "T0NOWHERE"}, "invalid_team"),
    ],
)
async def test_a_wrong_address_shows_no_page(slack, changed, error):
    status, text = await page(slack, asking(slack, **changed))
    assert status == 400
    assert error in text
    assert "Allow" not in text


async def test_the_page_says_what_is_allowed_and_where(slack):
    status, text = await page(slack, asking(slack, state='"><b>'), "W0IRIS")
    assert status == 200
    assert "Send messages as the app" in text
    for home in ("T0NORTH", "T0SOUTH", "E0GLOBE"):
        assert f'value="{home}"' in text
    assert "Globe, the whole organisation" in text
    assert "<b>" not in text
    _, text = await page(slack, asking(slack), "W0PAT")
    assert 'value="T0SOUTH"' in text
    assert 'value="E0GLOBE"' not in text


async def test_a_named_team_leaves_no_choice(slack):
    _, text = await page(slack, asking(slack, team="T0SOUTH"), "W0IRIS")
    assert "access Globe South" in text
    assert 'value="T0NORTH"' not in text
    answer = await trade(slack, code=await code_of(slack, "W0IRIS", team="T0SOUTH"))
    assert answer["team"]["id"] == "T0SOUTH"


async def test_a_post_decides_but_not_from_elsewhere(slack):
    form = {**query_of(asking(slack)), "user": "U0MAX", "decision": "allow"}
    url = f"{slack.base_url}/slack/oauth/v2/authorize"
    headers = {"Origin": "http://evil.example"}
    async with slack.session.post(url, data=form, headers=headers, allow_redirects=False) as got:
        assert got.status == 400
    async with slack.session.post(url, data=form, allow_redirects=False) as got:
        assert got.status == 302
        assert "code" in query_of(got.headers["Location"])


@pytest.mark.parametrize(
    ("user", "workspace", "error"),
    [
        ("U0GUS", "T0ACME", "install_not_allowed"),
        ("U0VIC", "T0SOUTH", "install_not_allowed"),
        ("U0MAX", "T0ACME", "team_mismatch"),
        ("U0NED", "T0SOUTH", "team_mismatch"),
        ("U0KIM", "E0GLOBE", "org_admin_required"),
        ("U0OLA", "E0GLOBE", "org_admin_required"),
        ("U0BOT", "T0ACME", "install_not_allowed"),
    ],
)
async def test_who_may_install_where(slack, user, workspace, error):
    sent = {"url": asking(slack), "workspace": workspace}
    answer = await slack.post(f"people/{user}/install", **sent)
    assert answer["error"] == error
    assert "location" not in answer


async def test_an_organisation_takes_only_an_app_that_is_ready_for_it():
    def alone(manifest):
        ready(manifest)
        manifest["settings"]["org_deploy_enabled"] = False

    async with stage(change=alone) as slack:
        sent = {"url": asking(slack), "workspace": "E0GLOBE"}
        answer = await slack.post("people/W0IRIS/install", **sent)
        assert answer["error"] == "app_not_org_ready"


async def test_the_organisations_install_takes_the_place_of_its_workspaces(slack):
    south = await trade(slack, code=await code_of(slack, "W0PAT", "T0SOUTH"))
    late = await code_of(slack, "W0PAT", "T0NORTH")
    await trade(slack, code=await code_of(slack, "W0IRIS", "E0GLOBE"))
    ended = slack.client_of(south["access_token"]).auth_test()
    assert await refused(ended) == "account_inactive"
    assert await refused(trade(slack, code=late)) == "cannot_install_an_org_installed_app"


async def test_a_deactivated_person_installs_nothing(slack):
    code = await code_of(slack, "U0MAX")
    await slack.post("people/change", user="U0MAX", deleted=True)
    assert await refused(trade(slack, code=code)) == "user_is_deactivated"
    _, text = await page(slack, asking(slack), "U0MAX")
    assert "U0MAX" not in text


async def test_a_walk_installs(slack):
    walked = await walk(
        asking(slack),
        slack_person="W0PAT",
        atlassian_account="",
        site=None,
        workspace="T0SOUTH",
        stop_at="/slack/oauth_redirect",
    )
    answer = await trade(slack, code=query_of(walked.stopped)["code"])
    assert answer["team"]["id"] == "T0SOUTH"
    assert answer["authed_user"] == {"id": "W0PAT"}


async def test_installs_outlive_a_restart(slack):
    answer = await trade(slack, code=await code_of(slack, "U0MAX"))
    async with stage(saved=slack.world.dump(), change=ready) as again:
        who = await again.client_of(answer["access_token"]).auth_test()
        assert who["team_id"] == "T0OTHER"


async def test_no_secret_is_in_the_log(slack):
    code = await code_of(slack, "U0MAX")
    token = (await trade(slack, code=code))["access_token"]
    await slack.client_of(token).auth_test()
    log = str((await slack.log())["calls"])
    for secret in (code, token, "client-secret"):
        assert secret not in log


def with_optional(told):
    ready(told)
    conversing(told)
    told["oauth_config"]["scopes"]["bot_optional"] = ["files:read", "im:history"]


async def test_optional_scopes_can_be_left_out_and_others_not():
    async with stage(change=with_optional) as slack:
        url = asking(slack, scope="chat:write,files:read,im:history")
        _, text = await page(slack, url, "U0MAX")
        assert text.count("(optional)") == 2
        back = await slack.person("U0MAX").installs(url, without=["files:read"])
        answer = await trade(slack, code=query_of(back)["code"])
        assert answer["scope"] == "chat:write,im:history"
        refusal = {"url": url, "without": ["chat:write"]}
        assert (await slack.post("people/U0MAX/install", **refusal))[
            "error"
        ] == "scope_not_optional"


async def test_whoever_unticks_a_scope_on_the_page_leaves_it_out():
    async with stage(change=with_optional) as slack:
        asked = query_of(asking(slack, scope="chat:write,files:read,im:history"))
        form = {**asked, "user": "U0MAX", "decision": "allow", "chooses": "1"}
        form["optional"] = "im:history"
        url = f"{slack.base_url}/slack/oauth/v2/authorize"
        async with slack.session.post(url, data=form, allow_redirects=False) as got:
            answer = await trade(slack, code=query_of(got.headers["Location"])["code"])
        assert answer["scope"] == "chat:write,im:history"


async def test_a_walk_leaves_a_scope_out():
    async with stage(change=with_optional) as slack:
        walked = await walk(
            asking(slack, scope="chat:write,files:read,im:history"),
            slack_person="U0MAX",
            atlassian_account="",
            site=None,
            stop_at="/slack/oauth_redirect",
            without=("im:history",),
        )
        answer = await trade(slack, code=query_of(walked.stopped)["code"])
        assert answer["scope"] == "chat:write,files:read"


async def test_acme_can_be_without_an_optional_scope():
    async with stage(change=with_optional) as slack:
        await slack.post("install", installed=True, without=["files:read"])
        headers = (await slack.client.auth_test()).headers
        assert "files:read" not in headers["x-oauth-scopes"]
        assert "im:history" in headers["x-oauth-scopes"]
        await slack.post("install", installed=True, without=[])
        assert "files:read" in (await slack.client.auth_test()).headers["x-oauth-scopes"]
