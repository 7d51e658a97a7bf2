"""Whole payloads: messages, views, lists of options."""

from collections.abc import Mapping
from typing import Any

from sandbox.slack.blockkit.blocks import BLOCKS, ON_SURFACE
from sandbox.slack.blockkit.objects import ID, SUGGESTED_GROUPS, SUGGESTIONS, plain
from sandbox.slack.blockkit.rules import (
    Bool,
    ByType,
    Complaint,
    Exactly,
    Items,
    Report,
    Rule,
    Shape,
    Str,
)

#: blocks on each surface
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_ATTACHMENTS = 100


class _Block(Rule):
    """One block: its shape, its id, and its own set of action ids."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._shape = ByType(BLOCKS, allowed)

    def check(self, value: object, at: str, report: Report) -> None:
        report.action_ids = set()
        self._shape.check(value, at, report)
        block_id = value.get("block_id") if isinstance(value, dict) else None
        if isinstance(block_id, str):
            if block_id in report.block_ids:
                report.say(f"`block_id` {block_id} already exists", f"{at}/block_id")
            report.block_ids.add(block_id)


def _blocks(surface: str, *, video: bool, least: int = 0) -> Items:
    allowed = ON_SURFACE[surface] - (set() if video else {"video"})
    return Items(_Block(frozenset(allowed)), MOST_BLOCKS[surface], least)


def check_blocks(
    blocks: object, surface: str = "message", at: str = "/blocks", *, video: bool = False
) -> list[Complaint]:
    """Complaints about a list of blocks; *video* where the app may embed links."""
    report = Report(surface)
    _blocks(surface, video=video).check(blocks, at, report)
    return report.complaints


def check_attachments(attachments: object) -> list[Complaint]:
    """Complaints about a message's attachments: their number, and the blocks in them."""
    report = Report("message")
    Items(_Attachment(), MOST_ATTACHMENTS, 0).check(attachments, "/attachments", report)
    return report.complaints


class _Attachment(Rule):
    """A secondary attachment; of its old fields, only the blocks are looked at."""

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.say("must provide an object", at)
        elif "blocks" in value:
            _blocks("message", video=False).check(value["blocks"], f"{at}/blocks", report)


def check_options(options: object, at: str = "/options") -> list[Complaint]:
    """Complaints about options that an app suggests."""
    report = Report("modal")
    SUGGESTIONS.check(options, at, report)
    return report.complaints


def check_option_groups(groups: object, at: str = "/option_groups") -> list[Complaint]:
    """Complaints about groups of options that an app suggests."""
    report = Report("modal")
    SUGGESTED_GROUPS.check(groups, at, report)
    return report.complaints


def _input_needs_submit(view: Mapping[str, Any], at: str, report: Report) -> None:
    if report.inputs and "submit" not in view:
        report.say("`submit` is required when an input block is within blocks array", at)


_BOTH: dict[str, Rule] = {
    "callback_id": ID,
    "external_id": Str(255, 0),
    "private_metadata": Str(3000, 0),
}


def _view(kind: str) -> Shape:
    """The shape of a view of this kind; a home tab has no buttons of its own."""
    required: dict[str, Rule] = {"type": Exactly(kind)}
    required["blocks"] = _blocks(kind, video=False, least=1)
    if kind == "home":
        return Shape(required, {**_BOTH, "title": plain(24)})
    required["title"] = plain(24)
    buttons = {"submit": plain(24), "close": plain(24)}
    switches = dict.fromkeys(("clear_on_close", "notify_on_close", "submit_disabled"), Bool())
    return Shape(required, {**_BOTH, **buttons, **switches}, (_input_needs_submit,))


_VIEWS = {kind: _view(kind) for kind in ("modal", "home")}


def check_view(view: object, kind: str, at: str = "/view") -> list[Complaint]:
    """Complaints about a view that must be of this kind."""
    report = Report(kind)
    ByType(_VIEWS, frozenset({kind})).check(view, at, report)
    return report.complaints
