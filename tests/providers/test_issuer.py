"""The consent client against the sandbox's authorization server, in order and made wrong."""

import base64
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from pydantic import SecretStr

from bot.authorize import TokenRefused
from bot.connection import NEVER, Connection
from bot.errors import (
    BadInput,
    BotError,
    ConsentRequired,
    NotAllowed,
    ProfileBroken,
    ProviderFault,
    ScopeMissing,
    Unavailable,
)
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, ClientAuthentication, Mechanism, Provider, TokenBody
from bot.providers.consent import ConsentServers
from bot.providers.outgoing import Outgoing
from sandbox.datacenter.people import BY_NAME
from tests.sandbox.issuer_stage import CALLBACK, carried, stage

VERIFIER = SecretStr("v" * 64)
ASKED = {
    Provider.DATA_CENTER: frozenset({"READ", "WRITE"}),
    Provider.CLOUD: frozenset({"read:confluence-user", "read:page:confluence"}),
}


class Hurried(Outgoing):
    """Waits a quarter of a second for an answer, where the bot waits longer."""

    async def send(self, request):
        return await super().send(replace(request, seconds=0.25))


class Bench:
    """The client, wired as the bot wires it, around one sandbox."""

    def __init__(self, world, outgoing):
        self.world = world
        self.outgoing = outgoing
        self.consent = self.asking(outgoing)

    def asking(self, outgoing):
        own = "https://auth.atlassian.com", "https://api.atlassian.com"
        return ConsentServers(outgoing, *own, self.now, (self.world.base,))

    def now(self):
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def typed(self, provider=Provider.DATA_CENTER, **changed):
        """What an admin types who knows no more than the server's name for itself."""
        path = "datacenter/confluence" if provider is Provider.DATA_CENTER else "issuer/cloud"
        given = {
            "provider": provider,
            "base_url": f"{self.world.base}/{path}",
            "client_id": self.world.client_id,
            "client_secret": SecretStr(self.world.secret),
            "callback_url": CALLBACK,
            "issuer": f"{self.world.base}/issuer",
            "client_authentication": ClientAuthentication.BASIC,
        } | changed
        return AuthorizationProfile("p1", "Acme ID", **given)

    def spelt_out(self, **changed):
        """What an admin types where the server publishes nothing."""
        base = f"{self.world.base}/issuer"
        urls = {
            "authorization_url": f"{base}/authorize",
            "token_url": f"{base}/token",
            "revocation_url": f"{base}/revoke",
        }
        return self.typed(**(urls | changed))

    async def code(self, profile, person="ada"):
        """Consent as a browser does, and what comes back."""
        scopes = ASKED[profile.provider]
        state = "a state/of+ours"
        url = self.consent.consent_url(profile, scopes, state, VERIFIER.get_secret_value())
        form = {key: value for key, (value,) in parse_qs(urlsplit(url).query).items()}
        form |= {"person": person, "decision": "allow"}
        answer = await self.world.ask("POST", "/issuer/authorize", data=form)
        assert answer.status == 302, answer.text
        said = carried(answer)
        assert said["state"] == state
        return said

    async def obtain(self, profile, person="ada"):
        said = await self.code(profile, person)
        return await self.consent.redeem(profile, SecretStr(said["code"]), VERIFIER)

    def connection(self, profile, obtained):
        return Connection(
            Principal(Tenant("T0ACME"), "U0ADA"),
            profile.id,
            obtained.account,
            obtained.sites,
            obtained.grant,
            self.now(),
            provider=profile.provider,
            mechanism=profile.mechanism,
        )

    async def works(self, grant):
        return await self.world.works(grant.access_token.get_secret_value())

    async def fault(self, kind, at="", **more):
        await self.world.control("faults", kind=kind, **({"at": at} if at else {}), **more)

    async def trapped(self):
        return await self.world.look("trap")


@pytest.fixture
async def bench():
    async with stage() as world, Outgoing([], internal=[world.base]) as outgoing:
        yield Bench(world, outgoing)
        assert await world.look("trap") == []


# Every way in which servers in the field differ

WAYS = {
    "client_authentication": tuple(str(each) for each in ClientAuthentication),
    "body": tuple(str(each) for each in TokenBody),
    "pkce": ("required", "offered", "absent"),
    "rotation": ("rotating", "fixed"),
    "expires_in": ("number", "text", "none"),
    "scope": (True, False),
    "refresh_token": (True, False),
    "discovery": ("oauth", "openid", "none"),
    "refresh_at": ("token", "refresh"),
    "iss": (True, False),
    "provider": tuple(Provider),
}


