"""What an attacker with a Slack account can send, and what must not be seen afterwards."""

import json
import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sandbox.person import Person
from sandbox.slack import payloads
from tests.stage import Stage

Json = dict[str, Any]
BROKEN = frozenset({"dropped", "undelivered", "unexpected", "slack refused", "untold"})
FORM = "application/x-www-form-urlencoded"


@dataclass
class Watched:
    """The logs of one stage, as they were written."""

    events: list[Json]
    records: list[logging.LogRecord] = field(default_factory=list)

    def stumbles(self) -> list[object]:
        """Whatever an operator would take for a defect of ours."""
        ours = [each for each in self.events if each["event"] in BROKEN or "exception" in each]
        theirs = [each.getMessage() for each in self.records if each.levelno >= logging.WARNING]
        return [*ours, *theirs]


def rich(*texts: str) -> Json:
    """Return what Slack's editor makes of *texts*, a paragraph each."""
    sections = [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
        for text in texts
    ]
    return {"type": "rich_text", "elements": sections}


async def deliveries(stage: Stage, kind: str) -> list[Json]:
    """Return the payloads of that kind which Slack has delivered, oldest first."""
    log = await stage.get("slack/log")
    found = [line["payload"] for line in log["deliveries"]]
    return [each for each in found if each.get("type", "command") == kind]


async def deliver(stage: Stage, payload: Json) -> Json:
    """Deliver *payload*, validly signed, and wait until the bot is done with it."""
    is_command = "command" in payload
    body = urlencode(payload if is_command else {"payload": json.dumps(payload)})
    answer: Json = await stage.post("slack/deliver", {"body": body, "content_type": FORM})
    await stage.quiet()
    return answer


async def press(  # a press is all of these
    stage: Stage, who: str, action: str, value: str = "", **changes: Any
) -> Json:
    """Press a button that *who* was never shown, as Slack would tell of it."""
    workspace = stage.slack.workspace
    person = workspace.person(who)
    channel = changes.pop("channel", "C0GENERAL")
    payload = payloads.interaction("block_actions", person) | {
        "container": {"type": "message", "message_ts": "1.1", "channel_id": channel},
        "channel": {"id": channel, "name": "channel"},
        "trigger_id": workspace.mint_trigger(who),
        "response_url": workspace.mint_hook(who, channel),
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value}],
    }
    return await deliver(stage, payload | changes)


async def suggest(stage: Stage, who: str, menu: str, typed: str, **changes: Any) -> Json:
    """Type into a menu that *who* was never shown, and return the ack."""
    payload = payloads.interaction("block_suggestion", stage.slack.workspace.person(who)) | {
        "container": {"type": "view", "view_id": "V0FORGED"},
        "action_id": menu,
        "block_id": "b",
        "value": typed,
    }
    return await deliver(stage, payload | changes)


async def submit(stage: Stage, who: str, callback: str, metadata: str, **changes: Any) -> Json:
    """Submit a form that *who* was never shown, as Slack would tell of it."""
    workspace = stage.slack.workspace
    values = changes.pop("values", {})
    view = {
        "id": "V0FORGED",
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "state": {"values": values},
        "hash": "1",
        "root_view_id": "V0FORGED",
        "app_installed_team_id": "T0ACME",
    }
    payload = payloads.interaction("view_submission", workspace.person(who)) | {
        "view": view,
        "trigger_id": workspace.mint_trigger(who),
    }
    # Slack shows nothing for a forgery, so there is nothing to wait for.
    stage.outside.slack._sleep = _at_once  # noqa: SLF001
    return await deliver(stage, payload | changes)


async def _at_once(_: float) -> None:
    pass


def values_of(shown: object, action: str) -> list[str]:
    """Return the values of the buttons called *action* in what somebody sees."""
    if isinstance(shown, list):
        return [value for each in shown for value in values_of(each, action)]
    if not isinstance(shown, dict):
        return []
    own = [shown["value"]] if shown.get("action_id") == action and "value" in shown else []
    return own + values_of(list(shown.values()), action)


async def pages(stage: Stage, title: str) -> list[Json]:
    """Return the pages of that title, whatever became of them."""
    found: list[Json] = await stage.get("atlassian/pages")
    return [page for page in found if page["title"] == title]


async def fill(stage: Stage, person: Person, title: str, body: Json) -> Json:
    """Open the form, fill it and submit it."""
    await person.types("/confluence create")
    await stage.quiet()
    [space] = await person.suggests("create_space", "ENG")
    values = {
        "space": {"create_space": space},
        "title": {"title": title},
        "body": {"body": body},
    }
    answer = await person.submits(values)
    await stage.quiet()
    return answer


async def seen_by(person: Person) -> str:
    """Return everything on somebody's screen."""
    return json.dumps(await person.screen(), ensure_ascii=False)


async def pinged(person: Person) -> set[str]:
    """Return whom the bot's messages notify, of those that *person* sees."""
    screen = await person.screen()
    shown = [each for channel in screen["channels"] for each in channel["messages"]]
    return {ping for each in shown if each["bot"] for ping in each["pings"]}


async def refused_by_slack(stage: Stage) -> list[Json]:
    """Return what Slack refused of what the bot sent."""
    log = await stage.get("slack/log")
    shown = [each for each in log["calls"] if each["method"].startswith(("chat.", "views."))]
    calls = [each for each in shown if each["error"] and not _is_early(each)]
    return [*calls, *(each for each in log["hooks"] if each["error"])]


def _is_early(call: Json) -> bool:
    """A view that an ack shows is there a moment later, and is asked for until it is."""
    by_name = "external_id" in call["args"]
    return bool(call["error"] == "not_found" and by_name)
