"""What is done with pages on Data Center beside writing them: talk, past, place, access."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from bot.content import (
    Account,
    AccountId,
    Comment,
    CommentId,
    ContentKind,
    Operation,
    PageId,
    Restriction,
    Site,
    SpaceKey,
    TemplateId,
    Version,
)
from bot.document import Document, Storage
from bot.documents import from_storage
from bot.errors import NotFound
from bot.providers.confluence_actions_wire import (
    MOST_COMMENTS,
    MOST_TEMPLATES,
    Named,
    Subject,
    known_number,
    known_template,
    watched,
)
from bot.providers.confluence_bodies_wire import (
    Body,
    Links,
    Time,
    ToleratedLinks,
    Words,
    tolerated_object,
)
from bot.providers.confluence_wire import Call, absolute, known_id
from bot.providers.datacenter_wire import (
    READ,
    SHOWN,
    WRITE,
    ContentBody,
    History,
    PersonKey,
    storage_body,
    storage_in,
    storage_of,
)

EXPERIMENTAL: Final = "/rest/experimental"
COMMENT_SHOWN: Final = "body.storage,history,version,container"


class VersionDetails(Body):
    """One version, with whose it is."""

    number: int = Field(default=1, ge=1)
    message: Words = ""
    when: Time = None
    minorEdit: bool = False  # noqa: N815 (Confluence's name)
    by: Annotated[Subject, BeforeValidator(tolerated_object)] = Subject()


class Versioned(Body):
    """Something, by its version."""

    version: VersionDetails


class Container(Body):
    """What a comment is about."""

    id: Annotated[str, BeforeValidator(str)] = ""
    type: Words = ""


class Author(PersonKey):
    """Who made it, by name too."""

    displayName: Words = ""  # noqa: N815 (Confluence's name)

    @property
    def account(self) -> Account:
        """Who it is."""
        return Account(AccountId(self.userKey or self.username), self.displayName)


class Made(History):
    """Who made a thing, and when."""

    createdBy: Annotated[Author, BeforeValidator(tolerated_object)] = Author()  # noqa: N815


class CommentBody(ContentBody):
    """A comment, or a reply."""

    container: Annotated[Container, BeforeValidator(tolerated_object)] = Container()
    history: Annotated[Made, BeforeValidator(tolerated_object)] = Made()


class Comments(Body):
    """Some of them."""

    results: tuple[CommentBody, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Restricted(Body):
    """Who alone may do one thing with a page."""

    restrictions: Annotated[Named, BeforeValidator(tolerated_object)] = Named()


def get_version(page: PageId, number: int, *, text: bool) -> Call:
    """Ask for a page as it was in a version."""
    expand = f"{SHOWN},body.storage" if text else "version"
    query = {"status": "historical", "version": known_number(number), "expand": expand}
    return Call("get version", "GET", f"/rest/api/content/{known_id(page)}", READ, 0, query)


def list_comments(page: PageId) -> Call:
    """Ask for the first comments at the foot of a page."""
    query = {"expand": COMMENT_SHOWN, "location": "footer", "limit": str(MOST_COMMENTS)}
    path = f"/rest/api/content/{known_id(page)}/child/comment"
    return Call("list comments", "GET", path, READ, 0, query)


def get_comment(comment: CommentId) -> Call:
    """Ask for one comment: content, like any other."""
    query = {"expand": COMMENT_SHOWN}
    return Call("get comment", "GET", f"/rest/api/content/{known_id(comment)}", READ, 0, query)


def list_replies(comment: CommentId) -> Call:
    """Ask whether anybody has answered a comment."""
    path = f"/rest/api/content/{known_id(comment)}/child/comment"
    return Call("list replies", "GET", path, READ, 0, {"limit": "1"})


def delete_comment(comment: CommentId) -> Call:
    """Delete a comment: unlike a page it goes at once."""
    path = f"/rest/api/content/{known_id(comment)}"
    return Call("delete comment", "DELETE", path, WRITE, 0)


def reply(comment: Comment, body: Document) -> Call:
    """Answer a comment, which has to be told what it is about."""
    sent = {
        "type": "comment",
        "container": {"id": comment.page_id, "type": comment.kind.value},
        "ancestors": [{"id": comment.id}],
        "body": storage_body(storage_of(body)),
    }
    return Call("reply", "POST", "/rest/api/content", WRITE, 0, body=sent)


def move_page(body: ContentBody, storage: Storage, space: SpaceKey, parent: PageId) -> Call:
    """Put a page below another: a new version of it, with the body that it has."""
    sent: dict[str, Any] = {
        "id": body.id,
        "type": "page",
        "status": "current",
        "title": body.title,
        "space": {"key": space},
        "ancestors": [{"id": known_id(parent)}],
        "body": storage_body(storage.markup),
        "version": {"number": body.version.number + 1, "minorEdit": True},
    }
    path = f"/rest/api/content/{known_id(PageId(body.id))}"
    return Call("move page", "PUT", path, WRITE, 0, body=sent)


def restore_page(body: ContentBody) -> Call:
    """Take content out of the trash; nothing else of it is changed by that."""
    sent = {
        "id": body.id,
        "type": body.type,
        "status": "current",
        "title": body.title,
        "version": {"number": body.version.number + 1},
    }
    path = f"/rest/api/content/{known_id(PageId(body.id))}"
    return Call("restore page", "PUT", path, WRITE, 0, body=sent)


def get_restriction(page: PageId, operation: Operation) -> Call:
    """Ask who alone may do one thing with this very page."""
    path = f"/rest/api/content/{known_id(page)}/restriction/byOperation/{operation}"
    query = {"expand": "restrictions.user,restrictions.group"}
    return Call("get restrictions", "GET", path, READ, 0, query)


def put_restriction(
    page: PageId, operation: Operation, wanted: Restriction, api: str = "/rest/api"
) -> Call:
    """Let those alone do one thing; what isn't named here stays as it is."""
    users = [{"type": "known", "userKey": each.id} for each in wanted.accounts]
    groups = [{"type": "group", "name": each.id} for each in wanted.groups]
    sent = [{"operation": operation, "restrictions": {"user": users, "group": groups}}]
    path = f"{api}/content/{known_id(page)}/restriction"
    return Call("restrict", "PUT", path, WRITE, 0, body=sent)


