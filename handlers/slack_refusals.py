"""How Slack says no through its own client, and when it wasn't Slack that answered."""

from typing import Final

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

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
