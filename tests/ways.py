"""Every way to authorize at the sandbox's servers: the profile, and what is typed where."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from bot.connection import Need
from bot.principal import Principal, Tenant
from bot.profile import (
    AuthorizationProfile,
    ClientAuthentication,
    Mechanism,
    Provider,
    TokenBody,
)
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
    renews: bool = True
    ended: str = "Connect"
    ended_lent: str = "organisation's connection"
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
        scopes = sorted(Need.LEND.scopes - {"read:hierarchical-content:confluence"})
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
    authentication: ClientAuthentication,
    body: TokenBody,
    provider: Provider = Provider.DATA_CENTER,
    **switches: Any,
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
            provider=provider,
            base_url=f"{stage.url}/issuer/cloud"
            if provider is Provider.CLOUD
            else stage.datacenter.url,
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
CLOUDS_API = issuer(ClientAuthentication.BASIC, TokenBody.FORM, Provider.CLOUD, rotation="rotating")
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
        ended_lent="doesn't take the kind of credential",
        wrong={"secret": "mistyped"},
        refused="refused by",
    ),
    Way("issuer_rotating", ROTATING, "datacenter", expire=post_to("issuer/expire-access")),
    Way("issuer_fixed", FIXED, "datacenter", expire=post_to("issuer/expire-access")),
    Way("issuer_clouds_api", CLOUDS_API, expire=post_to("issuer/expire-access")),
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
    "issuer_clouds_api",
}
