"""What belongs to content: files, labels, properties, restrictions."""

import base64
import json
from typing import Any

from sandbox.atlassian import documents
from sandbox.atlassian.call import Answer, Upload
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import DELETE, Content, Property, Version
from sandbox.datacenter import present
from sandbox.datacenter.call import CONTEXT, Call, Handler, listed
from sandbox.datacenter.content import CONTENT, KINDS, children_shown, expansions
from sandbox.datacenter.refusals import missing, refusal

FILES = f"{CONTENT}/{{id}}/child/attachment"
LABELS = f"{CONTENT}/{{id}}/label"
PROPERTY = f"{CONTENT}/{{id}}/property"
MAX_LABEL = 255
MAX_PROPERTY = 32 * 1024
FORBIDDEN = frozenset(" :;,.?&[]()#^*@!/<>")


def editable(call: Call, *kinds: str) -> Content:
    """Content that the caller may change: 403 where it is only seen."""
    content = call.content("id", *kinds)
    if not call.wiki.edits(call.me, content):
        raise refusal(403, f"User not permitted to edit content with id {content.id}")
    return content


def list_files(call: Call) -> Answer:
    """GET …/child/attachment, by `filename` where that is asked."""
    name = call.query.get("filename")
    if name is None:
        return children_shown(call, "attachment")
    held = call.wiki.hanging(call.content("id"), "attachment")
    found = [each for each in held if each.title == name]
    wanted = expansions(call)
    return Answer(call.sheet(found, lambda each: present.content(call, each, wanted)))


def add_files(call: Call) -> Answer:
    """POST …/child/attachment: a name that is there is refused."""
    page = editable(call, *KINDS)
    files = [each for each in call.uploads if each.name == "file"]
    if not files:
        raise refusal(400, "At least one file is required")
    taken = {each.title: each for each in call.wiki.hanging(page, "attachment")}
    again = [each.filename for each in files if each.filename in taken]
    if again and not call.flag("allowDuplicated"):
        words = "Cannot add a new attachment with same file name as an existing attachment: "
        raise refusal(400, words + again[0])
    kept = [keep(call, page, each, taken.get(each.filename)) for each in files]
    shown = [present.content(call, each, ("version", "container", "metadata")) for each in kept]
    links = {"base": call.base, "context": CONTEXT}
    return Answer({**listed(shown), "_links": links})


def replace_file(call: Call) -> Answer:
    """POST …/child/attachment/{attachmentId}/data: a new version."""
    page = editable(call, *KINDS)
    held = call.content("attachmentId", "attachment")
    files = [each for each in call.uploads if each.name == "file"]
    if held.extra["container"] != page.id or len(files) != 1:
        raise refusal(400, "Exactly one file of this page is required")
    kept = keep(call, page, files[0], held)
    return Answer(present.content(call, kept, ("version", "container", "metadata")))


def remove_file(call: Call) -> Answer:
    """DELETE …/child/attachment/{attachmentId}: to the trash."""
    page, held = call.content("id", *KINDS), call.content("attachmentId", "attachment")
    if held.extra["container"] != page.id:
        raise missing(call.path["attachmentId"])
    space = call.wiki.spaces[page.space]
    if not call.wiki.may(call.me, DELETE, space) or not call.wiki.edits(call.me, page):
        raise refusal(400, "User not permitted to remove the attachment")
    held.status = "trashed"
    return Answer(status=204)


