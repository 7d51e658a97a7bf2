import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.connection import READ
from bot.content import Account, Site
from bot.errors import (
    AppBlocked,
    BotError,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    Unavailable,
)
from bot.profile import AuthorizationProfile, Mechanism, Provider, TokenBody
from bot.providers import identity_wire as identity
from bot.providers import oauth_wire as wire
from bot.providers.consent import ConsentServers
from bot.providers.outgoing import Answer, Outgoing
from tests.fakes import NOON, connection, grant
from tests.providers.provider import goes_on_for_ever, hangs_up, html, says, steady

TOKEN = {
    "access_token": "access-2",
    "refresh_token": "refresh-2",
    "expires_in": 3600,
    "scope": "offline_access read:me search:confluence",
    "token_type": "Bearer",
}
ACME = {
    "id": "c1",
    "name": "acme",
    "url": "https://acme.atlassian.net",
    "scopes": ["search:confluence", "read:page:confluence"],
    "avatarUrl": "https://acme.atlassian.net/a.png",
}
JIRA = {**ACME, "scopes": ["read:jira-work"]}
LABS = {**ACME, "id": "c2", "name": "labs", "url": "https://labs.atlassian.net/wiki/"}
ADA = {"account_id": "a1", "name": "Ada Lovelace", "account_type": "atlassian", "email": "x@y.z"}
CODE, VERIFIER = SecretStr("the-code"), SecretStr("v" * 64)


@pytest.fixture
def consent(provider, outgoing, clock):
    profile = AuthorizationProfile(
        "system",
        "system",
        client_id="client-1",
        client_secret=SecretStr("hush"),
        authorization_url="https://auth.atlassian.com/authorize",
        token_url=f"{provider.url}/oauth/token",
        callback_url="https://bot.example/connect/callback/system",
        token_body=TokenBody.JSON,
    )
    provider.says = {
        "/oauth/token": says(TOKEN),
        "/me": says(ADA),
        "/oauth/token/accessible-resources": says([ACME]),
    }
    server = ConsentServers(outgoing, "https://auth.atlassian.com", provider.url, clock, ())
    server.profile = profile
    return server


def adas():
    """The connection of whom `/me` tells."""
    return replace(connection(), account=Account("a1", "Ada Lovelace"))


def asked_for(provider, path):
    return next(each for each in provider.asked if each.path == path)


def test_the_consent_url_asks_as_atlassian_wants_it(consent):
    url = consent.consent_url(consent.profile, READ, "T1.state&x=y", "v" * 64)
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert url.startswith("https://auth.atlassian.com/authorize?")
    assert set(asked.pop("scope").split(" ")) == READ
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "audience": "api.atlassian.com",
        "client_id": "client-1",
        "redirect_uri": "https://bot.example/connect/callback/system",
        "state": "T1.state&x=y",
        "response_type": "code",
        "prompt": "consent",
        "code_challenge_method": "S256",
    }


async def test_a_code_is_traded_in_as_json_with_its_grant_type(consent, provider):
    # 8
    obtained = await consent.redeem(consent.profile, CODE, VERIFIER)
    asked = asked_for(provider, "/oauth/token")
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.json == {
        "grant_type": "authorization_code",
        "client_id": "client-1",
        "client_secret": "hush",
        "code": "the-code",
        "redirect_uri": "https://bot.example/connect/callback/system",
        "code_verifier": "v" * 64,
    }
    assert obtained.account == Account("a1", "Ada Lovelace")
    assert obtained.sites == (Site("c1", "acme", "https://acme.atlassian.net"),)
    assert obtained.grant.expires_at == NOON + timedelta(hours=1)
    assert obtained.grant.scopes == {"offline_access", "read:me", "search:confluence"}


async def test_the_new_token_is_what_identifies_the_account(consent, provider):
    await consent.redeem(consent.profile, CODE, VERIFIER)
    for path in ("/me", "/oauth/token/accessible-resources"):
        assert asked_for(provider, path).headers["Authorization"] == "Bearer access-2"


async def test_a_refresh_posts_the_refresh_grant(consent, provider):
    # 8
    renewed = await consent.renew(consent.profile, grant("1"))
    assert provider.last.json == {
        "grant_type": "refresh_token",
        "client_id": "client-1",
        "client_secret": "hush",
        "refresh_token": "refresh-1",
    }
    assert renewed.access_token.get_secret_value() == "access-2"


