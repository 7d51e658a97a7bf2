"""OAuth 2.0, spoken without touching the network (RFC 6749, 7009, 7636, 8414).

Atlassian's own server is a dialect of it: JSON bodies, an audience, a word of its own for a
refresh token that is refused. https://developer.atlassian.com/cloud/confluence/oauth-2-3lo-apps/
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, NoReturn
from urllib.parse import quote_plus, urlencode, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from bot.connection import NEVER, Grant
from bot.errors import BadInput, ProfileBroken, ProviderFault, Unavailable
from bot.profile import AuthorizationProfile, ClientAuthentication, Provider, TokenBody
from bot.providers.outgoing import Answer, Request
from bot.providers.rate_wire import retry_after

ATLASSIAN: Final = "Atlassian"
AUDIENCE: Final = "api.atlassian.com"
# https://developer.atlassian.com/server/confluence/confluence-oauth2-provider-api
DATA_CENTER_OAUTH: Final = "/rest/oauth2/latest"
# It holds READ, and a service account has to name one:
# https://confluence.atlassian.com/enterprise/service-accounts-overview-1627095923.html
DATA_CENTER_SCOPE: Final = "WRITE"
MOST_BYTES: Final = 512 * 1024
# The page says nothing of a grant's life where `expires_in` is missing: soon enough to be
# renewed before an hour, which is what it has been (community.developer.atlassian.com/t/60806).
ASSUMED_SECONDS: Final = 1800
LONGEST_SECONDS: Final = 366 * 86_400
INVALID_GRANT: Final = "invalid_grant"
# Atlassian says so of a refresh token; anywhere else it is the client that isn't allowed
# (RFC 6749 §5.2). Statuses are used loosely: invalid_grant comes with 403 there.
ATLASSIANS_REFUSAL: Final = "unauthorized_client"
BROKEN: Final = frozenset(
    {
        "access_denied",
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
REFUSED: Final = frozenset(
    {
        "bad_verification_code",  # GitHub's of a code, and several others'
        # OpenID Connect Core §3.1.2.6: the person has to do something by browser.
        "interaction_required",
        "login_required",
        "consent_required",
    }
)
# RFC 6749 appendix A.12 and A.17: what a token may be of. Nothing else fits into a header.
_TOKEN: Final = re.compile(r"[\x20-\x7e]+")
_LIFE: Final = re.compile(r"\s*(\d{1,9})(?:\.\d*)?\s*", re.ASCII)
UNKNOWN_CLIENT_WAY: Final = (
    "The server takes a client's secret in no way that I know (its description names neither "
    "client_secret_basic nor client_secret_post), so nothing was saved."
)


def _seconds(value: object) -> int:
    text = str(value) if isinstance(value, int | float | str) else ""
    found = _LIFE.fullmatch(text)
    return min(int(found[1]), LONGEST_SECONDS) if found else 0


def words_of(value: object) -> tuple[str, ...]:
    """Read scopes, in one string or in a list; commas part them as well as spaces."""
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    if isinstance(value, list):
        return tuple(each for each in value if isinstance(each, str))
    return ()


def text_of(value: object) -> str:
    """Read a string; anything else is none. Half a character becomes a question mark."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _printed(value: object) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise ValueError("no token")
    return value


def _printed_or_none(value: object) -> str | None:
    return None if value is None or value == "" else _printed(value)


def audience_of(value: object) -> tuple[str, ...]:
    """Read ``aud``: one string, or a list of them (RFC 7519 §4.1.3)."""
    return tuple(map(text_of, value)) if isinstance(value, list) else (text_of(value),)


def claims_of(value: object) -> Mapping[str, object]:
    """Read what an ID token claims; nothing where it is none.

    Its signature needn't be looked at: it came straight from the token endpoint, by TLS
    (OpenID Connect Core §3.1.3.7).
    """
    try:
        _, payload, _ = text_of(value).split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


Scopes = Annotated[tuple[str, ...], BeforeValidator(words_of)]
Text = Annotated[str, BeforeValidator(text_of)]


