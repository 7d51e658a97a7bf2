"""Whose grant it is and what it opens, asked without touching the network.

Atlassian tells at ``/me`` and ``accessible-resources``; Confluence itself at
``user/current``, which is all there is for a token that somebody typed, and on Data Center.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from bot.connection import NEVER, Grant
from bot.content import Account, AccountId, CloudId, Site
from bot.errors import (
    AppBlocked,
    BotError,
    CaptchaRequired,
    CredentialRefused,
    NoApiThere,
    NoLicence,
    NotAllowed,
    ProviderFault,
)
from bot.frozen import frozen
from bot.profile import AuthorizationProfile, Credentials, Mechanism, Provider
from bot.providers.confluence_refusals_wire import BLOCKED, NO_LICENCE, PAGES, words_of
from bot.providers.oauth_wire import (
    MOST_BYTES,
    Scopes,
    Text,
    Theirs,
    TokenAnswer,
    server_of,
)
from bot.providers.outgoing import Answer, Request

CLOUD_USER: Final = "/wiki/rest/api/user/current"
DATA_CENTER_USER: Final = "/rest/api/user/current"
ANONYMOUS: Final = "anonymous"
PASSWORD_ON_CLOUD: Final = "authentication with passwords is deprecated"  # noqa: S105 - words
SWITCHED_OFF: Final = "basic authentication has been disabled"
SCOPE: Final = "scope"
TO_TELL_WHOSE: Final = frozenset({"read:confluence-user"})
_SAID_NO: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
_ELSEWHERE: Final = {*range(300, 400), HTTPStatus.NOT_FOUND}
# RFC 6750 §2.1 is narrower; what goes into a header at all is this.
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


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


_resources = TypeAdapter(list[ResourceBody], config=ConfigDict(defer_build=True))


@frozen
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
    """Return what was typed as a grant: nobody issues one for it.

    Raises:
        NotAllowed: it can't be sent, so that it can't be right; the message says why.
    """
    secret = typed.secret.get_secret_value()
    if profile.mechanism is not Mechanism.BASIC and not _TOKEN.fullmatch(secret):
        raise NotAllowed(
            "That isn't a token: tokens are of ASCII letters, digits and signs, without spaces. "
            "Copy it again."
        )
    # RFC 7617 §2: the first colon ends the user's part.
    if ":" in typed.user or _CONTROLS.search(typed.user + secret):
        raise NotAllowed("A user name has no colon, and nothing that is typed has a line in it.")
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
    """Read the current user.

    Raises:
        NotAllowed: that is nobody, or the answer is a refusal; its kind says of what.
        NoApiThere: it isn't Confluence that answers.
        ProviderFault: it is, in a way of its own.
    """
    require_allowed(answer, name)
    if answer.status == HTTPStatus.NOT_FOUND or is_page(answer):
        raise NoApiThere(f"no API of Confluence's at {name}'s address")
    require_answer(answer, name)
    try:
        user = UserBody.model_validate(answer.json())
    except (ValueError, ValidationError) as error:
        raise ProviderFault(f"{name} sent no person", provider=name) from error
    account = user.accountId or user.userKey or user.username
    if not account or user.type == ANONYMOUS:
        raise NotAllowed(f"{name} takes that for nobody: it isn't a credential there.")
    return Account(AccountId(account), user.displayName or user.publicName or user.username)


def is_page(answer: Answer) -> bool:
    """Tell whether something for browsers answered: a page, or the way to one."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    leads_on = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
    return leads_on or kind in PAGES


def read_person(answer: Answer, name: str) -> Account:
    """Read whose grant it is at Atlassian."""
    require_allowed(answer, name)
    require_answer(answer, name)
    try:
        person = PersonBody.model_validate(answer.json())
    except (ValueError, ValidationError) as error:
        raise ProviderFault(f"{name} sent no person", provider=name) from error
    return Account(AccountId(person.account_id), person.name or person.nickname)


