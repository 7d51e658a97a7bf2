import base64
import hashlib
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.person import query_of
from tests.sandbox.slack_stage import stage

CALLBACK = "http://localhost:1/connect/slack"


@pytest.fixture
async def slack():
    async with stage() as made:
        yield made


def asking(slack, **changed):
    asked = {
        "client_id": "1.2",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile",
        "state": "s&1",
        "nonce": "n1",
        "team": "T0ACME",
        **changed,
    }
    query = urlencode({k: v for k, v in asked.items() if v})
    return f"{slack.base_url}/slack/openid/connect/authorize?{query}"


async def trade(slack, **fields):
    client = AsyncWebClient(base_url=slack.client.base_url, session=slack.session)
    sent = {
        "client_id": "1.2",
        "client_secret": "client-secret",
        "redirect_uri": CALLBACK,
        **fields,
    }
    return await client.api_call("openid.connect.token", data=sent)


async def refused(slack, **fields):
    with pytest.raises(SlackApiError) as caught:
        await trade(slack, **fields)
    return caught.value.response["error"]


async def code_of(slack, person=None, **changed):
    return query_of(await (person or slack.ada).signs_in(asking(slack, **changed)))["code"]


async def fetch(slack, path):
    async with slack.session.get(f"{slack.base_url}{path}") as got:
        assert got.status == 200
        return await got.json()


async def test_an_id_token_says_who_in_which_workspace(slack):
    location = await slack.ada.signs_in(asking(slack))
    assert location.startswith(f"{CALLBACK}?")
    assert query_of(location)["state"] == "s&1"
    answer = await trade(slack, code=query_of(location)["code"])

    keys = KeySet.import_key_set(await fetch(slack, "/slack/openid/connect/keys"))
    token = jwt.decode(answer["id_token"], keys, algorithms=["RS256"])
    claims = token.claims
    assert (claims["iss"], claims["aud"]) == (f"{slack.base_url}/slack", "1.2")
    assert claims["sub"] == claims["https://slack.com/user_id"] == "U0ADA"
    assert claims["https://slack.com/team_id"] == "T0ACME"
    assert (claims["nonce"], claims["exp"] - claims["iat"]) == ("n1", 300)
    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    client = AsyncWebClient(
        answer["access_token"], base_url=slack.client.base_url, session=slack.session
    )
    assert (await client.openid_connect_userInfo())["sub"] == "U0ADA"


async def test_the_endpoints_are_discovered(slack):
    found = await fetch(slack, "/slack/.well-known/openid-configuration")
    assert found["issuer"] == f"{slack.base_url}/slack"
    assert found["token_endpoint"] == f"{slack.client.base_url}openid.connect.token"
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]


async def test_an_outsider_is_of_their_own_workspace(slack):
    code = await code_of(slack, slack.eve, team=None)
    answer = await trade(slack, code=code)
    keys = KeySet.import_key_set(await fetch(slack, "/slack/openid/connect/keys"))
    token = jwt.decode(answer["id_token"], keys, algorithms=["RS256"])
    assert token.claims["https://slack.com/team_id"] == "T0OTHER"
    with pytest.raises(AssertionError, match="team_mismatch"):
        await slack.eve.signs_in(asking(slack))


async def test_in_an_organisation_the_token_names_it_too(slack):
    code = await code_of(slack, slack.person("W0PAT"), team="T0SOUTH")
    answer = await trade(slack, code=code)
    keys = KeySet.import_key_set(await fetch(slack, "/slack/openid/connect/keys"))
    claims = jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["https://slack.com/user_id"] == "W0PAT"
    assert claims["https://slack.com/team_id"] == "T0SOUTH"
    assert claims["https://slack.com/enterprise_id"] == "E0GLOBE"
    alone = await trade(slack, code=await code_of(slack))
    claims = jwt.decode(alone["id_token"], keys, algorithms=["RS256"]).claims
    assert "https://slack.com/enterprise_id" not in claims