class Theirs(BaseModel):
    """What somebody else's server says."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class TokenAnswer(Theirs):
    """What the token endpoint issues; *expires_in* is 0 where it doesn't say.

    RFC 6749 has no word for whose the tokens are and for which client; some servers say it all
    the same: by an ID token, or in fields that are called as those of RFC 7662.
    """

    access_token: Annotated[SecretStr, BeforeValidator(_printed)]
    refresh_token: Annotated[SecretStr | None, BeforeValidator(_printed_or_none)] = None
    expires_in: Annotated[int, BeforeValidator(_seconds)] = 0
    scope: Scopes = ()
    token_type: Text = ""
    client_id: Text = ""
    aud: Annotated[tuple[str, ...], BeforeValidator(audience_of)] = ()
    sub: Text = ""
    account_id: Text = ""
    id_token: Annotated[Mapping[str, object], BeforeValidator(claims_of)] = {}

    @property
    def subject(self) -> str:
        """Whom the server says that it issued this to; empty where it doesn't."""
        return text_of(self.id_token.get("sub")) or self.sub or self.account_id


class Metadata(Theirs):
    """What an authorization server publishes about itself (RFC 8414 §2, RFC 9207 §3)."""

    issuer: str
    authorization_endpoint: Text = ""
    token_endpoint: Text = ""
    revocation_endpoint: Text = ""
    token_endpoint_auth_methods_supported: Scopes = ()
    code_challenge_methods_supported: Scopes = ()
    authorization_response_iss_parameter_supported: bool = False


class TokenDenied(Exception):
    """The code or refresh token is refused, for good."""


def consent_url(
    profile: AuthorizationProfile, scopes: frozenset[str], state: str, verifier: str
) -> str:
    """Return where the browser goes. PKCE isn't promised by Atlassian, and harmless there."""
    more = {"audience": AUDIENCE, "prompt": "consent"} if profile.is_atlassians else {}
    if profile.offers_pkce:
        challenge = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
        more |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    url: str = prepare_grant_uri(
        profile.authorization_url,
        profile.client_id,
        "code",
        redirect_uri=profile.callback_url,
        scope=" ".join(sorted(scopes)),
        state=state,
        **more,
    )
    return url


def redeem_code(profile: AuthorizationProfile, code: SecretStr, verifier: SecretStr) -> Request:
    """Trade the code in."""
    asked = {
        "grant_type": "authorization_code",
        "code": code.get_secret_value(),
        "redirect_uri": profile.callback_url,
    }
    if profile.offers_pkce:
        asked["code_verifier"] = verifier.get_secret_value()
    return _token_request(profile, profile.token_url, asked)