def get_watch(page: PageId) -> Call:
    """Ask whether the account watches a page."""
    return Call("get watch", "GET", watched(page), READ, 0)


def watch(page: PageId, *, on: bool) -> Call:
    """Watch a page, or no longer; a POST without a body is refused for its lack of a type."""
    if on:
        return Call("watch", "POST", watched(page), WRITE, 0, body={})
    return Call("watch", "DELETE", watched(page), WRITE, 0)


def list_templates(space: SpaceKey | None) -> Call:
    """Ask for the page templates of a space, or of the whole site.

    Only the experimental half of the API has them, so it may be without.
    """
    query = {"limit": str(MOST_TEMPLATES)} | ({"spaceKey": space} if space else {})
    path = "/rest/experimental/template/page"
    return Call("list templates", "GET", path, READ, 0, query, may_be_gone=True)


def get_template(template: TemplateId, space: SpaceKey | None) -> Call:
    """Ask for a page template with its text; a space's is found with its key alone."""
    query = {"expand": "body"} | ({"spaceKey": space} if space else {})
    path = f"/rest/experimental/template/{known_template(template)}"
    return Call("get template", "GET", path, READ, 0, query, may_be_gone=True)


def version_of(body: Versioned) -> Version:
    """Read one version."""
    each = body.version
    return Version(each.number, each.by.account, each.message, each.when, each.minorEdit)


def comment_of(
    body: CommentBody, site: Site, base: str = "", about: PageId | None = None
) -> Comment:
    """Read one comment; *about* is the page that it was listed of."""
    if body.type != "comment":
        raise NotFound("That isn't a comment.")
    page = about or PageId(body.container.id)
    is_post = body.container.type == ContentKind.BLOG
    return Comment(
        CommentId(body.id),
        page,
        body.history.createdBy.account,
        from_storage(storage_in(body) or ""),
        absolute(site, body.links.base or base, body.links.webui),
        body.history.createdDate,
        ContentKind.BLOG if is_post else ContentKind.PAGE,
        body.version.number,
    )
