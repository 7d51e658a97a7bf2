"""What one Confluence site holds: spaces, content and its versions, and who may see what."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.atlassian.page_templates import Template

READ, CREATE, DELETE, COMMENT, ADMINISTER = "read", "create", "delete", "comment", "administer"
FULL = (READ, CREATE, DELETE, COMMENT, ADMINISTER)
MEMBER = (READ, CREATE, DELETE, COMMENT)
VIEWER = (READ,)
LONGEST_ID = 18


def id_of(said: object) -> int:
    """The id that *said* spells; 0, which nothing has, for anything else."""
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else 0


@dataclass(frozen=True)
class Body:
    """A document as it was sent: `storage` or `atlas_doc_format`, always text."""

    representation: str
    value: str


@dataclass(frozen=True)
class Version:
    """One state of a piece of content."""

    number: int
    author: str
    created: float
    title: str
    body: Body
    message: str = ""
    minor: bool = False


@dataclass
class Property:
    """A content property: JSON under a key, with versions of its own."""

    id: int
    key: str
    value: Any
    author: str
    created: float
    number: int = 1
    message: str = ""


@dataclass
class Content:
    """A page, blog post, comment or attachment; the last version is what one sees."""

    id: int
    kind: str
    space: int
    status: str
    author: str
    created: float
    versions: list[Version]
    parent: int | None = None
    position: int = 0
    labels: list[str] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    editors: list[str] = field(default_factory=list)
    reader_groups: list[str] = field(default_factory=list)
    editor_groups: list[str] = field(default_factory=list)
    watchers: list[str] = field(default_factory=list)
    likes: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def latest(self) -> Version:
        """What is shown now."""
        return self.versions[-1]

    @property
    def title(self) -> str:
        """The title of the last version."""
        return self.latest.title


@dataclass
class Space:
    """A space; *rights* says what each account may do, by account id, *groups* each group.

    *starred* lists the accounts that made it a favourite.
    """

    id: int
    key: str
    name: str
    kind: str
    author: str
    created: float
    rights: dict[str, list[str]]
    homepage: int | None = None
    description: str = ""
    status: str = "current"
    starred: list[str] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Group:
    """People of one site; *access* is what its members administer: `user` for nothing."""

    id: str
    name: str
    members: list[str]
    access: str = "user"


class Wiki:
    """One site's Confluence."""

    def __init__(self, cloud_id: str, first_id: int) -> None:
        self.cloud_id = cloud_id
        self.groups: dict[str, Group] = {}
        self.spaces: dict[int, Space] = {}
        self.contents: dict[int, Content] = {}
        self.templates: dict[str, Template] = {}
        self.media: dict[str, int] = {}
        self.conversions: dict[str, Body] = {}
        self.asked: set[str] = set()
        self._next_id = first_id

    def new_id(self) -> int:
        """An id that nothing on this site has had."""
        self._next_id += 1
        return self._next_id

    def add(self, content: Content) -> Content:
        """Keep *content* as the last of its siblings."""
        siblings = [each for each in self.contents.values() if each.parent == content.parent]
        content.position = max((each.position for each in siblings), default=-1) + 1
        self.contents[content.id] = content
        return content

    def remove(self, content: Content) -> None:
        """Forget *content* for good, with what hangs on it."""
        for other in list(self.contents.values()):
            if other.extra.get("container") == content.id:
                self.remove(other)
            elif other.parent == content.id:
                other.parent = content.parent
        del self.contents[content.id]

    def space_by_key(self, key: str) -> Space | None:
        """The space with this key, whatever its case."""
        wanted = key.casefold()
        return next((s for s in self.spaces.values() if s.key.casefold() == wanted), None)

    def may(self, account_id: str, right: str, space: Space) -> bool:
        """Whether the space grants *right* to this account."""
        return right in space.rights.get(account_id, ()) or any(
            right in space.groups.get(group.id, ()) for group in self.groups_of(account_id)
        )

    def groups_of(self, account_id: str) -> list[Group]:
        """The groups that this account is in."""
        return [each for each in self.groups.values() if account_id in each.members]

    def find_group(self, word: str) -> Group | None:
        """The group with this id or name."""
        named = (each for each in self.groups.values() if each.name == word)
        return self.groups.get(word) or next(named, None)

    def administers(self, account_id: str) -> bool:
        """Whether the account has the global permission *Confluence Administrator*."""
        return any(each.access != "user" for each in self.groups_of(account_id))

    def container(self, content: Content) -> Content:
        """The page or blog post that *content* is, or hangs on."""
        held = self.contents.get(content.extra.get("container", content.id))
        return content if held is None or held is content else self.container(held)

    def ancestors(self, content: Content) -> list[Content]:
        """From the top of the tree down to the parent."""
        found: list[Content] = []
        parent = self.contents.get(content.parent or 0)
        while parent is not None and parent not in found:
            found.insert(0, parent)
            parent = self.contents.get(parent.parent or 0)
        return found

    def descendants(self, content: Content, depth: int = 10_000) -> Iterator[tuple[Content, int]]:
        """What lies below, parents first, each with its distance."""
        level, distance = [content], 0
        while level and distance < depth:
            distance += 1
            level = [child for each in level for child in self.children(each)]
            yield from ((child, distance) for child in level)

    def children(self, content: Content) -> list[Content]:
        """Pages directly below, in their order."""
        below = [
            each
            for each in self.contents.values()
            if each.parent == content.id
            and each.kind == "page"
            and each.status in ("current", "archived")
        ]
        return sorted(below, key=lambda each: each.position)

    def sees(self, account_id: str, content: Content) -> bool:
        """Whether this account may read *content*, by space, status and restrictions."""
        page = self.container(content)
        if page is not content and content.status == "draft" and content.author != account_id:
            return False
        if not self.may(account_id, READ, self.spaces[page.space]):
            return False
        if page.status == "draft":
            return page.author == account_id
        who = (account_id, *(group.id for group in self.groups_of(account_id)))
        return all(lets(who, each, READ) for each in (*self.ancestors(page), page))

    def edits(self, account_id: str, content: Content) -> bool:
        """Whether this account may change *content*, which it is known to see."""
        page = self.container(content)
        if not self.may(account_id, CREATE, self.spaces[page.space]):
            return False
        return lets((account_id, *(group.id for group in self.groups_of(account_id))), page, CREATE)

    def group_may(self, group: Group, operation: str, content: Content) -> str:
        """Why a group may not `read`, `update` or `delete`: `space`, `content`, or nothing."""
        page = self.container(content)
        rights = self.spaces[page.space].groups.get(group.id, ())
        needed = {READ: {READ}, "update": {READ, CREATE}, DELETE: {READ, CREATE, DELETE}}[operation]
        if not needed <= set(rights):
            return "space"
        reads = page.status == "current" and all(
            lets((group.id,), each, READ) for each in (*self.ancestors(page), page)
        )
        return "" if reads and (operation == READ or lets((group.id,), page, CREATE)) else "content"

    def title_taken(self, space: int, title: str, kind: str, but: int = 0) -> bool:
        """Whether a published or archived sibling in the space has this title, in any case."""
        wanted = title.strip().casefold()
        return any(
            each.space == space
            and each.kind == kind
            and each.id != but
            and each.status in ("current", "archived")
            and each.title.strip().casefold() == wanted
            for each in self.contents.values()
        )

    def rehouse(self, content: Content, space: int) -> None:
        """Put *content* into another space, with all that stands below it or hangs on it."""
        content.space = space
        for other in self.contents.values():
            if content.id in (other.parent, other.extra.get("container")) and other.space != space:
                self.rehouse(other, space)

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "next_id": self._next_id,
            "groups": [asdict(group) for group in self.groups.values()],
            "spaces": [asdict(space) for space in self.spaces.values()],
            "contents": [asdict(content) for content in self.contents.values()],
            "templates": [asdict(template) for template in self.templates.values()],
        }

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._next_id = saved["next_id"]
        self.groups = {each["id"]: Group(**each) for each in saved["groups"]}
        self.spaces = {each["id"]: Space(**each) for each in saved["spaces"]}
        self.contents = {each["id"]: content_from(each) for each in saved["contents"]}
        held = [Template(**each) for each in saved.get("templates", ())]
        self.templates = {each.id: each for each in held}


def lets(who: Sequence[str], content: Content, right: str) -> bool:
    """Whether *content*'s own restrictions let in one of *who*: ids of an account and of groups."""
    named = {
        READ: (*content.readers, *content.reader_groups),
        CREATE: (*content.editors, *content.editor_groups),
    }[right]
    return not named or not set(named).isdisjoint(who)


def content_from(saved: dict[str, Any]) -> Content:
    """One piece of content as `dump` wrote it."""
    versions = [Version(**{**each, "body": Body(**each["body"])}) for each in saved["versions"]]
    properties = [Property(**each) for each in saved["properties"]]
    return Content(**{**saved, "versions": versions, "properties": properties})
