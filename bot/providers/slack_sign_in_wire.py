"""Sign in with Slack (OpenID Connect), spoken without touching the network.

https://docs.slack.dev/authentication/sign-in-with-slack/
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, ValidationError

from bot.errors import NotAllowed, ProfileBroken, ProviderFault, Unavailable
from bot.ports import Proven
from bot.providers.outgoing import Answer, Request
from bot.providers.rate_wire import retry_after

PROVIDER: Final = "Slack"
MOST_BYTES: Final = 256 * 1024
# Room for our clock and Slack's to disagree; a token lives five minutes.
LEEWAY_SECONDS: Final = 30
USER: Final = "https://slack.com/user_id"
TEAM: Final = "https://slack.com/team_id"
ENTERPRISE: Final = "https://slack.com/enterprise_id"
BROKEN: Final = frozenset(
    {"invalid_client_id", "bad_client_secret", "bad_redirect_uri", "client_not_found"}
)
BUSY: Final = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


Text = Annotated[str, BeforeValidator(_text)]


class Discovery(BaseModel):
    """Where Slack's OpenID provider says that its parts are."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )

    issuer: str
    token_endpoint: str
    jwks_uri: str


class _Issued(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )

    ok: bool = True
    error: Text = ""
    id_token: SecretStr | None = None


def sign_in_url(slack_url: str, asked: Mapping[str, str], team_id: str | None) -> str:
    """Return where the browser goes; *team_id* spares the person the choice of a workspace."""
    query = {"response_type": "code", "scope": "openid profile", **asked}
    if team_id is not None and team_id.startswith("T"):
        query["team"] = team_id
    return f"{slack_url}/openid/connect/authorize?{urlencode(query)}"


def get(url: str) -> Request:
    """Fetch a public document of Slack's."""
    return Request(
        PROVIDER, "GET", url, headers={"Accept": "application/json"}, most_bytes=MOST_BYTES
    )


def redeem_code(endpoint: str, fields: Mapping[str, str]) -> Request:
    """Trade the code in, by ``client_secret_post``."""
    return Request(
        PROVIDER,
        "POST",
        endpoint,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({"grant_type": "authorization_code", **fields}).encode(),
        most_bytes=MOST_BYTES,
    )


def read_discovery(answer: Answer, slack_url: str, now: datetime) -> Discovery:
    """Read the discovery document, believed only about what lies at *slack_url* itself."""
    try:
        found = Discovery.model_validate(json_of(answer, now))
    except ValidationError as error:
        raise ProviderFault("Slack sent no discovery document", provider=PROVIDER) from error
    inside = (found.token_endpoint, found.jwks_uri)
    if found.issuer != slack_url or not all(each.startswith(f"{slack_url}/") for each in inside):
        raise ProviderFault("Slack's discovery document is somebody else's", provider=PROVIDER)
    return found


def read_keys(answer: Answer, now: datetime) -> dict[str, RSAKey]:
    """Read the signing keys by their ids; what isn't an RSA key for signing is left out."""
    body = json_of(answer, now)
    listed = body.get("keys") if isinstance(body, dict) else None
    keys: dict[str, RSAKey] = {}
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("kty") == "RSA" and _is_for_signing(each):
            keys[str(each["kid"])] = _key(each)
    return keys


def _is_for_signing(key: Mapping[str, Any]) -> bool:
    return isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig"


def _key(found: dict[str, Any]) -> RSAKey:
    try:
        return RSAKey.import_key({name: found[name] for name in ("kty", "n", "e", "kid")})
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise ProviderFault("Slack published a key that is none", provider=PROVIDER) from error


def read_id_token(answer: Answer, now: datetime) -> str:
    """Read what the token endpoint issued."""
    try:
        issued = _Issued.model_validate(json_of(answer, now))
    except ValidationError as error:
        raise ProviderFault("Slack sent no token answer", provider=PROVIDER) from error
    if not issued.ok or issued.error:
        _refuse(issued.error)
    if issued.id_token is None:
        raise ProviderFault("Slack issued no id_token", provider=PROVIDER)
    return issued.id_token.get_secret_value()


def _refuse(error: str) -> None:
    if error in BROKEN:
        raise ProfileBroken(f"Slack refuses the app's sign-in: {error}")
    if error in BUSY:
        raise Unavailable(PROVIDER)
    raise NotAllowed("Slack refused the code of this sign-in.")


def key_id(token: str) -> str:
    """Return which key is said to have signed *token*."""
    try:
        header = extract_compact(token.encode()).headers()
    except (JoseError, ValueError) as error:
        raise NotAllowed("Slack's proof of who you are can't be read.") from error
    found = header.get("kid")
    if not isinstance(found, str):
        raise NotAllowed("Slack's proof of who you are isn't signed as it should be.")
    return found


def verify(
    token: str, key: RSAKey, expected: Mapping[str, str], nonce: str, now: datetime
) -> Proven:
    """Check the signature and every claim; *expected* are the issuer and the audience."""
    claims = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": expected["iss"]},
        aud={"essential": True, "value": expected["aud"]},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True},
    )
    try:
        found = jwt.decode(token, key, algorithms=["RS256"]).claims
        claims.validate(found)
    except (JoseError, ValueError, TypeError) as error:
        raise NotAllowed("Slack's proof of who you are doesn't hold.") from error
    if found["aud"] not in (expected["aud"], [expected["aud"]]):
        raise NotAllowed("Slack's proof of who you are is meant for others too.")
    if not hmac.compare_digest(str(found["nonce"]).encode(), nonce.encode()):
        raise NotAllowed("Slack's proof of who you are belongs to another sign-in.")
    return proven(found)


def proven(claims: Mapping[str, Any]) -> Proven:
    """Read who it is: a user id counts for nothing without its team or organisation."""
    user_id, subject = _text(claims.get(USER)), _text(claims.get("sub"))
    team_id, enterprise_id = _text(claims.get(TEAM)), _text(claims.get(ENTERPRISE))
    if not subject or (user_id and user_id != subject) or not (team_id or enterprise_id):
        raise NotAllowed("Slack's proof doesn't say who you are.")
    return Proven(subject, team_id or None, enterprise_id or None)


def json_of(answer: Answer, now: datetime) -> object:
    """Return the body, if Slack is in a state to be believed."""
    if answer.status != HTTPStatus.OK and not _is_refusal(answer.status):
        raise Unavailable(PROVIDER, retry_after=retry_after(answer.headers, now))
    try:
        return answer.json()
    except ValueError as error:
        raise Unavailable(PROVIDER) from error


def _is_refusal(status: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.REQUEST_TIMEOUT