def renew(profile: AuthorizationProfile, refresh_token: SecretStr) -> Request:
    """Trade the refresh token in for the next one."""
    asked = {"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()}
    if _is_data_centers(profile):
        # RFC 6749 §6 has no word of it; Data Center calls the token invalid without (jira.js,
        # refreshServerOAuth2Token).
        asked["redirect_uri"] = profile.callback_url
    return _token_request(profile, profile.refresh_url or profile.token_url, asked)


def issue(profile: AuthorizationProfile) -> Request:
    """Ask for a token with the client's own credentials (RFC 6749 §4.4)."""
    asked = {"grant_type": "client_credentials"}
    if profile.scopes and not profile.is_atlassians:
        asked["scope"] = " ".join(sorted(profile.scopes))
    elif _is_data_centers(profile):
        asked["scope"] = DATA_CENTER_SCOPE
    return _token_request(profile, profile.token_url, asked)


def revoke(profile: AuthorizationProfile, token: SecretStr, kind: str) -> Request:
    """Have a token forgotten (RFC 7009): its bodies are always forms."""
    asked = {"token": token.get_secret_value(), "token_type_hint": kind}
    forms = replace(profile, token_body=TokenBody.FORM)
    return _token_request(forms, profile.revocation_url, asked)


def _token_request(profile: AuthorizationProfile, url: str, asked: Mapping[str, str]) -> Request:
    headers = {"Accept": "application/json"}
    secret = profile.client_secret.get_secret_value()
    said = dict(asked)
    if profile.client_authentication is ClientAuthentication.BASIC:
        # Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
        pair = f"{quote_plus(profile.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        said["client_id"] = profile.client_id
        if secret:
            said["client_secret"] = secret
    if profile.token_body is TokenBody.JSON:
        headers["Content-Type"] = "application/json"
        body = json.dumps(said).encode()
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(said).encode()
    return Request(
        server_of(profile),
        "POST",
        url,
        headers=headers,
        body=body,
        most_bytes=MOST_BYTES,
        beyond="" if profile.is_system else url,
    )


def _is_data_centers(profile: AuthorizationProfile) -> bool:
    """Tell whether the tokens are the site's own, and no other server's before it."""
    is_its = profile.token_url == f"{profile.base_url.rstrip('/')}{DATA_CENTER_OAUTH}/token"
    return profile.provider is Provider.DATA_CENTER and is_its


def server_of(profile: AuthorizationProfile) -> str:
    """Return what to call the profile's server."""
    return profile.server_name


def read_token(profile: AuthorizationProfile, answer: Answer, now: datetime) -> TokenAnswer:
    """Read what was issued.

    Raises:
        TokenDenied: the code or refresh token is refused.
        ProfileBroken: the client is.
        Unavailable: the server isn't in a state to be believed.
        ProviderFault: it isn't what a token endpoint says.
    """
    name = server_of(profile)
    body = json_of(answer, name, now)
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str) and error:
        _deny(profile, error)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise ProfileBroken(f"{name} refuses the profile's client")
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise ProviderFault(f"the token endpoint answered {answer.status}", provider=name)
    try:
        issued = TokenAnswer.model_validate(body)
    except ValidationError as invalid:
        raise ProviderFault("the token endpoint issued no token", provider=name) from invalid
    if issued.token_type and issued.token_type.lower() != "bearer":
        raise ProviderFault("the token endpoint issued no bearer token", provider=name)
    if not _is_for(profile, issued):
        raise ProviderFault("the token endpoint issued another client's token", provider=name)
    return issued


def _is_for(profile: AuthorizationProfile, issued: TokenAnswer) -> bool:
    """Tell whether an answer that says for which client it is names ours.

    The ``aud`` of the answer itself may as well be the API that the token is for: an address
    (RFC 8707 §2), or Atlassian's name for its own.
    """
    ours = profile.client_id
    if issued.client_id and issued.client_id != ours:
        return False
    claims = issued.id_token
    if claims and ours not in audience_of(claims.get("aud")):
        return False
    clients = {each for each in issued.aud if each and ":" not in each and each != AUDIENCE}
    return issued.client_id == ours or not clients or ours in issued.aud


def _deny(profile: AuthorizationProfile, error: str) -> NoReturn:
    name = server_of(profile)
    if error in {INVALID_GRANT, *REFUSED} or (
        profile.is_atlassians and error == ATLASSIANS_REFUSAL
    ):
        raise TokenDenied
    if error in PASSING:
        raise Unavailable(name)
    if error in BROKEN and not (profile.is_atlassians and error == "invalid_request"):
        raise ProfileBroken(f"{name} refuses the profile's client: {error}")
    raise ProviderFault("the token endpoint refused in a way of its own", provider=name)


def json_of(answer: Answer, name: str, now: datetime) -> object:
    """Return the body, if the server is in a state to be believed."""
    busy = answer.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
    if busy or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(name, retry_after=retry_after(answer.headers, now))
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise ProviderFault(f"{name} answered {answer.status}", provider=name)
    try:
        # RFC 6749 §5 knows nothing but JSON, which some servers call text/html all the same.
        return replace(answer, headers={}).json()
    except ValueError as error:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return None
        raise Unavailable(name) from error


