"""What a browser sends, read with suspicion."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import SecretStr

from bot.connect import Returned
from bot.principal import Digest, digest
from bot.profile import Credentials
from bot.public_address import PublicAddress

FORM_LIMIT: Final = 4096
"""Bytes; our longest form is a token and a handful of ids."""

FIELDS: Final = 10

_RETURNED: Final = ("state", "code", "error", "iss")

_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def browser_of(request: web.Request, address: PublicAddress) -> Digest | None:
    """Return the digest of the cookie that names the browser, if it sent one of ours."""
    cookie = request.cookies.get(address.cookie, "")
    return digest(cookie) if _COOKIE.fullmatch(cookie) else None


def returned_by(request: web.Request) -> Returned:
    """Read what a redirect brought back; an error stands above a code.

    Nothing may be said twice (RFC 6749 §3.1): servers differ in which of two they believe.
    """
    query = request.query
    if any(len(query.getall(name, ())) > 1 for name in _RETURNED):
        raise web.HTTPBadRequest
    error = query.get("error", "")
    code = None if error else query.get("code")
    issuer = query.get("iss", "")
    return Returned(query.get("state", ""), SecretStr(code) if code else None, error, issuer)


def read_credentials(form: Mapping[str, str]) -> Credentials:
    """Read what was typed on the page for secrets; a day that can't be read is no day."""
    expires_at = None
    with suppress(ValueError):
        day = datetime.strptime(form.get("expires", ""), "%Y-%m-%d").replace(tzinfo=UTC)
        # A token that ends on a day is good for all of it.
        expires_at = day + timedelta(days=1)
    secret = form.get("secret", "").strip()
    return Credentials(SecretStr(secret), form.get("user", "").strip(), expires_at)


def require_own_page(request: web.Request, address: PublicAddress) -> None:
    """Refuse a form that another site's page sent.

    Our pages send no referrer, and then browsers write ``Origin: null`` even to their own
    origin (Fetch §3.2), so Sec-Fetch-Site is believed first. It can't be set by a script.
    """
    origin = request.headers.get("Origin", "null")
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is None:
        is_own = origin == address.url
    else:
        is_own = fetched == "same-origin" and origin in {address.url, "null"}
    if not is_own:
        raise web.HTTPForbidden


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Return the fields of a small urlencoded form."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    body = await _read_little(request)
    try:
        text = body.decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:
        raise web.HTTPBadRequest from error


async def _read_little(request: web.Request) -> bytes:
    """Read the body without ever holding more than the limit and one chunk."""
    body = b""
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > FORM_LIMIT:
                raise web.HTTPRequestEntityTooLarge(max_size=FORM_LIMIT, actual_size=len(body))
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest from error
    return body
