"""Everything that the sandbox's Slack remembers; all of it goes to JSON and comes back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from sandbox.slack import data

Json = dict[str, Any]


@dataclass(slots=True)
class Message:
    """One message in a channel; *only_for* names the one person who sees an ephemeral one."""

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    only_for: str | None = None
    thread_ts: str | None = None
    edited: bool = False
    deleted: bool = False
    pings: list[str] = field(default_factory=list)
    values: Json = field(default_factory=dict)
    warnings: list[Json] = field(default_factory=list)
    hidden_from: list[str] = field(default_factory=list)
    team: str = data.TEAM
    client_msg_id: str | None = None
    #: as the person typed it, for when they edit it
    typed: str = ""
    edited_ts: str | None = None
    files: list[Json] = field(default_factory=list)
    #: of a reply: who began the thread
    parent_user: str | None = None
    #: of what began a thread
    reply_count: int = 0
    reply_users: list[str] = field(default_factory=list)
    latest_reply: str | None = None

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread that another message began."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user in data.HOME_OF_BOT


@dataclass(slots=True)
class View:
    """A modal or a home tab; *body* is what the app sent, ids filled in."""

    id: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    values: Json = field(default_factory=dict)
    errors: Json = field(default_factory=dict)
    notice: str | None = None
    #: where the app is installed that shows it
    home: str = data.TEAM
    #: what its person looked at when it was opened
    channel: str | None = None


@dataclass(slots=True)
class Trigger:
    """What lets the app open a modal: once, and for three seconds."""

    id: str
    user: str
    expires: float
    view: str | None = None
    used: bool = False
    home: str = data.TEAM
    channel: str | None = None


@dataclass(slots=True)
class Hook:
    """A response URL; *original* is the message it may replace, if there is one."""

    id: str
    user: str
    channel: str
    expires: float
    original: str | None = None
    uses: int = 0
    home: str = data.TEAM


@dataclass(slots=True)
class File:
    """Something uploaded; *content* is in Base64."""

    id: str
    user: str
    team: str
    name: str
    mimetype: str = ""
    content: str = ""
    size: int = 0
    created: int = 0
    #: where it was shared, and the installations to which it came in a form
    channels: list[str] = field(default_factory=list)
    sent_to: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Notice:
    """Something that Slack itself tells a person."""

    id: int
    user: str
    text: str
    channel: str | None = None
    at: float = 0.0


@dataclass(slots=True)
class Installation:
    """The app in a workspace, or in an organisation and the workspaces that it was given."""

    id: str
    teams: list[str] = field(default_factory=list)
    installed: bool = True
    #: None stands for all that the manifest asks for
    scopes: list[str] | None = None
    installed_by: str = ""

    @property
    def is_org(self) -> bool:
        """Whether a whole organisation installed it."""
        return self.id in data.ORGANISATIONS

    @property
    def bot_user(self) -> str:
        """Its bot's user."""
        return data.BOTS[self.id][0]

    @property
    def bot_id(self) -> str:
        """Its bot."""
        return data.BOTS[self.id][1]


@dataclass(slots=True)
class Token:
    """A bot token; one that doesn't expire has no *expires*."""

    home: str
    expires: float | None = None
    revoked: bool = False


@dataclass(slots=True)
class Refresh:
    """A refresh token, and when it was traded in first."""

    home: str
    used: float | None = None
    revoked: bool = False


def _installations() -> dict[str, Installation]:
    return {data.TEAM: Installation(data.TEAM, [data.TEAM])}


def _tokens() -> dict[str, Token]:
    return {data.BOT_TOKEN: Token(data.TEAM)}


@dataclass(slots=True)
class State:
    """Every workspace together."""

    people: dict[str, Json] = field(default_factory=data.people)
    channels: dict[str, Json] = field(default_factory=data.channels)
    messages: list[Message] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    offered: dict[str, Json] = field(default_factory=dict)
    codes: dict[str, Json] = field(default_factory=dict)
    user_tokens: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Json] = field(default_factory=data.groups)
    installations: dict[str, Installation] = field(default_factory=_installations)
    tokens: dict[str, Token] = field(default_factory=_tokens)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    grants: dict[str, Json] = field(default_factory=dict)
    rotation: bool = False
    seen: dict[str, int] = field(default_factory=dict)
    signing_key: Json | None = None
    seq: int = 0
    minted: int = 0
    last_ts: float = 0.0

    def dump(self) -> Json:
        """As JSON-able data."""
        return asdict(self)

    @classmethod
    def load(cls, saved: Mapping[str, Any] | None) -> Self:
        """What `dump` gave, or a fresh workspace; what an older version didn't save is fresh."""
        known = {each.name for each in fields(cls)}
        return cls(**{k: _revive(k, v) for k, v in (saved or {}).items() if k in known})


_RECORDS = {
    "files": File,
    "views": View,
    "triggers": Trigger,
    "hooks": Hook,
    "installations": Installation,
    "tokens": Token,
    "refreshes": Refresh,
}
_ROWS = {"messages": Message, "notices": Notice}


# What an older version saved lacks the field, and the rows that came with it.
_GROWN = {"people": (data.people, "roles"), "channels": (data.channels, "teams")}


def _revive(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON in, records out
    if name in _GROWN:
        make, mark = _GROWN[name]
        fresh = {} if all(mark in row for row in value.values()) else make()
        return fresh | {key: {**fresh.get(key, {}), **row} for key, row in value.items()}
    if name in _RECORDS:
        return {key: _RECORDS[name](**row) for key, row in value.items()}
    if name in _ROWS:
        return [_ROWS[name](**row) for row in value]
    return value
