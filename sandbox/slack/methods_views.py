"""The methods ``views.*``, and ``blocks.validate``."""

import json

from sandbox.slack import belonging
from sandbox.slack.arguments import required
from sandbox.slack.blockkit import check_blocks, check_view
from sandbox.slack.calls import Call, Method
from sandbox.slack.payloads import view_fields
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json, View
from sandbox.slack.views import Views, refuse
from sandbox.slack.workspace import Workspace


class ViewMethods:
    """Modals and home tabs for the app."""

    def __init__(self, workspace: Workspace, views: Views) -> None:
        self._workspace = workspace
        self._views = views

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "views.open": Method(self.open, 4),
            "views.push": Method(self.push, 4),
            "views.update": Method(self.update, 4),
            "views.publish": Method(self.publish, 4),
            "blocks.validate": Method(validate, 3, token=None),
        }

    def open(self, call: Call) -> Json:
        """A modal for whoever caused the trigger."""
        required(call.args, "trigger_id", "view")
        return self._shown(
            self._views.open(call.args["trigger_id"], call.args["view"], call.app.id)
        )

    def push(self, call: Call) -> Json:
        """One more on the stack."""
        required(call.args, "trigger_id", "view")
        return self._shown(
            self._views.push(call.args["trigger_id"], call.args["view"], call.app.id)
        )

    def update(self, call: Call) -> Json:
        """Another content for a view that is open."""
        required(call.args, "view")
        return self._shown(self._views.update(call.args, call.args["view"], call.app.id))

    def publish(self, call: Call) -> Json:
        """A person's home tab."""
        required(call.args, "user_id", "view")
        person = self._workspace.state.people.get(call.args["user_id"])
        if not self._workspace.manifest.home_tab:
            raise Refused("not_enabled")
        if person is None or not belonging.is_of(person, call.app):
            raise Refused("user_not_found")
        view, expected = call.args["view"], call.args.get("hash")
        return self._shown(self._views.publish(person["id"], view, expected, call.app.id))

    def _shown(self, view: View) -> Json:
        return {"view": view_fields(view, self._workspace.person(view.user))}


def validate(call: Call) -> Json:
    """Check blocks, a message or a view, without doing anything."""
    for name in ("view", "message", "blocks"):
        if name in call.args:
            _validate(name, _parsed(call.args[name]))
            return {}
    raise Refused("invalid_arguments")


def _validate(name: str, given: object) -> None:
    if name == "view":
        kind = given.get("type") if isinstance(given, dict) else None
        refuse(check_view(given, "home" if kind == "home" else "modal"), "invalid_blocks")
    elif name == "message":
        blocks = given.get("blocks", []) if isinstance(given, dict) else given
        refuse(check_blocks(blocks, at="/message/blocks"), "invalid_blocks")
    else:
        refuse(check_blocks(given), "invalid_blocks")


def _parsed(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        made: object = json.loads(given)
    except (ValueError, RecursionError):
        raise Refused("invalid_blocks_format") from None
    return made
