"""REST v1: page templates, read."""

from typing import Any

from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.page_templates import Template
from sandbox.atlassian.present import label
from sandbox.atlassian.refusals import Refusal, v1_refusal
from sandbox.atlassian.v1_present import v1_space
from sandbox.atlassian.wiki import READ

TEMPLATE = "/wiki/rest/api/template"
BODIES = ("body", "body.storage")


def refused() -> Refusal:
    """403, which the description names for a template that isn't there too."""
    return v1_refusal(403, "Not permitted to view the template")


def list_templates(call: Call) -> Answer:
    """GET /template/page: those of a space, or of the whole site without one."""
    key, space = call.query.get("spaceKey"), None
    if key is not None:
        space = call.wiki.space_by_key(key)
        if space is None or not call.wiki.may(call.me, READ, space):
            raise refused()
    wanted = None if space is None else space.id
    found = [each for each in call.wiki.templates.values() if each.space == wanted]
    start, limit = call.whole("start", 0), call.whole("limit", 25)
    part = found[start : start + limit]
    body = {"results": [shown(call, each) for each in part], "start": start, "limit": limit}
    links = {"base": call.base, "context": "/wiki"}
    return Answer({**body, "size": len(part), "_links": links}, cost=1 + len(part))


def get_template(call: Call) -> Answer:
    """GET /template/{contentTemplateId}."""
    found = call.wiki.templates.get(call.path["contentTemplateId"])
    if found is None:
        raise refused()
    if found.space is not None and not call.wiki.may(call.me, READ, call.wiki.spaces[found.space]):
        raise refused()
    return Answer(shown(call, found), cost=2)


def shown(call: Call, template: Template) -> dict[str, Any]:
    """A template; its body only where that is asked for."""
    found: dict[str, Any] = {
        "templateId": template.id,
        "name": template.name,
        "description": template.description,
        "labels": [{**label(each), "label": each} for each in template.labels],
        "templateType": "page",
        "editorVersion": "v2",
        "_expandable": {},
        "_links": {"self": f"{call.base}/rest/api/template/{template.id}", "base": call.base},
    }
    if template.space is not None:
        found["space"] = v1_space(call.wiki.spaces[template.space])
    if any(each in BODIES for each in call.several("expand")):
        storage = {"value": template.value, "representation": "storage", "embeddedContent": []}
        found["body"] = {"storage": storage}
    else:
        found["_expandable"] = {"body": ""}
    return found


HANDLERS: dict[str, Handler] = {
    f"GET {TEMPLATE}/page": list_templates,
    f"GET {TEMPLATE}/{{contentTemplateId}}": get_template,
}
