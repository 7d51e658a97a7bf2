"""Atlassian's OAuth 2.0 (3LO), spoken without touching the network.

https://developer.atlassian.com/cloud/confluence/oauth-2-3lo-apps/
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, NoReturn

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
)

from bot.connection import Grant
from bot.content import Account, AccountId, CloudId, Site
from bot.errors import NotAllowed, ProfileBroken, ProviderFault, Unavailable
from bot.profile import AuthorizationProfile
from bot.providers.outgoing import Answer, Request
from bot.providers.rate_wire import retry_after

PROVIDER: Final = "Atlassian"
AUDIENCE: Final = "api.atlassian.com"
MOST_BYTES: Final = 512 * 1024
# The page says nothing of a grant's life where `expires_in` is missing: soon enough to be
# renewed before an hour, which is what it has been (community.developer.atlassian.com/t/60806).
ASSUMED_SECONDS: Final = 1800
LONGEST_SECONDS: Final = 86_400
# Only these mean that the person must consent again: a bad client secret says
# `access_denied`, and statuses are used loosely (invalid_grant comes with 403).
REFUSED: Final = frozenset({"invalid_grant", "unauthorized_client"})
BROKEN: Final = frozenset({"access_denied", "invalid_client"})


def _seconds(value: object) -> int:
    text = str(value) if isinstance(value, int | str) else ""
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0  # noqa: PLR2004 (a number that fits)
    return min(seconds, LONGEST_SECONDS) if seconds > 0 else ASSUMED_SECONDS


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list):
        return tuple(each for each in value if isinstance(each, str))
    return ()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


Scopes = Annotated[tuple[str, ...], BeforeValidator(_words)]
Text = Annotated[str, BeforeValidator(_text)]


class _Theirs(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class TokenBody(_Theirs):
    """What the token endpoint issues."""

    access_token: Annotated[SecretStr, Field(min_length=1)]
    refresh_token: SecretStr | None = None
    expires_in: Annotated[int, BeforeValidator(_seconds)] = ASSUMED_SECONDS
    scope: Scopes = ()


class ResourceBody(_Theirs):
    """One product's entry among the accessible resources; ids repeat between products."""

    id: Annotated[str, Field(min_length=1)]
    name: Text = ""
    url: str
    scopes: Scopes = ()


class PersonBody(_Theirs):
    """Whose grant it is. The e-mail address is neither needed nor always there."""

    account_id: Annotated[str, Field(min_length=1)]
    name: Text = ""
    nickname: Text = ""


_resources = TypeAdapter(list[ResourceBody])


def consent_url(
    profile: AuthorizationProfile, scopes: frozenset[str], state: str, verifier: str
) -> str:
    """Return where the browser goes. PKCE isn't promised by Atlassian, and harmless there."""
    url: str = prepare_grant_uri(
        profile.authorization_url,
        profile.client_id,
        "code",
        redirect_uri=profile.callback_url,
        scope=" ".join(sorted(scopes)),
        state=state,
        audience=AUDIENCE,
        prompt="consent",
        code_challenge=create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
        code_challenge_method="S256",
    )
    return url


def redeem_code(profile: AuthorizationProfile, code: SecretStr, verifier: SecretStr) -> Request:
    """Trade the code in; the answer is JSON for JSON."""
    return _token_request(
        profile,
        {
            "grant_type": "authorization_code",
            "code": code.get_secret_value(),
            "redirect_uri": profile.callback_url,
            "code_verifier": verifier.get_secret_value(),
        },
    )


def renew(profile: AuthorizationProfile, refresh_token: SecretStr) -> Request:
    """Trade the refresh token in for the next one."""
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()}
    return _token_request(profile, asked)


def _token_request(profile: AuthorizationProfile, asked: Mapping[str, str]) -> Request:
    client = {
        "client_id": profile.client_id,
        "client_secret": profile.client_secret.get_secret_value(),
    }
    return Request(
        PROVIDER,
        "POST",
        profile.token_url,
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps({**asked, **client}).encode(),
        most_bytes=MOST_BYTES,
    )


def with_token(api_url: str, path: str, access_token: SecretStr) -> Request:
    """Ask the API something in the name of a grant."""
    return Request(
        PROVIDER,
        "GET",
        f"{api_url.rstrip('/')}{path}",
        headers={
            "Authorization": f"Bearer {access_token.get_secret_value()}",
            "Accept": "application/json",
        },
        most_bytes=MOST_BYTES,
    )


def read_token(answer: Answer, now: datetime) -> TokenBody:
    """Read what was issued. Raises ``TokenDenied`` and what `_require_calm` raises."""
    body = _json_of(answer, now)
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        _deny(error)
    if answer.status != HTTPStatus.OK:
        raise ProviderFault(f"the token endpoint answered {answer.status}", provider=PROVIDER)
    try:
        return TokenBody.model_validate(body)
    except ValidationError as invalid:
        raise ProviderFault("the token endpoint issued no token", provider=PROVIDER) from invalid


class TokenDenied(Exception):
    """The code or refresh token is refused, for good."""


def _deny(error: str) -> NoReturn:
    if error in REFUSED:
        raise TokenDenied(error)
    if error in BROKEN:
        raise ProfileBroken(f"Atlassian refuses the profile's client: {error}")
    raise ProviderFault("the token endpoint refused in a way of its own", provider=PROVIDER)


def _json_of(answer: Answer, now: datetime) -> object:
    """Return the body, if the server is in a state to be believed."""
    busy = answer.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
    if busy or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(PROVIDER, retry_after=retry_after(answer.headers, now))
    try:
        return answer.json()
    except ValueError as error:
        raise Unavailable(PROVIDER) from error


def grant_of(body: TokenBody, now: datetime, old: Grant | None = None) -> Grant:
    """Read a grant; what the answer leaves out stays as it was in the *old* one."""
    return Grant(
        body.access_token,
        body.refresh_token or (old.refresh_token if old else None),
        now + timedelta(seconds=body.expires_in),
        frozenset(body.scope) or (old.scopes if old else frozenset()),
    )


def read_resources(answer: Answer, now: datetime) -> Sequence[ResourceBody]:
    """Read the accessible resources, of whatever product."""
    _require_allowed(answer)
    try:
        return _resources.validate_python(_json_of(answer, now))
    except ValidationError as error:
        raise ProviderFault("Atlassian sent no list of resources", provider=PROVIDER) from error


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


def scopes_of(resources: Sequence[ResourceBody], body: TokenBody) -> frozenset[str]:
    """Find out what was granted where the token's own answer doesn't say."""
    found = {scope for each in resources for scope in each.scopes}
    return frozenset(found | {"read:me"} | ({"offline_access"} if body.refresh_token else set()))


def read_person(answer: Answer, now: datetime) -> Account:
    """Read whose grant it is."""
    _require_allowed(answer)
    try:
        person = PersonBody.model_validate(_json_of(answer, now))
    except ValidationError as error:
        raise ProviderFault("Atlassian sent no person", provider=PROVIDER) from error
    return Account(AccountId(person.account_id), person.name or person.nickname)


def _require_allowed(answer: Answer) -> None:
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise NotAllowed("Atlassian didn't let us see whose account this is and what it opens.")
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        answer.status != HTTPStatus.TOO_MANY_REQUESTS
    ):
        raise ProviderFault(f"Atlassian answered {answer.status}", provider=PROVIDER)
