"""Every way to authorize, from connecting to disconnecting: search, create, expiry, wrong input."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import utc_now
from bot.connect import Wanted
from bot.connection import Need, organisation
from bot.content import AllowedSpace
from bot.integration import AuthorizationType, Credential, Integration, Policy
from bot.pending import Purpose
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, ClientAuthentication, Mechanism, Provider, TokenBody
from handlers.ask import Kind
from sandbox.person import words
from tests.stage import Stage, link_in, staged

ACME = Tenant("T0ACME")
ADA = Principal(ACME, "U0ADA")
BODY = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Hello, all"}]}
    ],
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One row of the table: a profile, what is typed where, and how the world sees it."""

    name: str
    profile: Callable[[Stage, str], Awaitable[tuple[AuthorizationProfile, Json]]]
    world: str = "atlassian"
    expire: Callable[[Stage], Awaitable[object]] | None = None
    renews: bool = True
    ended: str = "Connect"
    wrong: Json = field(default_factory=dict)
    refused: str = ""


def base(profile_id: str, name: str, **given: Any) -> AuthorizationProfile:
    return AuthorizationProfile(
        profile_id, name, tenant=ACME, made_by="U0ADA", client_id="", **given
    )


def callback(stage: Stage, profile_id: str) -> str:
    return f"{stage.bot_url}/connect/callback/{profile_id}"


async def system(stage: Stage, _: str) -> tuple[AuthorizationProfile, Json]:
    return AuthorizationProfile("system", "system"), {}


