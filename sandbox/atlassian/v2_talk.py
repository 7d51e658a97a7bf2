"""REST v2: comments, and attachments as they are read."""

import uuid
from dataclasses import replace
from typing import Any

from sandbox.atlassian import documents, markers, present
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.refusals import not_found, v2_refusal
from sandbox.atlassian.v2_content import in_order
from sandbox.atlassian.v2_rules import require, sent_body
from sandbox.atlassian.wiki import ADMINISTER, COMMENT, DELETE, Content, Version, id_of

TARGETS = ("pageId", "blogPostId", "parentCommentId")


def hanging(call: Call, kind: str, below: int | None = None) -> list[Content]:
    """Comments or attachments that the caller sees, on one page or on all."""
    found = [
        each
        for each in call.wiki.contents.values()
        if each.kind == kind
        and each.status == "current"
        and below in (None, each.extra["container"])
        and call.wiki.container(each).status in ("current", "archived")
        and call.wiki.sees(call.me, each)
    ]
    return in_order(call, found)


def lister(kind: str) -> Handler:
    """GET /footer-comments and /inline-comments."""

    def answer(call: Call) -> Answer:
        found = hanging(call, kind)
        return present.listed(call, [shown(call, each) for each in found], weight=0)

    return answer


def lister_below(kind: str, *parents: str) -> Handler:
    """GET /pages/{id}/footer-comments and the like: the first of each thread."""

    def answer(call: Call) -> Answer:
        above = call.content("id", *parents)
        found = [each for each in hanging(call, kind, above.id) if each.parent is None]
        return present.listed(call, [shown(call, each) for each in found], weight=0)

    return answer


def shown(call: Call, content: Content) -> dict[str, Any]:
    """One comment, its body if asked for."""
    return present.comment(call, content, call.query.get("body-format", ""))


def getter(kind: str) -> Handler:
    """GET /footer-comments/{comment-id}."""

    def answer(call: Call) -> Answer:
        content = call.content("comment_id", kind)
        return Answer(present.with_base(call, shown(call, content)))

    return answer


def replies(kind: str) -> Handler:
    """GET /footer-comments/{id}/children."""

    def answer(call: Call) -> Answer:
        content = call.content("id", kind)
        found = [each for each in hanging(call, kind) if each.parent == content.id]
        return present.listed(call, [shown(call, each) for each in found], weight=0)

    return answer


def creator(kind: str) -> Handler:
    """POST /footer-comments and /inline-comments."""

    def answer(call: Call) -> Answer:
        sent = call.document()
        named = [name for name in TARGETS if sent.get(name)]
        require(len(named) == 1, f"Exactly one of {', '.join(TARGETS)} is required")
        target = find_target(call, named[0], str(sent[named[0]]), kind)
        page = call.wiki.container(target)
        if not call.wiki.may(call.me, COMMENT, call.wiki.spaces[page.space]):
            raise not_found("Content")
        body = sent_body(sent) or documents.EMPTY
        selection = selected(sent, page) if kind == "inline-comment" else ""
        marker = mark(sent, page, selection) if selection else ""
        title = f"Re: {page.title}"
        comment = Content(
            call.wiki.new_id(),
            kind,
            page.space,
            "current",
            call.me,
            call.now,
            [Version(1, call.me, call.now, title, body)],
            parent=target.id if target is not page else None,
            extra={"container": page.id, "selection": selection, "marker": marker},
        )
        call.wiki.add(comment)
        made = present.comment(call, comment, body.representation)
        return Answer(present.with_base(call, made), status=201)

    return answer


def find_target(call: Call, name: str, said: str, kind: str) -> Content:
    """What is commented on, which the caller sees."""
    expected = {"pageId": "page", "blogPostId": "blogpost", "parentCommentId": kind}[name]
    found = call.wiki.contents.get(id_of(said))
    if found is None or found.kind != expected or found.status != "current":
        raise not_found("Content")
    if not call.wiki.sees(call.me, found):
        raise not_found("Content")
    return found


def selected(sent: dict[str, Any], page: Content) -> str:
    """The text that an inline comment stands at; a reply has none."""
    said = sent.get("inlineCommentProperties")
    if sent.get("parentCommentId"):
        require(said is None, "A reply takes no inlineCommentProperties")
        return ""
    said = said if isinstance(said, dict) else {}
    text, count = said.get("textSelection"), said.get("textSelectionMatchCount")
    index = said.get("textSelectionMatchIndex")
    if not isinstance(text, str) or not isinstance(count, int) or not isinstance(index, int):
        raise v2_refusal(400, "textSelection, its match count and its match index are required")
    there = documents.text_of(page.latest.body).count(text) if text else 0
    require(there == count and 0 <= index < count, "The text selection was not found as described")
    return text


