"""What is done with pages on Cloud beside writing them: talk, past, place, access, templates."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from bot.content import (
    Account,
    AccountId,
    Comment,
    CommentId,
    ContentKind,
    Group,
    Operation,
    PageId,
    PageTemplate,
    Restriction,
    Site,
    SpaceId,
    SpaceKey,
    TemplateId,
    Version,
)
from bot.document import Document, Storage
from bot.documents import from_adf, to_adf
from bot.errors import NotFound
from bot.providers.confluence_bodies_wire import (
    Body,
    Id,
    Links,
    ToleratedLinks,
    Words,
    text_of_id,
    tolerated_object,
)
from bot.providers.confluence_wire import (
    ADF,
    READ_PAGE,
    WRITE_PAGE,
    Call,
    PageBody,
    VersionBody,
    absolute,
    adf_body,
    adf_in,
    contents,
    known_id,
)

READ_COMMENT: Final = frozenset({"read:comment:confluence"})
WRITE_COMMENT: Final = frozenset({"write:comment:confluence"})
DELETE_COMMENT: Final = frozenset({"delete:comment:confluence"})
DETAILS: Final = frozenset({"read:content-details:confluence"})
RESTRICT: Final = DETAILS | {"write:content.restriction:confluence"}
READ_WATCH: Final = frozenset({"read:watcher:confluence"})
WRITE_WATCH: Final = frozenset({"write:watcher:confluence"})
TEMPLATE: Final = DETAILS | {"read:template:confluence"}
PEOPLE: Final = frozenset({"read:confluence-user"})
OPERATIONS: Final[tuple[Operation, ...]] = ("read", "update")
MOST_COMMENTS: Final = 25
MOST_PEOPLE: Final = 100
MOST_RESTRICTED: Final = 200
MOST_TEMPLATES: Final = 100
MOST_LISTED: Final = 250
Position = Literal["before", "after", "append"]
"""Where a page goes: next to another, or last below it."""
_TEMPLATE_ID: Final = re.compile(r"[\w-]{1,100}", re.ASCII)


class VersionDetails(VersionBody):
    """One version, with whose it is."""

    authorId: Words = ""  # noqa: N815 (Confluence's name)
    minorEdit: bool = False  # noqa: N815 (Confluence's name)


class Versions(Body):
    """Some of them."""

    results: tuple[VersionDetails, ...]


class CommentBody(Body):
    """A comment at the foot of something, or a reply."""

    id: Id
    pageId: Annotated[str, BeforeValidator(text_of_id)] = ""  # noqa: N815 (Confluence's name)
    blogPostId: Annotated[str, BeforeValidator(text_of_id)] = ""  # noqa: N815
    parentCommentId: Annotated[str, BeforeValidator(text_of_id)] = ""  # noqa: N815
    version: VersionDetails = VersionDetails()
    body: Annotated[dict[str, Any], BeforeValidator(tolerated_object)] = Field(default_factory=dict)
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Comments(Body):
    """Some of them."""

    results: tuple[CommentBody, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Subject(Body):
    """Somebody, or a group, as v1 names them on either product."""

    accountId: Words = ""  # noqa: N815 (Confluence's name)
    userKey: Words = ""  # noqa: N815 (Confluence's name)
    username: Words = ""
    displayName: Words = ""  # noqa: N815 (Confluence's name)
    publicName: Words = ""  # noqa: N815 (Confluence's name)
    id: Id = ""
    name: Words = ""

    @property
    def account(self) -> Account:
        """Who it is, if it is somebody."""
        known = self.accountId or self.userKey or self.username
        return Account(AccountId(known), self.displayName or self.publicName)


class Subjects(Body):
    """Some of them."""

    results: tuple[Subject, ...] = ()


class Named(Body):
    """Who alone may do something."""

    user: Annotated[Subjects, BeforeValidator(tolerated_object)] = Subjects()
    group: Annotated[Subjects, BeforeValidator(tolerated_object)] = Subjects()

    @property
    def is_cut(self) -> bool:
        """Tell whether there may be more than were listed."""
        return MOST_RESTRICTED in {len(self.user.results), len(self.group.results)}


class Restricted(Body):
    """Who alone may do one thing with a page."""

    operation: Words = ""
    restrictions: Named


class Restrictions(Body):
    """Both."""

    results: tuple[Restricted, ...]


class Watching(Body):
    """Whether somebody watches a page; Data Center's description has a bare answer."""

    watching: bool

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return {"watching": value} if isinstance(value, bool) else value


class TemplateSpace(Body):
    """The space that a template belongs to."""

    key: Words = ""


