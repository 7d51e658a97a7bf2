"""Every way to authorize, put into the store as an admin's save would, for attackers to use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

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
from tests.stage import Stage

ACME = Tenant("T0ACME")
ADA = Principal(ACME, "U0ADA")

Json = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One row of the table: a profile, what is typed where, and how the world sees it."""

    name: str
    profile: Callable[[Stage, str], Awaitable[tuple[AuthorizationProfile, Json]]]
    world: str = "atlassian"
    expire: Callable[[Stage], Awaitable[object]] | None = None


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
    ),
    Way(
        "cloud_scoped_token",
        api_token(scoped=True),
        expire=post_to("atlassian/tokens/revoke", {"account": "ada"}),
    ),
    Way(
        "datacenter_pat",
        pat,
        "datacenter",
        expire=post_to("datacenter/tokens/expire", {"account": "ada"}),
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


def connector(stage: Stage) -> Any:
    listener: Any = stage.bot.table.routes[Kind.COMMAND, "connect"].listener
    return listener.__self__._parts.connect  # noqa: SLF001 - an admin's press leads there


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
