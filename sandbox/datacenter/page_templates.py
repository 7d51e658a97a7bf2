"""Page templates, which only the experimental half of the API shows."""

from typing import Any

from sandbox.atlassian.call import Answer
from sandbox.atlassian.page_templates import Template
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import READ
from sandbox.datacenter import present
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.refusals import refusal

EXPERIMENTAL = "/rest/experimental"
TEMPLATE = f"{EXPERIMENTAL}/template"
BODIES = ("body", "body.storage")


def not_permitted() -> Refusal:
    """403, which clients report for a template that isn't there too."""
    return refusal(403, "There is no template with the given id, or you may not view it")


def list_templates(call: Call) -> Answer:
    """GET /template/page: those of a space, or of the whole site without one."""
    key = call.query.get("spaceKey")
    space = None if key is None else call.space_named(key)
    wanted = None if space is None else space.id
    found = [each for each in call.wiki.templates.values() if each.space == wanted]
    return Answer(call.sheet(found, lambda each: shown(call, each)))


def get_template(call: Call) -> Answer:
    """GET /template/{contentTemplateId}: a space's is found with `spaceKey` alone."""
    found = call.wiki.templates.get(call.path["contentTemplateId"])
    if found is None:
        raise not_permitted()
    if found.space is not None:
        space = call.wiki.spaces[found.space]
        if not call.wiki.may(call.me, READ, space):
            raise not_permitted()
        if call.query.get("spaceKey") != space.key:
            raise refusal(404, f"No template found with id {found.id}")
    return Answer(shown(call, found))


def shown(call: Call, template: Template) -> dict[str, Any]:
    """A template; its body only where that is asked for."""
    found: dict[str, Any] = {
        "templateId": template.id,
        "name": template.name,
        "description": template.description,
        "labels": [present.label(each, place) for place, each in enumerate(template.labels, 1)],
        "templateType": "page",
        "_links": {"self": f"{call.base}{TEMPLATE}/{template.id}"},
        "_expandable": {},
    }
    if template.space is not None:
        found["space"] = present.space(call, call.wiki.spaces[template.space])
    if any(each in BODIES for each in call.several("expand")):
        found["body"] = {"storage": {"value": template.value, "representation": "storage"}}
    else:
        found["_expandable"] = {"body": ""}
    return found


HANDLERS: dict[str, Handler] = {
    f"GET {TEMPLATE}/page": list_templates,
    f"GET {TEMPLATE}/{{contentTemplateId}}": get_template,
}
