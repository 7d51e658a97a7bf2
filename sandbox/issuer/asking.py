"""What a client sends to the token and revocation endpoints, and how it proves who it is."""

import binascii
import json
import re
from base64 import b64decode
from urllib.parse import parse_qsl, unquote_plus

from aiohttp import web

from sandbox.issuer.clients import Client
from sandbox.issuer.issuer import Issuer
from sandbox.issuer.log import Visit
from sandbox.issuer.refusals import OAuthRefusal
from sandbox.issuer.switches import BASIC, POST

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# What stands unencoded in a form (RFC 6749 appendix B); some encoders leave the tilde.
ENCODED = re.compile(r"(?:[A-Za-z0-9*._~+-]|%[0-9A-Fa-f]{2})*")


async def read_fields(request: web.Request, kind: str, visit: Visit) -> dict[str, str]:
    """The parameters of a body of this *kind*, `form` or `json`; empty ones count as not sent.

    Raises:
        OAuthRefusal: it is of another kind, malformed, says something twice, or speaks in the
            query (RFC 6749 §2.3.1, §3.2).
    """
    visit.body = {FORM: "form", JSON: "json"}.get(request.content_type, "other")
    if visit.body != kind:
        raise OAuthRefusal("invalid_request", f"the body must be {kind}")
    if request.query_string:
        raise OAuthRefusal("invalid_request", "parameters belong in the body")
    try:
        text = (await request.read()).decode()
        pairs = from_json(text) if kind == "json" else parse_qsl(text, errors="strict")
    except (ValueError, RecursionError) as error:
        raise OAuthRefusal("invalid_request", "the body can't be read") from error
    if len(dict(pairs)) != len(pairs):
        raise OAuthRefusal("invalid_request", "a parameter came twice")
    return {key: value for key, value in pairs if value}


def from_json(text: str) -> list[tuple[str, str]]:
    """The pairs of a JSON object of texts.

    Raises:
        ValueError: it is something else.
    """
    pairs = json.loads(text, object_pairs_hook=list)
    # Without any pair an object and an array look the same.
    if not isinstance(pairs, list) or not text.lstrip().startswith("{"):
        raise ValueError("not an object")
    if not all(isinstance(value, str) for _, value in pairs):
        raise ValueError("not texts alone")
    return pairs


def authenticated(
    request: web.Request, fields: dict[str, str], issuer: Issuer, visit: Visit
) -> Client:
    """The client that proved who it is in the one way that this server takes.

    Raises:
        OAuthRefusal: it didn't, or tried two ways at once (RFC 6749 §2.3).
    """
    header = "Authorization" in request.headers
    if header and "client_secret" in fields:
        raise OAuthRefusal("invalid_request", "one way to authenticate, not two")
    if header:
        visit.authentication = BASIC
    elif "client_secret" in fields:
        visit.authentication = POST
    if visit.authentication != issuer.switches.client_authentication:
        how = issuer.switches.client_authentication
        raise unauthenticated(f"authenticate by {how}", header=header)
    client_id, secret = (
        from_header(request)
        if header
        else (
            fields.get("client_id", ""),
            fields["client_secret"],
        )
    )
    client = issuer.clients.find(client_id)
    if client is None or not client.has_secret(secret):
        raise unauthenticated("unknown client or wrong secret", header=header)
    if fields.get("client_id", client_id) != client_id:
        raise OAuthRefusal("invalid_request", "client_id is another in the header")
    visit.client = client_id
    return client


def from_header(request: web.Request) -> tuple[str, str]:
    """Id and secret, each encoded as a form's value before it went in (RFC 6749 §2.3.1)."""
    scheme, _, encoded = request.headers["Authorization"].partition(" ")
    try:
        pair = b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        pair = ""
    client_id, colon, secret = pair.partition(":")
    in_order = all(ENCODED.fullmatch(each) for each in (client_id, secret))
    if scheme.casefold() != "basic" or not colon or not in_order:
        raise unauthenticated("the header can't be read", header=True)
    try:
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except UnicodeDecodeError:
        raise unauthenticated("the header can't be read", header=True) from None


def unauthenticated(why: str, *, header: bool) -> OAuthRefusal:
    """Nobody knows who asks (RFC 6749 §5.2)."""
    return OAuthRefusal("invalid_client", why, status=401, challenge=header)