def read_resources(answer: Answer, name: str) -> Sequence[ResourceBody]:
    """Read the accessible resources, of whatever product."""
    require_allowed(answer, name)
    require_answer(answer, name)
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
    """Raise ``NotAllowed``, or the kind of it that the answer gives away, for a refusal."""
    if answer.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return
    raise told_by((answer,)) or NotAllowed(
        f"{name} didn't let us see whose account this is and what it opens."
    )


def require_answer(answer: Answer, name: str) -> None:
    """Raise ``ProviderFault`` for what is no answer."""
    if answer.status != HTTPStatus.OK:
        raise ProviderFault(f"{name} answered {answer.status}", provider=name)


def told_by(answers: Sequence[Answer]) -> NotAllowed | None:
    """Read why a credential is refused where one of the answers gives it away."""
    said = " ".join(map(words_of, answers))
    denied = [each.headers.get("x-authentication-denied-reason", "") for each in answers]
    if any("captcha" in each.lower() for each in denied):
        return CaptchaRequired(
            "Confluence wants a CAPTCHA solved after too many failed logins. Log in there once in "
            "a browser, then try again here."
        )
    if PASSWORD_ON_CLOUD in said:
        return CredentialRefused(
            "That is a password, and Confluence Cloud takes none. Make an API token at "
            "id.atlassian.com and type that."
        )
    if SWITCHED_OFF in said:
        return CredentialRefused(
            "Logging in by password is switched off at this Confluence. Ask an admin to choose "
            "personal access tokens or OAuth 2.0 instead."
        )
    if any(each in said for each in BLOCKED):
        return AppBlocked(
            "Your organisation doesn't let this app into Confluence. Ask whoever administers it "
            "at Atlassian to allow the app."
        )
    if NO_LICENCE in said:
        return NoLicence(
            "The credential is right, but its account may not use Confluence on this site. Ask "
            "whoever runs the site to give it access."
        )
    return None


def is_refused(answer: Answer) -> bool:
    """Tell whether the credential itself isn't taken any more, as far as the answer tells."""
    return answer.status == HTTPStatus.UNAUTHORIZED and told_by((answer,)) is None


def lacks_scope(answer: Answer) -> bool:
    """Tell whether a credential is good, and not for telling whose it is."""
    return is_refused(answer) and SCOPE in words_of(answer)


def refused(profile: AuthorizationProfile, answers: Sequence[Answer]) -> BotError:
    """Say to whoever typed a credential why it doesn't work, without a word of it.

    ``NoApiThere`` and ``ProviderFault`` are no matter of the credential.
    """
    if (told := told_by(answers)) is not None:
        return told
    name, statuses = server_of(profile), {answer.status for answer in answers}
    is_elsewhere = any(answer.status in _ELSEWHERE for answer in answers)
    if is_elsewhere and profile.provider is Provider.DATA_CENTER:
        return NoApiThere(f"no API of Confluence's at {name}'s address")
    if not statuses <= _SAID_NO:
        return ProviderFault(f"{name} answered in a way of its own", provider=name)
    return NotAllowed(_why_not(profile, answers, statuses))


def _why_not(
    profile: AuthorizationProfile, answers: Sequence[Answer], statuses: Collection[int]
) -> str:
    if SCOPE in " ".join(map(words_of, answers)):
        return (
            "The token works, but lacks the scope to tell whose it is: make one with "
            "read:confluence-user (or read:content-details:confluence) among its scopes."
        )
    if HTTPStatus.FORBIDDEN in statuses:
        return (
            f"{profile.base_url} knows this account and doesn't let it in: it may have no "
            "Confluence licence, or this way of logging in may be switched off there."
        )
    if HTTPStatus.NOT_FOUND in statuses:
        return (
            f"There is no Confluence at {profile.base_url} that this account may use. Look at the "
            "address, and whether the account has been let in there."
        )
    what = {
        Mechanism.API_TOKEN: "That e-mail address and token are refused",
        Mechanism.BASIC: "That user name and password are refused",
    }.get(profile.mechanism, "That token is refused")
    return f"{what} by {profile.base_url}: mistyped, expired or revoked. Check and try again."
