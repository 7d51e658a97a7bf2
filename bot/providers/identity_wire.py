"""Whose grant it is and what it opens, asked without touching the network.

Atlassian tells at ``/me`` and ``accessible-resources``; Confluence itself at
``user/current``, which is all there is for a token that somebody typed, and on Data Center.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from pydantic import Field, TypeAdapter, ValidationError

from bot.connection import NEVER, Grant
from bot.content import Account, AccountId, CloudId, Site
from bot.errors import NotAllowed, ProviderFault
from bot.profile import AuthorizationProfile, Credentials, Mechanism, Provider
from bot.providers.oauth_wire import MOST_BYTES, Scopes, Text, Theirs, TokenAnswer
from bot.providers.outgoing import Answer, Request

CLOUD_USER: Final = "/wiki/rest/api/user/current"
DATA_CENTER_USER: Final = "/rest/api/user/current"
ANONYMOUS: Final = "anonymous"


class ResourceBody(Theirs):
    """One product's entry among the accessible resources; ids repeat between products."""

    id: Annotated[str, Field(min_length=1)]
    name: Text = ""
    url: str
    scopes: Scopes = ()


class PersonBody(Theirs):
    """Whose grant it is. The e-mail address is neither needed nor always there."""

    account_id: Annotated[str, Field(min_length=1)]
    name: Text = ""
    nickname: Text = ""


class UserBody(Theirs):
    """The current user, as Confluence tells it: by account on Cloud, by key on Data Center."""

    accountId: Text = ""  # noqa: N815 (Confluence's name)
    userKey: Text = ""  # noqa: N815 (Confluence's name)
    username: Text = ""
    displayName: Text = ""  # noqa: N815 (Confluence's name)
    publicName: Text = ""  # noqa: N815 (Confluence's name)
    type: Text = ""


class TenantInfo(Theirs):
    """What a Cloud site says of itself to anybody."""

    cloudId: Annotated[str, Field(min_length=1)]  # noqa: N815 (Confluence's name)


_resources = TypeAdapter(list[ResourceBody])


@dataclass(frozen=True, slots=True)
class Door:
    """One place where the API may answer to a credential."""

    site: Site
    url: str


def asked(provider: str, url: str, grant: Grant | None, *, beyond: bool) -> Request:
    """Ask for *url* in the name of *grant*, or of nobody."""
    headers = {"Accept": "application/json"}
    if grant is not None:
        token = grant.access_token.get_secret_value()
        headers["Authorization"] = f"{grant.token_type} {token}"
    return Request(
        provider, "GET", url, headers=headers, most_bytes=MOST_BYTES, beyond=url if beyond else ""
    )


def typed_grant(profile: AuthorizationProfile, typed: Credentials) -> Grant:
    """Return what was typed as a grant: nobody issues one for it."""
    secret = typed.secret.get_secret_value()
    expires_at = typed.expires_at or NEVER
    if profile.mechanism is Mechanism.PAT:
        return Grant(typed.secret, None, expires_at, frozenset())
    pair = base64.b64encode(f"{typed.user}:{secret}".encode()).decode()
    return Grant(type(typed.secret)(pair), None, expires_at, frozenset(), "Basic")


def site_at(profile: AuthorizationProfile) -> Site:
    """Return the site that the profile's own address is."""
    base = profile.base_url.rstrip("/")
    parts = urlsplit(base)
    name = f"{parts.hostname}{parts.path}"
    of_address = hashlib.sha256(base.encode()).hexdigest()[:24]
    api = base if profile.provider is Provider.DATA_CENTER else f"{base}/wiki"
    return Site(CloudId(f"at-{of_address}"), name, base, api)


def own_door(profile: AuthorizationProfile) -> Door:
    """Return where a Data Center, or a server with the same API, tells whose a grant is."""
    site = site_at(profile)
    path = DATA_CENTER_USER if profile.provider is Provider.DATA_CENTER else CLOUD_USER
    return Door(site, profile.base_url.rstrip("/") + path)


def cloud_doors(profile: AuthorizationProfile, info: TenantInfo, api_url: str) -> Sequence[Door]:
    """Return where a Cloud site's API tokens may work: the site's own, then the gateway.

    They can't be told apart by look: a classic one works at the site alone, one with scopes at
    the gateway alone (support.atlassian.com, scoped API tokens).
    """
    base = profile.base_url.rstrip("/")
    name = urlsplit(base).hostname or base
    name = f"{name}{urlsplit(base).path}"
    cloud_id = CloudId(info.cloudId)
    gateway = f"{api_url.rstrip('/')}/ex/confluence/{quote(cloud_id, safe='')}"
    return (
        Door(Site(cloud_id, name, base, f"{base}/wiki"), base + CLOUD_USER),
        Door(Site(cloud_id, name, base), gateway + CLOUD_USER),
    )


