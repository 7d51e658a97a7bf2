"""Arguments of a Web API call: query, form or JSON."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json

#: what is a plain string wherever it is an argument
_STRINGS = """
channel user users user_id ts message_ts trigger_id view_id external_id hash cursor types
code redirect_uri client_id client_secret grant_type token
"""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def read(request: web.Request, *, takes_json: bool = True) -> Json:
    """What the caller sent; a token counts in a form alone, not in the query or in JSON.

    Raises:
        Refused: the body isn't what its content type says.
    """
    sent: Json = {key: value for key, value in request.query.items() if key != "token"}
    if request.method == "GET" or not request.can_read_body:
        return sent
    if request.content_type == "application/json":
        said = await _json(request)
        said.pop("token", None)
        return _judged(sent | said) if takes_json else sent
    if request.content_type in _FORMS:
        return sent | {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    raise Refused("invalid_post_type")


async def _json(request: web.Request) -> Json:
    try:
        made = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Refused("invalid_json") from None
    if not isinstance(made, dict):
        raise Refused("json_not_object")
    return made


def _judged(args: Json) -> Json:
    """Leave out what is null; refuse anything but a string where one is due."""
    given = {name: value for name, value in args.items() if value is not None}
    strings = _STRINGS.split()
    wrong = [name for name in given if name in strings and not isinstance(given[name], str)]
    if wrong:
        messages = [f"[ERROR] must provide a string [json-pointer:/{name}]" for name in wrong]
        raise Refused("invalid_arguments", response_metadata={"messages": messages})
    return given


def required(args: Mapping[str, Any], *names: str) -> None:
    """Refuse a call in which one of these is missing."""
    missing = [name for name in names if not args.get(name)]
    if missing:
        messages = [f"[ERROR] missing required field: {name}" for name in missing]
        raise Refused("invalid_arguments", response_metadata={"messages": messages})


def truth(value: object) -> bool:
    """Booleans as forms and JSON carry them."""
    return value in (True, "true", "1", 1)


def page(rows: list[Any], args: Mapping[str, Any]) -> tuple[list[Any], str]:
    """One page of *rows*, and the cursor of the next."""
    try:
        start = int(str(args.get("cursor") or "0").removeprefix("next:"))
        limit = int(str(args.get("limit") or 100))
    except ValueError:
        raise Refused("invalid_cursor") from None
    if not 0 < limit <= 1000 or start < 0:
        raise Refused("invalid_limit")
    more = start + limit < len(rows)
    return rows[start : start + limit], f"next:{start + limit}" if more else ""
