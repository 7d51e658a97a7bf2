"""What lies around pages on Data Center: search, files, notes, groups, and who may do what."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final
from urllib.parse import quote

from pydantic import BeforeValidator, Field, model_validator

from bot import cql
from bot.content import Hits, PageId, Site, SpaceKey
from bot.ports.confluence import Operation
from bot.providers.confluence_around_wire import MOST_FILES, MOST_LABELS
from bot.providers.confluence_bodies_wire import Body, Words, tolerated_object
from bot.providers.confluence_search_wire import HitList, hits_of
from bot.providers.confluence_wire import Call, Upload, VersionBody, known_id
from bot.providers.datacenter_wire import READ, WRITE, offset_in

MOST_GROUPS: Final = 200
"""The most that one page of them holds."""
_QUOTED_OR_SITE_SEARCH = re.compile(
    r'"(?:\\.|[^"\\])*"|' + r"'(?:\\.|[^'\\])*'" + r"|\bsiteSearch\b(?=\s*~)", re.DOTALL
)


class Note(Body):
    """A content property."""

    value: Annotated[dict[str, Any], BeforeValidator(tolerated_object)] = Field(
        default_factory=dict
    )
    version: Annotated[VersionBody, BeforeValidator(tolerated_object)] = VersionBody()


class Allowed(Body):
    """What a permission lets its subject do."""

    targetType: Words = ""  # noqa: N815 (Confluence's name)
    operationKey: Words = ""  # noqa: N815 (Confluence's name)


class Subject(Body):
    """Whom a permission was given."""

    type: Words = ""
    name: Words = ""
    displayName: Words = ""  # noqa: N815 (Confluence's name)


class Permission(Body):
    """One permission in a space."""

    operation: Annotated[Allowed, BeforeValidator(tolerated_object)] = Allowed()
    subject: Annotated[Subject, BeforeValidator(tolerated_object)] = Subject()

    def lets(self, key: str, target: str) -> bool:
        """Tell whether it gives that right."""
        return (self.operation.operationKey, self.operation.targetType) == (key, target)


class Permissions(Body):
    """All of them: a bare list in the answer."""

    results: tuple[Annotated[Permission, BeforeValidator(tolerated_object)], ...]

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return {"results": value} if isinstance(value, list) else value


def search(query: str, start: int, limit: int) -> Call:
    """Run CQL."""
    asked = {
        "cql": query,
        "start": str(start),
        "limit": str(limit),
        "excerpt": "highlight",
        "expand": "content.history",
    }
    return Call("search", "GET", "/rest/api/search", READ, 0, asked, query_is_typed=True)


def look_up(query: str, limit: int) -> Call:
    """Run CQL of our own, without excerpts."""
    asked = {"cql": query, "limit": str(limit), "excerpt": "none"}
    return Call("look up", "GET", "/rest/api/search", READ, 0, asked)


def latest_pages(space: SpaceKey) -> str:
    """Return the CQL for a space's pages, those first that were changed last."""
    clause = cql.both(cql.of_type("page"), cql.in_spaces([space]))
    return f"{clause.text if clause else ''} order by lastmodified desc"


def without_site_search(query: str) -> str:
    """Return *query* with ``text`` for ``siteSearch``, which not every version has."""
    return _QUOTED_OR_SITE_SEARCH.sub(
        lambda found: found[0] if found[0][0] in "\"'" else "text", query
    )


def hits_in(body: HitList, site: Site, start: int) -> Hits:
    """Read one page of results, which began at *start*."""
    return replace(hits_of(body, site, None), cursor=offset_in(body.links.next, start))


def list_files(page: PageId, name: str = "") -> Call:
    """Ask for the files on a page, or for the one of that name."""
    path = f"/rest/api/content/{known_id(page)}/child/attachment"
    query = {"limit": str(MOST_FILES)} | ({"filename": name} if name else {})
    return Call("list attachments", "GET", path, READ, 0, query)


def add_file(page: PageId, upload: Upload) -> Call:
    """Put a new file there; one of that name must not be there."""
    path = f"/rest/api/content/{known_id(page)}/child/attachment"
    return Call("attach", "POST", path, WRITE, 0, upload=upload)


