"""The list of templates and the page of one; pure."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from bot.installing import Offer, changes_by_call
from bot.mrkdwn import escape
from bot.template import Asked, Category
from bot.template_words import entity_in_words, policy_in_words, steps_in_words
from handlers import blocks
from handlers.admin import scopes
from handlers.ask import Block, View
from handlers.dialogs import names as dialog_names
from handlers.dialogs.paragraphs import paragraphs
from handlers.offers import TASKS
from handlers.templates import names

WORDS: Final = "words"
LONGEST_WORDS: Final = 100
MOST_LISTED: Final = 40
_EVERYTHING: Final = "all"


def loading() -> View:
    """Return the modal that is shown at once, before anything is known."""
    return blocks.modal(names.TITLE, [blocks.section("One moment…")])


def listed(offers: Sequence[Offer], words: str = "", category: str = "", *, left: str = "") -> View:
    """Return the list, by category or by how well they fit *words*."""
    # Above the list, which is longer than any screen.
    ways = blocks.actions(
        blocks.button("Bring your own", names.BRING),
        blocks.button("Installed dialog tasks", TASKS),
    )
    shown: list[Block] = [_searching(words), _choosing(category), ways]
    if left:
        shown.insert(0, blocks.section(left))
    found = [each for each in offers if category in {"", each.template.category}]
    if not found:
        shown.append(blocks.section("Nothing fits that. Try other words, or another category."))
    elif words:
        shown += [_in_a_line(each) for each in found[:MOST_LISTED]]
    else:
        shown += _by_category(found[:MOST_LISTED])
    if len(found) > MOST_LISTED:
        beyond = len(found) - MOST_LISTED
        shown.append(blocks.context(f"… and {beyond} more: say what you look for."))
    view = blocks.modal(names.TITLE, shown)
    carried = json.dumps({"words": words, "category": category})
    return blocks.form(view, names.SEARCH_FORM, "Search", carried)


def _searching(words: str) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": names.SEARCH,
        "max_length": LONGEST_WORDS,
        "placeholder": blocks.plain("decision, meeting, label …", 150),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if words:
        element["initial_value"] = words
    field = blocks.field(WORDS, "Look for", element, optional=True)
    return field | {"dispatch_action": True}


def _choosing(category: str) -> Block:
    options = [
        blocks.option("All categories", _EVERYTHING),
        *(blocks.option(each.value, each.value) for each in Category),
    ]
    chosen = next((each for each in options if each["value"] == category), options[0])
    menu = {
        "type": "static_select",
        "action_id": names.CATEGORY,
        "options": options,
        "initial_option": chosen,
    }
    return blocks.actions(menu)


def category_in(value: str) -> str:
    """Return the category that was chosen; empty for all of them."""
    return value if value in {each.value for each in Category} else ""


def _by_category(offers: Sequence[Offer]) -> Iterator[Block]:
    order = list(Category)
    own = [each for each in offers if each.is_own]
    shipped = sorted(
        (each for each in offers if not each.is_own),
        key=lambda each: order.index(each.template.category),
    )
    if own:
        yield blocks.header("Your workspace's own")
        yield from (_in_a_line(each) for each in own)
    for category, group in groupby(shipped, key=lambda each: each.template.category):
        yield blocks.header(category.value)
        yield from (_in_a_line(each) for each in group)


def _in_a_line(offer: Offer) -> Block:
    template = offer.template
    installed = " · _installed_" if offer.tasks else ""
    first = escape(_first(template.description))
    told = f"{template.icon} *{escape(template.name)}*{installed}\n{first}"
    details = blocks.button("Details", names.DETAILS, names.of_template(template.id))
    return blocks.section(told, details)


def _first(text: str) -> str:
    """Return the first sentence or so."""
    line = " ".join(text.split())
    return line if len(line) <= 150 else f"{line[:149]}…"  # noqa: PLR2004 - two lines in a modal


def details(offer: Offer, *, is_admin: bool, is_theirs: bool) -> View:
    """Return the page of one template."""
    template = offer.template
    shown: list[Block] = [
        blocks.section(
            f"{template.icon} *{escape(template.name)}*\n{escape(template.description)}"
        ),
        blocks.context(_small(offer)),
    ]
    shown.append(blocks.actions(*_acting(offer)))
    shown += _what_it_does(offer)
    if template.utterances:
        said = [f"“{escape(_spoken(each))}”" for each in template.utterances[:5]]
        shown.append(blocks.section(f"*Say it like this*\n{chr(10).join(said)}"))
    shown += _rights(offer)
    if offer.is_own and (is_admin or is_theirs):
        shown.append(blocks.actions(*_deciding(offer, is_admin=is_admin)))
    elif is_admin and _waits(offer):
        shown.append(blocks.actions(_approve(offer)))
    shown.append(blocks.actions(blocks.button("Back to the list", names.LIST)))
    return blocks.modal(names.TITLE, shown)


def _spoken(utterance: str) -> str:
    """Return an utterance as people read it: what stands for something of theirs in marks."""
    return utterance.replace("{", "‹").replace("}", "›")


def _small(offer: Offer) -> str:
    template = offer.template
    parts = [f"version {template.version}", template.category.value]
    if template.owner:
        parts.append(f"by {escape(template.owner)}")
    if offer.kept is not None and offer.kept.is_own:  # whatever it says of itself
        parts.append(f"brought by <@{offer.kept.by}>" if offer.kept.by else "brought by somebody")
    if template.change_note:
        parts.append(escape(template.change_note))
    if offer.tasks:
        words = ", ".join(f"`{task.word}`" for task in offer.tasks[:5])
        parts.append(f"installed as {words}")
    return " · ".join(parts)


def _what_it_does(offer: Offer) -> Iterator[Block]:
    template = offer.template
    asked = [
        f"• {escape(entity_in_words(entity))}"
        for entity in template.entities
        if entity.ask is not Asked.NEVER
    ]
    yield from paragraphs(("*It asks for*", *(asked or ["• nothing"])))
    does = [
        f"{'    ' * told.deep}• {':pencil2: ' if told.writes else ''}{escape(told.words)}"
        for told in steps_in_words(template)
    ]
    yield from paragraphs(("*It does*", *does))


def _rights(offer: Offer) -> Iterator[Block]:
    template = offer.template
    named = [scopes.CLOUD.get(each, f"`{escape(each)}`") for each in template.scopes]
    needs = ", ".join(dict.fromkeys(named)) or "nothing but reading"
    yield blocks.section(
        f"*It needs the right to*\n{needs}\n*It runs* {escape(policy_in_words(template))}."
    )
    if changes_by_call(template):
        approved = offer.kept is not None and offer.kept.approved_by
        told = "An admin has approved them." if approved else "An admin has to approve them first."
        yield blocks.section(
            f":warning: It makes REST calls of its own that change something. {told}"
        )


def _acting(offer: Offer) -> Iterator[Block]:
    template = offer.template
    value = names.of_template(template.id, template.version)
    if offer.tasks:
        run = dialog_names.begin_value(offer.tasks[0].word)
        yield blocks.button("Run now", dialog_names.RUN[0], run, style="primary")
        yield blocks.button("Install once more", names.INSTALL, value)
    else:
        yield blocks.button("Install", names.INSTALL, value, style="primary")
    yield blocks.button("Try it", names.TRY, value)
    yield blocks.button("See the form", names.LOOK, value)
    yield blocks.button("See the file", names.EXPORT, value)


def _waits(offer: Offer) -> bool:
    kept = offer.kept
    return kept is not None and not kept.approved_by and changes_by_call(offer.template)


def _approve(offer: Offer) -> Block:
    value = names.of_template(offer.template.id, offer.template.version)
    return blocks.confirmed(
        blocks.button("Approve its REST calls", names.APPROVE, value),
        "Approve this version?",
        "Whoever runs it may then change in Confluence what their own account may, by these calls.",
        "Approve",
    )


def _deciding(offer: Offer, *, is_admin: bool) -> Iterator[Block]:
    value = names.of_template(offer.template.id, offer.template.version)
    is_shared = offer.kept is not None and offer.kept.is_shared
    yield (
        blocks.button("Stop sharing", names.UNSHARE, value)
        if is_shared
        else blocks.button("Share in the workspace", names.SHARE, value)
    )
    yield blocks.confirmed(
        blocks.button("Withdraw", names.WITHDRAW, value),
        "Withdraw this version?",
        "Nobody finds it any more. Versions that a dialog task is made of stay.",
        "Withdraw",
    )
    if is_admin and _waits(offer):
        yield _approve(offer)


def said(words: str, *buttons: Block) -> View:
    """Return a page that says something, with the way back."""
    row = blocks.actions(*buttons, blocks.button("Back to the list", names.LIST))
    return blocks.modal(names.TITLE, [blocks.section(words), row])