async def test_a_deactivated_person_signs_in_nowhere(slack):
    await slack.post("people/change", user="U0BOB", deleted=True)
    form = {**query_of(asking(slack)), "user": "U0BOB", "decision": "allow"}
    url = f"{slack.base_url}/slack/openid/connect/authorize"
    async with slack.session.post(url, data=form, allow_redirects=False) as got:
        assert got.status == 400
    async with slack.session.get(asking(slack)) as got:
        assert "U0BOB" not in await got.text()


async def test_a_code_is_good_once(slack):
    code = await code_of(slack)
    await trade(slack, code=code)
    assert await refused(slack, code=code) == "code_already_used"


async def test_a_code_is_good_for_ten_minutes(slack):
    code = await code_of(slack)
    await slack.post("clock", advance=601)
    assert await refused(slack, code=code) == "invalid_code"


async def test_a_code_is_bound_to_address_and_client(slack):
    code = await code_of(slack)
    assert await refused(slack, code=code, redirect_uri=f"{CALLBACK}/x") == "bad_redirect_uri"
    assert await refused(slack, code=code, client_secret="wrong") == "bad_client_secret"
    assert await refused(slack, code=code, client_id="other") == "invalid_client_id"
    assert await refused(slack, code="made up") == "invalid_code"
    assert (await trade(slack, code=code))["ok"]


async def test_the_client_may_show_its_secret_in_a_header(slack):
    sent = {"code": await code_of(slack), "redirect_uri": CALLBACK}
    url = f"{slack.client.base_url}openid.connect.token"
    for secret, ok in (("wrong", False), ("client-secret", True)):
        basic = base64.b64encode(f"1.2:{secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}"}
        async with slack.session.post(url, data=sent, headers=headers) as got:
            assert (await got.json())["ok"] is ok


async def test_a_refusal_goes_back_without_a_code(slack):
    location = await slack.ada.signs_in(asking(slack), allow=False)
    assert query_of(location) == {"error": "access_denied", "state": "s&1"}


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "9"},
        {"redirect_uri": "http://evil.example/connect/slack"},
        {"redirect_uri": f"{CALLBACK}evil"},
        {"redirect_uri": f"{CALLBACK}/../evil"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"scope": "openid chat:write"},
        {"team": "T0NOWHERE"},
    ],
)
async def test_a_wrong_address_shows_no_consent(slack, changed):
    async with slack.session.get(asking(slack, **changed)) as got:
        assert got.status == 400
        assert "Allow" not in await got.text()


async def test_an_address_below_a_registered_one_is_fine(slack):
    location = await slack.ada.signs_in(asking(slack, redirect_uri=f"{CALLBACK}/more"))
    assert location.startswith(f"{CALLBACK}/more?")


async def test_the_page_knows_who_is_signed_in_and_a_post_decides(slack):
    cookies = {"Cookie": "sandbox_slack_user=U0BOB"}
    async with slack.session.get(asking(slack, state='"><b>'), headers=cookies) as got:
        page = await got.text()
    assert '<option value="U0BOB" selected>' in page
    assert "Eve" not in page
    assert "<b>" not in page
    form = {**query_of(asking(slack)), "user": "U0BOB", "decision": "allow"}
    url = f"{slack.base_url}/slack/openid/connect/authorize"
    async with slack.session.post(url, data=form, allow_redirects=False) as got:
        assert got.status == 302
        assert "code" in query_of(got.headers["Location"])
        assert got.cookies["sandbox_slack_user"]["path"] == "/slack"


async def test_a_post_from_elsewhere_decides_nothing(slack):
    form = {**query_of(asking(slack)), "user": "U0BOB", "decision": "allow"}
    url = f"{slack.base_url}/slack/openid/connect/authorize"
    headers = {"Origin": "http://evil.example"}
    async with slack.session.post(url, data=form, headers=headers, allow_redirects=False) as got:
        assert got.status == 400