def met(todo, row, setting):
    """How many of those yet to meet would do so in *row* with one more *setting*."""
    grown = {*row.items(), setting}
    return sum(setting in each and each <= grown for each in todo)


def covering(ways, strength):
    """Choose rows so that any *strength* settings meet in one of them in every way."""
    names = sorted(ways)
    todo = {
        frozenset(zip(some, values, strict=True))
        for some in combinations(names, strength)
        for values in product(*(ways[name] for name in some))
    }
    while todo:
        row = dict(sorted(min(todo, key=lambda each: sorted(map(str, each)))))
        for name in names:
            if name not in row:
                row[name] = max(ways[name], key=lambda value: met(todo, row, (name, value)))
        todo = {each for each in todo if not row.items() >= each}
        yield row


ROWS = list(covering(WAYS, 2))


def test_any_two_settings_meet_in_every_way():
    for one, other in combinations(WAYS, 2):
        met = {(row[one], row[other]) for row in ROWS}
        assert met == set(product(WAYS[one], WAYS[other]))


@pytest.mark.parametrize("part", range(4))
async def test_each_kind_of_server_is_gone_through_from_typing_to_revoking(bench, part):
    for row in ROWS[part::4]:
        await go_through(bench, dict(row))


async def go_through(bench, row):
    provider = row.pop("provider")
    await bench.world.control("switches", **row)
    profile = await bench.consent.complete(as_typed(bench, provider, row))
    check_completed(bench, profile, row)
    obtained = await consented(bench, profile, row)
    grant = await renewed_twice(bench, profile, obtained.grant, row)
    connection = replace(bench.connection(profile, obtained), grant=grant)
    assert await bench.consent.list_sites(profile, connection) == obtained.sites
    assert await bench.consent.revoke(profile, grant), row
    assert not await bench.works(grant), row
    assert await bench.consent.renew(profile, grant) is None
    with pytest.raises(TokenRefused):
        await bench.consent.list_sites(profile, connection)


def as_typed(bench, provider, row):
    body = TokenBody(row["body"])
    way = ClientAuthentication(row["client_authentication"])
    refresh_url = f"{bench.world.base}/issuer/refresh" if row["refresh_at"] == "refresh" else ""
    given = {"provider": provider, "token_body": body, "refresh_url": refresh_url}
    if row["discovery"] == "none":
        pkce = row["pkce"] != "absent"
        return bench.spelt_out(client_authentication=way, offers_pkce=pkce, **given)
    # What the server publishes mends what was typed wrong.
    other = next(each for each in ClientAuthentication if each is not way)
    return bench.typed(client_authentication=other, **given)


def check_completed(bench, profile, row):
    spelt = bench.spelt_out()
    for name in ("authorization_url", "token_url", "revocation_url", "issuer"):
        assert getattr(profile, name) == getattr(spelt, name), row
    assert profile.client_authentication == row["client_authentication"], row
    assert profile.sends_issuer == (row["iss"] and row["discovery"] != "none"), row


async def consented(bench, profile, row):
    said = await bench.code(profile)
    assert said.get("iss", "") == (profile.issuer if row["iss"] else "")
    obtained = await bench.consent.redeem(profile, SecretStr(said["code"]), VERIFIER)
    [site] = obtained.sites
    assert (site.url, obtained.account.name) == (profile.base_url, "Ada Lindqvist")
    assert obtained.grant.scopes == (ASKED[profile.provider] if row["scope"] else frozenset())
    check_life(bench, obtained.grant, row)
    assert await bench.works(obtained.grant)
    return obtained


def check_life(bench, grant, row):
    hour = bench.now() + timedelta(hours=1)
    assert grant.expires_at == (NEVER if row["expires_in"] == "none" else hour), row
    assert (grant.refresh_token is not None) == row["refresh_token"], row


async def renewed_twice(bench, profile, grant, row):
    if not row["refresh_token"]:
        assert await bench.consent.renew(profile, grant) is None
        return grant
    for _ in range(2):
        bench.world.clock.advance(3601)
        assert not await bench.works(grant)
        renewed = await bench.consent.renew(profile, grant)
        assert await bench.works(renewed)
        check_life(bench, renewed, row)
        is_same = renewed.refresh_token == grant.refresh_token
        assert is_same == (row["rotation"] == "fixed"), row
        assert renewed.access_token != grant.access_token
        assert renewed.scopes == grant.scopes
        grant = renewed
    return grant


