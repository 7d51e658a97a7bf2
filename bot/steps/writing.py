"""One write of a run: what it does in our words, how it is done, and how it is settled."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final

from bot.content import ContentKind, PageId, SpaceKey
from bot.document import Body, Storage
from bot.documents import is_empty, text_of
from bot.errors import BadInput
from bot.frozen import frozen
from bot.steps.hands import Facts
from bot.steps.lookup import Target
from bot.things import kind_in
from bot.values import Thing, Value, dump_value

_PLACE: Final = "place"


class Settles(StrEnum):
    """How a write is settled that was sent, and of which no answer came."""

    AGAIN = "again"  # done twice it is as if done once
    LOOKING = "looking"  # what it brings can be told from what was there before
    ASKING = "asking"  # nobody can tell but its person


@frozen
class Sent:
    """What a write brought: what later steps see, and where to look at it."""

    result: Value = None
    url: str = ""


@frozen
class Where:
    """The page that a write is about, as the journal keeps it."""

    page: PageId
    title: str
    kind: ContentKind
    url: str
    space: SpaceKey

    @staticmethod
    def of(target: Target) -> "Where":
        """Return where *target* is. Raises ``NotYet`` if it isn't yet."""
        head, space = target.there, target.space
        key = space.key if space is not None else SpaceKey("")
        return Where(head.id, head.title, head.kind, head.url, key)

    def thing(self) -> Thing:
        """Return it for the journal."""
        held = {"id": self.page, "kind": self.kind.value, "url": self.url, "space": self.space}
        return Thing(_PLACE, self.title, held)

    @staticmethod
    def read(value: Value) -> "Where":
        """Return what ``thing`` kept."""
        thing = value if isinstance(value, Thing) else Thing(_PLACE, "", {})
        held = {name: str(each or "") for name, each in thing.fields.items()}
        return Where(
            PageId(held.get("id", "")),
            thing.label,
            kind_in(held.get("kind")),
            held.get("url", ""),
            SpaceKey(held.get("space", "")),
        )


@frozen
class Puts:
    """What a write puts into Confluence to be read there: a text, and its page's title."""

    title: str
    body: Body


class Writing(ABC):
    """One write, as it is planned."""

    action: ClassVar[str]
    """The step's word."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What it does, in plain words."""

    @property
    @abstractmethod
    def made(self) -> Value:
        """What later steps see of it while it is planned."""

    @property
    @abstractmethod
    def content(self) -> Mapping[str, object]:
        """All that makes it what it is, as JSON: what differs is another write."""

    @property
    def puts(self) -> Puts | None:
        """What will stand there to be read, where its words don't say all of it."""
        return None

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the pages that it changes, as digests know them."""
        return ()

    @property
    def url(self) -> str:
        """Where to look whether it was done; empty where there is no such place."""
        return ""

    def digest(self, facts: Facts) -> str:
        """Return what holds it to what was shown, with whose account it is and where."""
        whole = {
            "action": self.action,
            "content": self.content,
            "account": facts.account.id,
            "is_lent": facts.is_lent,
            "site": facts.site.cloud_id,
        }
        text = json.dumps(whole, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def body_json(body: Body) -> object:
    """Return a body for a digest."""
    return body.markup if isinstance(body, Storage) else dump_value(body)


def require_text(body: Body, what: str) -> Body:
    """Return *body*. Raises ``BadInput`` if it says nothing."""
    if not isinstance(body, Storage) and is_empty(body):
        raise BadInput(f"There is no text for {what}, so nothing was written. Give some.")
    return body


def size_words(body: Body) -> str:
    """Return how much *body* says, in words."""
    if isinstance(body, Storage):
        return "as the template has it"
    count = len(text_of(body).split())
    return "1 word" if count == 1 else f"{count:,} words"
