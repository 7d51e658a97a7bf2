"""REST v2: the properties of content."""

from sandbox.atlassian import present
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.refusals import v2_refusal
from sandbox.atlassian.v2_rules import require
from sandbox.atlassian.wiki import Content, Property

COMMENTS = ("footer-comment", "inline-comment")
HOLDERS = {
    "pages": ("page",),
    "blogposts": ("blogpost",),
    "comments": COMMENTS,
    "attachments": ("attachment",),
}
"""The kinds of content whose properties lie below each root."""


def holders(call: Call) -> tuple[str, ...]:
    """The kinds that the path speaks of: `/wiki/api/v2/pages/…` is about pages."""
    return HOLDERS[call.operation.path.split("/")[4]]


def list_properties(name: str) -> Handler:
    """GET /pages/{page-id}/properties."""

    def answer(call: Call) -> Answer:
        key = call.query.get("key")
        held = call.content(name, *holders(call)).properties
        found = [each for each in held if key in (None, each.key)]
        return present.listed(call, [present.content_property(each) for each in found], weight=0)

    return answer


def editable(call: Call, name: str) -> Content:
    """Content that the caller may change, drafts of one's own included; a comment of one's own."""
    content = call.wiki.contents.get(call.number(name))
    if content is None or content.kind not in holders(call):
        raise call.missing("Content")
    allowed = call.wiki.sees(call.me, content) and call.wiki.edits(call.me, content)
    if content.kind in COMMENTS:
        allowed = allowed and content.author == call.me
    if content.status not in ("current", "draft") or not allowed:
        raise call.missing("Content")
    return content


def property_creator(name: str) -> Handler:
    """POST /pages/{page-id}/properties."""

    def answer(call: Call) -> Answer:
        content, sent = editable(call, name), call.document()
        key = sent.get("key")
        if not isinstance(key, str) or not key or "value" not in sent:
            raise v2_refusal(400, "Bad request: 'key' and 'value' are required")
        if any(each.key == key for each in content.properties):
            raise v2_refusal(409, f"Property with key {key} already exists")
        held = Property(call.wiki.new_id(), key, sent["value"], call.me, call.now)
        content.properties.append(held)
        return Answer(present.content_property(held))

    return answer


def find_property(call: Call, content: Content) -> Property:
    """The property of this id, or 404."""
    number = call.number("property_id")
    for each in content.properties:
        if each.id == number:
            return each
    raise call.missing("Property")


def property_getter(name: str) -> Handler:
    """GET /pages/{page-id}/properties/{property-id}."""

    def answer(call: Call) -> Answer:
        held = find_property(call, call.content(name, *holders(call)))
        return Answer(present.content_property(held))

    return answer


def property_updater(name: str) -> Handler:
    """PUT /pages/{page-id}/properties/{property-id}."""

    def answer(call: Call) -> Answer:
        content, sent = editable(call, name), call.document()
        held = find_property(call, content)
        version = sent.get("version")
        number = version.get("number") if isinstance(version, dict) else None
        if number != held.number + 1:
            raise v2_refusal(409, f"Version must be incremented. Current version is: {held.number}")
        require(sent.get("key") == held.key, "The key of a property can't be changed")
        held.number, held.value, held.author = held.number + 1, sent.get("value"), call.me
        held.created = call.now
        return Answer(present.content_property(held))

    return answer


def property_deleter(name: str) -> Handler:
    """DELETE /pages/{page-id}/properties/{property-id}."""

    def answer(call: Call) -> Answer:
        content = editable(call, name)
        content.properties.remove(find_property(call, content))
        return Answer(status=204)

    return answer


def properties(root: str, name: str) -> dict[str, Handler]:
    """The properties of content."""
    path, variable = f"/wiki/api/v2/{root}", f"{{{name}}}"
    held = name.replace("-", "_")
    single = f"{path}/{variable}/properties/{{property-id}}"
    return {
        f"GET {path}/{variable}/properties": list_properties(held),
        f"POST {path}/{variable}/properties": property_creator(held),
        f"GET {single}": property_getter(held),
        f"PUT {single}": property_updater(held),
        f"DELETE {single}": property_deleter(held),
    }


HANDLERS: dict[str, Handler] = {
    **properties("pages", "page-id"),
    **properties("blogposts", "blogpost-id"),
    **properties("comments", "comment-id"),
    **properties("attachments", "attachment-id"),
}
