"""The app as OAuth knows it: its id and its secret."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlencode, urlsplit

from aiohttp import web

from sandbox.slack.calls import Call
from sandbox.slack.delivery import AppUnderTest
from sandbox.slack.refusals import Refused


def authenticated(call: Call, app: AppUnderTest) -> str:
    """The client id, once its secret has been shown: in a header, or in the form.

    Raises:
        Refused: it is another client, or the secret is wrong.
    """
    given = call.args.get("client_id"), call.args.get("client_secret")
    client_id, secret = _basic(call.request) or given
    if client_id != app.client_id:
        raise Refused("invalid_client_id")
    if not secrets.compare_digest(str(secret).encode(), app.client_secret.encode()):
        raise Refused("bad_client_secret")
    return str(client_id)


def answered(redirect_uri: str, asked: Mapping[str, str], **answer: str) -> str:
    """Where the browser goes with the answer, and with the state that came."""
    if asked.get("state"):
        answer["state"] = asked["state"]
    return f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{urlencode(answer)}"


def _basic(request: web.Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("invalid_client_id") from None
    return unquote_plus(client_id), unquote_plus(secret)
