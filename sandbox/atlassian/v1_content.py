"""The rest of REST v1 that lives: people, labels, files, conversion, watching."""

import base64
import uuid
from typing import Any
from urllib.parse import urlsplit

from sandbox.atlassian import documents, people, present
from sandbox.atlassian.call import Answer, Call, Handler, Upload
from sandbox.atlassian.refusals import Refusal, v1_refusal
from sandbox.atlassian.v1_present import v1_content, v1_space, v1_user
from sandbox.atlassian.v1_search import here
from sandbox.atlassian.wiki import Body, Content, Version, id_of

CONTENT = "/wiki/rest/api/content"
MAX_LABEL = 255
KINDS = ("page", "blogpost")
WATCH = "/wiki/rest/api/user/watch/content/{contentId}"


def get_current_user(call: Call) -> Answer:
    """GET /user/current."""
    shown = v1_user(call.account)
    if "personalSpace" in call.several("expand"):
        own = [each for each in call.wiki.spaces.values() if each.kind == "personal"]
        for each in own:
            if each.author == call.me:
                shown["personalSpace"] = v1_space(each)
    return Answer(shown, cost=3)


def get_user(call: Call) -> Answer:
    """GET /user by account id."""
    account = people.BY_ID.get(call.query.get("accountId", ""))
    if account is None or not here(call, account):
        raise v1_refusal(404, "No user found")
    return Answer(v1_user(account), cost=3)


def get_users(call: Call) -> Answer:
    """GET /user/bulk."""
    wanted = call.query.getall("accountId", [])
    ids = [each for value in wanted for each in value.split(",")]
    known = [people.BY_ID[each] for each in ids if each in people.BY_ID]
    found = [v1_user(each) for each in known if here(call, each)]
    sheet = {"results": found, "start": 0, "limit": 200, "size": len(found)}
    return Answer({**sheet, "_links": {"base": call.base}}, cost=1 + 2 * len(found))


def editable(call: Call, *kinds: str) -> Content:
    """Content that the caller may change: 403 where it is only seen."""
    content = call.content("id", *kinds)
    if not call.wiki.edits(call.me, content):
        raise v1_refusal(403, "Not permitted to edit this content")
    return content


def add_labels(call: Call) -> Answer:
    """POST /content/{id}/label."""
    content = editable(call, *KINDS, "attachment")
    sent = call.payload if isinstance(call.payload, list) else [call.payload]
    names = [str(each.get("name", "")) for each in sent if isinstance(each, dict)]
    for name in names:
        if not name or len(name) > MAX_LABEL or set(name) & set(" :;,.?&[]()#^*@!/"):
            raise v1_refusal(400, f"The label '{name[:50]}' contains invalid characters")
    folded = [name.casefold() for name in names]
    content.labels += [each for each in dict.fromkeys(folded) if each not in content.labels]
    found = [{**present.label(each), "label": each} for each in content.labels]
    return Answer({"results": found, "start": 0, "limit": 200, "size": len(found), "_links": {}})


def drop_label(content: Content, name: str) -> Answer:
    """Take a label away."""
    if name not in content.labels:
        raise v1_refusal(404, "No label found")
    content.labels.remove(name)
    return Answer(status=204)


def remove_label(call: Call) -> Answer:
    """DELETE /content/{id}/label/{label}."""
    return drop_label(editable(call, *KINDS, "attachment"), call.path["label"])


def remove_label_by_query(call: Call) -> Answer:
    """DELETE /content/{id}/label?name=."""
    return drop_label(editable(call, *KINDS, "attachment"), call.query.get("name", ""))


def upload(call: Call) -> Answer:
    """PUT or POST /content/{id}/child/attachment; POST refuses a name that is there."""
    page = editable(call, *KINDS)
    said = {each.name: each.data.decode("utf-8", "replace") for each in call.uploads}
    files = [each for each in call.uploads if each.name == "file"]
    if not files:
        raise v1_refusal(400, "At least one file is required")
    note = said.get("comment", ""), said.get("minorEdit", "") == "true"
    kept = [keep_file(call, page, each, note) for each in files]
    shown = [file_shown(call, each) for each in kept]
    sheet = {"results": shown, "start": 0, "limit": 200, "size": len(shown)}
    return Answer({**sheet, "_links": {"base": call.base, "context": "/wiki"}})


def keep_file(call: Call, page: Content, file: Upload, note: tuple[str, bool]) -> Content:
    """A new attachment, or a new version of the one with this name; *note*: comment, minor."""
    earlier = [
        each
        for each in call.wiki.contents.values()
        if each.kind == "attachment"
        and each.status == "current"
        and each.extra["container"] == page.id
        and each.title == file.filename
    ]
    if earlier and call.operation.method == "POST":
        words = "Cannot add a new attachment with same file name as an existing attachment: "
        raise v1_refusal(400, words + file.filename)
    number = earlier[0].latest.number + 1 if earlier else 1
    version = Version(number, call.me, call.now, file.filename, documents.EMPTY, *note)
    facts = {
        "container": page.id,
        "media_type": file.media_type,
        "size": len(file.data),
        "data": base64.b64encode(file.data).decode(),
        "file_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{page.id}/{file.filename}")),
    }
    if earlier:
        earlier[0].versions.append(version)
        earlier[0].extra.update(facts)
        return earlier[0]
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


