"""Modals and home tabs: the stack, the hashes, and what stays when one is replaced."""

import json
import secrets

from sandbox.slack import data, elements
from sandbox.slack.blockkit import Complaint, check_view
from sandbox.slack.files import READ
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Json, View
from sandbox.slack.workspace import Workspace

DEPTH = 3
BYTES = 250_000
TROUBLE = "We had some trouble connecting. Try again?"


class Views:
    """Everything that Slack keeps about views."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._state = workspace.state

    def get(self, view_id: str, user: str | None = None) -> View:
        """A view that is open, of this person where one is named; raises `Unknown`."""
        view = self._state.views.get(view_id)
        if view is None or user not in (None, view.user):
            raise Unknown(f"no view {view_id}")
        return view

    def top(self, user: str) -> View:
        """The modal on top; raises `Unknown` where none is open."""
        stack = self._state.stacks.get(user)
        if not stack:
            raise Unknown("no modal is open")
        return self._state.views[stack[-1]]

    def stack(self, user: str) -> list[View]:
        """The open modals, the last on top."""
        return [self._state.views[each] for each in self._state.stacks.get(user, [])]

    def home(self, user: str, app: str) -> View | None:
        """The home tab of the app as it is installed at *app*, once published."""
        return self._state.views.get(self._state.homes.get(_home_key(user, app), ""))

    def home_in(self, user: str, team: str) -> View | None:
        """The home tab that *user* sees in this workspace."""
        app = self._workspace.installs.app_in(team)
        return self.home(user, app.id if app else team)

    def open(self, trigger_id: object, body: object, home: str) -> View:
        """A new stack with this modal, of the app as it is installed at *home*."""
        checked = self._checked(body, "modal", home)
        trigger = self._workspace.consume_trigger(trigger_id, home)
        self.clear(trigger.user)
        return self._stacked(trigger.user, checked, home, trigger.channel)

    def push(self, trigger_id: object, body: object, home: str) -> View:
        """One more modal on the stack from which the trigger came."""
        checked = self._checked(body, "modal", home)
        trigger = self._workspace.consume_trigger(trigger_id, home)
        if trigger.view is None or trigger.view not in self._state.stacks.get(trigger.user, ()):
            raise Refused("invalid_trigger_id")
        return self.stacked_on(trigger.user, checked, home)

    def stacked_on(self, user: str, checked: Json, home: str) -> View:
        """One more modal on this person's stack."""
        if len(self._state.stacks.get(user, ())) >= DEPTH:
            raise Refused("push_limit_reached")
        return self._stacked(user, checked, home)

    def update(self, names: Json, body: object, home: str) -> View:
        """Another body for the view that *names* by ``view_id`` or ``external_id``."""
        view = self._named(names, home)
        checked = self._checked(body, view.body["type"], home, view)
        _hold_hash(view, names.get("hash"))
        self.replace(view, checked)
        return view

    def publish(self, user: str, body: object, expected_hash: object, home: str) -> View:
        """The home tab of *user*."""
        view = self.home(user, home)
        checked = self._checked(body, "home", home, view)
        if view is None:
            view = self._made(user, checked, home)
            self._state.homes[_home_key(user, home)] = view.id
            self._workspace.changes.touch([user])
            return view
        _hold_hash(view, expected_hash)
        self.replace(view, checked)
        return view

    def replace(self, view: View, checked: Json) -> None:
        """Show another body; what was typed stays where block_id and action_id stay."""
        view.body = self._identified(checked)
        view.values = elements.values_of(view.body["blocks"], view.values, view.channel)
        view.errors, view.notice = {}, None
        view.hash = self._hash()
        self._workspace.changes.touch([view.user])

    def answered(self, body: object, home: str, view: View | None = None) -> Json:
        """A modal that came with an ack, checked like any other."""
        return self._checked(body, "modal", home, view)

    def remove(self, view: View) -> None:
        """Close this modal and whatever lies above it."""
        stack = self._state.stacks.get(view.user, [])
        at = stack.index(view.id)
        for gone in stack[at:]:
            del self._state.views[gone]
        del stack[at:]
        self._workspace.changes.touch([view.user])

    def clear(self, user: str) -> None:
        """Close every modal of *user*."""
        for view in self.stack(user)[:1]:
            self.remove(view)

    def complain(self, view: View, errors: Json, notice: str | None = None) -> None:
        """Keep the form open, and say what is wrong."""
        view.errors, view.notice = errors, notice
        self._workspace.changes.touch([view.user])

    def _stacked(self, user: str, checked: Json, home: str, channel: str | None = None) -> View:
        stack = self._state.stacks.setdefault(user, [])
        if stack:
            channel = self._state.views[stack[-1]].channel
        view = self._made(user, checked, home, channel)
        if stack:
            view.root, view.previous = stack[0], stack[-1]
        stack.append(view.id)
        self._workspace.changes.touch([user])
        return view

    def _made(self, user: str, checked: Json, home: str, channel: str | None = None) -> View:
        view_id = self._workspace.mint_id("V")
        view = View(view_id, user, self._identified(checked), self._hash(), view_id, home=home)
        view.channel = channel
        view.values = elements.values_of(view.body["blocks"], {}, channel)
        self._state.views[view_id] = view
        return view

    def _identified(self, body: Json) -> Json:
        return {**body, "blocks": self._workspace.identify(body["blocks"])}

    def _hash(self) -> str:
        return f"{int(self._workspace.clock.now())}.{secrets.token_hex(4)}"

    def _named(self, names: Json, home: str) -> View:
        view_id, external_id = names.get("view_id"), names.get("external_id")
        if bool(view_id) == bool(external_id):
            raise Refused("invalid_arguments")
        ours = (view for view in self._state.views.values() if view.home == home)
        for view in ours:
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise Refused("not_found")

    def _checked(self, body: object, kind: str, home: str, replaced: View | None = None) -> Json:
        if isinstance(body, str):
            body = _parsed(body)
        if not isinstance(body, dict):
            raise Refused("invalid_arguments")
        if len(json.dumps(body, ensure_ascii=False).encode(errors="replace")) > BYTES:
            raise Refused("view_too_large")
        refuse(check_view(body, kind, "/view"), "invalid_arguments")
        self._hold_files(body, home)
        self._unique(body.get("external_id"), home, replaced)
        return body

    def _hold_files(self, body: Json, home: str) -> None:
        """A form takes files only for an app that may read them."""
        granted = self._workspace.installs.scopes(self._state.installations[home])
        asked = (block.get("element", {}).get("type") for block in body["blocks"])
        if "file_input" in asked and READ not in granted:
            raise Refused("missing_scope", needed=READ, provided=",".join(granted))

    def _unique(self, external_id: object, home: str, replaced: View | None) -> None:
        ours = (view for view in self._state.views.values() if view.home == home)
        others = (view for view in ours if view is not replaced)
        if external_id and any(v.body.get("external_id") == external_id for v in others):
            raise Refused("duplicate_external_id")


def _home_key(user: str, home: str) -> str:
    return user if home == data.TEAM else f"{home}/{user}"


def refuse(complaints: list[Complaint], error: str) -> None:
    """Say what is wrong in Slack's way; nothing where nothing is.

    Raises:
        Refused: there are complaints.
    """
    if complaints:
        said = [each.sentence() for each in complaints]
        metadata = {"messages": [f"[ERROR] {each}" for each in said]}
        raise Refused(error, errors=said, response_metadata=metadata)


def _parsed(text: str) -> object:
    try:
        made: object = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("invalid_arguments") from None
    return made


def _hold_hash(view: View, expected: object) -> None:
    if expected and expected != view.hash:
        raise Refused("hash_conflict")
