"""The modals of writing a page: the form, the preview, the clash; pure functions."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.act import Acting
from bot.compose import LONGEST_TITLE, space_value
from bot.connection import Connection
from bot.content import CloudId, Page, PageId, Space, SpaceId, SpaceKey
from bot.cutting import cut
from bot.document import Document
from bot.documents import document_in, from_mrkdwn, from_rich_text, text_of, to_rich_text
from bot.frozen import frozen
from bot.mrkdwn import escape, link
from bot.receipt import Act, Decision, Draft
from handlers import blocks, written
from handlers.ask import Block, View
from handlers.places import open_button
from handlers.receipts import whose_account

FORM = "create_form"
CONFIRM = "create_confirm"
SPACE = "create_space"
PARENT = "create_parent"
RETITLE = "create_retitle"
APPEND = "create_append"

_SUBMITS = {Act.PUBLISH: "Publish", Act.DRAFT: "Save draft", Act.APPEND: "Add to page"}


@frozen
class Prefilled:
    """What a form begins with."""

    title: str = ""
    body: Document | None = None
    site: CloudId | None = None
    space: Space | None = None
    parent: PageId | None = None
    parent_title: str = ""
    act: Act = Act.PUBLISH

    def elsewhere(self) -> "Prefilled":
        """Return the same for another site, where the place has to be chosen anew."""
        return replace(self, site=None, space=None, parent=None)


def loading(title: str = "Create a page") -> View:
    """Return the modal that is shown at once, before anything is known."""
    return blocks.modal(title, [blocks.section("One moment…")])


def working(words: str) -> View:
    """Return the modal that is shown while something is under way."""
    return blocks.modal("Create a page", [blocks.section(words)], close="Back")


def form(acting: Acting, prefilled: Prefilled, note: str, channel: str = "") -> View:
    """Return the form, filled as far as we know; *note* is sealed and comes back with it.

    *channel* says, in mrkdwn, what the channel decided.
    """
    space = prefilled.space or next(iter(recent_spaces(acting)), None)
    metadata = json.dumps({"site": acting.site.cloud_id, "note": note})
    shown = [
        _whose(acting),
        *([blocks.context(channel)] if channel else []),
        blocks.field("space", "Space", space_menu(space), hint="Type two letters or more."),
        blocks.field(
            "parent",
            "Parent page",
            parent_menu(prefilled.parent or "", prefilled.parent_title),
            hint="A page of the space chosen above.",
            optional=True,
        ),
        blocks.field("title", "Title", _title_input(prefilled.title)),
        blocks.field("body", "Text", _body_input(prefilled.body)),
    ]
    if can_draft(acting.connection):
        shown.append(blocks.field("act", "When you confirm", _act_choice(prefilled.act)))
    view = blocks.modal("Create a page", shown, close="Cancel")
    return blocks.form(view, FORM, "Preview", metadata)


def can_draft(connection: Connection) -> bool:
    """Tell whether a draft would be its person's own: not where it is the organisation's."""
    return connection.provider.has_drafts and connection.lent is None


def read_metadata(text: str) -> Mapping[str, Any]:
    """Read what the form carried; empty if it isn't ours."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def preview(draft: Draft) -> View:
    """Return exactly what will be written, where and as whom."""
    decision = draft.decision
    shown = [
        _where(decision),
        *written.page(decision.title, document_in(decision.body), most=82),
    ]
    view = blocks.modal("Is this right?", shown, close="Back")
    asking = blocks.form(view, CONFIRM, _SUBMITS[decision.act], draft.id)
    return asking | {"notify_on_close": True}


def clash(draft: Draft, taken: Page | None) -> View:
    """Return the ways to go on where the title exists; the form waits beneath."""
    decision = draft.decision
    where = link(taken.url, taken.title) if taken else escape(decision.title)
    words = (
        f"*{escape(decision.space.name)}* has a page called {where} already. "
        "Nothing was written, and your text is safe."
    )
    buttons = [blocks.button("Use the next free title", RETITLE, draft.id, style="primary")]
    if taken:
        buttons.append(blocks.button("Add to that page", APPEND, draft.id))
        buttons.append(open_button(taken.url, "Open it"))
    shown = [
        blocks.section(words),
        blocks.actions(*buttons),
        blocks.context("*Back* returns to your text."),
    ]
    return blocks.modal("That title exists", shown, close="Back")


