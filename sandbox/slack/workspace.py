"""The workspaces: who is where, what was said, and what may be answered."""

import copy
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.slack import belonging, data
from sandbox.slack.changes import Changes
from sandbox.slack.installs import Installs
from sandbox.slack.manifest import Manifest
from sandbox.slack.mentions import pings
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Hook, Json, Message, Notice, State, Trigger

TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 30 * 60.0
#: how long it is remembered that a trigger or a response URL was there
FORGOTTEN_SECONDS = 24 * 3600.0
_FORGETTING = 100


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    text: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str | None = None
    #: whether "@channel" and "@name" in the text count as mentions (link_names, parse=full)
    link_names: bool = False
    #: as a person typed it, and what they uploaded
    typed: str = ""
    files: tuple[Json, ...] = ()


#: a message as it is now and as it was: posted without the latter, deleted without the former
Heard = Callable[[Message | None, Message | None], None]


class Workspace:
    """State with its rules; nothing here talks to the network."""

    def __init__(self, state: State, clock: Clock, manifest: Manifest, base_url: str) -> None:
        self.state = state
        self.clock = clock
        self.manifest = manifest
        self.base_url = base_url
        self.changes = Changes(state)
        self.installs = Installs(state, clock, manifest)
        #: told of whatever the app itself writes
        self.overhear: Heard = lambda _now, _before: None

    def person(self, user: str) -> Json:
        """Raises `Unknown` where nobody has this id."""
        try:
            return self.state.people[user]
        except KeyError:
            raise Unknown(f"no person {user}") from None

    def team_of(self, user: str, team: object = None) -> str:
        """The workspace in which *user* is: *team*, where it is theirs, or their home."""
        person = self.person(user)
        if team is None:
            home: str = person["team"]
            return home
        if not isinstance(team, str) or not belonging.is_in(person, team):
            raise Refused("not_in_team")
        return team

    def find_channel(
        self, name: str, user: str | None = None, teams: Iterable[str] | None = None
    ) -> Json | None:
        """A channel of these workspaces by id or name; ``@app``: where *user* and the app talk."""
        if teams is None:
            teams = data.TEAMS if user is None else belonging.teams_of(self.person(user))
        inside = set(teams)
        by_id = self.state.channels.get(name)
        if by_id is not None and inside & set(belonging.teams_in(by_id)):
            return by_id
        here = [c for c in self.state.channels.values() if inside & set(belonging.teams_in(c))]
        if name == "@app" and user:
            return self._with_app(user, inside)
        bare = name.removeprefix("#")
        return next((c for c in here if c["kind"] != "im" and c["name"] == bare), None)

    def find_message(self, channel: str, ts: str) -> Message | None:
        """A message that hasn't been deleted."""
        rows = self.state.messages
        found = (m for m in rows if m.ts == ts and m.channel == channel and not m.deleted)
        return next(found, None)

    def find_thread(self, channel: str, ts: object) -> Message | None:
        """The message that a thread began or may begin with, deleted ones with replies too."""
        here = (m for m in self.state.messages if m.channel == channel and m.ts == ts)
        lasts = (m for m in here if not m.deleted or m.reply_count)
        return next((m for m in lasts if not m.is_reply and m.only_for is None), None)

    def sees(self, user: str, message: Message) -> bool:
        """Whether *message* is on this person's screen."""
        if user in message.hidden_from:
            return False
        if message.only_for is not None:
            return message.only_for == user
        return user in self.state.channels[message.channel]["members"]

    def post(self, channel: str, user: str, content: Content, only_for: str | None) -> Message:
        """Put a message in a channel, or before one person's eyes.

        Where no thread is of that ``thread_ts``, it stands in the channel: Slack refuses nothing
        then (slack-go/slack issue 1571).
        """
        message = Message(self.new_ts(), channel, user, only_for=only_for)
        message.team = self._team_in(channel, user)
        parent = self.find_thread(channel, content.thread_ts) if content.thread_ts else None
        if parent is not None:
            message.thread_ts, message.parent_user = parent.ts, parent.user
        self._fill(message, content)
        self.state.messages.append(message)
        self._count_replies(message)
        self.changed(message)
        self._overheard(message, None)
        return message

    def rewrite(self, message: Message, content: Content) -> None:
        """Replace what *message* says; the app's that has blocks isn't marked as edited."""
        before = copy.copy(message)
        self._fill(message, content)
        message.edited = not content.blocks or not message.bot
        message.edited_ts = self.new_ts()
        self.changed(message)
        self._overheard(message, before)

    def delete(self, message: Message) -> None:
        """Take a message away; one with replies leaves a trace."""
        before = copy.copy(message)
        message.deleted = True
        message.text, message.blocks, message.pings, message.files = "", [], [], []
        self._count_replies(message)
        self.changed(message)
        self._overheard(None, before)

    def changed(self, message: Message) -> None:
        """Tell those who see *message*."""
        members = self.state.channels[message.channel]["members"]
        self.changes.touch([message.only_for] if message.only_for else members)

    def moved(self, home: str) -> None:
        """Tell a workspace's or an organisation's people that the app has come or gone."""
        teams = set(data.teams_under(home))
        self.changes.touch(
            [p["id"] for p in self.state.people.values() if teams & p["roles"].keys()]
        )

    def notify(self, user: str, text: str, channel: str | None = None) -> None:
        """Have Slack itself say something to a person."""
        notice = Notice(self._number(), user, text, channel, self.clock.now())
        self.state.notices.append(notice)
        self.changes.touch([user])

    def mint_trigger(
        self,
        user: str,
        view: str | None = None,
        home: str = data.TEAM,
        channel: str | None = None,
    ) -> str:
        """A trigger id for what *user* just did, good for the app as it is installed at *home*.

        *channel* is the conversation that they looked at, *view* the modal.
        """
        now = self.clock.now()
        trigger = Trigger(f"{self._number()}.{secrets.token_hex(16)}", user, now + TRIGGER_SECONDS)
        trigger.view, trigger.home, trigger.channel = view, home, channel
        self.state.triggers[trigger.id] = trigger
        if self.state.minted % _FORGETTING == 0:
            self._forget(now - FORGOTTEN_SECONDS)
        return trigger.id

    def consume_trigger(self, trigger_id: object, home: str) -> Trigger:
        """The trigger, for the one time that it is good, and for this installation alone."""
        trigger = self.state.triggers.get(str(trigger_id))
        if trigger is None or trigger.home != home:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self.clock.now() > trigger.expires:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def mint_hook(
        self, user: str, channel: str, original: str | None = None, home: str = data.TEAM
    ) -> str:
        """A response URL for what *user* just did in *channel*, as `mint_trigger`."""
        expires = self.clock.now() + HOOK_SECONDS
        hook = Hook(secrets.token_urlsafe(18), user, channel, expires, original)
        hook.home = home
        self.state.hooks[hook.id] = hook
        return f"{self.base_url}/slack/hooks/{home}/{hook.id}"

    def mint_id(self, letter: str) -> str:
        """A new id as Slack's look."""
        return f"{letter}{self._number():05d}{secrets.token_hex(3).upper()}"

    def identify(self, blocks: Iterable[Json]) -> list[Json]:
        """The blocks with the ids that Slack adds where the app gave none."""
        return [self._identified(block) for block in blocks]

    def new_ts(self) -> str:
        """The time, as Slack names messages and events by it: no two are the same."""
        self.state.last_ts = max(self.clock.now(), self.state.last_ts + 0.0001)
        return f"{self.state.last_ts:.6f}"

    def _with_app(self, user: str, teams: set[str]) -> Json | None:
        """Where *user* and the app talk that they meet in one of these workspaces."""
        apps = (self.installs.app_in(team) for team in data.TEAMS if team in teams)
        named = {data.direct_messages(user, app.id)["id"] for app in apps if app}
        known = [c for c in self.state.channels.values() if c["kind"] == "im"]
        theirs = [c for c in known if user in c["members"] and teams & set(belonging.teams_in(c))]
        return next((c for c in theirs if c["id"] in named), next(iter(theirs), None))

    def _count_replies(self, message: Message) -> None:
        if not message.is_reply:
            return
        rows = [m for m in self.state.messages if m.channel == message.channel]
        parent = next((m for m in rows if m.ts == message.thread_ts), None)
        if parent is None:
            return
        replies = [m for m in rows if m.thread_ts == parent.ts and m is not parent]
        stand = [m for m in replies if not m.deleted and m.only_for is None]
        parent.reply_count = len(stand)
        parent.reply_users = list(dict.fromkeys(m.user for m in stand))
        parent.latest_reply = stand[-1].ts if stand else None
        parent.thread_ts = parent.ts if stand else None

    def _overheard(self, now: Message | None, before: Message | None) -> None:
        message = now or before
        if message is not None and message.bot:
            self.overhear(now, before)

    def _team_in(self, channel: str, user: str) -> str:
        """Whose message it is: in a shared channel, of the author's own workspace."""
        here = belonging.teams_in(self.state.channels[channel])
        theirs = self.state.people[user]["roles"] if user in self.state.people else {}
        return next((team for team in here if team in theirs), here[0])

    def _forget(self, before: float) -> None:
        state = self.state
        state.triggers = {k: t for k, t in state.triggers.items() if t.expires > before}
        state.hooks = {k: h for k, h in state.hooks.items() if h.expires > before}

    def _identified(self, block: Json) -> Json:
        made = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
        if block.get("type") in ("actions", "context_actions"):
            made["elements"] = [_with_action_id(e) for e in block["elements"]]
        for slot in ("accessory", "element"):
            if slot in block:
                made[slot] = _with_action_id(block[slot])
        return made

    def _fill(self, message: Message, content: Content) -> None:
        message.text = content.text
        message.blocks = self.identify(content.blocks)
        message.attachments = list(content.attachments)
        message.typed = content.typed
        message.files = list(content.files)
        message.pings = pings(content.text, content.blocks, link_names=content.link_names)
        message.warnings = []
        message.values = {}

    def _number(self) -> int:
        self.state.minted += 1
        return self.state.minted


def _with_action_id(element: Json) -> Json:
    if element.get("type") == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_urlsafe(4)}
