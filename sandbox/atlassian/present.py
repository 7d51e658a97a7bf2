"""Content and spaces as REST v2 shows them."""

import zlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from sandbox.atlassian import documents, tiny
from sandbox.atlassian.call import Answer, Call
from sandbox.atlassian.moments import iso
from sandbox.atlassian.paging import cut, limit_of, next_query
from sandbox.atlassian.wiki import Content, Property, Space, Version

Shown = dict[str, Any]


def version_of(version: Version) -> Shown:
    """One version's facts."""
    return {
        "number": version.number,
        "message": version.message,
        "minorEdit": version.minor,
        "authorId": version.author,
        "createdAt": iso(version.created),
    }


def webui(call: Call, content: Content) -> str:
    """Where a browser shows *content*, below `_links.base`."""
    page = call.wiki.container(content)
    key = call.wiki.spaces[page.space].key
    folder = "blog" if page.kind == "blogpost" else "pages"
    place = f"/spaces/{key}/{folder}/{page.id}/{quote_plus(page.title)}"
    return place if page is content else f"{place}?focusedCommentId={content.id}"


def links_of(call: Call, content: Content) -> dict[str, str]:
    """`_links` of a page or blog post."""
    key = call.wiki.spaces[content.space].key
    return {
        "webui": webui(call, content),
        "editui": f"/pages/resumedraft.action?draftId={content.id}"
        if content.status == "draft"
        else f"/spaces/{key}/pages/edit-v2/{content.id}",
        "tinyui": f"/x/{tiny.encode(content.id)}",
    }


def page(
    call: Call, content: Content, representation: str, version: Version | None = None
) -> Shown:
    """A page or blog post, in its last or another version."""
    version = version or content.latest
    shown: Shown = {
        "id": str(content.id),
        "status": content.status if version is content.latest else "historical",
        "title": version.title,
        "spaceId": str(content.space),
        "authorId": content.author,
        "createdAt": iso(content.created),
        "version": version_of(version),
        "body": documents.as_asked(version.body, representation),
        "_links": links_of(call, content),
    }
    if content.kind == "page":
        shown |= {"position": content.position, "ownerId": content.author, "lastOwnerId": None}
        if content.parent is not None:
            shown |= {"parentId": str(content.parent), "parentType": "page"}
    return shown


def with_base(call: Call, shown: Shown) -> Shown:
    """A single answer, which says where the site is."""
    return {**shown, "_links": {**shown.get("_links", {}), "base": call.base}}


def space(call: Call, held: Space) -> Shown:
    """A space."""
    shown: Shown = {
        "id": str(held.id),
        "key": held.key,
        "name": held.name,
        "type": held.kind,
        "status": held.status,
        "authorId": held.author,
        "createdAt": iso(held.created),
        "_links": {"webui": f"/spaces/{held.key}"},
    }
    if held.homepage is not None:
        shown["homepageId"] = str(held.homepage)
    wanted = call.query.get("description-format")
    if wanted:
        shown["description"] = {wanted: {"representation": wanted, "value": held.description}}
    return shown


def label(name: str) -> Shown:
    """A label; its id is derived from its name."""
    return {"id": str(zlib.crc32(name.encode())), "name": name, "prefix": "global"}


def content_property(held: Property) -> Shown:
    """A content property."""
    version = {
        "number": held.number,
        "message": held.message,
        "minorEdit": False,
        "authorId": held.author,
        "createdAt": iso(held.created),
    }
    return {"id": str(held.id), "key": held.key, "value": held.value, "version": version}


def comment(call: Call, content: Content, representation: str) -> Shown:
    """A footer or inline comment."""
    shown: Shown = {
        "id": str(content.id),
        "status": content.status,
        "title": content.title,
        "version": version_of(content.latest),
        "body": documents.as_asked(content.latest.body, representation),
        "_links": {"webui": webui(call, content)},
    }
    above = call.wiki.contents[content.extra["container"]]
    if content.parent is not None:
        shown["parentCommentId"] = str(content.parent)
    else:
        shown["pageId" if above.kind == "page" else "blogPostId"] = str(above.id)
    if content.kind == "inline-comment":
        marker = content.extra.get("marker", "")
        there = not marker or marker in documents.storage_of(above.latest.body)
        shown["resolutionStatus"] = "open" if there else "dangling"
        selection = content.extra.get("selection", "")
        shown["properties"] = {"inlineOriginalSelection": selection}
        if marker:
            shown["properties"]["inlineMarkerRef"] = marker
    return shown


def attachment(call: Call, content: Content) -> Shown:
    """An attachment; the legacy download link is shown, and refused to tokens."""
    above = call.wiki.contents[content.extra["container"]]
    download = f"/download/attachments/{above.id}/{quote_plus(content.title)}"
    view = f"/pages/viewpageattachments.action?pageId={above.id}"
    return {
        "id": f"att{content.id}",
        "status": content.status,
        "title": content.title,
        "createdAt": iso(content.created),
        "pageId" if above.kind == "page" else "blogPostId": str(above.id),
        "mediaType": content.extra["media_type"],
        "comment": content.latest.message,
        "fileId": content.extra["file_id"],
        "fileSize": content.extra["size"],
        "webuiLink": view,
        "downloadLink": download,
        "version": version_of(content.latest),
        "_links": {"webui": view, "download": download},
    }


def some(shown: Sequence[Shown]) -> Shown:
    """A list inside an answer."""
    return {"results": list(shown), "meta": {"hasMore": False}, "_links": {}}


def listed(call: Call, found: Sequence[Shown], weight: int = 1) -> Answer:
    """A page of *found*, with its next link in the body and in the header."""
    limit = limit_of(call)
    part, cursor = cut(call, found, limit)
    links, headers = {"base": call.base}, {}
    if cursor:
        path = call.operation.path
        for name, value in call.path.items():
            path = path.replace("{" + name.replace("_", "-") + "}", value)
        onward = f"{path}?{next_query(call, cursor, limit)}"
        links["next"] = onward
        headers["Link"] = f'<{onward}>; rel="next"'
    cost = 1 + weight * len(part)
    return Answer({"results": list(part), "_links": links}, cost=cost, headers=headers)
