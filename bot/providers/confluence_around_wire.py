"""What lies around a page on Cloud: children, comments, files, labels, notes, permissions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from bot.content import (
    AccountId,
    Attachment,
    CommentId,
    ContentKind,
    Group,
    Page,
    PageId,
    Said,
    Site,
)
from bot.document import Document
from bot.documents import to_adf
from bot.errors import BadInput
from bot.providers.confluence_bodies_wire import (
    Body,
    Id,
    Links,
    ToleratedLinks,
    Words,
    tolerated_object,
)
from bot.providers.confluence_wire import (
    READ_PAGE,
    WRITE_PAGE,
    Call,
    PageBody,
    Upload,
    VersionBody,
    absolute,
    adf_body,
    contents,
    known_id,
    page_of,
)

TREE: Final = frozenset({"read:hierarchical-content:confluence"})
WRITE_COMMENT: Final = frozenset({"write:comment:confluence"})
READ_FILES: Final = frozenset({"read:attachment:confluence"})
WRITE_FILES: Final = frozenset({"write:attachment:confluence", "read:content-details:confluence"})
LABELS: Final = frozenset({"read:label:confluence", "write:label:confluence"})
PERMISSION: Final = frozenset({"read:content.permission:confluence"})
GROUPS: Final = frozenset({"read:group:confluence"})
MOST_CHILDREN: Final = 25
MOST_FILES: Final = 50
MOST_LABELS: Final = 200
MOST_GROUPS: Final = 10
LONGEST_LABEL: Final = 255
# https://support.atlassian.com/confluence-cloud/docs/add-remove-and-search-for-labels
_UNLABELLED = re.compile(r"[\s!#&()*,.:;<>?@\[\]^\x00-\x1f]")


class Child(PageBody):
    """What lies right below a page: pages, and things of other types."""

    type: Words = "page"


class Children(Body):
    """One page of them."""

    results: tuple[Child, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Linked(Body):
    """Something that was written, by its link."""

    id: Id = ""
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class File(Body):
    """A file of REST v2."""

    id: Id
    title: Words = ""
    mediaType: Words = ""  # noqa: N815 (Confluence's name)
    fileSize: Annotated[int, Field(ge=0)] = 0  # noqa: N815 (Confluence's name)
    webuiLink: Words = ""  # noqa: N815 (Confluence's name)
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Files(Body):
    """One page of them."""

    results: tuple[File, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class FileFacts(Body):
    """What v1 says of a file beside its name."""

    mediaType: Words = ""  # noqa: N815 (Confluence's name)
    fileSize: Annotated[int, Field(ge=0)] = 0  # noqa: N815 (Confluence's name)


class ContentFile(Body):
    """A file of REST v1, which is content like any other there."""

    id: Id
    title: Words = ""
    extensions: Annotated[FileFacts, BeforeValidator(tolerated_object)] = FileFacts()
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class ContentFiles(Body):
    """A list of them."""

    results: tuple[ContentFile, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Label(Body):
    """A label."""

    name: Words = ""


class Labels(Body):
    """A list of them."""

    results: tuple[Label, ...]


class Note(Body):
    """A content property."""

    value: Annotated[dict[str, Any], BeforeValidator(tolerated_object)] = Field(
        default_factory=dict
    )
    id: Id
    version: VersionBody = VersionBody()


class Notes(Body):
    """Those of one key: one at most."""

    results: tuple[Note, ...]


class Permission(Body):
    """Whether somebody may do something with a page."""

    hasPermission: bool  # noqa: N815 (Confluence's name)


class GroupBody(Body):
    """A group; Data Center gives none an id."""

    id: Id = ""
    name: Words = ""


class Groups(Body):
    """A list of them."""

    results: tuple[GroupBody, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


def list_children(page: PageId) -> Call:
    """Ask for what lies right below a page, of whatever type."""
    path = f"/api/v2/pages/{known_id(page)}/direct-children"
    query = {"limit": str(MOST_CHILDREN)}
    return Call("list children", "GET", path, TREE, 1 + MOST_CHILDREN, query)


def list_child_pages(page: PageId) -> Call:
    """Ask for the pages below, in the old way that takes no scope of its own."""
    path = f"/api/v2/pages/{known_id(page)}/children"
    query = {"limit": str(MOST_CHILDREN)}
    return Call("list child pages", "GET", path, READ_PAGE, 1 + MOST_CHILDREN, query)


def add_comment(page: PageId, body: Document, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Write a comment at the foot of a page."""
    where = "blogPostId" if kind is ContentKind.BLOG else "pageId"
    sent = {where: known_id(page), "body": adf_body(to_adf(body))}
    return Call("add comment", "POST", "/api/v2/footer-comments", WRITE_COMMENT, 1, body=sent)