async def test_the_rotated_refresh_token_takes_the_old_ones_place(consent):
    # 5
    renewed = await consent.renew(consent.profile, grant("1"))
    assert renewed.refresh_token.get_secret_value() == "refresh-2"


async def test_what_a_refresh_leaves_out_stays_as_it_was(consent, provider):
    # 5
    provider.next = [says({"access_token": "access-2"})]
    old = grant("1")
    renewed = await consent.renew(consent.profile, old)
    assert renewed.refresh_token == old.refresh_token
    assert renewed.scopes == old.scopes
    assert NOON < renewed.expires_at <= NOON + timedelta(hours=1)


async def test_a_grant_without_offline_access_has_no_refresh_token(consent, provider):
    # 7
    provider.next = [says({"access_token": "a", "expires_in": 3600, "scope": "read:me"})]
    obtained = await consent.redeem(consent.profile, CODE, VERIFIER)
    assert obtained.grant.refresh_token is None
    assert "offline_access" not in obtained.grant.scopes


async def test_scopes_that_the_token_does_not_name_are_read_from_the_sites(consent, provider):
    provider.next = [says({"access_token": "a", "refresh_token": "r"})]
    obtained = await consent.redeem(consent.profile, CODE, VERIFIER)
    assert obtained.grant.scopes == {*ACME["scopes"], "read:me", "offline_access"}


async def test_a_grant_without_refresh_token_is_not_sent(consent, provider):
    assert await consent.renew(consent.profile, replace(grant(), refresh_token=None)) is None
    assert provider.asked == []


@pytest.mark.parametrize("status", [400, 401, 403, 200])
@pytest.mark.parametrize("error", ["invalid_grant", "unauthorized_client"])
async def test_a_refused_refresh_token_is_known_by_its_error_whatever_the_status(
    consent, provider, status, error
):
    provider.next = [says({"error": error, "error_description": "…"}, status)]
    assert await consent.renew(consent.profile, grant()) is None


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("error", ["access_denied", "invalid_client"])
async def test_a_bad_client_secret_is_the_profiles_fault_and_no_persons(
    consent, provider, status, error
):
    provider.next = [says({"error": error, "error_description": "Unauthorized"}, status)] * 2
    with pytest.raises(ProfileBroken):
        await consent.renew(consent.profile, grant())
    with pytest.raises(ProfileBroken):
        await consent.redeem(consent.profile, CODE, VERIFIER)


async def test_a_refused_code_is_not_allowed(consent, provider):
    provider.next = [says({"error": "invalid_grant"}, 403)]
    with pytest.raises(NotAllowed):
        await consent.redeem(consent.profile, CODE, VERIFIER)


@pytest.mark.parametrize(
    "broken",
    [
        says({"error": "server_error"}, 500),
        says({}, 503),
        html(200),
        html(403),
        html(502),
        hangs_up,
        says({"message": "Too many requests"}, 429, {"Retry-After": "7"}),
    ],
)
async def test_a_server_in_trouble_refuses_nothing(consent, provider, broken):
    # 11, 25
    provider.says["/oauth/token"] = broken
    with pytest.raises(Unavailable):
        await consent.renew(consent.profile, grant())


async def test_a_token_endpoint_without_end_is_given_up(consent, provider):
    provider.says["/oauth/token"] = goes_on_for_ever
    with pytest.raises(BotError):
        await consent.renew(consent.profile, grant())


@pytest.mark.parametrize(
    "body",
    [{}, [], None, "x", {"access_token": ""}, {"access_token": 7}, {"error": "invalid_request"}],
)
async def test_an_answer_of_another_shape_is_a_fault(consent, provider, body):
    provider.next = [says(body)]
    with pytest.raises(ProviderFault):
        await consent.renew(consent.profile, grant())


async def test_jira_entries_are_left_out_and_every_site_is_listed_once(consent, provider):
    listed = [JIRA, ACME, ACME, LABS]
    provider.says["/oauth/token/accessible-resources"] = says(listed)
    sites = await consent.list_sites(consent.profile, adas())
    assert [(each.cloud_id, each.url) for each in sites] == [
        ("c1", "https://acme.atlassian.net"),
        ("c2", "https://labs.atlassian.net"),
    ]


