"""What people type: commands, and messages of which the app may hear."""

import copy
from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from sandbox.slack import belonging, payloads
from sandbox.slack.acks import Acks
from sandbox.slack.composing import Composer
from sandbox.slack.delivery import Deliveries, Delivery
from sandbox.slack.files import fields_of, unseen_fields
from sandbox.slack.outcome import Outcome
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Json, Message
from sandbox.slack.telling import Telling
from sandbox.slack.workspace import Content, Workspace

_NO_COMMAND = (
    "{word} is not a valid command. In Slack, all messages that start with the “/” character"
    " are interpreted as commands."
)


class Speaking:
    """People's words, and who is told of them."""

    def __init__(
        self, workspace: Workspace, deliveries: Deliveries, telling: Telling, acks: Acks
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._telling = telling
        self._acks = acks

    async def type(self, user: str, fields: Json) -> Outcome:
        """A slash command or a message."""
        team = self._workspace.team_of(user, fields.get("team"))
        text = fields.get("text", "")
        channel = self._workspace.find_channel(fields["channel"], user, [team])
        if channel is None or user not in channel["members"]:
            raise Refused("not_in_channel")
        files = self._files(user, channel, fields.get("files") or ())
        if not text.strip() and not files:
            raise Refused("no_text")
        if text.strip() == f"/invite @{self._bot_name(team)}" and channel["kind"] != "im":
            return await self._invite(user, team, channel)
        if text.startswith("/") and not files:
            self._hold_unthreaded(user, channel, text, fields)
            return await self._command(user, team, channel, text)
        return await self._message(user, (team, channel), fields, files)

    def _hold_unthreaded(self, user: str, channel: Json, text: str, fields: Json) -> None:
        word = text.partition(" ")[0]
        if "thread_ts" in fields and self._workspace.manifest.command(word):
            said = f"{word} is not supported in threads. Sorry!"
            self._workspace.notify(user, said, channel["id"])
            raise Refused("not_supported_in_threads")

    async def _command(self, user: str, team: str, channel: Json, text: str) -> Outcome:
        word, _, rest = text.partition(" ")
        person = self._workspace.person(user)
        known = self._workspace.manifest.command(word)
        app = self._workspace.installs.app_in(team)
        if known is None or app is None:
            self._workspace.notify(user, _NO_COMMAND.format(word=word), channel["id"])
            raise Refused("not_a_command")
        if known.get("should_escape"):
            rest = self._composer(channel, team).text(rest)
        typed = (word, rest.strip())
        fields = payloads.command(self._workspace, person, channel, typed, (app, team))
        ack = await self._deliveries.send(Delivery("slash_commands", fields, user))
        told = (user, channel["id"], word)
        return Outcome(ack, self._acks.command(ack, told, app.bot_user))

    async def edit(self, user: str, fields: Json) -> Outcome:
        """Other words for a message of one's own."""
        message = self._own(user, fields, "cant_update_message")
        channel = self._workspace.state.channels[message.channel]
        if not fields["text"].strip() and not message.files:
            raise Refused("no_text")
        says = self._composed(fields["text"], channel, message.team, tuple(message.files))
        before = copy.copy(message)
        self._workspace.rewrite(message, says)
        return Outcome(await self._telling.written(message, before))

    async def delete(self, user: str, fields: Json) -> Outcome:
        """Take back a message of one's own."""
        message = self._own(user, fields, "cant_delete_message")
        before = copy.copy(message)
        self._workspace.delete(message)
        return Outcome(await self._telling.written(None, before))

    async def _message(
        self, user: str, at: tuple[str, Json], fields: Json, files: tuple[Json, ...]
    ) -> Outcome:
        team, channel = at
        if channel["kind"] == "im" and not self._workspace.manifest.can_type_to_app():
            raise Refused("messages_tab_disabled")
        thread = fields.get("thread_ts")
        if thread is not None and self._workspace.find_thread(channel["id"], thread) is None:
            raise Refused("thread_not_found")
        says = replace(
            self._composed(fields.get("text", ""), channel, team, files), thread_ts=thread
        )
        message = self._workspace.post(channel["id"], user, says, None)
        message.client_msg_id = str(uuid4())
        self._warn_uninvited(user, team, channel, message)
        return Outcome(await self._telling.written(message), None, {"ts": message.ts})

    async def _invite(self, user: str, team: str, channel: Json) -> Outcome:
        """Bring the app's bot into the channel; it is told of the mention that led to that."""
        app = self._workspace.installs.app_in(team)
        if app is None or app.bot_user in channel["members"]:
            raise Refused("already_in_channel" if app else "not_a_command")
        channel["members"].append(app.bot_user)
        self._workspace.changes.touch(channel["members"])
        rows = [m for m in self._workspace.state.messages if m.channel == channel["id"]]
        last = next((m for m in reversed(rows) if m.user == user and not m.deleted), None)
        if last is None or f"<@{app.bot_user}>" not in last.text:
            return Outcome()
        return Outcome(await self._telling.mentioned(last))

    def _bot_name(self, team: str) -> str:
        app = self._workspace.installs.app_in(team)
        return str(self._workspace.person(app.bot_user)["name"]) if app else ""

    def _warn_uninvited(self, user: str, team: str, channel: Json, message: Message) -> None:
        """Say that the app, which was named, isn't in this channel and so doesn't hear of it."""
        app = self._workspace.installs.app_in(team)
        if app is None or app.bot_user in channel["members"]:
            return
        if f"<@{app.bot_user}>" in message.text:
            name = self._workspace.manifest.name
            told = f"You mentioned {name}, but it’s not in this channel."
            advice = f" /invite @{self._bot_name(team)} brings it in."
            self._workspace.notify(user, told + advice, channel["id"])

    def _files(self, user: str, channel: Json, names: Iterable[str]) -> tuple[Json, ...]:
        """What *user* uploaded under these ids, shared in *channel* from now on."""
        known = self._workspace.state.files
        files = [known[name] for name in names if name in known]
        if len(files) != len(list(names)) or any(file.user != user for file in files):
            raise Refused("file_not_found")
        for file in files:
            file.channels = sorted({*file.channels, channel["id"]})
        if channel["shared"]:
            return tuple(unseen_fields(file) for file in files)
        return tuple(fields_of(file, self._workspace.base_url) for file in files)

    def _own(self, user: str, fields: Json, otherwise: str) -> Message:
        team = self._workspace.team_of(user, fields.get("team"))
        channel = self._workspace.find_channel(fields["channel"], user, [team])
        where = channel["id"] if channel else ""
        message = self._workspace.find_message(where, str(fields["ts"]))
        if message is None or not self._workspace.sees(user, message):
            raise Unknown("no such message on this screen")
        if message.user != user:
            raise Refused(otherwise)
        return message

    def _composed(self, text: str, channel: Json, team: str, files: tuple[Json, ...]) -> Content:
        composer = self._composer(channel, team)
        blocks = tuple(composer.blocks(text))
        return Content(composer.text(text), blocks, link_names=True, typed=text, files=files)

    def _composer(self, channel: Json, team: str) -> Composer:
        """What knows whom one can name there; the app by the bot that one meets in *team*."""
        state, here = self._workspace.state, set(belonging.teams_in(channel))
        app = self._workspace.installs.app_in(team)
        met = [p for p in state.people.values() if p["role"] != "bot" and here & p["roles"].keys()]
        bot = [state.people[app.bot_user]] if app else []
        channels = [c for c in state.channels.values() if here & set(belonging.teams_in(c))]
        return Composer([*met, *bot], channels)
