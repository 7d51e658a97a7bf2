"""What people type: commands, and messages of which the app may hear."""

from sandbox.slack import belonging, payloads
from sandbox.slack.acks import Acks
from sandbox.slack.delivery import Deliveries, Delivery
from sandbox.slack.events import Events, envelope
from sandbox.slack.mentions import linked
from sandbox.slack.outcome import Outcome
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Installation, Json
from sandbox.slack.workspace import Content, Workspace

_NO_COMMAND = (
    "{word} is not a valid command. In Slack, all messages that start with the “/” character"
    " are interpreted as commands."
)
# In messages of these kinds of channel the app is told what is said, if it subscribes.
_MESSAGE_EVENTS = {"public": "message.channels", "private": "message.groups", "im": "message.im"}


class Speaking:
    """People's words, and who is told of them."""

    def __init__(
        self, workspace: Workspace, deliveries: Deliveries, events: Events, acks: Acks
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._events = events
        self._acks = acks

    async def type(self, user: str, fields: Json) -> Outcome:
        """A slash command or a message."""
        team, text = self._workspace.team_of(user, fields.get("team")), fields["text"]
        channel = self._workspace.find_channel(fields["channel"], user, [team])
        if channel is None or user not in channel["members"]:
            raise Refused("not_in_channel")
        if not text.strip():
            raise Refused("no_text")
        if text.startswith("/"):
            self._hold_unthreaded(user, channel, text, fields)
            return await self._command(user, team, channel, text)
        return await self._message(user, channel, text, fields.get("thread_ts"))

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
            rest = self._linked(rest, channel)
        typed = (word, rest.strip())
        fields = payloads.command(self._workspace, person, channel, typed, (app, team))
        ack = await self._deliveries.send(Delivery("slash_commands", fields, user))
        told = (user, channel["id"], word)
        return Outcome(ack, self._acks.command(ack, told, app.bot_user))

    async def _message(self, user: str, channel: Json, text: str, thread: str | None) -> Outcome:
        if channel["kind"] == "im" and not self._workspace.manifest.can_type_to_app():
            raise Refused("messages_tab_disabled")
        said = Content(self._linked(text, channel), thread_ts=thread, link_names=True)
        message = self._workspace.post(channel["id"], user, said, None)
        event = payloads.message_fields(message) | {"channel": channel["id"]}
        kind = {"im": "im", "private": "group"}.get(channel["kind"], "channel")
        event |= {"channel_type": kind, "event_ts": message.ts}
        told = await self.tell(_MESSAGE_EVENTS[channel["kind"]], event, message.team)
        return Outcome(told.ack, None, {"ts": message.ts})

    async def tell(self, name: str, event: Json, team: str) -> Outcome:
        """Tell the app once, however many of its installations are in that channel."""
        channel = self._workspace.state.channels[event["channel"]]
        app = self._listening(channel, team)
        if app is None or not self._workspace.manifest.subscribes(name):
            return Outcome()
        shared = {"is_ext_shared_channel": channel["shared"]}
        where = team if app.is_org else app.id
        made = envelope(event, self._workspace, app, where, **shared)
        return Outcome(await self._events.send(made))

    def _listening(self, channel: Json, team: str) -> Installation | None:
        """The installation that hears this channel, that of *team* first."""
        known = self._workspace.state.installations.values()
        here = [a for a in known if a.installed and a.bot_user in channel["members"]]
        return next((a for a in here if team in a.teams), here[0] if here else None)

    def _linked(self, text: str, channel: Json) -> str:
        state, here = self._workspace.state, set(belonging.teams_in(channel))
        people = [p for p in state.people.values() if here & p["roles"].keys()]
        channels = [c for c in state.channels.values() if here & set(belonging.teams_in(c))]
        return linked(text, people, channels)