def gateway_user(api_url: str, site: Site) -> str:
    """Return where the gateway tells whose a grant is."""
    return f"{api_url.rstrip('/')}/ex/confluence/{quote(site.cloud_id, safe='')}{CLOUD_USER}"


def read_user(answer: Answer, name: str) -> Account:
    """Read the current user. Raises ``NotAllowed`` where that is nobody."""
    require_allowed(answer, name)
    try:
        user = UserBody.model_validate(answer.json())
    except (ValueError, ValidationError) as error:
        raise ProviderFault(f"{name} sent no person", provider=name) from error
    account = user.accountId or user.userKey or user.username
    if not account or user.type == ANONYMOUS:
        raise NotAllowed(f"{name} takes that for nobody: it isn't a credential there.")
    return Account(AccountId(account), user.displayName or user.publicName or user.username)


def read_person(answer: Answer, name: str) -> Account:
    """Read whose grant it is at Atlassian."""
    require_allowed(answer, name)
    try:
        person = PersonBody.model_validate(answer.json())
    except (ValueError, ValidationError) as error:
        raise ProviderFault(f"{name} sent no person", provider=name) from error
    return Account(AccountId(person.account_id), person.name or person.nickname)


def read_resources(answer: Answer, name: str) -> Sequence[ResourceBody]:
    """Read the accessible resources, of whatever product."""
    require_allowed(answer, name)
    try:
        return _resources.validate_python(answer.json())
    except (ValueError, ValidationError) as error:
        raise ProviderFault(f"{name} sent no list of resources", provider=name) from error


def read_tenant_info(answer: Answer) -> TenantInfo | None:
    """Read which site answers; ``None`` if it is none of Atlassian's."""
    if answer.status != HTTPStatus.OK:
        return None
    try:
        return TenantInfo.model_validate(answer.json())
    except (ValueError, ValidationError):
        return None


def confluence_in(resources: Sequence[ResourceBody]) -> Sequence[ResourceBody]:
    """Keep the entries of Confluence: only their scopes tell them from Jira's."""
    return [each for each in resources if any("confluence" in scope for scope in each.scopes)]


def sites_of(resources: Sequence[ResourceBody]) -> tuple[Site, ...]:
    """Read each site once."""
    sites: dict[str, Site] = {}
    for each in resources:
        url = each.url.rstrip("/").removesuffix("/wiki")
        if url.startswith(("https://", "http://")):
            sites.setdefault(each.id, Site(CloudId(each.id), each.name or url, url))
    return tuple(sites.values())


def scopes_of(resources: Sequence[ResourceBody], issued: TokenAnswer) -> frozenset[str]:
    """Find out what was granted where the token's own answer doesn't say."""
    found = {scope for each in resources for scope in each.scopes}
    return frozenset(found | {"read:me"} | ({"offline_access"} if issued.refresh_token else set()))


def require_allowed(answer: Answer, name: str) -> None:
    """Raise ``NotAllowed`` for a refusal, ``ProviderFault`` for what is no answer."""
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise NotAllowed(f"{name} didn't let us see whose account this is and what it opens.")
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        answer.status != HTTPStatus.TOO_MANY_REQUESTS
    ):
        raise ProviderFault(f"{name} answered {answer.status}", provider=name)


def why_refused(profile: AuthorizationProfile, answers: Sequence[Answer]) -> str:
    """Say to whoever typed a credential why it doesn't work, without a word of it."""
    said = b" ".join(answer.body[:2000] for answer in answers)
    if any("x-authentication-denied-reason" in answer.headers for answer in answers):
        return (
            "Confluence wants a CAPTCHA solved after too many failed logins. Log in there once in "
            "a browser, then try again here."
        )
    if b"deprecated" in said and b"password" in said:
        return (
            "That is a password, and Confluence Cloud takes none. Make an API token at "
            "id.atlassian.com and type that."
        )
    if b"scope" in said:
        return (
            "The token works, but lacks the scope to tell whose it is: make one with "
            "read:confluence-user (or read:content-details:confluence) among its scopes."
        )
    if any(answer.status == HTTPStatus.FORBIDDEN for answer in answers):
        return (
            f"{profile.base_url} knows this account and doesn't let it in: it may have no "
            "Confluence licence, or this way of logging in may be switched off there."
        )
    what = {
        Mechanism.API_TOKEN: "That e-mail address and token are refused",
        Mechanism.BASIC: "That user name and password are refused",
    }.get(profile.mechanism, "That token is refused")
    return f"{what} by {profile.base_url}: mistyped, expired or revoked. Check and try again."