def file_shown(call: Call, content: Content) -> dict[str, Any]:
    """An attachment as v1 shows it."""
    shown = v1_content(call, content)
    above = content.extra["container"]
    shown["_links"]["download"] = f"/download/attachments/{above}/{content.title}"
    facts = {"mediaType": content.extra["media_type"], "fileSize": content.extra["size"]}
    return {**shown, "extensions": {**facts, "fileId": content.extra["file_id"]}}


def download(call: Call) -> Answer:
    """GET …/download: 302 to a signed address on the media host, which takes no token."""
    page = call.content("id", *KINDS)
    number = call.path["attachmentId"].removeprefix("att")
    content = call.wiki.contents.get(id_of(number))
    if content is None or content.extra.get("container") != page.id:
        raise v1_refusal(404, "No attachment found")
    key = uuid.uuid4().hex
    call.wiki.media[key] = content.id
    place = urlsplit(call.base_url)
    location = f"{place.scheme}://localhost:{place.port}/atlassian/media/{key}"
    return Answer(status=302, cost=2, headers={"Location": location})


def convert(call: Call) -> Answer:
    """POST /contentbody/convert/async/{to}."""
    sent = call.document()
    name = (
        str(sent.get("representation")).replace("editor2", "storage").replace("editor", "storage")
    )
    if name not in ("storage", "atlas_doc_format", "wiki"):
        raise v1_refusal(400, f"Can't convert from {name}")
    try:
        body = documents.accepted(name, str(sent.get("value", "")))
    except Refusal as refused:
        raise v1_refusal(400, str(refused.body["errors"][0]["title"])) from refused
    key = str(uuid.uuid4())
    call.wiki.conversions[key] = body
    return Answer({"asyncId": key})


def get_converted(call: Call) -> Answer:
    """GET /contentbody/convert/async/{id}: working when first asked, then done."""
    key = call.path["id"]
    body: Body | None = call.wiki.conversions.get(key)
    if body is None:
        raise v1_refusal(404, "No conversion task found")
    if key not in call.wiki.asked:
        call.wiki.asked.add(key)
        return Answer({"status": "WORKING", "renderTaskId": key})
    return Answer(
        {
            "value": documents.html_of(body),
            "representation": "export_view",
            "renderTaskId": key,
            "status": "COMPLETED",
        }
    )


def watched(call: Call) -> tuple[Content, str]:
    """What is watched, and by whom: others than oneself only for a Confluence administrator.

    Raises:
        Refusal: 403 for that, and for content that isn't there or may not be seen.
    """
    content = call.wiki.contents.get(id_of(call.path["contentId"]))
    if content is None or content.kind not in KINDS or content.status != "current":
        raise v1_refusal(403, "Not permitted to view this content")
    if not call.wiki.sees(call.me, content):
        raise v1_refusal(403, "Not permitted to view this content")
    who = call.query.get("accountId", call.me)
    if who != call.me and not call.wiki.administers(call.me):
        raise v1_refusal(403, "You need to be a Confluence administrator to watch for others")
    if who not in people.BY_ID or not here(call, people.BY_ID[who]):
        raise v1_refusal(403, "No such user")
    return content, who


def get_watch(call: Call) -> Answer:
    """GET /user/watch/content/{contentId}."""
    content, who = watched(call)
    return Answer({"watching": who in content.watchers})


def add_watch(call: Call) -> Answer:
    """POST /user/watch/content/{contentId}."""
    content, who = watched(call)
    if who not in content.watchers:
        content.watchers.append(who)
    return Answer(status=204)


def remove_watch(call: Call) -> Answer:
    """DELETE /user/watch/content/{contentId}."""
    content, who = watched(call)
    if who in content.watchers:
        content.watchers.remove(who)
    return Answer(status=204)


HANDLERS: dict[str, Handler] = {
    "GET /wiki/rest/api/user/current": get_current_user,
    "GET /wiki/rest/api/user": get_user,
    "GET /wiki/rest/api/user/bulk": get_users,
    f"POST {CONTENT}/{{id}}/label": add_labels,
    f"DELETE {CONTENT}/{{id}}/label": remove_label_by_query,
    f"DELETE {CONTENT}/{{id}}/label/{{label}}": remove_label,
    f"PUT {CONTENT}/{{id}}/child/attachment": upload,
    f"POST {CONTENT}/{{id}}/child/attachment": upload,
    f"GET {CONTENT}/{{id}}/child/attachment/{{attachmentId}}/download": download,
    "POST /wiki/rest/api/contentbody/convert/async/{to}": convert,
    "GET /wiki/rest/api/contentbody/convert/async/{id}": get_converted,
    f"GET {WATCH}": get_watch,
    f"POST {WATCH}": add_watch,
    f"DELETE {WATCH}": remove_watch,
}