async def test_whichever_site_says_whose_a_service_accounts_grant_is_is_believed(consent, provider):
    provider.says |= {
        "/me": says({}, 403),
        "/oauth/token/accessible-resources": says([ACME, LABS]),
        "/ex/confluence/c1/wiki/rest/api/user/current": says({"message": "blocked this app"}, 403),
        "/ex/confluence/c2/wiki/rest/api/user/current": says({"accountId": "a7"}),
    }
    service = replace(consent.profile, mechanism=Mechanism.CLIENT_CREDENTIALS)
    obtained = await consent.present(service)
    assert (obtained.account.id, len(obtained.sites)) == ("a7", 2)
    del provider.says["/ex/confluence/c2/wiki/rest/api/user/current"]
    provider.says["/oauth/token/accessible-resources"] = says([LABS, ACME])
    with pytest.raises(AppBlocked):
        await consent.present(service)


async def test_sites_without_confluence_are_told_from_no_site(consent, provider):
    provider.says["/oauth/token/accessible-resources"] = says([JIRA])
    with pytest.raises(NotFound):
        await consent.redeem(consent.profile, CODE, VERIFIER)
    provider.says["/oauth/token/accessible-resources"] = says([])
    assert (await consent.redeem(consent.profile, CODE, VERIFIER)).sites == ()


@pytest.mark.parametrize("path", ["/me", "/oauth/token/accessible-resources"])
async def test_an_account_that_cannot_be_looked_at_is_not_allowed(consent, provider, path):
    provider.says[path] = says({"code": 401, "message": "Unauthorized"}, 401)
    with pytest.raises(NotAllowed):
        await consent.redeem(consent.profile, CODE, VERIFIER)


async def test_no_error_shows_a_secret(consent, provider):
    # 24
    secrets = ("hush", "refresh-1", "access-1", "the-code", "v" * 64)
    for body in ({"access_token": ["access-1"]}, {"error": "hush"}, "refresh-1"):
        provider.next = [says(body)]
        with pytest.raises(BotError) as caught:
            await consent.renew(consent.profile, grant("1"))
        shown = repr(caught.value) + str(caught.value) + str(caught.value.__cause__)
        assert not any(secret in shown for secret in secrets)


# Whose the tokens are, where the server says so

OURS, RIVALS = "client-1", "rival-app"


def id_token(**claims):
    parts = (json.dumps({"alg": "none"}), json.dumps(claims), "signature")
    return ".".join(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts)


def by_claim(who):
    return {"id_token": id_token(aud=OURS, sub=who)}


@pytest.mark.parametrize(
    "said",
    [
        {"client_id": RIVALS},
        {"client_id": RIVALS, "aud": OURS},
        {"aud": RIVALS},
        {"aud": [RIVALS]},
        {"id_token": id_token(aud=RIVALS, sub="a1")},
        {"id_token": id_token(aud=[RIVALS, "x"], sub="a1"), "client_id": OURS},
        {"id_token": id_token(sub="a1")},
    ],
)
async def test_a_token_that_says_it_is_another_clients_is_refused(consent, provider, said):
    provider.says["/oauth/token"] = says({**TOKEN, **said})
    with pytest.raises(ProviderFault):
        await consent.redeem(consent.profile, CODE, VERIFIER)
    with pytest.raises(ProviderFault):
        await consent.renew(consent.profile, grant())
    assert {each.path for each in provider.asked} == {"/oauth/token"}


@pytest.mark.parametrize(
    "said",
    [
        {"client_id": OURS},
        {"aud": OURS},
        {"aud": [RIVALS, OURS]},
        {"aud": "api.atlassian.com"},
        {"aud": "https://wiki.example.com"},
        {"aud": ["urn:api:confluence"]},
        {"aud": 7},
        {"aud": None},
        {"client_id": OURS, "aud": "confluence"},
        {"id_token": id_token(aud=[OURS], sub="a1")},
        {"id_token": "sealed.for.us"},
        {"id_token": "a.b.c.d.e"},
        {"id_token": 7},
    ],
)
async def test_a_token_that_says_it_is_ours_or_says_nothing_is_taken(consent, provider, said):
    provider.says["/oauth/token"] = says({**TOKEN, **said})
    assert await consent.redeem(consent.profile, CODE, VERIFIER)


