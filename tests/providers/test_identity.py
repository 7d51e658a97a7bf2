"""Whose a credential is and what it opens, or why it doesn't: each way against its sandbox."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.authorize import TokenRefused
from bot.connection import NEVER, WRITE, Connection
from bot.errors import (
    AppBlocked,
    BotError,
    CaptchaRequired,
    ConsentRequired,
    CredentialRefused,
    NoApiThere,
    NoLicence,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    Unavailable,
)
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, Credentials, Mechanism, Provider, TokenBody
from bot.providers.consent import ConsentServers
from bot.providers.outgoing import Outgoing
from sandbox.atlassian import people
from sandbox.datacenter.people import BY_NAME
from tests.providers.provider import Provider as Server
from tests.providers.provider import html, says
from tests.sandbox import atlassian_stage, datacenter_stage
from tests.sandbox.atlassian_stage import ACME, GLOBEX

VERIFIER = SecretStr("v" * 64)


class Bench:
    """The client, wired as the bot wires it, around one sandbox."""

    def __init__(self, world, outgoing):
        self.world = world
        self.consent = ConsentServers(
            outgoing,
            f"{world.base}/atlassian/auth",
            f"{world.base}/atlassian/api",
            self.now,
            (world.base,),
        )

    def now(self):
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    async def complete(self, **given):
        return await self.consent.complete(AuthorizationProfile("p1", "Acme", **given))

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

    async def refused(self, profile, typed, kind=NotAllowed):
        """The words with which what was typed is refused; nothing of it is among them."""
        with pytest.raises(kind) as caught:
            await self.consent.present(profile, typed)
        assert type(caught.value) is kind
        assert typed.secret.get_secret_value() not in repr(caught.value)
        return str(caught.value)

    async def health(self, profile, obtained):
        return await self.consent.list_sites(profile, self.connection(profile, obtained))


@pytest.fixture
async def cloud():
    async with atlassian_stage.stage() as world, Outgoing([world.base]) as outgoing:
        yield Bench(world, outgoing)


@pytest.fixture
async def center():
    async with datacenter_stage.stage() as world, Outgoing([], internal=[world.base]) as outgoing:
        yield Bench(world, outgoing)


# Confluence Cloud, OAuth 2.0


async def an_app(cloud, **more):
    scopes = " ".join(sorted(WRITE))
    app = await cloud.world.app(scopes=scopes, **more)
    profile = await cloud.complete(
        client_id=app.client_id,
        client_secret=SecretStr(app.client_secret),
        callback_url=app.redirect_uri,
    )
    return app, profile


async def consented(cloud, app, profile, account="ada"):
    code = await cloud.world.code(account, " ".join(sorted(WRITE)), app=app)
    return await cloud.consent.redeem(profile, SecretStr(code), VERIFIER)


async def test_a_custom_app_needs_its_id_and_secret_alone(cloud):
    app, profile = await an_app(cloud, distributed=True)
    obtained = await consented(cloud, app, profile)
    assert profile.authorization_url == f"{cloud.world.base}/atlassian/auth/authorize"
    assert profile.token_body is TokenBody.JSON
    assert obtained.account.id == people.find_account("ada").account_id
    assert {site.cloud_id for site in obtained.sites} == {ACME, GLOBEX}
    renewed = await cloud.consent.renew(profile, obtained.grant)
    assert await cloud.health(profile, replace(obtained, grant=renewed)) == obtained.sites
    assert not await cloud.consent.revoke(profile, renewed)


async def test_an_app_that_isnt_shared_ends_at_atlassian_and_never_comes_back(cloud):
    app, _ = await an_app(cloud, owner="bob")
    answer = await cloud.world.consent("ada", app=app)
    assert (answer.status, "Location" in answer.headers) == (403, False)


async def test_sites_that_a_policy_closes_later_are_gone_from_the_list(cloud):
    app, profile = await an_app(cloud, distributed=True)
    obtained = await consented(cloud, app, profile)
    await cloud.world.control("policy", site="globex", blocked=True)
    assert [site.cloud_id for site in await cloud.health(profile, obtained)] == [ACME]


async def test_a_consent_that_was_taken_back_opens_no_site(cloud):
    app, profile = await an_app(cloud, distributed=True)
    obtained = await consented(cloud, app, profile)
    await cloud.world.control("revoke", account="ada")
    assert await cloud.health(profile, obtained) == ()
    assert await cloud.consent.renew(profile, obtained.grant) is None


async def test_an_access_token_that_is_refused_is_no_health(cloud):
    app, profile = await an_app(cloud, distributed=True)
    obtained = await consented(cloud, app, profile)
    await cloud.world.control("expire-access")
    with pytest.raises(TokenRefused):
        await cloud.health(profile, obtained)


async def test_a_grant_that_has_become_anothers_is_no_health(cloud):
    app, profile = await an_app(cloud, distributed=True)
    adas, bobs = [await consented(cloud, app, profile, each) for each in ("ada", "bob")]
    with pytest.raises(ConsentRequired) as caught:
        await cloud.health(profile, replace(adas, grant=bobs.grant))
    assert (type(caught.value), caught.value.ended) == (ConsentRequired, True)


async def test_another_apps_secret_breaks_the_profile(cloud):
    app, profile = await an_app(cloud, distributed=True)
    obtained = await consented(cloud, app, profile)
    with pytest.raises(ProfileBroken):
        await cloud.consent.renew(
            replace(profile, client_secret=SecretStr("mistyped")), obtained.grant
        )


# Confluence Cloud, a service account


async def a_service(cloud, sites=(ACME,), scopes="", **more):
    said = {"client_id": "service-1", "client_secret": "its-secret"}
    scopes = scopes or " ".join(sorted(WRITE - {"offline_access", "report:personal-data"}))
    account = more.pop("account", "service")
    await cloud.world.control(
        "credentials", account=account, scopes=scopes, sites=list(sites), **said
    )
    return await cloud.complete(
        mechanism=Mechanism.CLIENT_CREDENTIALS,
        client_id=said["client_id"],
        client_secret=SecretStr(said["client_secret"]),
    )


async def test_a_service_account_has_an_hour_and_then_another(cloud):
    profile = await a_service(cloud)
    obtained = await cloud.consent.present(profile)
    assert obtained.account.id == people.find_account("service").account_id
    assert [site.cloud_id for site in obtained.sites] == [ACME]
    assert obtained.grant.refresh_token is None
    assert obtained.grant.expires_at == cloud.now() + timedelta(hours=1)
    cloud.world.clock.advance(3601)
    with pytest.raises(TokenRefused):
        await cloud.health(profile, obtained)
    renewed = await cloud.consent.renew(profile, obtained.grant)
    assert await cloud.health(profile, replace(obtained, grant=renewed)) == obtained.sites


async def test_a_service_account_opens_every_site_it_has(cloud):
    obtained = await cloud.consent.present(await a_service(cloud, (ACME, GLOBEX)))
    assert {site.cloud_id for site in obtained.sites} == {ACME, GLOBEX}


async def test_without_read_me_the_sites_tell_whose_it_is(cloud):
    profile = await a_service(cloud, scopes="read:confluence-user read:page:confluence")
    obtained = await cloud.consent.present(profile)
    assert obtained.account.id == people.find_account("service").account_id
    assert await cloud.health(profile, obtained) == obtained.sites


async def test_a_service_account_that_may_tell_nobody_whose_it_is_isnt_taken(cloud):
    profile = await a_service(cloud, scopes="read:page:confluence")
    with pytest.raises(NotAllowed):
        await cloud.consent.present(profile)


async def test_a_revoked_credential_is_the_profiles_fault(cloud):
    profile = await a_service(cloud)
    obtained = await cloud.consent.present(profile)
    await cloud.world.control("credentials/revoke", client_id="service-1")
    with pytest.raises(ProfileBroken):
        await cloud.consent.renew(profile, obtained.grant)
    with pytest.raises(ProfileBroken):
        await cloud.consent.present(profile)


# Confluence Cloud, API tokens


async def tokens_of(cloud, site="acme"):
    base_url = f"{cloud.world.base}/atlassian/sites/{site}"
    return await cloud.complete(mechanism=Mechanism.API_TOKEN, base_url=base_url)


async def a_token(cloud, account="ada", scopes=None, **more):
    said = {} if scopes is None else {"scopes": scopes}
    made = await cloud.world.control("tokens", account=account, **said, **more)
    return made, Credentials(SecretStr(made["token"]), made["email"])


SCOPES = "read:confluence-user read:page:confluence"


@pytest.mark.parametrize(("scopes", "where"), [(None, "site"), (SCOPES, "gateway")])
async def test_both_kinds_of_token_are_told_apart_by_trying(cloud, scopes, where):
    profile = await tokens_of(cloud)
    _, typed = await a_token(cloud, scopes=scopes)
    obtained = await cloud.consent.present(profile, typed)
    [site] = obtained.sites
    assert obtained.account.id == people.find_account("ada").account_id
    assert (site.cloud_id, site.url) == (ACME, profile.base_url)
    assert site.api_url == (f"{profile.base_url}/wiki" if where == "site" else "")
    assert (obtained.grant.expires_at, obtained.grant.token_type) == (NEVER, "Basic")
    assert await cloud.health(profile, obtained) == obtained.sites
    assert await cloud.consent.renew(profile, obtained.grant) is None
    assert not await cloud.consent.revoke(profile, obtained.grant)


async def test_when_a_token_ends_is_kept_as_it_was_typed(cloud):
    ends = cloud.now() + timedelta(days=30)
    _, typed = await a_token(cloud)
    obtained = await cloud.consent.present(await tokens_of(cloud), replace(typed, expires_at=ends))
    assert obtained.grant.expires_at == ends


@pytest.mark.parametrize("scopes", [None, SCOPES])
@pytest.mark.parametrize("ending", ["tokens/expire", "tokens/revoke"])
async def test_a_token_that_has_ended_is_refused_then_and_later(cloud, scopes, ending):
    profile = await tokens_of(cloud)
    made, typed = await a_token(cloud, scopes=scopes)
    obtained = await cloud.consent.present(profile, typed)
    await cloud.world.control(ending, id=made["id"])
    assert "expired or revoked" in await cloud.refused(profile, typed)
    with pytest.raises(TokenRefused):
        await cloud.health(profile, obtained)


async def test_a_token_with_somebody_elses_address_is_refused(cloud):
    _, typed = await a_token(cloud)
    words = await cloud.refused(await tokens_of(cloud), replace(typed, user="bob@acme.example"))
    assert "e-mail address and token are refused" in words


async def test_a_token_that_may_not_tell_whose_it_is_says_which_scope_it_lacks(cloud):
    _, typed = await a_token(cloud, scopes="read:page:confluence")
    words = await cloud.refused(await tokens_of(cloud), typed)
    assert "read:confluence-user" in words


async def test_a_password_is_told_from_a_token(cloud):
    typed = Credentials(SecretStr("password-of-ada"), "ada@acme.example")
    words = await cloud.refused(await tokens_of(cloud), typed, CredentialRefused)
    assert "That is a password" in words


async def test_a_person_without_a_licence_is_told_so(cloud):
    _, typed = await a_token(cloud, "bob")
    words = await cloud.refused(await tokens_of(cloud, "globex"), typed, NoLicence)
    assert "may not use Confluence" in words


async def test_a_token_with_scopes_for_another_site_is_refused(cloud):
    _, typed = await a_token(cloud, "bob", SCOPES)
    words = await cloud.refused(await tokens_of(cloud, "globex"), typed)
    assert "There is no Confluence at" in words


async def test_an_address_that_isnt_a_cloud_site_is_said_to_be_none(cloud):
    _, typed = await a_token(cloud)
    with pytest.raises(NotFound, match="no Confluence Cloud site"):
        await cloud.consent.present(await tokens_of(cloud, "nowhere"), typed)
    assert [each["path"] for each in await cloud.world.look("log")] == []


@pytest.mark.parametrize(
    ("user", "secret"),
    [
        ("ada@acme.example", "ATATT 3x"),
        ("ada@acme.example", "line\nbreak"),
        ("ada@acme.example", "Überraschung"),
        ("ada@acme.example", ""),
        ("ada:acme", "ATATT3x"),
        ("ada\r\nX-Evil: 1", "ATATT3x"),
    ],
)
async def test_what_cant_be_a_credential_is_sent_nowhere(cloud, user, secret):
    profile = await tokens_of(cloud)
    with pytest.raises(NotAllowed) as caught:
        await cloud.consent.present(profile, Credentials(SecretStr(secret), user))
    assert not secret or secret not in str(caught.value)
    assert await cloud.world.look("log") == []


async def test_a_site_in_trouble_refuses_no_token(cloud):
    _, typed = await a_token(cloud)
    profile = await tokens_of(cloud)
    await cloud.world.control("faults", kind="503")
    with pytest.raises(Unavailable):
        await cloud.consent.present(profile, typed)


# Data Center


def of_center(center, mechanism, path="", **more):
    base_url = center.world.world.url if not path else f"{center.world.base}{path}"
    return center.complete(
        provider=Provider.DATA_CENTER, mechanism=mechanism, base_url=base_url, **more
    )


async def a_pat(center, account="ada"):
    made = await center.world.control("tokens", account=account, days=30)
    return Credentials(SecretStr(made["token"]))


async def test_a_personal_access_token_opens_its_persons_site(center):
    profile = await of_center(center, Mechanism.PAT)
    obtained = await center.consent.present(profile, await a_pat(center))
    [site] = obtained.sites
    assert obtained.account.id == BY_NAME["ada"].account_id
    assert (site.url, site.api_url) == (profile.base_url, profile.base_url)
    assert await center.health(profile, obtained) == obtained.sites
    await center.world.control("tokens/expire", account="ada")
    with pytest.raises(TokenRefused):
        await center.health(profile, obtained)


async def test_a_wrong_token_and_a_wrong_password_are_told_apart(center):
    tokens = await of_center(center, Mechanism.PAT)
    words = await center.refused(tokens, Credentials(SecretStr("x" * 44)))
    assert "That token is refused" in words
    passwords = await of_center(center, Mechanism.BASIC)
    words = await center.refused(passwords, Credentials(SecretStr("wrong"), "ada"))
    assert "That user name and password are refused" in words


async def test_a_password_works_until_it_is_switched_off(center):
    profile = await of_center(center, Mechanism.BASIC)
    typed = Credentials(SecretStr("ada-password"), "ada")
    obtained = await center.consent.present(profile, typed)
    assert await center.health(profile, obtained) == obtained.sites
    await center.world.control("basic", allowed=False)
    assert "switched off" in await center.refused(profile, typed, CredentialRefused)
    with pytest.raises(CredentialRefused):
        await center.health(profile, obtained)


async def test_after_three_wrong_passwords_the_right_one_needs_a_browser(center):
    profile = await of_center(center, Mechanism.BASIC)
    right = Credentials(SecretStr("ada-password"), "ada")
    obtained = await center.consent.present(profile, right)
    for _ in range(3):
        await center.refused(profile, Credentials(SecretStr("wrong"), "ada"))
    assert "CAPTCHA" in await center.refused(profile, right, CaptchaRequired)
    with pytest.raises(CaptchaRequired):
        await center.health(profile, obtained)
    await center.world.control("captcha/solve", account="ada")
    assert await center.health(profile, obtained) == obtained.sites


@pytest.mark.parametrize("mechanism", [Mechanism.PAT, Mechanism.BASIC])
async def test_without_a_licence_the_credential_is_right_and_of_no_use(center, mechanism):
    profile = await of_center(center, mechanism)
    typed = Credentials(SecretStr("lee-password"), "lee")
    typed = await a_pat(center, "lee") if mechanism is Mechanism.PAT else typed
    assert "The credential is right" in await center.refused(profile, typed, NoLicence)


@pytest.mark.parametrize("path", ["/datacenter", "/nowhere"])
async def test_a_wrong_context_path_is_no_fault_of_the_token(center, path):
    profile = await of_center(center, Mechanism.PAT, path)
    with pytest.raises(NoApiThere):
        await center.consent.present(profile, await a_pat(center))


async def test_an_incoming_link_is_consented_to_renewed_and_revoked(center):
    client = await center.world.client()
    profile = await of_center(
        center,
        Mechanism.OAUTH2,
        client_id=client["client_id"],
        client_secret=SecretStr(client["client_secret"]),
        callback_url=datacenter_stage.CALLBACK,
    )
    assert (profile.token_body, profile.offers_pkce) == (TokenBody.FORM, True)
    said = await center.world.decide(client)  # under the stage's own verifier
    code, verifier = SecretStr(said["code"]), SecretStr(datacenter_stage.VERIFIER)
    obtained = await center.consent.redeem(profile, code, verifier)
    assert obtained.account.id == BY_NAME["ada"].account_id
    with pytest.raises(NotAllowed):
        await center.consent.redeem(profile, code, verifier)
    renewed = await center.consent.renew(profile, obtained.grant)
    assert renewed.refresh_token != obtained.grant.refresh_token
    assert await center.consent.revoke(profile, renewed)
    assert await center.consent.renew(profile, renewed) is None


# What answers where Confluence should

NOBODY = {"type": "anonymous", "username": "anonymous", "displayName": "Anonymous"}
ADA = {"userKey": "k1", "username": "ada", "displayName": "Ada", "type": "known"}
BLOCKED = {"message": "Your organization's admin has blocked this app"}


def to_a_login_page(_request):
    async def answer(_):
        raise web.HTTPFound("/login.action")

    return answer(_request)


ANSWERS = [
    (html(200), NoApiThere),
    (html(404), NoApiThere),
    (to_a_login_page, NoApiThere),
    (says({}, 404), NoApiThere),
    (says(NOBODY), NotAllowed),
    (says({}), NotAllowed),
    (says([]), ProviderFault),
    (says("ada"), ProviderFault),
    (says({}, 400), ProviderFault),
    (says(BLOCKED, 403), AppBlocked),
    (says({}, 403), NotAllowed),
    (html(403), NotAllowed),
    (says({}, 503), Unavailable),
    (html(502), Unavailable),
    (says({}, 429), Unavailable),
]


@pytest.fixture
async def answering(clock):
    server = Server()
    await server.server.start_server()
    async with Outgoing([], internal=[server.url]) as outgoing:
        consent = ConsentServers(outgoing, "https://a.example", "https://b.example", clock, ())
        server.profile = AuthorizationProfile(
            "p1",
            "Acme",
            provider=Provider.DATA_CENTER,
            mechanism=Mechanism.PAT,
            base_url=server.url,
        )
        server.consent = consent
        yield server
    await server.server.close()


@pytest.mark.parametrize(("answer", "kind"), ANSWERS)
async def test_whatever_answers_is_told_apart(answering, clock, answer, kind):
    path, typed = "/rest/api/user/current", Credentials(SecretStr("t" * 20))
    answering.says[path] = says(ADA)
    obtained = await answering.consent.present(answering.profile, typed)
    connection = Connection(
        Principal(Tenant("T1"), "U1"),
        "p1",
        obtained.account,
        obtained.sites,
        obtained.grant,
        clock(),
        provider=Provider.DATA_CENTER,
        mechanism=Mechanism.PAT,
    )
    answering.says[path] = answer
    for asked in (
        lambda: answering.consent.present(answering.profile, typed),
        lambda: answering.consent.list_sites(answering.profile, connection),
    ):
        with pytest.raises(BotError) as caught:
            await asked()
        assert type(caught.value) is kind


async def test_words_of_a_page_about_scopes_arent_taken_for_a_missing_scope(answering):
    page = '<table><th scope="col">Password is deprecated</th></table>'

    async def answer(_request):
        return web.Response(text=page, content_type="text/html", status=401)

    answering.says["/rest/api/user/current"] = answer
    with pytest.raises(NotAllowed, match="That token is refused"):
        await answering.consent.present(answering.profile, Credentials(SecretStr("t" * 20)))
