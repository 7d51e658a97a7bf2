"""Writes of what is said about a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bot.connection import Need
from bot.content import CommentId
from bot.document import Document
from bot.steps import saying
from bot.steps.on_page import OnPage
from bot.steps.writing import Puts, Settles, body_json
from bot.trail import Action
from bot.values import Thing, Value


@dataclass(frozen=True)
class Commenting(OnPage):
    """A comment at the foot of a page."""

    action: ClassVar[str] = "comment"
    audited: ClassVar[Action] = Action.COMMENT
    need: ClassVar[Need] = Need.COMMENT
    settles: ClassVar[Settles] = Settles.ASKING
    body: Document
    text: str

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"Comment on {saying.the(self.target)}: {saying.quoted(self.text)}"

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return Thing("comment", saying.quoted(self.text), {"text": self.text})

    @property
    def puts(self) -> Puts:
        """See `Writing.puts`."""
        return Puts("", self.body)

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "body": body_json(self.body)}


@dataclass(frozen=True)
class Replying(Commenting):
    """An answer to a comment; *said* is how that begins, *by* who said it."""

    action: ClassVar[str] = "reply"
    audited: ClassVar[Action] = Action.REPLY
    comment: CommentId
    said: str
    by: str

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        to = f"the comment {saying.quoted(self.said)} of {self.by or 'somebody'}"
        return f"Answer {to} on {saying.the(self.target)}: {saying.quoted(self.text)}"

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {**super().content, "comment": self.comment}
