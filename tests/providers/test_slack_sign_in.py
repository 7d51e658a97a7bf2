from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from bot.errors import NotAllowed, ProfileBroken, ProviderFault, Unavailable
from bot.ports import Proven
from bot.providers.slack_sign_in import SlackOpenId
from tests.fakes import NOON
from tests.providers.provider import html, says

KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
NEXT_KEY = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
CALLBACK = "https://bot.example/connect/slack"
CODE = SecretStr("the-code")
AT = int(NOON.timestamp())


@pytest.fixture
def issuer(provider):
    return provider.url


@pytest.fixture
def claims(issuer):
    return {
        "iss": issuer,
        "sub": "U0ADA",
        "aud": "client-1",
        "exp": AT + 300,
        "iat": AT,
        "nonce": "n-1",
        "https://slack.com/user_id": "U0ADA",
        "https://slack.com/team_id": "T0ACME",
        "name": "Ada",
    }


@pytest.fixture
def sign_in(provider, outgoing, clock, issuer):
    provider.says = {
        "/.well-known/openid-configuration": says(
            {
                "issuer": issuer,
                "token_endpoint": f"{issuer}/api/openid.connect.token",
                "jwks_uri": f"{issuer}/openid/connect/keys",
            }
        ),
        "/openid/connect/keys": says({"keys": [KEY.as_dict(private=False)]}),
    }
    return SlackOpenId(outgoing, issuer, "client-1", SecretStr("hush"), CALLBACK, clock)


@pytest.fixture
def issue(provider, claims):
    """Make Slack issue a token with those claims changed; ``None`` leaves one out."""

    def issue(key=KEY, header=None, **changed):
        given = {name: value for name, value in (claims | changed).items() if value is not None}
        header = header or {"alg": "RS256", "kid": key.kid}
        token = jwt.encode(header, given, key, algorithms=[header["alg"]])
        provider.says["/api/openid.connect.token"] = says({"ok": True, "id_token": token})

    return issue


def asked_for(provider, path):
    return [each for each in provider.asked if each.path == path]


def test_the_browser_goes_to_slack_with_state_and_nonce(sign_in, issuer):
    url = sign_in.sign_in_url("T1.state", "n-1", "T0ACME")
    assert url.startswith(f"{issuer}/openid/connect/authorize?")
    assert {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()} == {
        "response_type": "code",
        "scope": "openid profile",
        "client_id": "client-1",
        "redirect_uri": CALLBACK,
        "state": "T1.state",
        "nonce": "n-1",
        "team": "T0ACME",
    }


def test_an_organisation_is_no_team(sign_in):
    assert "team=" not in sign_in.sign_in_url("s", "n", "E0ORG")
    assert "team=" not in sign_in.sign_in_url("s", "n", None)


@pytest.mark.parametrize(
    ("client_id", "secret", "configured"),
    [("c", SecretStr("s"), True), (None, None, False), ("c", SecretStr(""), False)],
)
def test_it_is_configured_with_id_and_secret(outgoing, clock, client_id, secret, configured):
    sign_in = SlackOpenId(outgoing, "https://slack.com", client_id, secret, CALLBACK, clock)
    assert sign_in.is_configured is configured


async def test_a_good_token_proves_user_and_team(sign_in, issue, provider):
    issue()
    assert await sign_in.redeem(CODE, "n-1") == Proven("U0ADA", "T0ACME", None)
    [asked] = asked_for(provider, "/api/openid.connect.token")
    assert dict(parse_qsl(asked.body.decode())) == {
        "grant_type": "authorization_code",
        "client_id": "client-1",
        "client_secret": "hush",
        "code": "the-code",
        "redirect_uri": CALLBACK,
    }


async def test_an_organisation_is_proved_too(sign_in, issue):
    issue(**{"https://slack.com/enterprise_id": "E0ORG"})
    assert (await sign_in.redeem(CODE, "n-1")).enterprise_id == "E0ORG"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["client-1", "another-client"]},
        {"aud": None},
        {"exp": AT - 31},
        {"exp": None},
        {"iat": AT + 3600},
        {"iat": None},
        {"nonce": "n-2"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"sub": "U0EVE"},
        {"https://slack.com/user_id": "U0EVE"},
        {"https://slack.com/team_id": None},
        {"https://slack.com/team_id": 7},
    ],
)
async def test_a_token_with_any_claim_wrong_proves_nothing(sign_in, issue, changed):
    issue(**changed)
    with pytest.raises(NotAllowed):
        await sign_in.redeem(CODE, "n-1")


