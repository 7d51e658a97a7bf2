"""Writes that make or change a page; each goes by a receipt of its own (`bot.publish`)."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from bot.content import ContentKind, Space
from bot.document import Body, Document, Placement
from bot.frozen import frozen
from bot.principal import Principal
from bot.receipt import Act, Decision, DecisionId
from bot.steps import saying
from bot.steps.hands import Facts, Hands
from bot.steps.lookup import Target
from bot.steps.writing import Puts, Writing, body_json, size_words
from bot.things import made_thing, page_thing, space_url
from bot.values import Thing, Value


@frozen
class Made:
    """Which write of a run it is, and where."""

    facts: Facts
    key: str


class PageWriting(Writing):
    """A write with a receipt."""

    @abstractmethod
    def decision(self, plain: Decision) -> Decision:
        """Return *plain*, which says whose and where, with what is to be written.

        Raises:
            NotYet: a planned write must be done before.
        """


@dataclass(frozen=True)
class Creating(PageWriting):
    """A new page, blog post or draft."""

    action: ClassVar[str] = "create"

    at: Made
    space: Space
    title: str
    body: Body
    parent: Target | None
    kind: ContentKind
    is_draft: bool

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        what = "a draft of the" if self.is_draft else "the"
        below = f", below {saying.named(self.parent.title)}" if self.parent else ""
        where = saying.in_space(self.space)
        title = saying.named(self.title)
        kind, size = saying.kind(self.kind), size_words(self.body)
        return f"Create {what} {kind} {title}{where}{below} ({size})"

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        site = self.at.facts.site
        return made_thing(self.title, self.kind, site, self.space, made_by=self.at.key)

    @property
    def puts(self) -> Puts:
        """See `Writing.puts`."""
        return Puts(self.title, self.body)

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {
            "space": self.space.id,
            "title": self.title,
            "body": body_json(self.body),
            "parent": self.parent.name if self.parent else "",
            "kind": self.kind,
            "is_draft": self.is_draft,
        }

    @property
    def targets(self) -> tuple[str, ...]:
        """See `Writing.targets`."""
        return (f"made by {self.at.key}", *((self.parent.name,) if self.parent else ()))

    @property
    def url(self) -> str:
        """See `Writing.url`."""
        if self.parent and self.parent.url:
            return self.parent.url
        return space_url(self.space, self.at.facts.site)

    def decision(self, plain: Decision) -> Decision:
        """See `PageWriting.decision`."""
        return replace(
            plain,
            act=Act.DRAFT if self.is_draft else Act.PUBLISH,
            space=self.space,
            title=self.title,
            body=self.body,
            kind=self.kind,
            parent_id=self.parent.id if self.parent else None,
            parent_title=self.parent.title if self.parent else "",
        )


@dataclass(frozen=True)
class Changing(PageWriting):
    """Something that a page is to say from now on.

    *base* is by what its version is known: a number, or the write of this run that made it.
    """

    at: Made
    target: Target

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return self._made(self.target.title)

    def _made(self, title: str) -> Value:
        site = self.at.facts.site
        space = self.target.space
        if self.target.head is None:
            made_by = self.target.made_by
            return made_thing(title, self.target.kind, site, space, made_by=made_by)
        thing = page_thing(self.target.head, site, space)
        kept = {name: each for name, each in thing.fields.items() if name != "version"}
        return Thing("page", title, {**kept, "title": title})

    @property
    def targets(self) -> tuple[str, ...]:
        """See `Writing.targets`."""
        return (self.target.name,)

    @property
    def url(self) -> str:
        """See `Writing.url`."""
        return self.target.url

    def _decision(self, plain: Decision, act: Act, body: Body) -> Decision:
        page = self.target.there
        return replace(
            plain,
            act=act,
            space=self.target.space or plain.space,
            title=page.title,
            body=body,
            kind=page.kind,
            page_id=page.id,
            page_url=page.url,
            base_version=page.version,
        )


@dataclass(frozen=True)
class Updating(Changing):
    """A text in place of a page's."""

    action: ClassVar[str] = "update"
    title: str
    body: Body
    base: str

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        page = saying.the(self.target)
        is_renamed = self.title != self.target.title
        named = f", called {saying.named(self.title)} from then on" if is_renamed else ""
        return f"Replace the whole text of {page}{named} ({size_words(self.body)})"

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return self._made(self.title)

    @property
    def puts(self) -> Puts:
        """See `Writing.puts`."""
        return Puts(self.title, self.body)

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        body = body_json(self.body)
        return {"page": self.target.name, "title": self.title, "body": body, "base": self.base}

    def decision(self, plain: Decision) -> Decision:
        """See `PageWriting.decision`."""
        made = self._decision(plain, Act.UPDATE, self.body)
        old = made.title if made.title != self.title else ""
        return replace(made, title=self.title, old_title=old)


