"""How Slack says no through its own client, and when it wasn't Slack that answered."""

from http import HTTPStatus
from typing import Final

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

LONGEST_WAIT: Final = 6
"""Digits of the seconds that it can be."""
UNANSWERED: Final = (ClientError, OSError, TimeoutError, AttributeError, ValueError)
"""What the client raises for no answer, and for one that its reader takes for JSON or text.

It reads a text as if it were an object (`AsyncSlackResponse.validate`), and lets through
what decoding raises.
"""


def refusal_code(error: SlackApiError) -> str:
    """Return Slack's word for its refusal; empty where what stands before Slack has answered."""
    # Where the client finds JSON that is none, its error holds aiohttp's own response.
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) else ""


def seconds_to_wait(error: SlackApiError) -> int:
    """Return for how long Slack has us wait before the same again; 0 where it doesn't say."""
    answer = error.response
    status = getattr(answer, "status_code", None)
    said = answer.headers.get("Retry-After", "") if status == HTTPStatus.TOO_MANY_REQUESTS else ""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= LONGEST_WAIT else 0