async def custom_cloud(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
    app = {
        "client_id": "acmes-own",
        "client_secret": "acmes-secret",
        "redirect_uri": callback(stage, profile_id),
        "scopes": sorted(Need.LEND.scopes),
        "distributed": True,
    }
    await stage.post("atlassian/apps", app)
    profile = base(profile_id, "Our own app")
    return replace(profile, client_id="acmes-own", client_secret=SecretStr("acmes-secret")), {}


async def service_account(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
    profile = base(profile_id, "Service", mechanism=Mechanism.CLIENT_CREDENTIALS)
    secret = SecretStr("sandbox-service-secret")
    return replace(profile, client_id="confab-service", client_secret=secret), {}


def api_token(*, scoped: bool) -> Callable[[Stage, str], Awaitable[tuple[Any, Json]]]:
    async def make(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
        scopes = sorted(Need.WRITE.scopes - {"read:hierarchical-content:confluence"})
        asked: Json = {"account": "ada", "days": 90}
        if scoped:
            asked["scopes"] = [each for each in scopes if each != "offline_access"]
        made = await stage.post("atlassian/tokens", asked)
        profile = base(
            profile_id,
            "Tokens",
            mechanism=Mechanism.API_TOKEN,
            base_url=f"{stage.url}/atlassian/sites/acme",
        )
        return profile, {"user": made["email"], "secret": made["token"]}

    return make


async def pat(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
    made = await stage.post("datacenter/tokens", {"account": "ada", "days": 30})
    profile = base(
        profile_id,
        "Personal tokens",
        provider=Provider.DATA_CENTER,
        mechanism=Mechanism.PAT,
        base_url=stage.datacenter.url,
    )
    return profile, {"secret": made.get("rawToken") or made["token"]}


async def basic(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
    profile = base(
        profile_id,
        "Passwords",
        provider=Provider.DATA_CENTER,
        mechanism=Mechanism.BASIC,
        base_url=stage.datacenter.url,
    )
    return profile, {"user": "ada", "secret": "ada-password"}


async def incoming_link(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
    made = await stage.post(
        "datacenter/clients",
        {"redirect_uris": [callback(stage, profile_id)], "scope": "WRITE"},
    )
    profile = base(
        profile_id, "Incoming link", provider=Provider.DATA_CENTER, base_url=stage.datacenter.url
    )
    secret = SecretStr(made["client_secret"])
    return replace(profile, client_id=made["client_id"], client_secret=secret), {}


def issuer(
    authentication: ClientAuthentication, body: TokenBody, **switches: Any
) -> Callable[[Stage, str], Awaitable[tuple[Any, Json]]]:
    async def make(stage: Stage, profile_id: str) -> tuple[AuthorizationProfile, Json]:
        switched = {"client_authentication": authentication, "body": body, **switches}
        await stage.post("issuer/switches", switched)
        await stage.post(
            "issuer/clients",
            {"client_id": "confab: custom", "redirect_uris": [callback(stage, profile_id)]},
        )
        profile = base(
            profile_id,
            "The company's server",
            provider=Provider.DATA_CENTER,
            base_url=stage.datacenter.url,
            issuer=f"{stage.url}/issuer",
            client_authentication=authentication,
            token_body=body,
        )
        secret = SecretStr("s3cr+t/of%the:app é")
        return replace(profile, client_id="confab: custom", client_secret=secret), {}

    return make


def post_to(path: str, body: Json | None = None) -> Callable[[Stage], Awaitable[object]]:
    async def tell(stage: Stage) -> object:
        return await stage.post(path, body or {})

    return tell


ROTATING = issuer(ClientAuthentication.BASIC, TokenBody.FORM, rotation="rotating")
FIXED = issuer(
    ClientAuthentication.POST, TokenBody.JSON, rotation="fixed", expires_in="none", iss=False
)
CLOUD_EXPIRED = post_to("atlassian/expire-access", {"account": "ada"})
PEOPLE = (
    Way("cloud_system", system, expire=CLOUD_EXPIRED),
    Way("cloud_custom", custom_cloud, expire=CLOUD_EXPIRED),
    Way(
        "cloud_classic_token",
        api_token(scoped=False),
        expire=post_to("atlassian/tokens/expire", {"account": "ada"}),
        renews=False,
        wrong={"secret": "mistyped"},
        refused="refused by",
    ),
    Way(
        "cloud_scoped_token",
        api_token(scoped=True),
        expire=post_to("atlassian/tokens/revoke", {"account": "ada"}),
        renews=False,
        wrong={"secret": "password-of-ada"},
        refused="takes none",
    ),
    Way(
        "datacenter_pat",
        pat,
        "datacenter",
        expire=post_to("datacenter/tokens/expire", {"account": "ada"}),
        renews=False,
        wrong={"secret": "mistyped"},
        refused="refused by",
    ),
    Way(
        "datacenter_oauth",
        incoming_link,
        "datacenter",
        expire=post_to("datacenter/expire-access"),
    ),
    Way(
        "datacenter_basic",
        basic,
        "datacenter",
        expire=post_to("datacenter/basic", {"allowed": False}),
        renews=False,
        ended="doesn't take the kind of credential",
        wrong={"secret": "mistyped"},
        refused="refused by",
    ),
    Way("issuer_rotating", ROTATING, "datacenter", expire=post_to("issuer/expire-access")),
    Way("issuer_fixed", FIXED, "datacenter", expire=post_to("issuer/expire-access")),
)
SERVICE = Way(
    "cloud_service_account",
    service_account,
    expire=post_to("atlassian/expire-access", {"account": "service"}),
)


CLIENTS = {
    "cloud_custom",
    "cloud_service_account",
    "datacenter_oauth",
    "issuer_rotating",
    "issuer_fixed",
}


@pytest.fixture(name="stage")
async def fresh_stage():
    async with staged() as stage:
        yield stage


async def set_up(stage: Stage, way: Way, **choice: Any) -> tuple[AuthorizationProfile, Json]:
    """Keep the way's profile as an admin's save does, and choose it for people."""
    profile, typed = await way.profile(stage, "p0test")
    if profile.id == "system":
        return profile, typed
    kept = replace(profile, callback_url=callback(stage, profile.id))
    complete = await stage.outside.consent.complete(kept)
    tried = replace(complete, tried_at=utc_now())
    assert await stage.stores.profiles.add(tried)
    seen = await stage.stores.integrations.find(ACME)
    given = {"people_profile": profile.id, **choice}
    assert await stage.stores.integrations.replace(seen, replace(Integration(ACME), **given))
    return tried, typed


async def connect(stage: Stage, typed: Json) -> Any:
    ada = stage.person("U0ADA")
    await ada.types("/confluence create")
    await stage.quiet()
    link = await ada.waits_for(link_in)
    walked = await stage.walk(link, typed=typed)
    await stage.quiet()
    await ada.closes(everything=True)
    return ada, walked


async def create(stage: Stage, person: Any, title: str, world: str) -> Json:
    """Write a page from the form to the receipt, and return it as the world has it."""
    await person.types("/confluence create")
    await stage.quiet()
    [space] = await person.suggests("create_space", "ENG")
    await person.submits(
        {
            "space": {"create_space": space},
            "title": {"title": title},
            "body": {"body": BODY},
        }
    )
    await stage.quiet()
    preview = words(await person.modal())
    assert "Hello, all" in preview
    await person.submits()
    await stage.quiet()
    done = words(await person.modal())
    assert "Published" in done, done
    await person.closes(everything=True)
    found = await stage.get(f"{world}/pages")
    pages = found["pages"] if isinstance(found, dict) else found
    [page] = [each for each in pages if each["title"] == title]
    return {**page, "preview": preview, "receipt": done}


async def searched(stage: Stage, person: Any) -> str:
    await person.types("/confluence search release")
    await stage.quiet()
    return words(await person.last())


@pytest.mark.parametrize("way", PEOPLE, ids=lambda way: way.name)
async def test_people_connect_search_create_and_disconnect(stage, way):
    profile, typed = await set_up(stage, way)
    ada, walked = await connect(stage, typed)
    assert "connected" in walked["pages"][-1]["text"].casefold(), walked["pages"][-1]
    assert await stage.stores.connections.find(ADA, profile.id)

    assert "Release checklist" in await searched(stage, ada)
    page = await create(stage, ada, f"Written by {way.name}", way.world)
    assert "your own account" in page["preview"]

    assert way.expire is not None
    await way.expire(stage)
    after = await searched(stage, ada)
    if way.renews:
        assert "Release checklist" in after
    else:
        assert way.ended in after
        assert "Release checklist" not in after

    await ada.types("/confluence disconnect")
    await stage.quiet()
    await ada.presses("disconnect")
    await stage.quiet()
    assert await stage.stores.connections.list_of(ADA) == []


@pytest.mark.parametrize("way", [way for way in PEOPLE if way.wrong], ids=lambda way: way.name)
async def test_a_wrong_credential_is_refused_in_words_that_help(stage, way):
    _, typed = await set_up(stage, way)
    _, walked = await connect(stage, {**typed, **way.wrong})

    page = walked["pages"][-1]
    assert page["status"] == 400
    assert way.refused in page["text"], page["text"]
    assert typed["secret"] not in str(walked)
    assert await stage.stores.connections.list_of(ADA) == []


def connector(stage: Stage) -> Any:
    listener: Any = stage.bot.table.routes[Kind.COMMAND, "connect"].listener
    return listener.__self__._parts.connect  # noqa: SLF001 - an admin's press leads there


@pytest.mark.parametrize(
    "way",
    [way for way in (*PEOPLE, SERVICE) if way.name in CLIENTS],
    ids=lambda way: way.name,
)
async def test_a_wrong_client_secret_is_the_profiles_fault_and_said_so(stage, way):
    profile, typed = await set_up(stage, way)
    wrong = replace(profile, client_secret=SecretStr("mistyped"))
    assert await stage.stores.profiles.replace(wrong)

    _, walked = await connect(stage, typed)

    page = walked["pages"][-1]
    assert page["status"] in {403, 502, 503}, page
    assert "needs mending" in page["text"], page["text"]
    assert await stage.stores.connections.list_of(ADA) == []


async def lent(stage: Stage, way: Way, **policy: Any) -> AuthorizationProfile:
    """Authorize for the organisation as its admin, and lend it in ENG."""
    profile, typed = await set_up(stage, way, people_profile="system")
    invited = await connector(stage).start(
        ADA, "Ada", "Acme", Wanted(Need.LEND, Purpose.ORGANISATION, profile.id, "Robot")
    )
    walked = await stage.walk(invited.link, typed=typed)
    await stage.quiet()
    assert walked["pages"][-1]["status"] == 200, walked["pages"][-1]["text"]
    robot = await stage.stores.connections.find(organisation(ACME), profile.id)
    assert robot is not None
    site = next(each for each in robot.sites if "globex" not in each.url)
    eng = await stage.outside.confluence.find_space(robot, site, "ENG")
    assert eng is not None
    await stage.stores.preferences.choose_site(organisation(ACME), site.cloud_id)
    allowed = (AllowedSpace(site.cloud_id, eng.id, eng.key, eng.name),)
    groups = await stage.outside.confluence.find_groups(robot, site, "staff")
    given: Json = {
        "read": Credential.OWN_ELSE_ORGANISATION,
        "write": Credential.OWN_ELSE_ORGANISATION,
        "readable": allowed,
        "writable": allowed,
        "audience": groups[0].id,
        "audience_name": groups[0].name,
    }
    seen = await stage.stores.integrations.find(ACME)
    assert seen.authorization is AuthorizationType.PRE_AUTHORIZED
    changed = replace(seen, policy=Policy(**{**given, **policy}))
    assert await stage.stores.integrations.replace(seen, changed)
    return profile


@pytest.mark.parametrize("way", [SERVICE, PEOPLE[4], PEOPLE[5]], ids=lambda way: way.name)
async def test_the_organisation_lends_its_account(stage, way):
    profile = await lent(stage, way)
    bob = stage.person("U0BOB")

    found = await searched(stage, bob)
    assert "Release checklist" in found
    assert "organisation's account" in found
    page = await create(stage, bob, f"Lent by {way.name}", way.world)
    assert "organisation's account" in page["preview"]
    assert "Bob" in page["preview"]
    assert "Bob" in page["receipt"]
    assert await stage.stores.connections.list_of(Principal(ACME, "U0BOB")) == []

    assert way.expire is not None
    await way.expire(stage)
    after = await searched(stage, bob)
    if way.renews:
        assert "Release checklist" in after
    else:
        assert "organisation's connection" in after
        assert "/connect/" not in str(await bob.last())
    assert profile.id == "p0test"
