"""The methods ``chat.*``."""

from sandbox.slack import belonging, content, data
from sandbox.slack.arguments import required
from sandbox.slack.calls import Call, Method
from sandbox.slack.payloads import message_fields
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Installation, Json, Message
from sandbox.slack.workspace import Workspace

_WRITE = ("chat:write",)


class Chat:
    """Messages that the app posts, changes and deletes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "chat.postMessage": Method(self.post, 4, _WRITE),
            "chat.postEphemeral": Method(self.post_ephemeral, 4, _WRITE),
            "chat.update": Method(self.update, 3, _WRITE),
            "chat.delete": Method(self.delete, 3, _WRITE),
            "chat.getPermalink": Method(self.permalink, 4, json=False),
        }

    def post(self, call: Call) -> Json:
        """A message that the whole channel sees; to a user id it goes as a direct message."""
        channel, says = self._channel(call), content.read(call.args)
        content.hold_shown(says)
        message = self._workspace.post(channel["id"], call.app.bot_user, says, None)
        return _posted(message)

    def post_ephemeral(self, call: Call) -> Json:
        """A message for one member of the channel."""
        required(call.args, "user")
        channel, user = self._channel(call), call.args["user"]
        if user not in channel["members"]:
            raise Refused("user_not_in_channel")
        says = content.read(call.args)
        content.hold_ephemeral(says)
        content.hold_shown(says)
        message = self._workspace.post(channel["id"], call.app.bot_user, says, user)
        return {"message_ts": message.ts}

    def update(self, call: Call) -> Json:
        """Other words for a message of the app's own; never for an ephemeral one."""
        message = self._own(call, "cant_update_message")
        says = content.read(_retained(message, call.args) | call.args)
        content.hold_update(says)
        content.hold_shown(says)
        self._workspace.rewrite(message, says)
        return {**_posted(message), "text": message.text}

    def delete(self, call: Call) -> Json:
        """Take back a message of the app's own."""
        message = self._own(call, "cant_delete_message")
        self._workspace.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def permalink(self, call: Call) -> Json:
        """Where a message is to be found."""
        required(call.args, "channel", "message_ts")
        message = self._find(call.app, call.args["channel"], call.args["message_ts"])
        domain = data.team_named(call.app.id)["domain"]
        place = f"{message.channel}/p{message.ts.replace('.', '')}"
        url = f"https://{domain}.slack.com/archives/{place}"
        if message.is_reply:
            url += f"?thread_ts={message.thread_ts}&cid={message.channel}"
        return {"channel": message.channel, "permalink": url}

    def _channel(self, call: Call) -> Json:
        """The channel that the call names, where the bot may speak in it."""
        required(call.args, "channel")
        app, channel = call.app, self._addressed(call.app, str(call.args["channel"]))
        if channel is None:
            raise Refused("channel_not_found")
        if app.bot_user not in channel["members"]:
            private = channel["kind"] != "public"
            raise Refused("channel_not_found" if private else "not_in_channel")
        if channel["kind"] == "im" and not self._workspace.manifest.messages_tab:
            raise Refused("messages_tab_disabled")
        return channel

    def _addressed(self, app: Installation, name: str) -> Json | None:
        person = self._workspace.state.people.get(name)
        if person is None:
            return self._workspace.find_channel(name, teams=app.teams)
        if not belonging.is_of(person, app) or person["role"] == "bot" or person["deleted"]:
            return None
        return self._workspace.installs.direct(name, app)

    def _own(self, call: Call, otherwise: str) -> Message:
        required(call.args, "channel", "ts")
        message = self._find(call.app, call.args["channel"], call.args["ts"])
        if message.user != call.app.bot_user:
            raise Refused(otherwise)
        return message

    def _find(self, app: Installation, channel: object, ts: object) -> Message:
        found = self._workspace.find_channel(str(channel), teams=app.teams)
        if found is None or app.bot_user not in found["members"]:
            raise Refused("channel_not_found")
        message = self._workspace.find_message(found["id"], str(ts))
        if message is None or message.only_for is not None:
            raise Refused("message_not_found")
        return message


def _retained(message: Message, args: Json) -> Json:
    """What an update keeps where it doesn't say otherwise; a new text takes the blocks away."""
    kept: Json = {"attachments": message.attachments}
    if not args.get("text") and not args.get("markdown_text"):
        kept |= {"blocks": message.blocks, "text": message.text}
    return kept


def _posted(message: Message) -> Json:
    return {"channel": message.channel, "ts": message.ts, "message": message_fields(message)}
