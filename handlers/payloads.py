"""What Slack sends, read into a delivery. Trusts no field to be there or of its type.

Field names: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from pydantic import SecretStr

from bot.frozen import frozen
from handlers.ask import MOST_MODALS, Kind, Shown

Body = Mapping[str, Any]

RETRY_REASON: Final = "x-slack-retry-reason"
"""The header that says why Slack delivers an event again."""

LATEST = 2**36
"""In Unix seconds; later than any date that there is to make of them."""


@frozen
class Delivery:
    """One thing that Slack delivered, not yet tied to a tenant.

    *team_id*, *enterprise_id* and *is_org* name the installation to look for;
    *user_team* and *user_enterprise* say where the person is at home, if told. *retried* is why
    Slack delivers an event again.
    """

    kind: Kind
    name: str
    user_id: str = ""
    team_id: str = ""
    enterprise_id: str = ""
    is_org: bool = False
    user_team: str = ""
    user_enterprise: str = ""
    text: str = ""
    value: str = ""
    channel_id: str = ""
    thread: str = ""
    trigger_id: str = ""
    response_url: SecretStr | None = None
    view: Shown | None = None
    source: Mapping[str, Any] | None = None
    event_id: str = ""
    event_time: int = 0
    retried: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
    action: Mapping[str, Any] = field(default_factory=dict)


def text_at(body: object, *path: str) -> str:
    """Return the string at *path*, or an empty one."""
    for key in path:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, str) else ""


def _mapping_at(body: Body, key: str) -> Body:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _first(body: Body, key: str) -> Body:
    found = body.get(key)
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, Mapping) else {}


def read_delivery(body: Body) -> Delivery | None:
    """Read *body*; ``None`` if it is nothing that we know."""
    if "command" in body:
        return _command(body)
    kind = body.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return reader(body) if reader else None


def _truth(value: object) -> bool:
    return value is True or value == "true"


def _url(body: Body) -> SecretStr | None:
    url = text_at(body, "response_url")
    return SecretStr(url) if url else None


def _command(body: Body) -> Delivery:
    word, *rest = text_at(body, "text").split(None, 1) or ("",)
    return Delivery(
        Kind.COMMAND,
        word.lower(),
        user_id=text_at(body, "user_id"),
        team_id=text_at(body, "team_id"),
        enterprise_id=text_at(body, "enterprise_id"),
        is_org=_truth(body.get("is_enterprise_install")),
        user_team=text_at(body, "team_id"),
        user_enterprise=text_at(body, "enterprise_id"),
        text="".join(rest).strip(),
        channel_id=text_at(body, "channel_id"),
        trigger_id=text_at(body, "trigger_id"),
        response_url=_url(body),
    )


def _interaction(body: Body) -> dict[str, Any]:
    view = _mapping_at(body, "view")
    return {
        "user_id": text_at(body, "user", "id"),
        "team_id": text_at(view, "app_installed_team_id")
        or text_at(body, "team", "id")
        or text_at(body, "user", "team_id"),
        "enterprise_id": text_at(body, "enterprise", "id"),
        "is_org": _truth(body.get("is_enterprise_install")),
        "user_team": _home(body),
        "user_enterprise": text_at(body, "enterprise", "id"),
        "channel_id": text_at(body, "channel", "id"),
        "trigger_id": text_at(body, "trigger_id"),
        "response_url": _url(body),
        "view": _shown(view) if view else None,
    }


def _home(body: Body) -> str:
    """Return the person's workspace; Slack may name the organisation in its place.

    https://docs.slack.dev/enterprise (`user.team_id` may be an E… id)
    """
    named, workspace = text_at(body, "user", "team_id"), text_at(body, "team", "id")
    is_org = named.startswith("E") and named == text_at(body, "enterprise", "id")
    return workspace if is_org or not named else named


def _shown(view: Body) -> Shown:
    values = _mapping_at(_mapping_at(view, "state"), "values")
    return Shown(
        id=text_at(view, "id"),
        is_modal=text_at(view, "type") == "modal",
        metadata=text_at(view, "private_metadata"),
        values={block: _elements(found) for block, found in values.items()},
        level=_level(view),
    )


def _level(view: Body) -> int:
    root, previous = text_at(view, "root_view_id"), text_at(view, "previous_view_id")
    if not previous:
        return 1
    return 2 if previous == root else MOST_MODALS


def _elements(found: object) -> dict[str, Body]:
    if not isinstance(found, Mapping):
        return {}
    return {name: state for name, state in found.items() if isinstance(state, Mapping)}


def _thread(body: Body) -> str:
    """Return under which message the pressed one stands, or is to be answered."""
    message = _mapping_at(body, "message")
    return text_at(message, "thread_ts") or text_at(message, "ts")


def _press(body: Body) -> Delivery:
    action = _first(body, "actions")
    option = _mapping_at(action, "selected_option")
    return Delivery(
        Kind.PRESS,
        text_at(action, "action_id"),
        value=text_at(action, "value") or text_at(option, "value"),
        thread=_thread(body),
        action=action,
        **_interaction(body),
    )


def _options(body: Body) -> Delivery:
    return Delivery(
        Kind.OPTIONS,
        text_at(body, "action_id"),
        text=text_at(body, "value"),
        action=body,
        **_interaction(body),
    )


def _submission(body: Body) -> Delivery:
    return Delivery(Kind.SUBMISSION, text_at(body, "view", "callback_id"), **_interaction(body))


def _closed(body: Body) -> Delivery:
    return Delivery(Kind.CLOSED, text_at(body, "view", "callback_id"), **_interaction(body))


def _shortcut(body: Body) -> Delivery:
    return Delivery(
        Kind.SHORTCUT,
        text_at(body, "callback_id"),
        source=_mapping_at(body, "message") or None,
        **_interaction(body),
    )


SAID: Final = "message.im"
"""What somebody writes to the bot in its Messages tab, or changes there."""


def _event(body: Body) -> Delivery | None:
    event = _mapping_at(body, "event")
    name = text_at(event, "type")
    if name == "message":
        said = _said(event)
        return None if said is None else replace(_event_in(body, event, SAID), **said)
    found = _event_in(body, event, name)
    if name == "app_mention":
        thread = text_at(event, "thread_ts")
        return replace(found, channel_id=text_at(event, "channel"), thread=thread)
    return found


def is_chatter(body: Body) -> bool:
    """Tell whether it is a message that isn't for us: Slack delivers what the bot says, too."""
    return text_at(body, "event", "type") == "message"