def list_files(page: PageId, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Ask for the files on a page."""
    query = {"limit": str(MOST_FILES), "status": "current"}
    path = f"{contents(kind)}/{known_id(page)}/attachments"
    return Call("list attachments", "GET", path, READ_FILES, 1 + MOST_FILES, query)


def put_file(page: PageId, upload: Upload) -> Call:
    """Put a file there, or a new version of it: v1's PUT, which Data Center hasn't got."""
    path = f"/rest/api/content/{known_id(page)}/child/attachment"
    return Call("attach", "PUT", path, WRITE_FILES, 1, upload=upload)


def list_labels(page: PageId, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Ask for the labels of a page."""
    path = f"{contents(kind)}/{known_id(page)}/labels"
    return Call("list labels", "GET", path, READ_PAGE, 2, {"limit": str(MOST_LABELS)})


def add_labels(page: PageId, labels: Sequence[str], scopes: frozenset[str] = LABELS) -> Call:
    """Give a page labels: v1 on both products."""
    sent = [{"prefix": "global", "name": name} for name in labels]
    return Call(
        "add labels", "POST", f"/rest/api/content/{known_id(page)}/label", scopes, 1, body=sent
    )


def remove_label(page: PageId, label: str, scopes: frozenset[str] = LABELS) -> Call:
    """Take a label off, named in the query: a path would lose one with a slash."""
    path = f"/rest/api/content/{known_id(page)}/label"
    return Call("remove label", "DELETE", path, scopes, 1, {"name": label})


def check_permission(page: PageId, operation: str, account: AccountId | None, group: str) -> Call:
    """Ask whether an account, or else a group, may do something with a page."""
    kind, who = ("user", account) if account else ("group", group)
    sent = {"subject": {"type": kind, "identifier": who}, "operation": operation}
    path = f"/rest/api/content/{known_id(page)}/permission/check"
    return Call("check permission", "POST", path, PERMISSION, 3, body=sent, only_asks=True)


def find_groups(words: str) -> Call:
    """Ask for the groups whose name contains *words*; without any, for the first."""
    query = {"limit": str(MOST_GROUPS)}
    if not words:
        return Call("list groups", "GET", "/rest/api/group", GROUPS, 1 + 2 * MOST_GROUPS, query)
    query["query"] = words
    path = "/rest/api/group/picker"
    return Call("find groups", "GET", path, GROUPS, 1 + 2 * MOST_GROUPS, query)


def find_note(page: PageId, key: str, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Ask for the content property of that key."""
    path = f"{contents(kind)}/{known_id(page)}/properties"
    return Call("find note", "GET", path, READ_PAGE, 2, {"key": key})


def put_note(
    page: PageId,
    key: str,
    value: Mapping[str, str],
    last: Note | None,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Keep *value* under *key*, in place of the *last*."""
    path = f"{contents(kind)}/{known_id(page)}/properties"
    scopes = READ_PAGE | WRITE_PAGE
    sent: dict[str, Any] = {"key": key, "value": dict(value)}
    if last is None:
        return Call("note", "POST", path, scopes, 1, body=sent)
    sent["version"] = {"number": last.version.number + 1}
    return Call("note", "PUT", f"{path}/{known_id(last.id)}", scopes, 1, body=sent)


def children_of(body: Children, site: Site, parent: PageId) -> Iterable[Page]:
    """Read those that are pages."""
    for each in body.results:
        if each.type == "page":
            placed = each.model_copy(update={"parentId": parent, "parentType": "page"})
            yield page_of(placed, site, body.links.base)


def said_of(body: Linked, site: Site) -> Said:
    """Read what a comment was written as."""
    return Said(CommentId(body.id), absolute(site, body.links.base, body.links.webui))


def file_of(body: File, site: Site, base: str) -> Attachment:
    """Read one file of v2."""
    url = absolute(site, base, body.links.webui or body.webuiLink)
    return Attachment(body.id, body.title, body.mediaType, body.fileSize, url)


def content_file_of(body: ContentFile, site: Site, base: str) -> Attachment:
    """Read one file of v1."""
    facts, links = body.extensions, body.links
    url = absolute(site, links.base or base, links.webui)
    return Attachment(body.id, body.title, facts.mediaType, facts.fileSize, url)


def groups_of(body: Groups) -> tuple[Group, ...]:
    """Read the groups; where there are no ids, the name is one."""
    return tuple(Group(each.id or each.name, each.name) for each in body.results if each.name)


def known_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return *labels* as Confluence writes them, each once. Raises ``BadInput``."""
    names = tuple(dict.fromkeys(label.strip().lower() for label in labels))
    for name in names:
        if not name or len(name) > LONGEST_LABEL or _UNLABELLED.search(name):
            raise BadInput(
                f"“{name[:50]}” can't be a label: it is one word, "
                "without most punctuation, as in how-to."
            )
    return names
