"""What Confluence holds, as far as we care."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, NewType

from bot.document import Document, Storage
from bot.frozen import frozen

CloudId = NewType("CloudId", str)
PageId = NewType("PageId", str)
SpaceId = NewType("SpaceId", str)
SpaceKey = NewType("SpaceKey", str)
AccountId = NewType("AccountId", str)
CommentId = NewType("CommentId", str)
TemplateId = NewType("TemplateId", str)

Operation = Literal["read", "update"]
"""What a page's restrictions are about."""
_UNNAMED: Final = re.compile(r'["\\/:*?<>|\x00-\x1f\x7f-\x9f\ud800-\udfff]')


@frozen
class Site:
    """One Confluence site that a grant opens; *url* has no trailing slash and no /wiki.

    *api_url* is what stands before ``/rest/api``: a Data Center's address with its context
    path, or a Cloud site's with ``/wiki``; empty where it is reached through the gateway.
    """

    cloud_id: CloudId
    name: str
    url: str
    api_url: str = ""

    @property
    def wiki_url(self) -> str:
        """What stands before the paths of its pages: on Cloud alone that is ``/wiki``."""
        on_cloud = f"{self.url}/wiki"
        return on_cloud if self.api_url in {"", on_cloud} else self.url


@frozen
class Account:
    """The provider's account behind a grant, or a person named in content."""

    id: AccountId
    name: str


@frozen
class Space:
    """A space that the account may see."""

    id: SpaceId
    key: SpaceKey
    name: str

    @property
    def is_personal(self) -> bool:
        """Tell whether it is one person's own: such keys alone begin so."""
        return self.key.startswith("~")


@frozen
class AllowedSpace:
    """A space that the organisation's connection may be used in."""

    site: CloudId
    id: SpaceId
    key: SpaceKey
    name: str


@frozen
class Group:
    """A group of people at one site; Data Center knows them by name alone."""

    id: str
    name: str


class PageStatus(StrEnum):
    """Where a page stands; the provider's other words read as *OTHER*."""

    CURRENT = "current"
    DRAFT = "draft"
    ARCHIVED = "archived"
    TRASHED = "trashed"
    OTHER = "other"


class ContentKind(StrEnum):
    """What a text is in its space: a blog post has a date in place of a parent."""

    PAGE = "page"
    BLOG = "blogpost"


@frozen
class Page:
    """A page, or blog post, without its text; *url* is absolute, *version* starts at 1."""

    id: PageId
    title: str
    url: str
    space_id: SpaceId
    status: PageStatus
    version: int
    version_message: str = ""
    parent_id: PageId | None = None
    changed_at: datetime | None = None
    kind: ContentKind = ContentKind.PAGE


@frozen
class PageText:
    """A page together with its text, read for showing."""

    page: Page
    document: Document


@frozen
class PageStorage:
    """A page together with its body to the letter."""

    page: Page
    storage: Storage


@frozen
class Version:
    """One version of a page, without its text; the author's name may be unknown."""

    number: int
    author: Account
    message: str = ""
    at: datetime | None = None
    is_minor: bool = False


@frozen
class Comment:
    """A comment at the foot of a page, or a reply to one; the author's name may be unknown.

    *kind* is that of what it is about.
    """

    id: CommentId
    page_id: PageId
    author: Account
    text: Document
    url: str
    at: datetime | None = None
    kind: ContentKind = ContentKind.PAGE
    version: int = 1


@frozen
class Said:
    """A comment that was just written; *url* is absolute."""

    id: CommentId
    url: str


@frozen
class Restriction:
    """Who alone may do one thing with a page; nobody named means whoever the space lets."""

    accounts: tuple[Account, ...] = ()
    groups: tuple["Group", ...] = ()


class VariableKind(StrEnum):
    """How a page template asks for a value."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    LIST = "list"


@frozen
class Variable:
    """A blank in a page template; *options* are what a *LIST* offers."""

    name: str
    kind: VariableKind = VariableKind.TEXT
    options: tuple[str, ...] = ()


@frozen
class PageTemplate:
    """A page template of Confluence's own, without its text."""

    id: TemplateId
    name: str
    description: str = ""


@frozen
class PageTemplateText:
    """A page template with its body to the letter, and the blanks that the body declares."""

    head: PageTemplate
    storage: Storage
    variables: tuple[Variable, ...]
    space_key: SpaceKey | None = None


def file_name(name: str) -> str:
    """Return *name* without what servers quote in ways of their own, or take for a path."""
    return _UNNAMED.sub("_", name).strip() or "file"


@frozen
class Attachment:
    """A file on a page; *kind* is its media type, *size* counts bytes, *url* is absolute."""

    id: str
    name: str
    kind: str
    size: int
    url: str


@frozen
class Hit:
    """One search result; *title* and *excerpt* carry the provider's highlight marks.

    *kind* is the provider's word (page, blogpost, comment, attachment, space …);
    *page_id* is set only where a page can be previewed, *post_id* for a blog post.
    """

    kind: str
    title: str
    url: str
    space_name: str = ""
    author: str = ""
    changed_at: datetime | None = None
    excerpt: str = ""
    page_id: PageId | None = None
    post_id: PageId | None = None

    @property
    def content_id(self) -> PageId | None:
        """The page's or the blog post's id; of anything else nothing."""
        return self.page_id or self.post_id


@frozen
class Hits:
    """One page of search results; *cursor* leads to the next, if there is one."""

    results: tuple[Hit, ...]
    cursor: str | None = None
    total: int | None = None