class TemplateBody(Body):
    """A page template."""

    templateId: Id  # noqa: N815 (Confluence's name)
    name: Words = ""
    description: Words = ""
    space: Annotated[TemplateSpace, BeforeValidator(tolerated_object)] = TemplateSpace()
    body: Annotated[dict[str, Any], BeforeValidator(tolerated_object)] = Field(default_factory=dict)


class Templates(Body):
    """Some of them."""

    results: tuple[TemplateBody, ...]


def get_storage(
    page: PageId,
    number: int | None = None,
    *,
    trashed: bool = False,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Ask for a page with its body in storage format; of version *number* if given."""
    query = {"body-format": "storage"} | _of_version(number)
    if trashed:
        query["status"] = "trashed"
    return Call("get storage", "GET", f"{contents(kind)}/{known_id(page)}", READ_PAGE, 2, query)


def get_version(page: PageId, number: int, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Ask for a page as it was in a version."""
    query = {"body-format": ADF} | _of_version(number)
    return Call("get version", "GET", f"{contents(kind)}/{known_id(page)}", READ_PAGE, 2, query)


def _of_version(number: int | None) -> dict[str, str]:
    return {} if number is None else {"version": known_number(number)}


def known_number(number: int) -> str:
    """Return the number of a version in words. Raises ``NotFound`` for what can't be one."""
    if not 1 <= number < 2**31:
        raise NotFound("The page has no such version.")
    return str(number)


def list_versions(page: PageId, most: int, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Ask for the last versions of a page."""
    query = {"limit": str(most), "sort": "-modified-date"}
    path = f"{contents(kind)}/{known_id(page)}/versions"
    return Call("list versions", "GET", path, READ_PAGE, 1 + most, query)


def find_people(accounts: Sequence[str]) -> Call:
    """Ask what people are called."""
    query = {"accountId": tuple(accounts)}
    points = 1 + 2 * len(accounts)
    return Call("find names", "GET", "/rest/api/user/bulk", PEOPLE, points, query)


def list_comments(page: PageId, kind: ContentKind) -> Call:
    """Ask for the first comments at the foot of a page."""
    query = {"body-format": ADF, "limit": str(MOST_COMMENTS), "sort": "created-date"}
    path = f"{contents(kind)}/{known_id(page)}/footer-comments"
    return Call("list comments", "GET", path, READ_COMMENT, 1 + MOST_COMMENTS, query)


def get_comment(comment: str) -> Call:
    """Ask for one comment."""
    path = f"/api/v2/footer-comments/{known_id(comment)}"
    return Call("get comment", "GET", path, READ_COMMENT, 2, {"body-format": ADF})


def list_replies(comment: CommentId) -> Call:
    """Ask whether anybody has answered a comment."""
    path = f"/api/v2/footer-comments/{known_id(comment)}/children"
    return Call("list replies", "GET", path, READ_COMMENT, 2, {"limit": "1"})


def delete_comment(comment: CommentId) -> Call:
    """Delete a comment: there is no trash for it."""
    path = f"/api/v2/footer-comments/{known_id(comment)}"
    return Call("delete comment", "DELETE", path, DELETE_COMMENT, 1)


def reply(comment: CommentId, body: Document) -> Call:
    """Answer a comment: it knows what it is about."""
    sent = {"parentCommentId": known_id(comment), "body": adf_body(to_adf(body))}
    return Call("reply", "POST", "/api/v2/footer-comments", WRITE_COMMENT, 1, body=sent)


def move_page(page: PageId, target: PageId, position: Position = "append") -> Call:
    """Put a page last below another, or beside it: v2 can't leave the space."""
    path = f"/rest/api/content/{known_id(page)}/move/{position}/{known_id(target)}"
    return Call("move page", "PUT", path, WRITE_PAGE, 1, may_be_gone=True)


def top_pages(space: SpaceId) -> Call:
    """Ask for two of the pages of a space that have none above them."""
    query = {"depth": "root", "status": "current", "limit": "2"}
    path = f"/api/v2/spaces/{known_id(space)}/pages"
    return Call("list top pages", "GET", path, READ_PAGE, 3, query)


def copy_page(page: PageId, title: str, parent: PageId) -> Call:
    """Make a page like another: who may see that one stays true of the copy."""
    sent = {
        "copyAttachments": True,
        "copyPermissions": True,
        "copyProperties": False,
        "copyLabels": True,
        "copyCustomContents": False,
        "destination": {"type": "parent_page", "value": known_id(parent)},
        "pageTitle": title,
    }
    path = f"/rest/api/content/{known_id(page)}/copy"
    return Call("copy page", "POST", path, DETAILS | WRITE_PAGE, 1, body=sent, may_be_gone=True)


def list_restrictions(page: PageId) -> Call:
    """Ask who alone may read, and who alone may change, this very page."""
    query = {"expand": "restrictions.user,restrictions.group", "limit": str(MOST_RESTRICTED)}
    path = f"/rest/api/content/{known_id(page)}/restriction"
    return Call("list restrictions", "GET", path, DETAILS, 9, query, may_be_gone=True)


def put_restrictions(page: PageId, wanted: Mapping[Operation, Restriction]) -> Call:
    """Put *wanted* in place of all that is there: what isn't sent is lifted, nobody is left out."""
    sent = [
        {"operation": operation, "restrictions": _subjects(restriction)}
        for operation, restriction in wanted.items()
        if restriction.accounts or restriction.groups
    ]
    path = f"/rest/api/content/{known_id(page)}/restriction"
    return Call("restrict", "PUT", path, RESTRICT, 1, body=sent, may_be_gone=True)


def lift_restrictions(page: PageId) -> Call:
    """Lift all that are there."""
    path = f"/rest/api/content/{known_id(page)}/restriction"
    return Call("lift restrictions", "DELETE", path, RESTRICT, 1, may_be_gone=True)


def _subjects(restriction: Restriction) -> dict[str, Any]:
    users = [{"type": "known", "accountId": each.id} for each in restriction.accounts]
    groups = [{"type": "group", "id": each.id} for each in restriction.groups]
    return ({"user": users} if users else {}) | ({"group": groups} if groups else {})


def get_watch(page: PageId) -> Call:
    """Ask whether the account watches a page."""
    return Call("get watch", "GET", watched(page), READ_WATCH, 2, may_be_gone=True)


def watch(page: PageId, *, on: bool) -> Call:
    """Watch a page, or no longer."""
    method = "POST" if on else "DELETE"
    return Call("watch", method, watched(page), WRITE_WATCH, 1, may_be_gone=True)


def watched(page: PageId) -> str:
    """Return where it is kept who watches a page."""
    return f"/rest/api/user/watch/content/{known_id(page)}"


def list_templates(space: SpaceKey | None) -> Call:
    """Ask for the page templates of a space, or of the whole site."""
    query = {"limit": str(MOST_TEMPLATES)} | ({"spaceKey": space} if space else {})
    path = "/rest/api/template/page"
    return Call(
        "list templates", "GET", path, TEMPLATE, 1 + MOST_TEMPLATES, query, may_be_gone=True
    )


def get_template(template: TemplateId) -> Call:
    """Ask for a page template with its text."""
    path = f"/rest/api/template/{known_template(template)}"
    query = {"expand": "body.storage"}
    return Call("get template", "GET", path, TEMPLATE, 2, query, may_be_gone=True)


def known_template(template: TemplateId) -> str:
    """Return *template* if it can be an id. Raises ``NotFound``: nothing has such an id."""
    if _TEMPLATE_ID.fullmatch(template):
        return template
    raise NotFound("That page template isn't there, or your account may not see it.")


def storage_in(body: PageBody | TemplateBody) -> Storage | None:
    """Return the body in storage format, or ``None`` where there is none that can be read."""
    wrapped = body.body.get("storage")
    value = wrapped.get("value") if isinstance(wrapped, dict) else None
    return Storage(value) if isinstance(value, str) else None


def versions_of(body: Versions, names: Mapping[str, str]) -> Iterable[Version]:
    """Read versions; *names* are those of the people that are known."""
    for each in body.results:
        author = Account(AccountId(each.authorId), names.get(each.authorId, ""))
        yield Version(each.number, author, each.message, each.createdAt, each.minorEdit)


def comment_of(
    body: CommentBody, page: CommentBody, site: Site, base: str, names: Mapping[str, str]
) -> Comment:
    """Read one comment; *page* is the one of its thread that knows what it is about."""
    by, links = body.version.authorId, body.links
    return Comment(
        CommentId(body.id),
        PageId(page.pageId or page.blogPostId),
        Account(AccountId(by), names.get(by, "")),
        from_adf(adf_in(body.body)),
        absolute(site, links.base or base, links.webui),
        body.version.createdAt,
        ContentKind.BLOG if page.blogPostId and not page.pageId else ContentKind.PAGE,
        body.version.number,
    )


def names_of(body: Subjects) -> dict[str, str]:
    """Return people's names by their account ids."""
    people = [each.account for each in body.results]
    return {each.id: each.name for each in people}


def restriction_of(named: Named) -> Restriction:
    """Read who alone may do something; where groups have no ids, the name is one."""
    return Restriction(
        tuple(each.account for each in named.user.results),
        tuple(Group(each.id or each.name, each.name) for each in named.group.results),
    )


def template_of(body: TemplateBody) -> PageTemplate:
    """Read one template without its text."""
    return PageTemplate(TemplateId(body.templateId), body.name, body.description)
