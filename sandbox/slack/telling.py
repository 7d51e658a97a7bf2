"""What the app hears of what is written: no more than its manifest and its scopes let it."""

from sandbox.slack.delivery import Ack
from sandbox.slack.events import Events, envelope
from sandbox.slack.outcome import Outcome
from sandbox.slack.payloads import message_fields, tombstone_fields
from sandbox.slack.state import Installation, Json, Message
from sandbox.slack.workspace import Workspace

#: kind of channel → the event about its messages, and what the event calls such a channel
_MESSAGES = {
    "public": ("message.channels", "channel"),
    "private": ("message.groups", "group"),
    "im": ("message.im", "im"),
}
#: what the app must have been granted to be told
_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
}
#: an event's name with what it says
_Told = tuple[str, Json]


class Telling:
    """Tells the app of messages."""

    def __init__(self, workspace: Workspace, events: Events) -> None:
        self._workspace = workspace
        self._events = events
        workspace.overhear = self.overhear

    async def tell(self, name: str, event: Json, team: str) -> Outcome:
        """Tell the app once, however many of its installations are in that channel."""
        app = self._listening(self._workspace.state.channels[event["channel"]], team)
        made = self._wrapped(name, event, team, app)
        return Outcome(await self._events.send(made) if made else None)

    async def written(self, now: Message | None, before: Message | None = None) -> Ack | None:
        """Tell of what a person wrote, changed or deleted; the first ack, if any was due."""
        acks = [await self._events.send(each) for each in self._deliveries(now, before)]
        return next(iter(acks), None)

    async def mentioned(self, message: Message) -> Ack | None:
        """Tell of a mention that the app couldn't hear when it was written."""
        channel = self._workspace.state.channels[message.channel]
        made = [each for each in self._mentions(message, None, channel) if each is not None]
        acks = [await self._events.send(each) for each in made]
        return next(iter(acks), None)

    def overhear(self, now: Message | None, before: Message | None) -> None:
        """Tell the app of what it wrote itself, behind the answer that it gets for that."""
        for each in self._deliveries(now, before):
            self._events.send_soon(each)

    def _deliveries(self, now: Message | None, before: Message | None) -> list[Json]:
        message = now or before
        if message is None or message.only_for is not None:
            return []
        channel = self._workspace.state.channels[message.channel]
        name, kind = _MESSAGES[channel["kind"]]
        event = self._event(now, before) | {"channel": channel["id"], "channel_type": kind}
        app = self._listening(channel, message.team)
        made = [self._wrapped(name, event, message.team, app)]
        if now is not None and not now.bot and channel["kind"] != "im":
            made += self._mentions(now, before, channel)
        return [each for each in made if each is not None]

    def _event(self, now: Message | None, before: Message | None) -> Json:
        if before is None and now is not None:
            return message_fields(now) | self._shared(now) | {"event_ts": now.ts}
        made: Json = {"type": "message", "hidden": True, "ts": self._workspace.new_ts()}
        made["event_ts"] = made["ts"]
        if before is not None:
            made["previous_message"] = message_fields(before)
        if now is not None:
            return made | {"subtype": "message_changed", "message": message_fields(now)}
        if before is not None and before.reply_count:
            return made | {"subtype": "message_changed", "message": tombstone_fields(before)}
        return made | {"subtype": "message_deleted", "deleted_ts": before.ts if before else None}

    def _mentions(self, now: Message, before: Message | None, channel: Json) -> list[Json | None]:
        """``app_mention`` for each of the app's bots here that is named, and wasn't before."""
        known = self._workspace.state.installations.values()
        apps = [a for a in known if a.installed and a.bot_user in channel["members"]]
        named = [a for a in apps if f"<@{a.bot_user}>" in now.text]
        fresh = [a for a in named if before is None or f"<@{a.bot_user}>" not in before.text]
        event = message_fields(now) | self._shared(now) | {"channel": channel["id"]}
        event |= {"type": "app_mention", "event_ts": now.edited_ts or now.ts}
        event.pop("subtype", None)
        return [self._wrapped("app_mention", event, now.team, app) for app in fresh]

    def _shared(self, message: Message) -> Json:
        """What Slack adds in channels of several workspaces."""
        if not self._workspace.state.channels[message.channel]["shared"]:
            return {}
        return {"source_team": message.team, "user_team": message.team}

    def _listening(self, channel: Json, team: str) -> Installation | None:
        """The installation that hears this channel, that of *team* first."""
        known = self._workspace.state.installations.values()
        here = [a for a in known if a.installed and a.bot_user in channel["members"]]
        return next((a for a in here if team in a.teams), here[0] if here else None)

    def _wrapped(self, name: str, event: Json, team: str, app: Installation | None) -> Json | None:
        """The event as it is delivered; nothing where nobody may hear it."""
        if app is None or not self._workspace.manifest.subscribes(name):
            return None
        wanted = _SCOPES.get(name)
        if wanted is not None and wanted not in self._workspace.installs.scopes(app):
            return None
        channel = self._workspace.state.channels[event["channel"]]
        where = team if app.is_org else app.id
        shared = {"is_ext_shared_channel": channel["shared"]}
        return envelope(event, self._workspace, app, where, **shared)