@dataclass(frozen=True)
class Appending(Changing):
    """More text at the end of a page."""

    action: ClassVar[str] = "append"
    body: Document

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"Add at the end of {saying.the(self.target)} ({size_words(self.body)})"

    @property
    def puts(self) -> Puts:
        """See `Writing.puts`."""
        return Puts("", self.body)

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "body": body_json(self.body)}

    def decision(self, plain: Decision) -> Decision:
        """See `PageWriting.decision`."""
        return self._decision(plain, Act.APPEND, self.body)


_PLACES = {
    Placement.REPLACE: "Replace what stands under",
    Placement.START: "Add at the beginning of what stands under",
    Placement.END: "Add at the end of what stands under",
}


@dataclass(frozen=True)
class ChangingSection(Changing):
    """Text in one section of a page; *lost* is what goes with what stood there.

    *base* is by what the version is known whose section is replaced, and only of such.
    """

    action: ClassVar[str] = "update_section"
    section: str
    body: Document
    placement: Placement
    base: str = ""
    lost: str = ""

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        place = f"{_PLACES[self.placement]} {saying.named(self.section)}"
        gone = f"; {self.lost} in it will be gone" if self.lost else ""
        return f"{place} of {saying.the(self.target)} ({size_words(self.body)}{gone})"

    @property
    def puts(self) -> Puts:
        """See `Writing.puts`."""
        return Puts("", self.body)

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {
            "page": self.target.name,
            "section": self.section,
            "body": body_json(self.body),
            "placement": self.placement,
            "base": self.base,
        }

    def decision(self, plain: Decision) -> Decision:
        """See `PageWriting.decision`."""
        made = self._decision(plain, Act.SECTION, self.body)
        return replace(made, section=self.section, placement=self.placement)


@dataclass(frozen=True)
class RestoringVersion(Changing):
    """What a page said in an earlier version: *text*, where it is to be shown."""

    action: ClassVar[str] = "restore"
    number: int
    base: str
    text: Document | None = None

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"Restore version {self.number} of {saying.the(self.target)}"

    @property
    def puts(self) -> Puts | None:
        """See `Writing.puts`."""
        return Puts("", self.text) if self.text is not None else None

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "version": self.number, "base": self.base}

    def decision(self, plain: Decision) -> Decision:
        """See `PageWriting.decision`."""
        made = self._decision(plain, Act.RESTORE_VERSION, Document())
        return replace(made, version=self.number)


def plain_decision(
    hands: Hands, facts: Facts, principal: Principal, decision_id: DecisionId, space: Space
) -> Decision:
    """Return a decision that says whose and where, and nothing of what."""
    connection = facts.connection
    return Decision(
        id=decision_id,
        act=Act.PUBLISH,
        principal=principal,
        profile=connection.profile,
        account=connection.account,
        site=facts.site,
        space=space,
        title="",
        body=Document(),
        provider=connection.provider,
        asker=facts.asker,
        own_only=hands.limits.own_only,
        lent_spaces=hands.limits.spaces,
    )