def is_revoked(answer: Answer) -> bool:
    """Tell whether a token is gone: some servers say 200 to what they refuse."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        return False
    try:
        body = answer.json()
    except ValueError:
        # RFC 7009 §2.2: a client ignores what stands in the answer; a page isn't one.
        return not answer.body.lstrip().startswith(b"<")
    return not (isinstance(body, dict) and body.get("error"))


def grant_of(
    profile: AuthorizationProfile, issued: TokenAnswer, now: datetime, old: Grant | None = None
) -> Grant:
    """Read a grant; what the answer leaves out stays as it was in the *old* one.

    Scopes that it names are the ones that are left, however few (RFC 6749 §6).

    Raises:
        ProviderFault: it is somebody else's than the *old* one, by the server's own words.
    """
    before = old.subject if old else ""
    if before and issued.subject and issued.subject != before:
        name = server_of(profile)
        raise ProviderFault("the token endpoint issued another account's token", provider=name)
    seconds = issued.expires_in or (ASSUMED_SECONDS if profile.is_atlassians else 0)
    return Grant(
        issued.access_token,
        issued.refresh_token or (old.refresh_token if old else None),
        now + timedelta(seconds=seconds) if seconds else NEVER,
        frozenset(issued.scope) or (old.scopes if old else frozenset()),
        subject=issued.subject or before,
    )


def metadata_of(profile: AuthorizationProfile) -> tuple[Request, ...]:
    """Ask what the server publishes, at each place where it may stand (RFC 8414 §3, §5)."""
    parts = urlsplit(issuer_guess(profile))
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    urls = (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    )
    headers = {"Accept": "application/json"}
    return tuple(
        Request(server_of(profile), "GET", url, headers=headers, most_bytes=MOST_BYTES, beyond=url)
        for url in urls
    )


def issuer_guess(profile: AuthorizationProfile) -> str:
    """Return the server's identifier as it was typed, or the origin of what was."""
    if profile.issuer:
        return profile.issuer
    parts = urlsplit(profile.authorization_url or profile.token_url)
    return f"{parts.scheme}://{parts.netloc}"


def read_metadata(profile: AuthorizationProfile, answer: Answer) -> Metadata | None:
    """Read what the server publishes; ``None`` if that is nothing.

    Its name for itself has to be the one that it was asked under, letter by letter (RFC 8414
    §3.3, §4), but for a slash at the end: both spellings lead to the same description, and
    people type either. What ``iss`` is held against later is its own spelling.

    Raises:
        BadInput: it calls itself by another name than was typed.
    """
    if answer.status != HTTPStatus.OK:
        return None
    try:
        found = Metadata.model_validate(answer.json())
    except (ValueError, ValidationError):
        return None
    if found.issuer.removesuffix("/") == issuer_guess(profile).removesuffix("/"):
        return found
    if not profile.issuer:  # who asked under a guess was answered by a neighbour
        return None
    raise BadInput(
        "The server's own description names another server, so nothing was saved. Type its "
        "issuer as it calls itself, or ask whoever runs it.",
        field="issuer",
    )


def described(profile: AuthorizationProfile, found: Metadata) -> AuthorizationProfile:
    """Fill in what was left open; what was typed stays.

    Of the two ways to send the secret another is taken only if the server names the other
    alone. One that names none takes client_secret_basic by RFC 8414 §2; in the field it is as
    often the other one, so whoever typed the profile is believed.

    Raises:
        BadInput: the server takes the secret in no way that we know.
    """
    challenges = found.code_challenge_methods_supported
    return replace(
        profile,
        authorization_url=profile.authorization_url or found.authorization_endpoint,
        token_url=profile.token_url or found.token_endpoint,
        revocation_url=profile.revocation_url or found.revocation_endpoint,
        issuer=found.issuer,
        sends_issuer=found.authorization_response_iss_parameter_supported,
        client_authentication=_authentication(profile, found),
        offers_pkce=profile.offers_pkce and (not challenges or "S256" in challenges),
    )


def _authentication(profile: AuthorizationProfile, found: Metadata) -> ClientAuthentication:
    named = found.token_endpoint_auth_methods_supported
    if not named or profile.client_authentication in named:
        return profile.client_authentication
    for other in ClientAuthentication:
        if other in named:
            return other
    raise BadInput(UNKNOWN_CLIENT_WAY, field="client_authentication")
