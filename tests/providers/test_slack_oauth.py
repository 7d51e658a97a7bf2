"""What Slack answers to an install and to a renewal, read into our words."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import BotError, NotAllowed, ProfileBroken, ProviderFault, Unavailable
from bot.installation import BotTokens, Installation
from bot.principal import Tenant
from bot.providers import slack_oauth_wire as wire
from bot.providers.outgoing import Answer
from bot.providers.slack_oauth import SlackOAuth
from tests.fakes import NOON
from tests.providers.provider import hangs_up, html, says, steady

ISSUED = {
    "ok": True,
    "access_token": "xoxb-1",
    "token_type": "bot",
    "scope": "commands,chat:write",
    "bot_user_id": "UBOT",
    "app_id": "A1",
    "team": {"id": "T0ACME", "name": "Acme"},
    "enterprise": None,
    "is_enterprise_install": False,
    "authed_user": {"id": "U0ADA"},
}
ITSELF = {"ok": True, "team_id": "T0ACME", "user_id": "UBOT", "bot_id": "B1"}
ROTATING = {"access_token": "xoxe.xoxb-1", "refresh_token": "xoxe-1", "expires_in": 43_200}
GLOBE = {
    "team": None,
    "enterprise": {"id": "E0GLOBE", "name": "Globe"},
    "is_enterprise_install": True,
}
GLOBES = ITSELF | {"team_id": "E0GLOBE", "enterprise_id": "E0GLOBE", "is_enterprise_install": True}
ACCESS, TEST = "/api/oauth.v2.access", "/api/auth.test"


@pytest.fixture
def slack(provider, outgoing, clock):
    provider.says[ACCESS] = says(ISSUED)
    provider.says[TEST] = says(ITSELF)
    client = {"client_id": SecretStr("1.2"), "client_secret": SecretStr("hush")}
    asks = {"scope": "chat:write,commands", "redirect_uri": "https://confab.example/back"}
    return SlackOAuth(outgoing, (provider.url, f"{provider.url}/api"), client, asks, clock)


@pytest.fixture
def installation():
    return Installation(
        Tenant("T0ACME"),
        "T0ACME",
        None,
        "Acme",
        SecretStr("xoxe.xoxb-0"),
        "B1",
        "UBOT",
        "A1",
        frozenset(),
        NOON,
        refresh_token=SecretStr("xoxe-0"),
        token_expires_at=NOON,
    )


def sent(asked):
    return {name: value for name, [value] in parse_qs(asked.body.decode()).items()}


def test_the_address_holds_what_is_asked_for(slack):
    url = urlsplit(slack.install_url("st&te", "T0ACME"))
    assert url.path == "/oauth/v2/authorize"
    assert {name: value for name, [value] in parse_qs(url.query).items()} == {
        "client_id": "1.2",
        "scope": "chat:write,commands",
        "redirect_uri": "https://confab.example/back",
        "state": "st&te",
        "team": "T0ACME",
    }


@given(state=st.text(max_size=80), team=st.none() | st.text(max_size=40))
@steady
def test_whatever_is_put_into_the_address_changes_nothing_else_of_it(state, team):
    asked = {"client_id": "1.2", "redirect_uri": "https://confab.example/back"}
    state = state.encode("utf-8", "replace").decode()
    url = urlsplit(wire.install_url("https://slack.com", {**asked, "state": state}, team))
    found = parse_qs(url.query, keep_blank_values=True)
    assert (url.scheme, url.netloc, url.path) == ("https", "slack.com", "/oauth/v2/authorize")
    assert set(found) <= {"client_id", "redirect_uri", "state", "team"}
    assert found["redirect_uri"] == ["https://confab.example/back"]
    assert found["state"] == [state]


async def test_a_code_becomes_an_installation(slack, provider):
    installed = await slack.redeem(SecretStr("c0de"))
    assert installed.by == "U0ADA"
    assert installed.installation == Installation(
        Tenant("T0ACME"),
        "T0ACME",
        None,
        "Acme",
        SecretStr("xoxb-1"),
        "B1",
        "UBOT",
        "A1",
        frozenset({"commands", "chat:write"}),
        NOON,
    )
    assert [each.path for each in provider.asked] == [ACCESS, TEST]
    assert sent(provider.asked[0]) == {
        "code": "c0de",
        "redirect_uri": "https://confab.example/back",
        "client_id": "1.2",
        "client_secret": "hush",
    }
    assert provider.asked[1].headers["Authorization"] == "Bearer xoxb-1"


async def test_a_code_of_an_organisations_is_the_organisations(slack, provider):
    provider.says[ACCESS] = says(ISSUED | GLOBE)
    provider.says[TEST] = says(GLOBES)
    found = (await slack.redeem(SecretStr("c0de"))).installation
    assert (found.tenant, found.team_id, found.enterprise_id) == ("E0GLOBE", None, "E0GLOBE")
    assert found.name == "Globe"


async def test_a_workspace_of_an_organisation_stays_a_workspace(slack, provider):
    part = {"enterprise": {"id": "E0GLOBE", "name": "Globe"}}
    provider.says[ACCESS] = says(ISSUED | part)
    provider.says[TEST] = says(ITSELF | {"enterprise_id": "E0GLOBE"})
    found = (await slack.redeem(SecretStr("c0de"))).installation
    assert (found.tenant, found.team_id, found.enterprise_id) == ("T0ACME", "T0ACME", "E0GLOBE")


async def test_a_token_that_rotates_has_an_end(slack, provider):
    provider.says[ACCESS] = says(ISSUED | ROTATING)
    found = (await slack.redeem(SecretStr("c0de"))).installation
    assert found.rotates
    assert found.token_expires_at == NOON + timedelta(hours=12)


@pytest.mark.parametrize(
    ("issued", "itself"),
    [
        (ISSUED, ITSELF | {"team_id": "T0OTHER"}),
        (ISSUED, ITSELF | {"is_enterprise_install": True}),
        (ISSUED | GLOBE, ITSELF),
        (ISSUED | GLOBE, GLOBES | {"enterprise_id": "E0OTHER"}),
        (ISSUED | {"team": {"id": "T0.x"}}, ITSELF | {"team_id": "T0.x"}),
        (ISSUED | {"team": None}, ITSELF),
        (ISSUED | {"token_type": "user"}, ITSELF),
        (ISSUED | {"access_token": None}, ITSELF),
        (ISSUED | {"refresh_token": "xoxe-1"}, ITSELF),
        (ISSUED | {"expires_in": 43_200}, ITSELF),
        (ISSUED | ROTATING | {"expires_in": -1}, ITSELF),
        (ISSUED | ROTATING | {"expires_in": 10**12}, ITSELF),
    ],
)
async def test_a_token_that_is_anothers_or_half_is_nobodys(slack, provider, issued, itself):
    provider.says[ACCESS] = says(issued)
    provider.says[TEST] = says(itself)
    with pytest.raises(ProviderFault):
        await slack.redeem(SecretStr("c0de"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({"ok": False, "error": "invalid_code"}), NotAllowed),
        (says({"ok": False, "error": "code_already_used"}), NotAllowed),
        (says({"ok": False, "error": "bad_client_secret"}), ProfileBroken),
        (says({"ok": False, "error": "invalid_client_id"}), ProfileBroken),
        (says({"ok": False, "error": "bad_redirect_uri"}), ProfileBroken),
        (says({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "3"}), Unavailable),
        (says({"ok": False, "error": "internal_error"}), Unavailable),
        (says({}), Unavailable),
        (says([]), ProviderFault),
        (html(), Unavailable),
        (hangs_up, Unavailable),
    ],
)
async def test_slacks_refusals_are_told_apart(slack, provider, answer, error):
    provider.says[ACCESS] = answer
    with pytest.raises(error) as raised:
        await slack.redeem(SecretStr("c0de"))
    assert "hush" not in str(raised.value)
    assert "c0de" not in str(raised.value)


async def test_a_refresh_token_is_traded_in(slack, provider, installation):
    provider.says[ACCESS] = says(ISSUED | ROTATING)
    tokens = await slack.renew(installation)
    until = NOON + timedelta(hours=12)
    assert tokens == BotTokens(SecretStr("xoxe.xoxb-1"), SecretStr("xoxe-1"), until)
    assert sent(provider.last) == {
        "grant_type": "refresh_token",
        "refresh_token": "xoxe-0",
        "client_id": "1.2",
        "client_secret": "hush",
    }


@pytest.mark.parametrize(
    "error", ["invalid_refresh_token", "token_revoked", "account_inactive", "token_expired"]
)
async def test_one_that_is_refused_is_no_good_any_more(slack, provider, installation, error):
    provider.says[ACCESS] = says({"ok": False, "error": error})
    assert await slack.renew(installation) is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ok": False, "error": "internal_error"}, Unavailable),
        ({"ok": False, "error": "team_added_to_org"}, Unavailable),
        ({"ok": False, "error": "bad_client_secret"}, ProfileBroken),
        (ISSUED, ProviderFault),
    ],
)
async def test_what_may_pass_ends_nothing(slack, provider, installation, body, error):
    provider.says[ACCESS] = says(body)
    with pytest.raises(error):
        await slack.renew(installation)


@pytest.mark.parametrize(
    ("body", "is_good"),
    [(ITSELF, True), ({"ok": False, "error": "token_revoked"}, False)],
)
async def test_slack_tells_whether_a_token_works(slack, provider, installation, body, is_good):
    provider.says[TEST] = says(body)
    assert await slack.is_good(installation) is is_good


async def test_its_silence_tells_nothing(slack, provider, installation):
    provider.says[TEST] = says({"ok": False, "error": "internal_error"})
    with pytest.raises(Unavailable):
        await slack.is_good(installation)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ISSUED, *ROTATING, *ITSELF, "error"]), inner, max_size=8
        )
    ),
    max_leaves=12,
)


@given(body=JSONS, more=JSONS)
@steady
def test_any_answer_is_read_or_refused_in_our_words(body, more):
    merged = {**ISSUED, **body} if isinstance(body, dict) else body
    said = Answer(200, {"content-type": "application/json"}, json.dumps(merged).encode())
    also = {**ITSELF, **more} if isinstance(more, dict) else more
    itself = Answer(200, {"content-type": "application/json"}, json.dumps(also).encode())
    try:
        issued = wire.read_issued(said, NOON)
        told = wire.read_self(itself, NOON)
        found = told and wire.installation_of(issued, told, NOON)
        wire.read_renewed(said, NOON)
    except BotError:
        return
    if found:
        assert found.tenant == (found.team_id or found.enterprise_id)