def keep(call: Call, page: Content, file: Upload, earlier: Content | None) -> Content:
    """A new file, or a new version of *earlier*."""
    said = {each.name: each.data.decode("utf-8", "replace") for each in call.uploads}
    if not file.filename:
        raise refusal(400, "A file name is required")
    number = 1 if earlier is None else earlier.latest.number + 1
    comment, minor = said.get("comment", ""), said.get("minorEdit", "") == "true"
    title = file.filename if earlier is None else earlier.title
    version = Version(number, call.me, call.now, title, documents.EMPTY, comment, minor)
    facts = {
        "container": page.id,
        "media_type": file.media_type,
        "size": len(file.data),
        "data": base64.b64encode(file.data).decode(),
    }
    if earlier is not None:
        earlier.versions.append(version)
        earlier.extra.update(facts)
        return earlier
    made = Content(
        call.wiki.new_id(),
        "attachment",
        page.space,
        "current",
        call.me,
        call.now,
        [version],
        extra=facts,
    )
    return call.wiki.add(made)


def list_labels(call: Call) -> Answer:
    """GET …/label."""
    content = call.content("id")
    wanted = call.query.getall("prefix", ["global"])
    found = present.labels(content) if "global" in wanted else []
    return Answer(call.sheet(found, lambda each: each, usual=200))


def add_labels(call: Call) -> Answer:
    """POST …/label: one label or several."""
    content = editable(call, *KINDS, "attachment")
    sent = call.payload if isinstance(call.payload, list) else [call.payload]
    names = [label_name(each) for each in sent]
    content.labels += [each for each in dict.fromkeys(names) if each not in content.labels]
    return Answer(call.sheet(present.labels(content), lambda each: each, usual=200))


def label_name(sent: object) -> str:
    """A label's name, folded."""
    name = sent.get("name") if isinstance(sent, dict) else None
    if not isinstance(name, str) or not name or len(name) > MAX_LABEL or set(name) & FORBIDDEN:
        raise refusal(400, f"The label '{str(name)[:50]}' contains invalid characters")
    if isinstance(sent, dict) and sent.get("prefix", "global") != "global":
        raise refusal(400, "Only global labels can be added to content")
    return name.casefold()


def drop_label(content: Content, name: str) -> Answer:
    """Take a label away."""
    if name not in content.labels:
        raise refusal(404, f"No label found with name: {name[:50]}")
    content.labels.remove(name)
    return Answer(status=204)


def remove_label(call: Call) -> Answer:
    """DELETE …/label/{label}."""
    return drop_label(editable(call, *KINDS, "attachment"), call.path["label"])


def remove_label_by_query(call: Call) -> Answer:
    """DELETE …/label?name=, which names with a slash need."""
    return drop_label(editable(call, *KINDS, "attachment"), call.query.get("name", ""))


def list_properties(call: Call) -> Answer:
    """GET …/property."""
    content = call.content("id")
    return Answer(call.sheet(content.properties, lambda each: shown(call, content, each), usual=10))


def shown(call: Call, content: Content, held: Property) -> dict[str, Any]:
    """A property with its version."""
    address = f"{call.base}/rest/api/content/{content.id}/property/{held.key}"
    version = Version(held.number, held.author, held.created, "", documents.EMPTY, held.message)
    return {
        "id": str(held.id),
        "key": held.key,
        "value": held.value,
        "version": present.version(call, version),
        "_links": {"self": address},
        "_expandable": {"content": f"/rest/api/content/{content.id}"},
    }


def find_property(content: Content, key: str) -> Property:
    """The property under *key*."""
    for each in content.properties:
        if each.key == key:
            return each
    raise refusal(404, f"No property found with key: {key[:50]} on {content.id}")


def get_property(call: Call) -> Answer:
    """GET …/property/{key}."""
    content = call.content("id")
    return Answer(shown(call, content, find_property(content, call.path["key"])))


def add_property(call: Call) -> Answer:
    """POST …/property: a key that is there is refused."""
    content, sent = editable(call), call.document()
    key = sent.get("key")
    if not isinstance(key, str) or not key or len(key) > MAX_LABEL:
        raise refusal(400, "A key is required")
    if any(each.key == key for each in content.properties):
        raise refusal(400, f"A property with this key exists already: {key}")
    made = Property(call.wiki.new_id(), key, value_of(sent), call.me, call.now)
    content.properties.append(made)
    return Answer(shown(call, content, made))