def replace_file(page: PageId, attachment: str, upload: Upload) -> Call:
    """Make a new version of a file."""
    files = f"/rest/api/content/{known_id(page)}/child/attachment"
    number = known_id(attachment.removeprefix("att"))
    return Call("attach again", "POST", f"{files}/{number}/data", WRITE, 0, upload=upload)


def list_labels(page: PageId) -> Call:
    """Ask for the labels of a page."""
    path = f"/rest/api/content/{known_id(page)}/label"
    return Call("list labels", "GET", path, READ, 0, {"limit": str(MOST_LABELS)})


def find_note(page: PageId, key: str) -> Call:
    """Ask for the content property of that key."""
    return Call("find note", "GET", _note(page, key), READ, 0)


def put_note(page: PageId, key: str, value: Mapping[str, str], last: Note | None) -> Call:
    """Keep *value* under *key*, in place of the *last*."""
    sent: dict[str, Any] = {"key": key, "value": dict(value)}
    if last is None:
        path = f"/rest/api/content/{known_id(page)}/property"
        return Call("note", "POST", path, WRITE, 0, body=sent)
    sent["version"] = {"number": last.version.number + 1}
    return Call("note", "PUT", _note(page, key), WRITE, 0, body=sent)


def _note(page: PageId, key: str) -> str:
    return f"/rest/api/content/{known_id(page)}/property/{quote(key, safe='')}"


def list_groups(start: int) -> Call:
    """Ask for groups: the API can't look for one by a part of its name."""
    query = {"start": str(start), "limit": str(MOST_GROUPS)}
    return Call("list groups", "GET", "/rest/api/group", READ, 0, query)


def read_restrictions(page: PageId, operation: Operation) -> Call:
    """Ask who alone may read or change this very page; its ancestors are asked one by one."""
    path = f"/rest/api/content/{known_id(page)}/restriction/byOperation/{operation}"
    return Call("get restrictions", "GET", path, READ, 0)


def permissions_of(space: SpaceKey, group: str) -> Call:
    """Ask what a group may do in a space."""
    path = f"{_permissions(space)}/group/{quote(group, safe='')}"
    return Call("get group's permissions", "GET", path, READ, 0)


def read_permissions(space: SpaceKey) -> Call:
    """Ask who may do what in a space, which only its administrators are told."""
    return Call("get permissions", "GET", _permissions(space), READ, 0)


def _permissions(space: SpaceKey) -> str:
    return f"/rest/api/space/{quote(space, safe='')}/permissions"


def lets_group(body: Permissions, operation: Operation) -> bool:
    """Tell whether a group's permissions let it read, or change, the pages of a space."""
    reads = any(each.lets("read", "space") for each in body.results)
    writes = any(each.lets("create", "page") for each in body.results)
    return reads and (writes or operation == "read")


def is_open(body: Permissions) -> bool:
    """Tell whether a group may read the space that doesn't administer it."""
    return bool(_with_right(body, "read") - _with_right(body, "administer"))


def _with_right(body: Permissions, key: str) -> frozenset[str]:
    subjects = [each.subject for each in body.results if each.lets(key, "space")]
    names = (each.name or each.displayName for each in subjects if each.type == "group")
    return frozenset(name for name in names if name)


class Restricted(Body):
    """Who alone may do one thing with a page."""

    restrictions: dict[str, Any]


def lets_through(body: Restricted, group: str) -> bool:
    """Tell whether nobody in particular is named, or that *group* among others.

    A shape that isn't known counts as a restriction.
    """
    users, groups = (_listed(body.restrictions.get(kind)) for kind in ("user", "group"))
    if users is None or groups is None:
        return False
    names = [each.get("name") for each in groups if isinstance(each, dict)]
    return not (users or groups) or (bool(group) and group in names)


def _listed(subjects: object) -> list[object] | None:
    results = subjects.get("results") if isinstance(subjects, dict) else None
    return results if isinstance(results, list) else None