async def test_a_token_signed_by_somebody_else_proves_nothing(sign_in, issue):
    forged = RSAKey.generate_key(2048, {"kid": "k1"})
    issue(forged)
    with pytest.raises(NotAllowed):
        await sign_in.redeem(CODE, "n-1")


async def test_a_token_signed_with_a_shared_secret_proves_nothing(sign_in, issue, claims):
    # The library refuses to make a secret of a public key, so any secret stands in for it.
    secret = OctKey.generate_key(256, {"kid": "k1"})
    issue(secret, {"alg": "HS256", "kid": "k1"})
    with pytest.raises(NotAllowed):
        await sign_in.redeem(CODE, "n-1")


@pytest.mark.parametrize(
    "token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30", "…", None, 7]
)
async def test_what_is_no_signed_token_proves_nothing(sign_in, provider, token):
    provider.says["/api/openid.connect.token"] = says({"ok": True, "id_token": token})
    with pytest.raises((NotAllowed, ProviderFault)):
        await sign_in.redeem(CODE, "n-1")


async def test_keys_and_discovery_are_asked_for_once(sign_in, issue, provider):
    issue()
    for _ in range(3):
        await sign_in.redeem(CODE, "n-1")
    assert len(asked_for(provider, "/openid/connect/keys")) == 1
    assert len(asked_for(provider, "/.well-known/openid-configuration")) == 1


async def test_a_key_that_is_not_known_yet_is_looked_for(sign_in, issue, provider, clock):
    issue()
    await sign_in.redeem(CODE, "n-1")
    clock.pass_by(minutes=2)
    keys = [KEY.as_dict(private=False), NEXT_KEY.as_dict(private=False)]
    provider.says["/openid/connect/keys"] = says({"keys": keys})
    issue(NEXT_KEY)
    assert (await sign_in.redeem(CODE, "n-1")).user_id == "U0ADA"


async def test_a_key_that_does_not_exist_is_not_looked_for_again_and_again(
    sign_in, issue, provider
):
    issue(NEXT_KEY)
    for _ in range(5):
        with pytest.raises(NotAllowed):
            await sign_in.redeem(CODE, "n-1")
    assert len(asked_for(provider, "/openid/connect/keys")) == 1


@pytest.mark.parametrize("error", ["invalid_code", "code_already_used", "bad_redirect", ""])
async def test_a_refused_code_proves_nothing(sign_in, provider, error):
    provider.says["/api/openid.connect.token"] = says({"ok": False, "error": error})
    with pytest.raises(NotAllowed):
        await sign_in.redeem(CODE, "n-1")


async def test_a_bad_client_secret_is_the_apps_fault(sign_in, provider):
    provider.says["/api/openid.connect.token"] = says({"ok": False, "error": "bad_client_secret"})
    with pytest.raises(ProfileBroken):
        await sign_in.redeem(CODE, "n-1")


@pytest.mark.parametrize(
    "path",
    ["/api/openid.connect.token", "/openid/connect/keys", "/.well-known/openid-configuration"],
)
@pytest.mark.parametrize("broken", [says({}, 503), html(200), says({}, 429), says({}, 302)])
async def test_slack_in_trouble_refuses_nobody(sign_in, issue, provider, path, broken):
    issue()
    provider.says[path] = broken
    with pytest.raises(Unavailable):
        await sign_in.redeem(CODE, "n-1")


@pytest.mark.parametrize("wrong", ["issuer", "token_endpoint", "jwks_uri"])
async def test_a_discovery_document_speaks_for_its_own_place_alone(
    sign_in, issue, provider, issuer, wrong
):
    issue()
    found = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/api/openid.connect.token",
        "jwks_uri": f"{issuer}/openid/connect/keys",
        wrong: "https://evil.example/x",
    }
    provider.says["/.well-known/openid-configuration"] = says(found)
    with pytest.raises(ProviderFault):
        await sign_in.redeem(CODE, "n-1")
    assert not asked_for(provider, "/api/openid.connect.token")


async def test_a_token_is_good_for_a_moment_after_its_end(sign_in, issue, clock):
    issue()
    clock.now = NOON + timedelta(seconds=325)
    assert await sign_in.redeem(CODE, "n-1")
