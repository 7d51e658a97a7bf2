"""Any request to Confluence's REST API, for what has no action of its own.

It goes to the connection's own host and nowhere else; what leads out of the API, smuggles
another method in or would carry the access token away is refused before anything is sent.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Final
from urllib.parse import unquote

from bot.errors import BadInput
from bot.frozen import frozen

TOKEN: Final = "\ue000access token\ue000"  # noqa: S105 - a word
"""Stands in a header's value for the access token, which is put there as it is sent.

Its first and last characters are of private use, so nobody types it by accident.
"""

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
MOST_ANSWERED: Final = 64 * 1024
MOST_PATH: Final = 2000
MOST_HEADERS: Final = 20

_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,=:@/-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_VALUE: Final = re.compile(r"[\x20-\x7e]{0,2000}")
_AUTHORIZATION: Final = re.compile(f"(?i:bearer|basic) {TOKEN}")
# RFC 9110 §7.6.1, what tells the server who asks or how long the body is, and what makes of a
# GET something else.
_OURS: Final = frozenset(
    {
        *("connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-length", "content-encoding", "accept-encoding", "expect", "cookie", "forwarded"),
        *("x-http-method", "x-http-method-override", "x-method-override", "x-original-url"),
        *("x-original-method", "x-rewrite-url", "x-real-ip", "user-agent", "origin", "referer"),
        *("via", "date"),
    }
)
_OURS_BEGIN: Final = ("proxy-", "sec-", "x-forwarded-")


@frozen
class Call:
    """One request; *path* is what follows the host of the site's API, without a query.

    On Cloud it begins with ``/wiki/rest/`` or ``/wiki/api/``, on Data Center with ``/rest/``.
    Header values may hold ``TOKEN``. *json* is sent unless it is ``None``.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None

    @property
    def writes(self) -> bool:
        """Tell whether it may change something."""
        return self.method != "GET"


@frozen
class Called:
    """A good answer: *json* where it is JSON, or else its *text*.

    *is_whole* is false of a write whose answer was longer than is read: it was done, and what
    was said of it isn't here.
    """

    status: int
    json: object = None
    text: str = ""
    is_whole: bool = True


def check_call(call: Call) -> None:
    """Raise ``BadInput`` for what is never sent, whichever the site."""
    if call.method not in METHODS:
        raise BadInput(
            f"“{call.method[:20]}” isn't a method that can be used: "
            f"choose one of {', '.join(sorted(METHODS))}."
        )
    if call.json is not None and not call.writes:
        raise BadInput("A GET sends nothing but its query: leave the rest out, or choose POST.")
    check_path(call.path)
    for name, value in call.query.items():
        if TOKEN in name or TOKEN in value:
            raise BadInput("The access token may stand in a header and nowhere else.")
    if _holds_token(call.json):
        raise BadInput("The access token may stand in a header and nowhere else.")
    check_headers(call.headers)


def check_path(path: str) -> None:
    """Raise ``BadInput`` for a path that leads anywhere else, or may."""
    if not path.isascii() or len(path) > MOST_PATH or not _PATH.fullmatch(path):
        raise BadInput(
            "That can't be a path: it begins with one “/”, has no “?”, “#”, “;”, “\\” or spaces, "
            "and writes other characters as %XX."
        )
    read = unquote(path, errors="strict") if _is_utf8(path) else "\\"
    # One decoding for the server, and none that a second one would bring.
    parts = read.split("/")[1:]
    leads_out = any(part in {".", ".."} for part in parts) or "" in parts[:-1]
    smuggles = read.count("/") != path.count("/") or not set(read).isdisjoint("\\;?#%")
    if leads_out or smuggles or not read.isprintable():
        raise BadInput(
            "That path leads somewhere else: it may hold no “..”, no “//”, and none of “/”, "
            "“\\”, “;”, “?”, “#” or “%” in disguise."
        )


def _is_utf8(path: str) -> bool:
    try:
        unquote(path, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise ``BadInput`` for headers that aren't a template's to give."""
    if len(headers) > MOST_HEADERS:
        raise BadInput(f"At most {MOST_HEADERS} headers can be given.")
    if len({name.lower() for name in headers}) < len(headers):
        raise BadInput("A header can be given once, in capital or in small letters.")
    for name, value in headers.items():
        # Some servers take one for the other.
        low = name.lower().replace("_", "-")
        if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value.replace(TOKEN, "")):
            raise BadInput(f"“{name[:50]}” can't be sent: headers are of printable ASCII.")
        if low in _OURS or low.startswith(_OURS_BEGIN):
            raise BadInput(f"The header “{name[:50]}” can't be given: Confab sets it itself.")
        if low == "authorization" and not _AUTHORIZATION.fullmatch(value):
            raise BadInput(
                "The header “Authorization” may hold the connection's own access token alone, "
                "as in “Bearer {{ connections.confluence.access_token }}”."
            )


def _holds_token(value: object) -> bool:
    waiting: list[object] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if TOKEN in each:
                return True
        elif isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each
    return False