@pytest.mark.parametrize("body", TokenBody)
@pytest.mark.parametrize("way", ClientAuthentication)
async def test_a_service_has_its_clients_own_credentials(bench, way, body):
    await bench.world.control("switches", client_authentication=way, body=body)
    typed = bench.typed(
        Provider.CLOUD, mechanism=Mechanism.CLIENT_CREDENTIALS, token_body=body, scopes=ASKED_CLOUD
    )
    profile = await bench.consent.complete(typed)
    obtained = await bench.consent.present(profile)
    assert (obtained.account.name, obtained.grant.scopes) == ("Confab Service", ASKED_CLOUD)
    assert obtained.grant.refresh_token is None
    bench.world.clock.advance(3601)
    assert not await bench.works(obtained.grant)
    renewed = await bench.consent.renew(profile, obtained.grant)
    assert await bench.works(renewed)
    assert await bench.consent.revoke(profile, renewed)
    assert not await bench.works(renewed)


ASKED_CLOUD = ASKED[Provider.CLOUD]


# Every way in which a server can be wrong


@dataclass(frozen=True)
class Wrong:
    """A fault of the server's, and the error of ours that it comes to; ``None``: refused."""

    kind: str
    ends: type[BotError] | None
    more: tuple[tuple[str, object], ...] = ()
    mends: bool = True

    def __str__(self):
        return "-".join([self.kind, *(str(value) for _, value in self.more)])


def wrong(kind, ends, *, mends=True, **more):
    return Wrong(kind, ends, tuple(more.items()), mends)


SAID = (
    wrong("error", None, value="invalid_grant"),
    wrong("error", None, value="invalid_grant", status=403),
    wrong("error", None, value="invalid_grant", status=401),
    wrong("error", None, value="interaction_required"),
    wrong("error-with-200", None),
    *(
        wrong("error", ProfileBroken, value=each)
        for each in (
            "invalid_client",
            "unauthorized_client",
            "invalid_request",
            "invalid_scope",
            "unsupported_grant_type",
            "access_denied",
        )
    ),
    wrong("error", Unavailable, value="temporarily_unavailable"),
    wrong("error", Unavailable, value="server_error"),
    wrong("error", Unavailable, value="invalid_grant", status=503),
    wrong("error", ProviderFault, value="a-word-of-its-own"),
    wrong("error-with-200", ProviderFault, value="incorrect_client_credentials!"),
    wrong("html", Unavailable),
    wrong("empty", Unavailable),
    wrong("wrong-shape", ProviderFault),
    wrong("wrong-shape", ProviderFault, body=["a", "list"]),
    wrong("wrong-shape", ProviderFault, body="text"),
    wrong("wrong-shape", ProviderFault, body={"access_token": "a\nb"}),
    wrong("wrong-shape", ProviderFault, body={"access_token": "a", "refresh_token": "\ud800"}),
    wrong("wrong-shape", ProviderFault, body={"access_token": "a", "token_type": "mac"}),
    wrong("truncated", Unavailable, mends=False),
    wrong("broken", Unavailable),
    wrong("broken", Unavailable, status=429, seconds=7),
    wrong("broken", Unavailable, status=403),
    wrong("broken", ProfileBroken, status=401),
    wrong("drop-before", Unavailable),
    wrong("drop-after", Unavailable, mends=False),
    wrong("redirect", ProviderFault),
    wrong("redirect", ProviderFault, status=307),
    wrong("redirect", ProviderFault, status=308),
    wrong("redirect", ProviderFault, value="http://169.254.169.254/latest/meta-data/"),
    wrong("endless", ProviderFault, mends=False),
    wrong("echo-secret", ProfileBroken),
    wrong("token-of-another-client", ProviderFault, mends=False),
)


def shown(error):
    """Everything that a log could tell of an error, its causes included."""
    chain = [error]
    while chain[-1].__cause__ or chain[-1].__context__:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    told = "".join(traceback.format_exception(error))
    return told + "".join(repr(each) + str(each) + str(vars(each)) for each in chain)


def require_silence(bench, error, *secrets):
    secret = bench.world.secret
    pair = f"{quote_plus(bench.world.client_id)}:{quote_plus(secret)}"
    encoded = base64.b64encode(pair.encode()).decode()
    told = shown(error)
    for each in (secret, quote_plus(secret), encoded, *secrets):
        assert each not in told