def maybe_recorded() -> View:
    """Return the words for a confirmation whose recording wasn't answered; it lies on top."""
    words = (
        "My own database didn't answer, so I can't tell whether your confirmation was recorded. "
        "Nothing can be written twice: wait a minute for the receipt, and if none comes, go back "
        "and confirm again."
    )
    return blocks.modal("Not sure yet", [blocks.section(words)], close="Back")


def too_old() -> View:
    """Return the words for a preview that has stood for too long."""
    words = (
        "This preview is more than an hour old, so nothing was written. Your text is safe: "
        "go back and press *Preview* again."
    )
    return blocks.modal("Look again", [blocks.section(words)], close="Back")


def _where(decision: Decision) -> Block:
    under = f" under *{escape(decision.parent_title)}*" if decision.parent_title else ""
    place = f"*{escape(decision.space.name)}*{under} on *{escape(decision.site.name)}*"
    whose = whose_account(decision)
    match decision.act:
        case Act.PUBLISH:
            return blocks.context(f"A new page in {place}, {whose}, for all who may see the space.")
        case Act.DRAFT:
            return blocks.context(f"A draft in {place}, {whose}, that you alone can see.")
        case _:
            page = link(decision.page_url, decision.title)
            return blocks.context(f"More text at the end of {page} in {place}, {whose}.")


def _whose(acting: Acting) -> Block:
    account, site = escape(acting.connection.account.name), escape(acting.site.name)
    if acting.connection.lent is not None:
        return blocks.context(
            f"With the organisation's account *{account}* on *{site}*, for you by name."
        )
    return blocks.context(f"As *{account}*, your own account, on *{site}*.")


def recent_spaces(acting: Acting) -> list[Space]:
    """Return the spaces of the site that were written in lately, the last one first."""
    return [
        Space(SpaceId(space_id), SpaceKey(key), name)
        for where, space_id, key, name in acting.preferences.recent_spaces
        if where == acting.site.cloud_id
    ]


def space_option(space: Space) -> Block:
    """Return *space* as a menu's choice."""
    return blocks.option(space.name, space_value(space), space.key)


def page_option(page: Page) -> Block:
    """Return *page* as a menu's choice."""
    return blocks.option(page.title, page.id)


def from_decision(decision: Decision) -> Prefilled:
    """Begin with what was decided before."""
    return Prefilled(
        decision.title,
        document_in(decision.body),
        decision.site.cloud_id,
        decision.space,
        decision.parent_id,
        decision.parent_title,
        decision.act,
    )


def from_message(message: Mapping[str, Any]) -> Prefilled:
    """Begin with the text of a Slack message; its first line makes a title."""
    found = message.get("blocks")
    rich = [block for block in found if _is_rich(block)] if isinstance(found, list) else []
    text = message.get("text")
    body = from_rich_text(rich[0]) if rich else from_mrkdwn(text if isinstance(text, str) else "")
    first = text_of(body).strip().partition("\n")[0]
    return Prefilled(cut(first, 100), body)


def _is_rich(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "rich_text"


def space_menu(space: Space | None) -> Block:
    """Return the menu of spaces, with the chosen one in it."""
    menu = _menu(SPACE, "Choose a space", 0)
    return menu | {"initial_option": space_option(space)} if space else menu


def parent_menu(parent: str, title: str) -> Block:
    """Return the menu of a space's pages, with the chosen one in it."""
    menu = _menu(PARENT, "At the top of the space", 2)
    return menu | {"initial_option": blocks.option(title, parent)} if parent else menu


def _menu(action: str, placeholder: str, least: int) -> Block:
    return {
        "type": "external_select",
        "action_id": action,
        "placeholder": blocks.plain(placeholder, 150),
        "min_query_length": least,
    }


def _title_input(title: str) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": "title",
        "max_length": LONGEST_TITLE,
    }
    return element | {"initial_value": title[:LONGEST_TITLE]} if title else element


def _body_input(body: Document | None) -> Block:
    element: Block = {"type": "rich_text_input", "action_id": "body"}
    return element | {"initial_value": to_rich_text(body)} if body and body.blocks else element


def _act_choice(act: Act) -> Block:
    publish = blocks.option("Publish it", Act.PUBLISH, "For everybody who may see the space")
    draft = blocks.option("Save it as a draft", Act.DRAFT, "For you alone, to finish in Confluence")
    return {
        "type": "radio_buttons",
        "action_id": "act",
        "options": [publish, draft],
        "initial_option": draft if act is Act.DRAFT else publish,
    }
