"""What the bot is measured against, each a process of its own.

``python -m benches.peers <name> <facts in JSON>``
"""
# ruff: noqa: PLC0415 - each imports what it needs: one is measured for its start and its memory

import asyncio
import hmac
import importlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

Facts = Mapping[str, Any]


def bolt(facts: Facts) -> web.Application:
    """Bolt as its documentation has it, with one listener."""
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult
    from slack_bolt.context.ack.async_ack import AsyncAck

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0ACME", bot_token="xoxb-1")

    app = AsyncApp(
        signing_secret=facts["secret"], authorize=authorize, process_before_response=True
    )

    @app.command("/confluence")
    async def answer(ack: AsyncAck) -> None:
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
        form = await _signed_form(request, facts["secret"])
        if form is None:
            return web.Response(status=401)
        return web.json_response({"response_type": "ephemeral", "text": "Help"})

    return _endpoint(receive)


def script(facts: Facts) -> web.Application:
    """A search in one straight line, started by a signed command and acked at once."""
    running: set[asyncio.Task[None]] = set()

    async def receive(request: web.Request) -> web.Response:
        form = await _signed_form(request, facts["secret"])
        if form is None:
            return web.Response(status=401)
        task = asyncio.create_task(_search(facts, app["session"], app["database"], form))
        running.add(task)
        task.add_done_callback(running.discard)
        return web.Response()

    async def outside(app: web.Application) -> AsyncIterator[None]:
        from motor.motor_asyncio import AsyncIOMotorClient

        app["database"] = AsyncIOMotorClient(facts["database"]).get_default_database()
        async with ClientSession() as app["session"]:
            yield

    app = _endpoint(receive)
    app.cleanup_ctx.append(outside)
    return app


async def _search(
    facts: Facts, session: ClientSession, database: Any, form: Mapping[str, str]
) -> None:
    """Read two documents, ask Confluence, post the answer."""
    whose = {"tenant": form["team_id"], "user_id": form["user_id"]}
    await database["preferences"].find_one(whose)
    await database["connections"].find_one(whose | {"profile": "system"})
    words = form["text"].partition(" ")[2]
    asked = {
        "cql": f'text ~ "{words}"',
        "limit": "5",
        "excerpt": "highlight",
        "expand": "content.history",
    }
    bearer = {"Authorization": f"Bearer {facts['tokens'][form['user_id']]}"}
    async with session.get(facts["search"], params=asked, headers=bearer) as answer:
        found = await answer.json()
    said = {"text": f"{len(found['results'])} results", "blocks": _blocks(found)}
    async with session.post(form["response_url"], json=said) as taken:
        await taken.read()


def _blocks(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for hit in found["results"]:
        text = f"*<{hit['url']}|{hit['title']}>*\n{hit['excerpt']}"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
        about = [{"type": "mrkdwn", "text": hit["resultGlobalContainer"]["title"]}]
        blocks.append({"type": "context", "elements": about})
    return blocks


def turn(facts: Facts) -> web.Application:
    """Bolt with one listener, which does with the database and Slack what a turn takes."""
    from datetime import UTC, datetime

    from motor.motor_asyncio import AsyncIOMotorClient
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult
    from slack_sdk.web.async_client import AsyncWebClient

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=facts["tenant"], bot_token="xoxb-1")

    client = AsyncWebClient(base_url=facts["slack"])
    app = AsyncApp(signing_secret=facts["secret"], authorize=authorize, client=client)
    database = AsyncIOMotorClient(facts["database"], tz_aware=True).get_default_database()

    @app.event("message")
    async def answer(event: Facts, client: AsyncWebClient) -> None:
        tenant, now = facts["tenant"], datetime.now(UTC)  # noqa: TID251 - the peer's own
        thread = f"{event['channel']}/{event['thread_ts']}"
        theirs = {"tenant": tenant, "user_id": event["user"], "thread": thread}
        dialog = await database["dialogs"].find_one(theirs)
        await database["templates"].find_one({"tenant": tenant, **facts["template"]})
        key = {name: dialog[name] for name in ("tenant", "user_id", "dialog", "generation")}
        changed = {"sealed": dialog["sealed"], "generation": key["generation"] + 1}
        changed |= {"phase": "asking", "is_open": True, "touched_at": now}
        await database["dialogs"].update_one(key, {"$set": changed})
        await client.chat_postMessage(
            channel=event["channel"], thread_ts=event["thread_ts"], **facts["says"]
        )

    return app.web_app("/slack/events")


def _endpoint(receive: Handler) -> web.Application:
    app = web.Application()
    app.router.add_post("/slack/events", receive)
    return app


async def _signed_form(request: web.Request, secret: str) -> dict[str, str] | None:
    body = await request.read()
    stamp = request.headers["X-Slack-Request-Timestamp"].encode()
    expected = hmac.digest(secret.encode(), b"v0:" + stamp + b":" + body, sha256).hex()
    given = request.headers["X-Slack-Signature"]
    return dict(parse_qsl(body.decode())) if hmac.compare_digest(f"v0={expected}", given) else None


PEERS = {
    "bolt": bolt,
    "bolt_with_imports": bolt_with_imports,
    "bare": bare,
    "script": script,
    "turn": turn,
}


def main(name: str, facts: Facts) -> None:
    """Listen until told to stop."""
    web.run_app(
        PEERS[name](facts), host="127.0.0.1", port=facts["port"], access_log=None, print=None
    )


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
