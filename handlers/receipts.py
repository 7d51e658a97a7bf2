"""What became of a decision, as a modal and as a private message."""

from bot.mrkdwn import escape, link
from bot.receipt import Act, Decision, Receipt, Stage
from bot.refusals import why_refused
from handlers import blocks
from handlers.ask import Block, Reply, View
from handlers.places import open_button, share_button

UNDO = "undo"
EDIT_AGAIN = "edit_again"
RECONNECT = "reconnect"

_MENDED_BY_CONSENT = {"scope_missing", "consent_required", "site_required"}


def receipt_reply(receipt: Receipt, *, can_undo: bool) -> Reply:
    """Return the private message for *receipt*."""
    if receipt.stage is Stage.DONE:
        buttons = [*_opening(receipt), *_acting(receipt, can_undo=can_undo)]
    else:
        value = receipt.decision.id
        buttons = [blocks.button("Back to editing", EDIT_AGAIN, value, style="primary")]
        if receipt.refusal in _MENDED_BY_CONSENT and not receipt.decision.is_lent:
            buttons.insert(0, blocks.button("Connect again", RECONNECT))
    return Reply(_plain(receipt), tuple(_shown(receipt, buttons)))


def receipt_view(receipt: Receipt, *, can_undo: bool) -> View:
    """Return the modal for *receipt*; where text must be mended, the form waits beneath."""
    if receipt.stage is not Stage.DONE:
        is_refused = receipt.stage is Stage.REFUSED
        title = "Not published" if is_refused else "Unclear"
        return blocks.modal(title, _shown(receipt, []), close="Back")
    shown = _shown(receipt, _opening(receipt))
    beside = [f"*{each['text']['text']}*" for each in _acting(receipt, can_undo=can_undo)]
    if beside:
        words = f"You'll find {' and '.join(beside)} beside this, in the conversation."
        shown.append(blocks.context(words))
    view = blocks.modal(_TITLES[receipt.decision.act], shown, close="Done")
    return view | {"clear_on_close": True}


def undone(receipt: Receipt) -> Reply:
    """Return the message after *Undo*."""
    title = escape(receipt.decision.title)
    space = f"*{escape(receipt.decision.space.name)}*"
    whose = whose_account(receipt.decision)
    words = f"“{title}” is in the trash of {space}, as it was: moved {whose}."
    if receipt.decision.act is Act.DRAFT:
        words = f"The draft “{title}” in {space} is deleted, {whose}; nobody else had seen it."
    elif receipt.decision.act.changes:
        words = f"“{title}” in {space} says again what it said before: put back {whose}."
    return Reply(f"Undone: {receipt.decision.title}", (blocks.section(words),), replace=True)


_TITLES = {
    Act.PUBLISH: "Published",
    Act.DRAFT: "Saved as a draft",
    Act.APPEND: "Added",
    Act.UPDATE: "Changed",
    Act.SECTION: "Changed",
    Act.RESTORE_VERSION: "Restored",
}
_UNDOES = {Act.PUBLISH: "Move it to the trash", Act.DRAFT: "Delete the draft"}


def whose_account(decision: Decision) -> str:
    """Return whose account writes it, in words; the name of who asked goes along."""
    account = f"*{escape(decision.account.name)}*"
    if decision.is_lent:
        return f"with the organisation's account {account}, for *{escape(decision.asker)}*"
    return f"as {account}, your own account"


def _plain(receipt: Receipt) -> str:
    title = receipt.decision.title
    match receipt.stage:
        case Stage.DONE:
            return f"{_TITLES[receipt.decision.act]}: {title}"
        case Stage.REFUSED:
            return f"Not published: {title}. Your text is safe."
        case _:
            return f"Unclear whether it was written: {title}"


def _words(receipt: Receipt) -> str:
    decision = receipt.decision
    where = f"in *{escape(decision.space.name)}* on *{escape(decision.site.name)}*"
    whose = whose_account(decision)
    is_shown = receipt.stage is Stage.DONE or not decision.is_lent
    title = escape(decision.title)
    if receipt.page_url and is_shown:
        title = link(receipt.page_url, decision.title)
    match receipt.stage:
        case Stage.DONE if decision.act is Act.APPEND:
            return f"Added to *{title}* {where}, {whose}."
        case Stage.DONE if decision.act is Act.DRAFT:
            return f"Saved *{title}* as a draft {where}, {whose}. You alone can see it."
        case Stage.DONE if decision.act.changes:
            return f"{_TITLES[decision.act]} *{title}* {where}, {whose}."
        case Stage.DONE:
            return f"Published *{title}* {where}, {whose}."
        case Stage.REFUSED:
            return _refused(receipt, title, whose)
        case _:
            return (
                f"Confluence didn't say whether *{title}* was written {where}, {whose}. It won't "
                "be sent again by itself, so nothing will be there twice. Look in Confluence "
                "first; your text is kept here for a day."
            )


def _refused(receipt: Receipt, title: str, whose: str) -> str:
    why = why_refused(receipt.refusal).format(account=f"*{escape(receipt.decision.account.name)}*")
    kept = _kept(receipt) if receipt.page_id and receipt.page_url else ""
    return (
        f"*{title}* wasn't published {whose}: {why}. Nothing of yours was lost: your text is kept "
        f"here for a day.{kept} Go back to it, change what is needed, and preview it again."
    )


def _kept(receipt: Receipt) -> str:
    """Say where its draft stands, and for whom."""
    if receipt.decision.is_lent:
        return " A draft of it stays with the organisation's account, which nobody else sees."
    return f" It also stands in a draft in Confluence, {link(receipt.page_url, 'for you alone')}."


def _stray(receipt: Receipt) -> str:
    if receipt.sent <= 1 or receipt.decision.act.changes:
        return ""
    if receipt.decision.is_lent:
        return (
            "Confluence left one answer out, so a second draft of the same title may stand among "
            "the drafts of the organisation's account, which nobody else sees."
        )
    return (
        "Confluence left one answer out, so a second draft of the same title may stand among "
        "your drafts. You alone can see it, and can delete it."
    )


def _shown(receipt: Receipt, buttons: list[Block]) -> list[Block]:
    shown = [blocks.section(_words(receipt))]
    stray = _stray(receipt)
    if stray:
        shown.append(blocks.context(stray))
    if buttons:
        shown.append(blocks.actions(*buttons))
    if receipt.stage is not Stage.DONE:
        shown.append(blocks.context(f"{receipt.refusal or receipt.stage} · {receipt.correlation}"))
    return shown


def _opening(receipt: Receipt) -> list[Block]:
    return [open_button(receipt.page_url)] if receipt.page_url else []


def _acting(receipt: Receipt, *, can_undo: bool) -> list[Block]:
    """Return the buttons of the message that do something to what was written, or with it."""
    decision = receipt.decision
    shown = []
    if can_undo:
        label = _UNDOES.get(decision.act, "Put back what it said before")
        shown.append(
            blocks.confirmed(
                blocks.button("Undo", UNDO, decision.id),
                "Undo?",
                f"{label}: {decision.title}",
                "Undo",
            )
        )
    if decision.act is not Act.DRAFT and receipt.page_id and not decision.is_lent:
        shown.append(share_button(decision.site.cloud_id, receipt.page_id))
    return shown
