"""Any request to Confluence's REST API: how it is sent, and what may be told of its answer."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote, quote_plus

from bot.connection import Grant
from bot.errors import BadInput
from bot.providers.confluence_wire import Call as WireCall
from bot.providers.outgoing import MOST_BYTES, Answer
from bot.rest import MOST_ANSWERED, Call, Called

BLACKED_OUT: Final = "█" * 8
LEAST_SECRET: Final = 4
MOST_LISTED: Final = 250
USUALLY_LISTED: Final = 25
_NO_TEXT: Final = (
    "Confluence answered with something that is neither JSON nor text, so nothing of it is used. "
    "Ask for JSON, or choose another path."
)


def wire_call(call: Call) -> WireCall:
    """Return it as the gateway takes it. What it takes of the scopes is its author's to say."""
    return WireCall(
        "call",
        call.method,
        call.path,
        frozenset(),
        1 if call.writes else 1 + _listed(call.query),
        call.query,
        body=call.json,
        headers=call.headers,
        is_typed=True,
        # What was written stays written however much is said about it.
        most_bytes=MOST_BYTES if call.writes else MOST_ANSWERED,
    )


def _listed(query: Mapping[str, str]) -> int:
    """Guess how much a GET lists, which is what it costs."""
    limit = query.get("limit", "")
    known = limit.isascii() and limit.isdecimal() and len(limit) < len(str(MOST_BYTES))
    return min(int(limit), MOST_LISTED) if known else USUALLY_LISTED


def called(answer: Answer, *, writes: bool) -> Called:
    """Read a good answer. Raises ``BadInput`` for a read that can't be shown."""
    if not answer.body:
        return Called(answer.status)
    if len(answer.body) > MOST_ANSWERED:
        return Called(answer.status, is_whole=False)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        return Called(answer.status, json=answer.json())
    except ValueError:
        if kind.startswith("text/") and kind != "text/html":
            return Called(answer.status, text=answer.body.decode(errors="replace"))
    if writes:
        return Called(answer.status, is_whole=False)
    raise BadInput(_NO_TEXT)


def blacked_out(answer: Answer, grant: Grant) -> Answer:
    """Return *answer* without the access token, however JSON or an address may write it."""
    secrets = tuple(_secrets(grant))
    try:
        value = answer.json()
    except ValueError:
        text = answer.body.decode(errors="replace")
        body = _black_out(text, secrets).encode() if answer.body else b""
    else:
        # Written without escapes, so that none hides a secret.
        body = json.dumps(_cleaned(value, secrets), ensure_ascii=False).encode(errors="replace")
    return replace(answer, body=body)


def _secrets(grant: Grant) -> Iterator[str]:
    """Yield what must not be seen, the longest first: the token, and what a Basic one holds."""
    held = {grant.access_token.get_secret_value()}
    if grant.token_type == "Basic":  # noqa: S105 - a word
        pair = base64.b64decode(grant.access_token.get_secret_value() + "==").decode(
            errors="replace"
        )
        held |= {pair, pair.partition(":")[2]}
    written = {way(each) for each in held for way in (str, _quoted, quote_plus, _hidden)}
    yield from sorted((each for each in written if len(each) >= LEAST_SECRET), key=len)[::-1]


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _hidden(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _black_out(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, BLACKED_OUT)
    return text


def _cleaned(value: object, secrets: tuple[str, ...]) -> object:
    if isinstance(value, str):
        return _black_out(value, secrets)
    if isinstance(value, list):
        return [_cleaned(each, secrets) for each in value]
    if isinstance(value, dict):
        return {_black_out(key, secrets): _cleaned(each, secrets) for key, each in value.items()}
    return value
