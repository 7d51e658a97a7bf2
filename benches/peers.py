"""What the bot is measured against, each a process of its own.

``python -m benches.peers <name> <facts in JSON>``
"""

import hmac
import importlib
import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

Facts = Mapping[str, Any]


def bolt(facts: Facts) -> web.Application:
    """Bolt as its documentation has it, with one listener."""
    from slack_bolt.async_app import AsyncApp  # noqa: PLC0415 - the others don't pay for it
    from slack_bolt.authorization import AuthorizeResult  # noqa: PLC0415

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0ACME", bot_token="xoxb-1")

    app = AsyncApp(
        signing_secret=facts["secret"], authorize=authorize, process_before_response=True
    )

    @app.command("/confluence")
    async def answer(ack) -> None:
        await ack(text="Help", response_type="ephemeral")

    return app.web_app("/slack/events")


def bolt_with_imports(facts: Facts) -> web.Application:
    """The same in a process that has imported what the bot imports of others."""
    for name in facts["imports"]:
        importlib.import_module(name)
    return bolt(facts)


def bare(facts: Facts) -> web.Application:
    """A handler that checks the signature, parses the form and answers."""

    async def receive(request: web.Request) -> web.Response:
        body = await read_signed(request, facts["secret"])
        if body is None:
            return web.Response(status=401)
        parse_qsl(body.decode())
        return web.json_response({"response_type": "ephemeral", "text": "Help"})

    app = web.Application()
    app.router.add_post("/slack/events", receive)
    return app


async def read_signed(request: web.Request, secret: str) -> bytes | None:
    """Return the body of a request that Slack has signed."""
    body = await request.read()
    stamp = request.headers["X-Slack-Request-Timestamp"].encode()
    expected = hmac.digest(secret.encode(), b"v0:" + stamp + b":" + body, sha256).hex()
    given = request.headers["X-Slack-Signature"]
    return body if hmac.compare_digest(f"v0={expected}", given) else None


PEERS = {"bolt": bolt, "bolt_with_imports": bolt_with_imports, "bare": bare}


def main(name: str, facts: Facts) -> None:
    """Listen until told to stop."""
    web.run_app(
        PEERS[name](facts), host="127.0.0.1", port=facts["port"], access_log=None, print=None
    )


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
