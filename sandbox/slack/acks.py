"""What the app's acks mean, and what people see when they mean nothing."""

from collections.abc import Mapping
from typing import Any

from sandbox.slack import content
from sandbox.slack.blockkit import check_option_groups, check_options
from sandbox.slack.delivery import JSON, Ack
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json, Message, View
from sandbox.slack.views import TROUBLE, Views, refuse
from sandbox.slack.workspace import Workspace


class Acks:
    """Holds acks to Slack's rules and does what they say."""

    def __init__(self, workspace: Workspace, views: Views) -> None:
        self._workspace = workspace
        self._views = views

    def command(self, ack: Ack, told: tuple[str, str, str], bot: str) -> Refused | None:
        """Show the answer to a command; *told* is the person, the channel and the word.

        Returns: the error that Slack shows, if any.
        """
        user, channel, word = told
        try:
            self._show_answer(ack, user, channel, bot)
        except Refused as refused:
            text = f"{word} failed with the error “{refused.error}”"
            self._workspace.notify(user, text, channel)
            return refused
        return None

    def press(self, ack: Ack, message: Message, ids: tuple[str, str]) -> Refused | None:
        """Show a warning beside the element where the app didn't answer."""
        block_id, action_id = ids
        message.warnings = [w for w in message.warnings if w["action_id"] != action_id]
        if not ack.ok:
            text = "⚠ This app didn’t respond. Try again."
            message.warnings.append({"block_id": block_id, "action_id": action_id, "text": text})
        self._workspace.changed(message)
        return failure(ack)

    def press_in_view(self, ack: Ack, view: View) -> Refused | None:
        """Say in the view that the app didn't answer."""
        if not ack.ok and view.id in self._workspace.state.views:
            self._views.complain(view, view.errors, TROUBLE)
        return failure(ack)

    def options(self, ack: Ack) -> tuple[Json, Refused | None]:
        """What the app suggests; nothing where it is late or wrong."""
        nothing: Json = {"options": [], "option_groups": None}
        try:
            return _suggested(ack), None
        except Refused as refused:
            return nothing, refused

    def submission(self, ack: Ack, view: View) -> tuple[Json, Refused | None]:
        """Do what the app answered to a form.

        Returns: the errors by block_id, and why the form stays open where the app is to blame.
        """
        try:
            return self._do(_object(ack), view), None
        except Refused as refused:
            if view.id in self._workspace.state.views:
                self._views.complain(view, {}, TROUBLE)
            return {}, refused

    def _show_answer(self, ack: Ack, user: str, channel: str, bot: str) -> None:
        _hold(ack)
        if not ack.body.strip():
            return
        fields = _answer(ack)
        kind = fields.get("response_type", "ephemeral")
        if kind not in ("ephemeral", "in_channel"):
            raise Refused("invalid_command_response")
        says = content.read(fields)
        if kind == "ephemeral":
            content.hold_ephemeral(says)
        only_for = user if kind == "ephemeral" else None
        self._workspace.post(channel, bot, says, only_for)

    def _do(self, answer: Json, view: View) -> Json:
        match answer.get("response_action") if answer else "close":
            case "close":
                self._views.remove(view)
            case "clear":
                self._views.clear(view.user)
            case "update":
                self._views.replace(view, self._views.answered(answer.get("view"), view.home, view))
            case "push":
                self._views.complain(view, {})
                pushed = self._views.answered(answer.get("view"), view.home)
                self._views.stacked_on(view.user, pushed, view.home)
            case "errors":
                return self._complain(view, answer.get("errors"))
            case _:
                raise Refused("invalid_response_action")
        return {}

    def _complain(self, view: View, errors: object) -> Json:
        inputs = {b["block_id"] for b in view.body["blocks"] if b["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
            raise Refused("invalid_errors")
        if not all(isinstance(each, str) and each for each in errors.values()):
            raise Refused("invalid_errors")
        self._views.complain(view, errors)
        return errors


def failure(ack: Ack) -> Refused | None:
    """What Slack makes of an ack that didn't come, or came with an error."""
    if ack.ok:
        return None
    return Refused("operation_timeout" if ack.error == "timeout" else "dispatch_failed")


def _hold(ack: Ack) -> None:
    failed = failure(ack)
    if failed is not None:
        raise failed


def _answer(ack: Ack) -> Mapping[str, Any]:
    if ack.content_type == JSON:
        return _object(ack)
    try:
        return {"text": ack.body.decode()}
    except UnicodeDecodeError:
        raise Refused("invalid_command_response") from None


def _object(ack: Ack) -> Json:
    """The ack's JSON object; empty where it says nothing."""
    _hold(ack)
    if not ack.body.strip():
        return {}
    if ack.content_type != JSON:
        raise Refused("invalid_response")
    try:
        made = ack.json()
    except (ValueError, RecursionError):
        raise Refused("invalid_response") from None
    if not isinstance(made, dict):
        raise Refused("invalid_response")
    return made


def _suggested(ack: Ack) -> Json:
    answer = _object(ack)
    if ("options" in answer) == ("option_groups" in answer):
        raise Refused("invalid_options")
    if "options" in answer:
        refuse(check_options(answer["options"]), "invalid_options")
        return {"options": answer["options"], "option_groups": None}
    refuse(check_option_groups(answer["option_groups"]), "invalid_options")
    groups = answer["option_groups"]
    return {"options": [o for g in groups for o in g["options"]], "option_groups": groups}