def _said(event: Body) -> dict[str, Any] | None:
    """Read what somebody wrote to the bot; ``None`` for what the bot says, and for all else.

    https://docs.slack.dev/reference/events/message: an edit has the message within it.
    """
    subtype = text_at(event, "subtype")
    message = _mapping_at(event, "message") if subtype == "message_changed" else event
    is_bots = text_at(message, "bot_id") or text_at(message, "app_id")
    is_theirs = text_at(event, "channel_type") == "im" and text_at(message, "user")
    if is_bots or not is_theirs or subtype not in {"", "file_share", "message_changed"}:
        return None
    if subtype == "message_changed" and not _mapping_at(message, "edited"):
        return None  # Slack itself has changed it, as by an unfurl
    return {
        "user_id": text_at(message, "user"),
        "channel_id": text_at(event, "channel"),
        "thread": text_at(message, "thread_ts"),
        "text": text_at(message, "text"),
        "source": message,
    }


def _event_in(body: Body, event: Body, name: str) -> Delivery:
    authorized = _first(body, "authorizations")
    at = body.get("event_time")
    return Delivery(
        Kind.EVENT,
        name,
        user_id=text_at(event, "user"),
        team_id=text_at(authorized, "team_id") or text_at(body, "team_id"),
        enterprise_id=text_at(authorized, "enterprise_id") or text_at(body, "enterprise_id"),
        is_org=_truth(authorized.get("is_enterprise_install")),
        user_team=text_at(body, "team_id"),
        user_enterprise=text_at(body, "enterprise_id"),
        event_id=text_at(body, "event_id"),
        event_time=at if isinstance(at, int) and abs(at) < LATEST else 0,
        event=event,
    )


_READERS = {
    "block_actions": _press,
    "block_suggestion": _options,
    "view_submission": _submission,
    "view_closed": _closed,
    "shortcut": _shortcut,
    "message_action": _shortcut,
    "event_callback": _event,
}