@pytest.mark.parametrize(
    "name", [lambda who: {"sub": who}, lambda who: {"account_id": who}, by_claim]
)
async def test_a_renewal_for_another_account_is_never_kept(consent, provider, name):
    provider.says["/oauth/token"] = says({**TOKEN, **name("a1")})
    kept = (await consent.redeem(consent.profile, CODE, VERIFIER)).grant
    same = await consent.renew(consent.profile, kept)
    provider.says["/oauth/token"] = says(TOKEN)
    silent = await consent.renew(consent.profile, same)
    assert kept.subject == same.subject == silent.subject == "a1"
    provider.says["/oauth/token"] = says({**TOKEN, **name("b2")})
    with pytest.raises(ProviderFault, match="another account"):
        await consent.renew(consent.profile, silent)


async def test_a_server_that_begins_to_say_whose_it_is_is_listened_to(consent, provider):
    provider.next = [says({**TOKEN, "sub": "a1"})]
    assert (await consent.renew(consent.profile, grant())).subject == "a1"


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "\ud800", "Schlüssel", "\x00", 7, ["a"]])
async def test_what_fits_into_no_header_is_no_token(consent, provider, name, token):
    provider.next = [says({**TOKEN, name: token})]
    with pytest.raises(ProviderFault):
        await consent.renew(consent.profile, grant())


async def test_an_empty_refresh_token_is_none(consent, provider):
    provider.next = [says({**TOKEN, "refresh_token": ""})]
    old = grant("1")
    assert (await consent.renew(consent.profile, old)).refresh_token == old.refresh_token


async def test_half_a_character_in_a_name_costs_no_consent(consent, provider):
    provider.says["/me"] = says({**ADA, "name": "Ada \ud83d"})
    assert (await consent.redeem(consent.profile, CODE, VERIFIER)).account.name == "Ada ?"


NAMES = sorted(
    {
        *wire.TokenAnswer.model_fields,
        *wire.Metadata.model_fields,
        *identity.ResourceBody.model_fields,
        *identity.PersonBody.model_fields,
        *identity.UserBody.model_fields,
        *identity.TenantInfo.model_fields,
        "error",
    }
)
words = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["Bearer", "invalid_grant", "client-1", "https://a.example", "\ud800", "x.e30.y", "3600"]
)


def issued(parts):
    token, more = parts
    return {**more, "access_token": token}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
        | st.tuples(words, st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)).map(issued)
    ),
    max_leaves=12,
)
raw = st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())
kinds = st.sampled_from(["", "application/json", "text/html", "text/plain; charset=x"])


@settings(steady, max_examples=200)
@given(raw, st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 429, 500]), kinds)
def test_any_answer_is_read_or_refused_in_our_own_words(body, status, kind):
    answer = Answer(status, {"content-type": kind}, body)
    profile = AuthorizationProfile("system", "system", client_id="client-1")
    center = replace(profile, provider=Provider.DATA_CENTER, base_url="https://wiki.example")
    readers = (
        lambda: sent_again(wire.grant_of(profile, wire.read_token(profile, answer, NOON), NOON)),
        lambda: identity.sites_of(identity.read_resources(answer, "Atlassian")),
        lambda: said_by(identity.read_person(answer, "Atlassian")),
        lambda: said_by(identity.read_user(answer, "Confluence")),
        lambda: identity.read_tenant_info(answer),
        lambda: identity.lacks_scope(answer),
        lambda: wire.read_metadata(profile, answer),
        lambda: wire.is_revoked(answer),
        lambda: said_of(identity.refused(profile, [answer])),
        lambda: said_of(identity.refused(center, [answer])),
    )
    for read in readers:
        try:
            read()
        except (BotError, wire.TokenDenied):
            continue


def sent_again(kept):
    """What was read can be sent, and kept."""
    profile = AuthorizationProfile("p1", "Acme", token_url="https://a.example/token")
    assert wire.renew(profile, kept.refresh_token or kept.access_token).body
    assert kept.access_token.get_secret_value().isascii()
    assert kept.expires_at > NOON
    for each in (kept.subject, *kept.scopes):
        each.encode()