def mark(sent: dict[str, Any], page: Content, selection: str) -> str:
    """Put a marker into the page, which makes no version; nothing where the words are in pieces."""
    marker = str(uuid.uuid4())
    place = sent["inlineCommentProperties"]["textSelectionMatchIndex"]
    latest = page.latest
    body = markers.with_marker(latest.body, selection, place, marker)
    page.versions[-1] = replace(latest, body=body)
    return marker if marker in body.value else ""


def mine(call: Call, kind: str) -> Content:
    """A comment that the caller wrote, or 404."""
    content = call.content("comment_id", kind)
    if content.author != call.me:
        raise not_found("Comment")
    return content


def updater(kind: str) -> Handler:
    """PUT /footer-comments/{comment-id}."""

    def answer(call: Call) -> Answer:
        content, sent = mine(call, kind), call.document()
        version = sent.get("version")
        number = version.get("number") if isinstance(version, dict) else None
        if number != content.latest.number + 1:
            words = "Version must be incremented on update. Current version is: "
            raise v2_refusal(409, f"{words}{content.latest.number}")
        body = sent_body(sent) or content.latest.body
        content.versions.append(Version(number, call.me, call.now, content.title, body))
        return Answer(present.comment(call, content, body.representation))

    return answer


def deleter(kind: str) -> Handler:
    """DELETE /footer-comments/{comment-id}: one's own, or with the right to delete."""

    def answer(call: Call) -> Answer:
        content = call.content("comment_id", kind)
        space = call.wiki.spaces[content.space]
        if content.author != call.me and not call.wiki.may(call.me, DELETE, space):
            raise not_found("Comment")
        call.wiki.remove(content)
        return Answer(status=204)

    return answer


def list_attachments(call: Call) -> Answer:
    """GET /attachments."""
    return attachments_listed(call, hanging(call, "attachment"))


def list_attachments_below(call: Call) -> Answer:
    """GET /pages/{id}/attachments."""
    above = call.content("id", "page", "blogpost")
    return attachments_listed(call, hanging(call, "attachment", above.id))


def attachments_listed(call: Call, found: list[Content]) -> Answer:
    """Those whose name and type are asked for."""
    name, kind = call.query.get("filename"), call.query.get("mediaType")
    found = [
        each
        for each in found
        if name in (None, each.title) and kind in (None, each.extra["media_type"])
    ]
    return present.listed(call, [present.attachment(call, each) for each in found])


def get_attachment(call: Call) -> Answer:
    """GET /attachments/{id}."""
    content = call.content("id", "attachment")
    return Answer(present.with_base(call, present.attachment(call, content)), cost=2)


def delete_attachment(call: Call) -> Answer:
    """DELETE /attachments/{id}, a bare number here: to the trash; with `purge` out of it."""
    content = call.wiki.contents.get(call.number("id"))
    purges = call.flag("purge")
    if content is None or content.kind != "attachment" or not call.wiki.sees(call.me, content):
        raise not_found("Attachment")
    space = call.wiki.spaces[content.space]
    if not call.wiki.may(call.me, DELETE, space) or (content.status == "trashed") != purges:
        raise not_found("Attachment")
    if not purges:
        content.status = "trashed"
        return Answer(status=204)
    if not call.wiki.may(call.me, ADMINISTER, space):
        raise v2_refusal(403, "You need to administer the space to purge an attachment")
    call.wiki.remove(content)
    return Answer(status=204)


def handlers_for(kind: str) -> dict[str, Handler]:
    """The operations that both kinds of comment share."""
    path = f"/wiki/api/v2/{kind}s"
    one = f"{path}/{{comment-id}}"
    return {
        f"GET {path}": lister(kind),
        f"POST {path}": creator(kind),
        f"GET {one}": getter(kind),
        f"PUT {one}": updater(kind),
        f"DELETE {one}": deleter(kind),
        f"GET {path}/{{id}}/children": replies(kind),
        f"GET /wiki/api/v2/pages/{{id}}/{kind}s": lister_below(kind, "page"),
        f"GET /wiki/api/v2/blogposts/{{id}}/{kind}s": lister_below(kind, "blogpost"),
    }


HANDLERS: dict[str, Handler] = {
    **handlers_for("footer-comment"),
    **handlers_for("inline-comment"),
    "GET /wiki/api/v2/attachments": list_attachments,
    "GET /wiki/api/v2/attachments/{id}": get_attachment,
    "DELETE /wiki/api/v2/attachments/{id}": delete_attachment,
    "GET /wiki/api/v2/pages/{id}/attachments": list_attachments_below,
    "GET /wiki/api/v2/blogposts/{id}/attachments": list_attachments_below,
}