@pytest.mark.parametrize("wrong", SAID, ids=str)
async def test_a_code_that_gets_a_wrong_answer_gives_nothing(bench, wrong):
    profile = await bench.consent.complete(bench.typed())
    code = (await bench.code(profile))["code"]
    await bench.fault(wrong.kind, "code", times=1, **dict(wrong.more))
    with pytest.raises(wrong.ends or NotAllowed) as caught:
        await bench.consent.redeem(profile, SecretStr(code), VERIFIER)
    require_silence(bench, caught.value, code, VERIFIER.get_secret_value())
    assert [each["path"] for each in await bench.world.look("log", place="api")] == []


@pytest.mark.parametrize("wrong", SAID, ids=str)
async def test_a_refresh_that_gets_a_wrong_answer_leaves_the_grant_as_it_was(bench, wrong):
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    await bench.fault(wrong.kind, "refresh", times=1, **dict(wrong.more))
    if wrong.ends is None:
        assert await bench.consent.renew(profile, grant) is None
        return
    with pytest.raises(wrong.ends) as caught:
        await bench.consent.renew(profile, grant)
    tokens = grant.access_token.get_secret_value(), grant.refresh_token.get_secret_value()
    require_silence(bench, caught.value, *tokens)
    again = await bench.consent.renew(profile, grant)
    # Where the server had done its part, its rotated token has gone for good.
    assert (again is not None) == wrong.mends


async def test_what_a_busy_server_says_of_waiting_is_handed_on(bench):
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    await bench.fault("broken", "refresh", status=429, seconds=7)
    with pytest.raises(Unavailable) as caught:
        await bench.consent.renew(profile, grant)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("kind", ["slow", "trickle"])
async def test_a_server_that_takes_too_long_is_given_up(bench, kind):
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    async with Hurried([], internal=[bench.world.base]) as hurried:
        await bench.fault(kind, "refresh", seconds=30)
        with pytest.raises(Unavailable):
            await bench.asking(hurried).renew(profile, grant)


async def test_within_its_leeway_a_server_forgives_an_answer_that_was_lost(bench):
    await bench.world.control("switches", leeway=600)
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    await bench.fault("drop-after", "refresh", times=1)
    with pytest.raises(Unavailable):
        await bench.consent.renew(profile, grant)
    assert await bench.works(await bench.consent.renew(profile, grant))


@pytest.mark.parametrize("wrong", SAID, ids=str)
async def test_client_credentials_that_get_a_wrong_answer_give_nothing(bench, wrong):
    typed = bench.typed(mechanism=Mechanism.CLIENT_CREDENTIALS)
    profile = await bench.consent.complete(typed)
    await bench.fault(wrong.kind, "credentials", times=1, **dict(wrong.more))
    with pytest.raises(wrong.ends or ProfileBroken) as caught:
        await bench.consent.present(profile)
    require_silence(bench, caught.value)


# Tokens that aren't what was asked for


async def test_fewer_scopes_after_a_renewal_are_what_is_left(bench):
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    await bench.fault("narrow-scope", "refresh", value="READ")
    renewed = await bench.consent.renew(profile, grant)
    assert (grant.scopes, renewed.scopes) == ({"READ", "WRITE"}, {"READ"})


async def test_a_grant_that_may_not_say_whose_it_is_any_more_lacks_a_scope(bench):
    profile = await bench.consent.complete(bench.typed(Provider.CLOUD))
    obtained = await bench.obtain(profile)
    await bench.fault("narrow-scope", "refresh", value="read:page:confluence")
    renewed = await bench.consent.renew(profile, obtained.grant)
    connection = replace(bench.connection(profile, obtained), grant=renewed)
    with pytest.raises(ScopeMissing):
        await bench.consent.list_sites(profile, connection)


async def test_a_renewal_for_another_account_is_no_connections_health(bench):
    profile = await bench.consent.complete(bench.typed())
    obtained = await bench.obtain(profile)
    connection = bench.connection(profile, obtained)
    await bench.fault("token-of-another-person", "refresh", times=1, value="bob")
    renewed = await bench.consent.renew(profile, obtained.grant)
    with pytest.raises(ConsentRequired) as caught:
        await bench.consent.list_sites(profile, replace(connection, grant=renewed))
    assert (type(caught.value), caught.value.ended) == (ConsentRequired, True)
    assert obtained.account.id == BY_NAME["ada"].account_id


async def test_without_the_next_refresh_token_the_last_one_is_kept(bench):
    await bench.world.control("switches", rotation="fixed")
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    await bench.fault("no-refresh-token", "refresh")
    renewed = await bench.consent.renew(profile, grant)
    assert renewed.refresh_token == grant.refresh_token