def value_of(sent: dict[str, Any]) -> Any:  # noqa: ANN401 -- any JSON
    """A property's value, if it isn't too long."""
    if "value" not in sent:
        raise refusal(400, "A value is required")
    if len(json.dumps(sent["value"])) > MAX_PROPERTY:
        raise refusal(413, "The value is too long")
    return sent["value"]


def put_property(call: Call) -> Answer:
    """PUT …/property/{key}: version 1 makes it, any other must be the next."""
    content, sent = editable(call), call.document()
    key, said = call.path["key"], sent.get("version")
    number = said.get("number") if isinstance(said, dict) else None
    if not isinstance(number, int) or sent.get("key", key) != key:
        raise refusal(400, "A version is required, and the key can't change")
    if number == 1 and all(each.key != key for each in content.properties):
        made = Property(call.wiki.new_id(), key, value_of(sent), call.me, call.now)
        content.properties.append(made)
        return Answer(shown(call, content, made))
    held = find_property(content, key)
    if number != held.number + 1:
        raise stale(held)
    held.value, held.number, held.author, held.created = value_of(sent), number, call.me, call.now
    return Answer(shown(call, content, held))


def stale(held: Property) -> Refusal:
    """409 for a property that has moved on."""
    words = f"Version must be incremented on update. Current version is: {held.number}"
    return refusal(409, words)


def remove_property(call: Call) -> Answer:
    """DELETE …/property/{key}."""
    content = editable(call)
    content.properties.remove(find_property(content, call.path["key"]))
    return Answer(status=204)


def list_restrictions(call: Call) -> Answer:
    """GET …/restriction/byOperation: the content's own, not what it inherits."""
    content = call.content("id", *KINDS)
    found = {each: present.restriction(call, content, each) for each in ("read", "update")}
    address = f"{call.base}/rest/api/content/{content.id}/restriction/byOperation"
    return Answer({**found, "_links": {"self": address, "base": call.base, "context": CONTEXT}})


def get_restriction(call: Call) -> Answer:
    """GET …/restriction/byOperation/{operationKey}."""
    operation = call.path["operationKey"]
    if operation not in ("read", "update"):
        raise missing(call.path["id"])
    return Answer(present.restriction(call, call.content("id", *KINDS), operation))


def list_relevant(call: Call) -> Answer:
    """GET …/restriction/relevantViewRestrictions: its own and those it inherits."""
    content = call.content("id", *KINDS)
    line = [*call.wiki.ancestors(content), content]
    found = [
        present.restriction(call, each, "read")
        | {"content": present.content(call, each), "operation": "read"}
        for each in line
        if any(present.named(each, "read"))
    ]
    return Answer({"viewContentRestrictions": call.sheet(found, lambda each: each, usual=50)})


HANDLERS: dict[str, Handler] = {
    f"GET {FILES}": list_files,
    f"POST {FILES}": add_files,
    f"POST {FILES}/{{attachmentId}}/data": replace_file,
    f"DELETE {FILES}/{{attachmentId}}": remove_file,
    f"GET {LABELS}": list_labels,
    f"POST {LABELS}": add_labels,
    f"DELETE {LABELS}": remove_label_by_query,
    f"DELETE {LABELS}/{{label}}": remove_label,
    f"GET {PROPERTY}": list_properties,
    f"POST {PROPERTY}": add_property,
    f"GET {PROPERTY}/{{key}}": get_property,
    f"PUT {PROPERTY}/{{key}}": put_property,
    f"DELETE {PROPERTY}/{{key}}": remove_property,
    f"GET {CONTENT}/{{id}}/restriction/byOperation": list_restrictions,
    f"GET {CONTENT}/{{id}}/restriction/byOperation/{{operationKey}}": get_restriction,
    f"GET {CONTENT}/{{id}}/restriction/relevantViewRestrictions": list_relevant,
}
