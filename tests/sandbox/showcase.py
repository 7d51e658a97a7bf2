"""A little app that shows every kind of block and form, for the tests of the screen."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import yaml
from aiohttp import web

from sandbox.clock import Clock
from sandbox.processes import free_port
from sandbox.screen import attach_screen
from sandbox.slack.data import BOT_TOKEN
from sandbox.slack.delivery import AppUnderTest
from sandbox.slack.world import SlackWorld
from tests.sandbox.slack_stage import conversing

Json = dict[str, Any]
MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "manifest.yml").read_text("utf-8"))
conversing(MANIFEST)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(text: str, value: str | None = None) -> Json:
    return {"text": plain(text), "value": value or text.lower()}


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def section(text: str, **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def words(*parts: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(parts)}


def said(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


SURE = {
    "title": plain("Delete the page?"),
    "text": plain("Minutes goes to the trash."),
    "confirm": plain("Delete"),
    "deny": plain("Keep it"),
    "style": "danger",
}
RICH = {
    "type": "rich_text",
    "block_id": "rich",
    "elements": [
        words(said("Bold", bold=True), said(" and "), said("code", code=True), said(" for ")),
        {"type": "rich_text_list", "style": "bullet", "elements": [words(said("one"))]},
        {"type": "rich_text_list", "style": "ordered", "elements": [words(said("first"))]},
        {"type": "rich_text_quote", "elements": [said("quoted")]},
        {"type": "rich_text_preformatted", "elements": [said("x = 1")]},
    ],
}
TABLE = {
    "type": "table",
    "block_id": "table",
    "rows": [
        [{"type": "raw_text", "text": "Space"}, {"type": "raw_text", "text": "Pages"}],
        [{"type": "raw_text", "text": "ENG"}, {"type": "raw_text", "text": "42"}],
    ],
    "column_settings": [{"align": "left"}, {"align": "right"}],
}
MARKDOWN = "## Notes\n\n- [x] done\n- open **soon**\n\n| a | b |\n|---|--:|\n| 1 | `2` |\n"
BLOCKS: list[Json] = [
    {"type": "header", "block_id": "head", "text": plain("Release checklist")},
    section(
        "*<https://example.com/wiki|Release checklist>* in _Engineering_ · ~old~ `v2`\n> quoted",
        block_id="result",
        accessory=button("Open", "open", url="https://example.com/wiki"),
    ),
    {
        "type": "section",
        "block_id": "fields",
        "fields": [mrkdwn("*Space*\nEngineering"), mrkdwn("*Author*\n<@U0BOB>")],
    },
    {
        "type": "context",
        "block_id": "context",
        "elements": [mrkdwn("Changed <!date^1750000000^{date_short}|in June> by <@U0ADA>")],
    },
    {"type": "divider", "block_id": "line"},
    RICH,
    TABLE,
    {"type": "markdown", "block_id": "md", "text": MARKDOWN},
    {
        "type": "actions",
        "block_id": "actions",
        "elements": [
            button("Preview", "preview", style="primary", value="7"),
            button("Delete", "delete", style="danger", confirm=SURE),
            {
                "type": "static_select",
                "action_id": "space",
                "placeholder": plain("Choose a space"),
                "options": [option("Engineering", "ENG"), option("Operations", "OPS")],
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Share here", "share"), option("Watch", "watch")],
            },
        ],
    },
]
NASTY = (
    "<script>document.title='owned'</script> &lt;img src=x onerror=alert(1)&gt; "
    "<javascript:alert(1)|click me> <data:text/html,x|data> <https://ok.example|*fine*> "
    "<!channel> " + "*_~" * 400 + " " + "W" * 600
)


ASKING = {
    "type": "actions",
    "block_id": "spaces",
    "elements": [button("Engineering", "engineering", style="primary"), button("Later", "later")],
}


def asked(block_id: str, label: str, element: Json, **more: Any) -> Json:
    block = {"type": "input", "block_id": block_id, "label": plain(label), **more}
    return {**block, "element": {"action_id": block_id, **element}}


def form(note: str = "Where shall it go?") -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Create a page"),
        "submit": plain("Preview"),
        "blocks": [
            section(note, block_id="note"),
            asked(
                "space",
                "Space",
                {
                    "type": "external_select",
                    "min_query_length": 2,
                    "placeholder": plain("Type to search"),
                },
            ),
            asked(
                "title",
                "Title",
                {"type": "plain_text_input", "max_length": 60, "focus_on_load": True},
                hint=plain("Shown in the page tree"),
            ),
            asked("body", "Body", {"type": "rich_text_input"}, optional=True),
            asked(
                "kind",
                "How",
                {"type": "radio_buttons", "options": [option("Publish"), option("Draft")]},
                optional=True,
            ),
            asked("due", "Review on", {"type": "datepicker"}, optional=True),
            {
                "type": "actions",
                "block_id": "inside",
                "elements": [button("More fields", "more_fields"), button("Push", "push")],
            },
        ],
    }


CHOICES = [option("One"), option("Two")]
EVERY: Json = {
    "type": "modal",
    "title": plain("Everything"),
    "submit": plain("Send"),
    "blocks": [
        asked("number", "Number", {"type": "number_input", "is_decimal_allowed": False}),
        asked("mail", "Mail", {"type": "email_text_input"}),
        asked("url", "Address", {"type": "url_text_input"}),
        asked("time", "Time", {"type": "timepicker"}),
        asked("moment", "Moment", {"type": "datetimepicker"}),
        asked("several", "Several", {"type": "multi_static_select", "options": CHOICES}),
        asked("boxes", "Boxes", {"type": "checkboxes", "options": CHOICES}),
        asked("who", "Who", {"type": "users_select"}),
        asked("people", "People", {"type": "multi_users_select"}),
        asked("channel", "Channel", {"type": "channels_select"}),
        asked(
            "place",
            "Place",
            {"type": "conversations_select", "filter": {"include": ["private"]}},
        ),
        asked("files", "Files", {"type": "file_input", "filetypes": ["yml"], "max_files": 2}),
    ],
}
LIVE: Json = {
    "type": "modal",
    "title": plain("Live"),
    "submit": plain("Send"),
    "blocks": [
        asked(
            "live",
            "Live",
            {
                "type": "plain_text_input",
                "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
            },
            dispatch_action=True,
        )
    ],
}
PUSHED = {
    "type": "modal",
    "title": plain("Second"),
    "blocks": [section("On top of the form.", block_id="second")],
}
HOME = {
    "type": "home",
    "blocks": [
        {"type": "header", "block_id": "welcome", "text": plain("Welcome, Ada")},
        {
            "type": "actions",
            "block_id": "home-actions",
            "elements": [button("Search", "home_search", style="primary")],
        },
    ],
}


@dataclass
class Showcase:
    """The app: answers deliveries, remembers them."""

    api: str
    heard: list[Json] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.content_type == "application/json":
            payload = json.loads(body)
            await self._event(payload.get("event", {}))
            return web.Response()
        form_fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if "payload" not in form_fields:
            return await self._command(form_fields)
        payload = json.loads(form_fields["payload"])
        self.heard.append(payload)
        return await getattr(self, f"_{payload['type']}")(payload)

    async def _event(self, event: Json) -> None:
        self.heard.append(event)
        begins = "thread_ts" not in event and event.get("user") and "bot_id" not in event
        if begins and event.get("channel_type") == "im":
            said = {"channel": event["channel"], "thread_ts": event["ts"]}
            blocks = [section("Which space?", block_id="which"), ASKING]
            await self._call("chat.postMessage", text="Which space?", blocks=blocks, **said)
        if event.get("type") == "app_home_opened" and event.get("tab") == "home":
            await self._call("views.publish", user_id=event["user"], view=HOME)

    async def _command(self, fields: Json) -> web.Response:
        self.heard.append({"type": "command", **fields})
        match fields["text"]:
            case "blocks":
                return web.json_response({"text": "blocks", "blocks": BLOCKS})
            case "public":
                answer = {"text": "blocks", "blocks": BLOCKS, "response_type": "in_channel"}
                return web.json_response(answer)
            case "nasty":
                blocks = [section(NASTY, block_id="n"), {**RICH, "block_id": "r"}]
                return web.json_response({"text": NASTY, "blocks": blocks})
            case "form":
                await self._call("views.open", trigger_id=fields["trigger_id"], view=form())
                return web.Response()
            case "every" | "live":
                view = EVERY if fields["text"] == "every" else LIVE
                await self._call("views.open", trigger_id=fields["trigger_id"], view=view)
                return web.Response()
            case "slow":
                await asyncio.sleep(1)
        return web.json_response({"text": f"You said “{fields['text']}”."})

    async def _block_actions(self, payload: Json) -> web.Response:
        action = payload["actions"][0]["action_id"]
        if action == "push":
            await self._call("views.push", trigger_id=payload["trigger_id"], view=PUSHED)
        if action == "more_fields":
            view = form("Now with more.")
            view["blocks"].insert(3, asked("label", "Label", {"type": "plain_text_input"}))
            view["blocks"][3]["optional"] = True
            await self._call("views.update", view_id=payload["view"]["id"], view=view)
        if action == "preview":
            blocks = [section("Replaced.", block_id="gone")]
            replaced = {"replace_original": True, "text": "Replaced.", "blocks": blocks}
            await self._post(payload["response_url"], replaced)
        if action == "delete":
            return web.Response(status=500)
        return web.Response()

    async def _block_suggestion(self, payload: Json) -> web.Response:
        found = [o for o in ("Engineering", "Operations") if payload["value"].lower() in o.lower()]
        group = {"label": plain("Spaces"), "options": [option(each) for each in found]}
        return web.json_response({"option_groups": [group]} if found else {"options": []})

    async def _view_submission(self, payload: Json) -> web.Response:
        if payload["view"]["callback_id"] != "form":
            return web.Response()
        title = payload["view"]["state"]["values"]["title"]["title"]["value"]
        if title == "Taken":
            errors = {"title": "A page with this title exists."}
            return web.json_response({"response_action": "errors", "errors": errors})
        if title == "Lost":
            return web.Response(status=500)
        return web.Response()

    async def _message_action(self, payload: Json) -> web.Response:
        await self._call("views.open", trigger_id=payload["trigger_id"], view=form("Saved."))
        return web.Response()

    async def _shortcut(self, payload: Json) -> web.Response:
        await self._call("views.open", trigger_id=payload["trigger_id"], view=form())
        return web.Response()

    async def _call(self, method: str, **arguments: Any) -> None:
        await self._post(f"{self.api}/{method}", arguments)

    async def _post(self, url: str, body: Json) -> None:
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(url, json=body) as answer,
        ):
            said = await answer.text()
        assert answer.status == 200, said
        assert said == "ok" or json.loads(said)["ok"], said


@dataclass
class Running:
    """A sandbox's Slack with its screen and the showcase behind it."""

    url: str
    app: Showcase
    world: SlackWorld


async def _run(
    port: int, ready: threading.Event, stop: asyncio.Event, made: dict[str, Running]
) -> None:
    base = f"http://127.0.0.1:{port}"
    showcase = Showcase(f"{base}/slack/api")
    app = web.Application()
    under_test = AppUnderTest(f"{base}/showcase", "secret", "1.2", "client-secret")
    world = SlackWorld(base, Clock(), MANIFEST, under_test)
    world.attach(app)
    attach_screen(app, MANIFEST)
    app.router.add_post("/showcase", showcase.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await world.open()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    made["running"] = Running(base, showcase, world)
    ready.set()
    await stop.wait()
    await world.close()
    await runner.cleanup()


@contextmanager
def running_showcase(port: int = 0) -> Iterator[Running]:
    """Serve it from a thread of its own, as a browser needs it."""
    loop, ready, made = asyncio.new_event_loop(), threading.Event(), dict[str, Running]()
    stop = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(_run(free_port(port), ready, stop, made),)
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield made["running"]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