async def test_a_code_of_another_client_is_refused_by_the_server(bench):
    profile = await bench.consent.complete(bench.typed())
    await bench.fault("code-of-another-client", times=1)
    code = (await bench.code(profile))["code"]
    with pytest.raises(NotAllowed):
        await bench.consent.redeem(profile, SecretStr(code), VERIFIER)


async def test_a_code_under_another_verifier_is_refused_by_the_server(bench):
    profile = await bench.consent.complete(bench.typed())
    code = (await bench.code(profile))["code"]
    with pytest.raises(NotAllowed):
        await bench.consent.redeem(profile, SecretStr(code), SecretStr("w" * 64))


async def test_an_account_without_confluence_is_told_so(bench):
    profile = await bench.consent.complete(bench.typed(Provider.CLOUD))
    with pytest.raises(NotAllowed):
        await bench.obtain(profile, "zoe")


# What a server says of itself

UNKNOWN = (
    wrong("html", None),
    wrong("empty", None),
    wrong("truncated", None),
    wrong("wrong-shape", None),
    wrong("wrong-shape", None, body=[]),
    wrong("broken", None, status=404),
    wrong("redirect", None),
    wrong("redirect", None, value="http://10.0.0.5/"),
    wrong("endless", None),
    wrong("broken", Unavailable),
    wrong("broken", Unavailable, status=429),
    wrong("drop-before", Unavailable),
)


@pytest.mark.parametrize("wrong", UNKNOWN, ids=str)
async def test_what_isnt_published_has_to_be_typed(bench, wrong):
    await bench.fault(wrong.kind, "metadata", **dict(wrong.more))
    with pytest.raises(wrong.ends or BadInput) as caught:
        await bench.consent.complete(bench.typed())
    assert getattr(caught.value, "field", "authorization_url") == "authorization_url"
    typed = bench.spelt_out()
    assert await bench.consent.complete(typed) == typed


async def test_a_description_that_names_another_server_is_refused(bench):
    await bench.fault("wrong-issuer")
    with pytest.raises(BadInput, match="another server") as caught:
        await bench.consent.complete(bench.spelt_out())
    assert caught.value.field == "issuer"


async def test_a_neighbours_description_is_passed_over_where_no_name_was_typed(bench):
    typed = bench.spelt_out(issuer="")
    assert await bench.consent.complete(typed) == typed


@pytest.mark.parametrize(
    "elsewhere",
    ["", "https://169.254.169.254", "https://localhost", "https://login.corp.internal"],
)
async def test_endpoints_inside_a_network_are_refused_though_the_server_names_them(
    bench, elsewhere
):
    await bench.fault("other-endpoints", value=elsewhere)
    with pytest.raises(BadInput, match="authorization URL that I may not call") as caught:
        await bench.consent.complete(bench.typed())
    assert caught.value.field == "issuer"


async def test_endpoints_at_another_public_host_are_the_servers_own_affair(bench):
    await bench.fault("other-endpoints", value="https://Login.Acme.example")
    profile = await bench.consent.complete(bench.typed())
    assert profile.token_url == "https://login.acme.example/issuer/token"


async def test_what_was_typed_stays_whatever_is_published(bench):
    await bench.fault("other-endpoints", value="https://login.acme.example")
    profile = await bench.consent.complete(bench.spelt_out())
    assert profile == replace(bench.spelt_out(), sends_issuer=True)


# Revoking


@pytest.mark.parametrize(
    "wrong",
    [
        wrong("error", None, value="invalid_client"),
        wrong("error-with-200", None, value="unsupported_token_type"),
        wrong("html", None),
        wrong("broken", None),
        wrong("drop-before", None),
        wrong("redirect", None, status=307),
        wrong("endless", None),
    ],
    ids=str,
)
async def test_a_token_that_wasnt_revoked_is_never_said_to_be(bench, wrong):
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    await bench.fault(wrong.kind, "revoke", times=1, **dict(wrong.more))
    assert not await bench.consent.revoke(profile, grant)


async def test_where_there_is_no_way_to_revoke_nothing_is_sent(bench):
    await bench.world.control("switches", revocation=False)
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    assert not await bench.consent.revoke(profile, grant)
    assert await bench.world.look("log", place="revoke") == []


async def test_another_clients_secret_breaks_the_profile_and_no_grant(bench):
    profile = await bench.consent.complete(bench.typed())
    grant = (await bench.obtain(profile)).grant
    theirs = replace(profile, client_secret=SecretStr("mistyped"))
    with pytest.raises(ProfileBroken):
        await bench.consent.renew(theirs, grant)
    assert not await bench.consent.revoke(theirs, grant)
    assert await bench.works(await bench.consent.renew(profile, grant))
