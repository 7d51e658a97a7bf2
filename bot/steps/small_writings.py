"""Writes whose course the run's journal alone keeps: a page's labels, files, rights, and calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode

from bot.connection import Need
from bot.content import Account, ContentKind, Group, Operation, PageId, SpaceKey
from bot.rest import Call
from bot.steps import saying
from bot.steps.on_page import OnPage
from bot.steps.place_writings import Copying, Moving, Restoring, Trashing
from bot.steps.talk_writings import Commenting, Replying
from bot.steps.writing import Settles, Where, Writing
from bot.trail import Action
from bot.values import Thing, Value

_QUOTES: Final = {0x201C: "\\u201c", 0x201D: "\\u201d"}
"""As JSON writes what stands around it here."""
LONGEST_BODY: Final = 2_000
"""Characters that are shown of what a REST call sends."""


@dataclass(frozen=True)
class Labelling(OnPage):
    """Labels to give and to take off."""

    action: ClassVar[str] = "label"
    audited: ClassVar[Action] = Action.LABEL
    need: ClassVar[Need] = Need.LABEL
    add: tuple[str, ...]
    remove: tuple[str, ...]

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        page = saying.the(self.target)
        parts = []
        if self.add:
            parts.append(
                f"Give {page} the label{'s'[: len(self.add) > 1]} {saying.listed(self.add)}"
            )
        if self.remove:
            off = f"ake {saying.listed(self.remove)} off"
            parts.append(f" and t{off}" if self.add else f"T{off} {page}")
        return "".join(parts)

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "add": [*self.add], "remove": [*self.remove]}

    @property
    def orders(self) -> Mapping[str, Value]:
        """See `OnPage.orders`."""
        return {"add": self.add, "remove": self.remove}


@dataclass(frozen=True)
class Attaching(OnPage):
    """A file that somebody gave to the dialog."""

    action: ClassVar[str] = "attach"
    audited: ClassVar[Action] = Action.ATTACH
    need: ClassVar[Need] = Need.ATTACH
    settles: ClassVar[Settles] = Settles.LOOKING
    file: str
    name: str
    size: int

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"Attach the file {saying.named(self.name)} to {saying.the(self.target)}"

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return Thing("attachment", self.name, {"name": self.name})

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "file": self.file, "name": self.name}

    @property
    def orders(self) -> Mapping[str, Value]:
        """See `OnPage.orders`."""
        return {"file": self.file, "name": self.name, "size": self.size}


_RIGHTS = {"read": "read", "update": "change"}


@dataclass(frozen=True)
class Restricting(OnPage):
    """Who alone may read or change a page."""

    action: ClassVar[str] = "restrict"
    audited: ClassVar[Action] = Action.RESTRICT
    need: ClassVar[Need] = Need.RESTRICT
    operation: Operation
    people: tuple[Account, ...]
    groups: tuple[Group, ...]
    own: str

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        names = [f"{self.own}", *(saying.named(each.name) for each in self.people)]
        groups = [f"the group {saying.named(each.name)}" for each in self.groups]
        who = ", ".join([*names, *groups])
        right = _RIGHTS[self.operation]
        return f"From then on, let these alone {right} {saying.the(self.target)}: {who}"

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {
            "page": self.target.name,
            "operation": self.operation,
            "people": sorted(each.id for each in self.people),
            "groups": sorted(each.id for each in self.groups),
        }

    @property
    def orders(self) -> Mapping[str, Value]:
        """See `OnPage.orders`."""
        return {
            "operation": self.operation,
            "people": tuple(each.id for each in self.people),
            "groups": tuple(each.id for each in self.groups),
        }


@dataclass(frozen=True)
class Watching(OnPage):
    """Whether the account is told of changes."""

    action: ClassVar[str] = "watch"
    audited: ClassVar[Action] = Action.WATCH
    need: ClassVar[Need] = Need.WATCH
    on: bool

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"{'Watch' if self.on else 'Stop watching'} {saying.the(self.target)}"

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "on": self.on}

    @property
    def orders(self) -> Mapping[str, Value]:
        """See `OnPage.orders`."""
        return {"on": self.on}


@dataclass(frozen=True)
class Calling(Writing):
    """A REST call that may change anything; *does* is what its author says of it."""

    action: ClassVar[str] = "http"
    audited: ClassVar[Action] = Action.CALL
    need: ClassVar[Need] = Need.PUBLISH
    settles: ClassVar[Settles] = Settles.ASKING
    call: Call
    does: str

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        told = f" Its author says: {saying.quoted(self.does)}" if self.does else ""
        sent = f" with {_sent(self.call.json)}" if self.call.json is not None else ""
        query = f"?{urlencode(self.call.query)}" if self.call.query else ""
        where = f"“{self.call.method} {self.call.path}{query}”"
        return f"Make a REST call that may change anything you may change: {where}{sent}.{told}"

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return None

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {
            "method": self.call.method,
            "path": self.call.path,
            "query": dict(self.call.query),
            "headers": dict(self.call.headers),
            "json": self.call.json,
        }

    def kept(self) -> Thing:
        """Return what the journal keeps: which call, and nothing that was sent with it."""
        words = f"{self.call.method} {self.call.path}"
        where = Where(PageId(""), words, ContentKind.PAGE, "", SpaceKey(""))
        return Thing("kept", self.action, {"where": where.thing()})


def _sent(body: object) -> str:
    """Return what a call sends; of more than anybody would read how much more there is."""
    words = saying.in_a_line(json.dumps(body, ensure_ascii=False)).translate(_QUOTES)
    beyond = len(words) - LONGEST_BODY
    return f"“{words[:LONGEST_BODY]}”" + (f" and {beyond:,} characters more" * (beyond > 0))


SmallWriting = OnPage | Calling
"""What has no receipt."""
SMALL: Final[tuple[type[SmallWriting], ...]] = (
    Commenting,
    Replying,
    Labelling,
    Attaching,
    Moving,
    Copying,
    Restricting,
    Watching,
    Trashing,
    Restoring,
    Calling,
)