def said_by(account):
    account.name.encode()
    assert account.id.encode()


def said_of(error):
    assert isinstance(error, BotError)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (" 3600.5 ", 3600),
        (3600.9, 3600),
        (30 * 86_400, 30 * 86_400),
        (999_999_999, 366 * 86_400),
        (-5, 1800),
        (0, 1800),
        (10**30, 1800),
        (float("1e300"), 1800),
        ("soon", 1800),
        (None, 1800),
        (True, 1800),
    ],
)
async def test_the_life_of_a_token_is_read_as_it_is_meant(consent, provider, life, seconds):
    provider.next = [says({**TOKEN, "expires_in": life})]
    renewed = await consent.renew(consent.profile, grant())
    assert renewed.expires_at == NOON + timedelta(seconds=seconds)


TOKEN_BYTES = json.dumps(TOKEN).encode()


def sends(body, kind, status=200, *, packed=False):
    async def answer(_request):
        response = web.Response(body=body, headers={"Content-Type": kind}, status=status)
        if packed:
            response.enable_compression(web.ContentCoding.gzip)
        return response

    return answer


async def in_chunks(request):
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    for at in range(len(TOKEN_BYTES)):
        await response.write(TOKEN_BYTES[at : at + 1])
    return response


@pytest.mark.parametrize(
    "answer",
    [
        sends(TOKEN_BYTES, "text/html; charset=utf-8"),
        sends(TOKEN_BYTES, "application/octet-stream"),
        sends(TOKEN_BYTES, "application/json; charset=ISO-8859-1"),
        sends(b"\xef\xbb\xbf" + TOKEN_BYTES, "application/json"),
        sends(json.dumps(TOKEN).encode("utf-16"), "application/json; charset=utf-16"),
        sends(b"\n " + TOKEN_BYTES + b"\r\n", "application/json"),
        sends(TOKEN_BYTES, "application/json", 201, packed=True),
        in_chunks,
    ],
)
async def test_a_token_is_read_however_it_is_wrapped(consent, provider, answer):
    provider.next = [answer]
    renewed = await consent.renew(consent.profile, grant())
    assert renewed.refresh_token == SecretStr("refresh-2")


async def test_a_refusal_is_one_whatever_it_calls_itself(consent, provider):
    for status in (200, 400, 401):
        provider.next = [sends(b'{"error": "invalid_grant"}', "text/html", status)]
        assert await consent.renew(consent.profile, grant()) is None


async def test_the_token_goes_to_the_configured_places_alone(clock):
    # 14
    async with Outgoing(["https://auth.atlassian.com"]) as outgoing:
        profile = AuthorizationProfile(
            "system",
            "system",
            client_id="c",
            client_secret=SecretStr("hush"),
            token_url="https://evil.example/token",
        )
        consent = ConsentServers(
            outgoing, "https://auth.atlassian.com", "https://api.atlassian.com", clock, ()
        )
        with pytest.raises(ProviderFault):
            await consent.renew(profile, grant())


async def test_whose_it_is_and_what_it_opens_are_asked_at_once(consent, provider):
    both = asyncio.Barrier(2)

    def together(body):
        async def answer(request):
            await asyncio.wait_for(both.wait(), 10)
            return await says(body)(request)

        return answer

    provider.says["/me"] = together(ADA)
    provider.says["/oauth/token/accessible-resources"] = together([ACME])
    assert (await consent.redeem(consent.profile, CODE, VERIFIER)).account.id == "a1"


async def test_trouble_after_the_code_was_traded_in_does_not_cost_the_consent(consent, provider):
    provider.next = [says(TOKEN), says({}, 502), says({}, 502)]
    assert (await consent.redeem(consent.profile, CODE, VERIFIER)).account.id == "a1"


async def test_trouble_that_lasts_is_said(consent, provider):
    provider.says["/me"] = says({}, 502)
    with pytest.raises(Unavailable):
        await consent.redeem(consent.profile, CODE, VERIFIER)
    assert len([each for each in provider.asked if each.path == "/me"]) == 2
