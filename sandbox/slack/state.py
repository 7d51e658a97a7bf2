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

    @property
    def bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user == data.BOT_USER


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


@dataclass(slots=True)
class Trigger:
    """What lets the app open a modal: once, and for three seconds."""

    id: str
    user: str
    expires: float
    view: str | None = None
    used: bool = False


@dataclass(slots=True)
class Hook:
    """A response URL; *original* is the message it may replace, if there is one."""

    id: str
    user: str
    channel: str
    expires: float
    original: str | None = None
    uses: int = 0


@dataclass(slots=True)
class Notice:
    """Something that Slack itself tells a person."""

    id: int
    user: str
    text: str
    channel: str | None = None
    at: float = 0.0


@dataclass(slots=True)
class State:
    """The whole workspace."""

    people: dict[str, Json] = field(default_factory=data.people)
    channels: dict[str, Json] = field(default_factory=data.channels)
    messages: list[Message] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    offered: dict[str, Json] = field(default_factory=dict)
    codes: dict[str, Json] = field(default_factory=dict)
    user_tokens: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    signing_key: Json | None = None
    installed: bool = True
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


_RECORDS = {"views": View, "triggers": Trigger, "hooks": Hook}
_ROWS = {"messages": Message, "notices": Notice}


def _revive(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON in, records out
    if name in _RECORDS:
        return {key: _RECORDS[name](**row) for key, row in value.items()}
    if name in _ROWS:
        return [_ROWS[name](**row) for row in value]
    return value
