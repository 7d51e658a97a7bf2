"""Installing a template, and the dialog tasks that are installed; pure."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final

from bot.entities import element
from bot.frozen import frozen
from bot.installation import UserGroup
from bot.installing import Difference, Offer, can_lend, changes_by_call
from bot.mrkdwn import escape
from bot.task import Audience, DialogTask, Event, Reach, TaskId
from bot.template import ActionTemplate, Asked, Entity, EntityType
from bot.written import Written, read
from handlers import blocks
from handlers.admin import scopes
from handlers.ask import Block, View
from handlers.dialogs import fields
from handlers.dialogs import names as dialog_names
from handlers.dialogs.messages import tasks_in_a_list
from handlers.dialogs.paragraphs import paragraphs
from handlers.dialogs.words import for_whom
from handlers.offers import TASKS
from handlers.templates import names

WORD: Final = "word"
ALIASES: Final = "aliases"
CALLED: Final = "title"
AUDIENCE: Final = "audience"
GROUP: Final = "group"
CREDENTIALS: Final = "credentials"
SPACES: Final = "spaces"
CHANNELS: Final = "channels"
APPROVES: Final = "approves"
DEFAULT: Final = "default"
MOST_LISTED: Final = 30
MOST_GROUPS: Final = 100
MOST_HISTORY: Final = 10
_NO_DEFAULT: Final = frozenset({EntityType.ATTACHMENT, EntityType.RICH_TEXT, EntityType.DATE_TIME})
_LENDS: Final = "lends"


@frozen
class Chances:
    """What whoever installs may choose from."""

    channel_id: str = ""
    channel_name: str = ""
    groups: tuple[UserGroup, ...] = ()
    may_for_others: bool = False
    is_admin: bool = False
    command: str = ""


@frozen
class Standing:
    """What the form holds at first: of a template, or of a task that is edited."""

    word: str
    title: str
    aliases: tuple[str, ...] = ()
    audience: Audience = field(default_factory=Audience)
    defaults: Mapping[str, Written] = field(default_factory=dict)
    lends: bool = False
    spaces: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def install_form(
    offer: Offer, chances: Chances, standing: Standing, callback: str, metadata: str
) -> View:
    """Return the form for installing, or for editing what is installed."""
    template = offer.template
    shown: list[Block] = [
        blocks.section(f"{template.icon} *{escape(template.name)}* {template.version}"),
        blocks.field(CALLED, "Name", _line(standing.title, 50)),
        blocks.field(
            WORD,
            "Word",
            _line(standing.word),
            hint=f"People type it after {chances.command}, with what they know behind it.",
        ),
        blocks.field(
            ALIASES,
            "Other words",
            _line(" ".join(standing.aliases)),
            hint="With spaces between, five at most.",
            optional=True,
        ),
        blocks.field(
            AUDIENCE, "Who may run it", _audience(chances, standing.audience), hint=_why(chances)
        ),
    ]
    if chances.groups and chances.may_for_others:
        shown.append(_groups(chances, standing.audience))
    shown += _credentials(offer, chances, standing)
    shown += _defaults(template, standing)
    if changes_by_call(template) and chances.is_admin and not _is_approved(offer):
        shown.append(_approval())
    is_new = callback == names.INSTALL_FORM
    back = names.DETAILS if is_new else names.TASK
    shown.append(blocks.actions(blocks.button("Back", back, metadata)))
    view = blocks.modal(names.TITLE if is_new else names.TASKS_TITLE, shown, close="Cancel")
    return blocks.form(view, callback, "Install" if is_new else "Save", metadata)


def _line(text: str, most: int = 100) -> Block:
    shown: Block = {"type": "plain_text_input", "action_id": "value", "max_length": most}
    return shown | {"initial_value": text} if text else shown


def _audience(chances: Chances, standing: Audience) -> Block:
    options = [blocks.option("Only me", Reach.ME)]
    if chances.may_for_others:
        if chances.channel_id:
            name = chances.channel_name or "this channel"
            options.append(blocks.option(f"Whoever runs it in {name}", Reach.CHANNEL))
        if chances.groups:
            options.append(blocks.option("A user group, chosen below", Reach.GROUP))
        options.append(blocks.option("Everybody in the workspace", Reach.WORKSPACE))
    chosen = next((each for each in options if each["value"] == standing.reach), options[0])
    return {
        "type": "radio_buttons",
        "action_id": "value",
        "options": options,
        "initial_option": chosen,
    }


def _why(chances: Chances) -> str:
    """Say what isn't offered, and why."""
    if not chances.may_for_others:
        return (
            "Your workspace lets only certain people install for others. An admin says who, under "
            f"{chances.command} admin."
        )
    if not chances.channel_id:
        return f"For a channel alone: begin with {chances.command} templates in that channel."
    return ""


def _groups(chances: Chances, standing: Audience) -> Block:
    groups = chances.groups[:MOST_GROUPS]
    options = [blocks.option(f"@{each.handle}", each.id, each.name) for each in groups]
    menu: Block = {"type": "static_select", "action_id": "value", "options": options}
    chosen = next((each for each in options if each["value"] == standing.id), None)
    menu |= {"initial_option": chosen} if chosen else {}
    return blocks.field(GROUP, "User group", menu, optional=True)


def _credentials(offer: Offer, chances: Chances, standing: Standing) -> Iterator[Block]:
    if not (chances.is_admin and can_lend(offer)):
        told = "It runs on the connection of whoever runs it."
        yield blocks.context(told)
        return
    options = [
        blocks.option("The connection of whoever runs it", "own"),
        blocks.option("The organisation's too, as the policy allows", _LENDS),
    ]
    yield blocks.field(
        CREDENTIALS,
        "Whose connection",
        {
            "type": "radio_buttons",
            "action_id": "value",
            "options": options,
            "initial_option": options[1 if standing.lends else 0],
        },
    )
    yield blocks.field(
        SPACES,
        "The organisation's: in these spaces alone",
        _line(" ".join(standing.spaces)),
        hint="Keys, with spaces between; none means all that the policy allows.",
        optional=True,
    )
    menu: Block = {
        "type": "multi_conversations_select",
        "action_id": "value",
        "filter": {"include": ["public", "private"]},
    }
    menu |= {"initial_conversations": list(standing.channels)} if standing.channels else {}
    label = "The organisation's: begun in these channels alone"
    yield blocks.field(CHANNELS, label, menu, optional=True)


def takes_default(entity: Entity) -> bool:
    """Tell whether *entity* can be given a value once for all."""
    is_looked_up = entity.choices_from is not None and entity.choices_from.of is not None
    return entity.ask is not Asked.NEVER and entity.type not in _NO_DEFAULT and not is_looked_up


def _defaults(template: ActionTemplate, standing: Standing) -> Iterator[Block]:
    entities = [entity for entity in template.entities if takes_default(entity)]
    if not entities:
        return
    yield blocks.divider()
    yield blocks.section("*Known already?* What you fill in here isn't asked for any more.")
    for entity in entities[:20]:
        held = standing.defaults.get(entity.name)
        block = fields.field(
            element(entity, read(held) if held else None),
            f"{DEFAULT}/{entity.name}/",
            action=names.DEFAULT,
        )
        yield block | {"optional": True}


def _is_approved(offer: Offer) -> bool:
    return offer.kept is not None and bool(offer.kept.approved_by)


def _approval() -> Block:
    option = blocks.option("Approve the REST calls of this very version", "yes")
    element_: Block = {"type": "checkboxes", "action_id": "value", "options": [option]}
    label = "It makes REST calls of its own that change something"
    return blocks.field(APPROVES, label, element_, optional=True)


def installed(task: DialogTask, report: Sequence[str], command: str) -> View:
    """Say that it is installed, what was checked, and where to go from here."""
    told = (
        f":tada: *{escape(task.title)}* is installed. "
        f"`{command} {task.word}` runs it, {for_whom(task)}."
    )
    row = blocks.actions(
        blocks.button(
            "Run now",
            dialog_names.RUN[0],
            dialog_names.begin_value(task.word),
            style="primary",
        ),
        blocks.button("Go to dialog task", names.TASK, dialog_names.of_task(task.id)),
        blocks.button("Back to the list", names.LIST),
    )
    checked = ("*Checked*", *report) if report else ()
    view = blocks.modal(
        names.TITLE, [blocks.section(told), *paragraphs(checked), row], close="Done"
    )
    return view | {"clear_on_close": True}


@frozen
class Listed:
    """Tasks that whoever looks may see, those of them that they may run, and what was typed."""

    tasks: Sequence[DialogTask]
    runnable: Container[TaskId]
    words: str = ""


def task_list(listed: Listed, command: str, left: str = "") -> View:
    """Return the list of what is installed, or of what fits the words that were typed."""
    shown = [blocks.section(left)] if left else []
    if not listed.tasks and listed.words:
        everything = blocks.button("All dialog tasks", TASKS)
        shown.append(blocks.section(f"No dialog task fits “{escape(listed.words)}”.", everything))
    elif not listed.tasks:
        told = f"Nothing is installed for you yet. `{command} templates` has what there is."
        shown.append(blocks.section(told))
    shown += tasks_in_a_list(listed.tasks[:MOST_LISTED], listed.runnable)
    beyond = len(listed.tasks) - MOST_LISTED
    if beyond > 0:
        shown.append(
            blocks.context(f"… and {beyond} more: `{command} tasks &lt;words&gt;` finds them.")
        )
    row = blocks.actions(blocks.button("Explore templates", names.LIST))
    return blocks.modal(names.TASKS_TITLE, [*shown, row])


@frozen
class Life:
    """What is known of a task besides itself."""

    template: ActionTemplate | None
    users: Sequence[tuple[str, datetime]] = ()
    open_dialogs: int = 0
    upgrade: Difference | None = None
    may_run: bool = False
    may_change: bool = False


def task_page(task: DialogTask, life: Life, command: str, left: str = "") -> View:
    """Return the page of one task."""
    shown: list[Block] = [blocks.section(left)] if left else []
    shown += [
        blocks.header(task.title),
        blocks.section("\n".join(_facts(task, life, command))),
        *paragraphs(_history(task)),
        blocks.actions(*_running(task, life)),
    ]
    if life.may_change:
        shown.append(blocks.actions(*_changing(task, life)))
    shown.append(blocks.actions(blocks.button("All dialog tasks", TASKS)))
    # After a form it lies over that, which has done its work.
    return blocks.modal(names.TASKS_TITLE, shown) | {"clear_on_close": True}


def _facts(task: DialogTask, life: Life, command: str) -> Iterator[str]:
    words = ", ".join(f"`{command} {word}`" for word in task.words)
    yield f"{words} — {for_whom(task)}"
    newer = f" ({life.upgrade.newer} is there)" if life.upgrade else ""
    yield f"Template `{task.template}`, version {task.version}{newer}"
    owner = f"<@{task.owner}>" if task.owner else "nobody any more: the admins look after it"
    yield f"Owner: {owner}"
    if task.lends:
        where = f" in {', '.join(task.spaces)}" if task.spaces else ""
        yield f"It may use the organisation's connection{where}."
    if life.template is not None and task.defaults:
        yield f"Filled in already: {', '.join(_filled_in(task, life.template))}"
    if not task.is_on:
        yield ":double_vertical_bar: It is switched off: nobody begins it for now."
    people = ", ".join(f"<@{user}>" for user, _ in life.users[:5])
    beyond = len(life.users) - 5
    more = f" and {beyond} more" if beyond > 0 else ""
    yield f"Run lately by {people}{more}." if people else "Nobody has run it in the last 30 days."
    if life.open_dialogs:
        verb = "dialog is" if life.open_dialogs == 1 else "dialogs are"
        yield f"{life.open_dialogs} {verb} open."


def _filled_in(task: DialogTask, template: ActionTemplate) -> Iterator[str]:
    for name, _ in task.defaults:
        entity = template.entity(name)
        if entity is not None:
            yield escape(entity.title)


_EVENTS: Final = {
    Event.INSTALLED: "installed it",
    Event.EDITED: "changed how it is installed",
    Event.UPGRADED: "upgraded it",
    Event.ROLLED_BACK: "went back a version",
    Event.SWITCHED_ON: "switched it on",
    Event.SWITCHED_OFF: "switched it off",
}


def _history(task: DialogTask) -> Iterator[str]:
    yield "*History*"
    for line in reversed(task.history[-MOST_HISTORY:]):
        who = f"<@{line.by}>" if line.by else "somebody"
        at = f"<!date^{int(line.at.timestamp())}^{{date_short_pretty}} {{time}}|{line.at:%Y-%m-%d}>"
        yield f"• {at}: {who} {_EVENTS[line.event]} ({line.version})"


def _running(task: DialogTask, life: Life) -> Iterator[Block]:
    if life.may_run:
        value = dialog_names.begin_value(task.word)
        yield blocks.button("Run now", dialog_names.RUN[0], value, style="primary")
    if life.template is not None:
        of = names.of_template(task.template, task.version)
        yield blocks.button("What it does", names.DETAILS, of)


def _changing(task: DialogTask, life: Life) -> Iterator[Block]:
    value = dialog_names.of_task(task.id)
    yield blocks.button("Edit", names.EDIT, value)
    if life.upgrade is not None:
        to = dialog_names.of_task(task.id, life.upgrade.newer)
        yield blocks.button(f"Upgrade to {life.upgrade.newer}", names.UPGRADE, to)
    if task.past:
        yield blocks.button(f"Back to {task.past[-1]}", names.ROLL_BACK, value)
    if task.is_on:
        yield blocks.button("Switch off", names.SWITCH_OFF, value)
    else:
        yield blocks.button("Switch on", names.SWITCH_ON, value)
    yield blocks.button("Uninstall", names.UNINSTALL, value, style="danger")


def difference(
    task: DialogTask, found: Difference, *, action: str, label: str, approves: bool
) -> View:
    """Show what another version changes, before anything is."""
    told = f"*{escape(task.title)}*: from {found.older} to {found.newer}"
    lines = list(_changes(found))
    note = [blocks.section(f"_{escape(found.note)}_")] if found.note else []
    small = "Dialogs that are open end on the version with which they began."
    shown: list[Block] = [
        blocks.section(told),
        *note,
        *paragraphs(lines or ["Nothing but words changes."]),
        blocks.context(small),
    ]
    button = blocks.button(
        label, action, dialog_names.of_task(task.id, found.newer), style="primary"
    )
    if approves:
        button = blocks.confirmed(
            button,
            "Approve its REST calls?",
            "This version makes REST calls of its own that change something in Confluence.",
            "Approve",
        )
    back = blocks.button("Leave it as it is", names.TASK, dialog_names.of_task(task.id))
    return blocks.modal(names.TASKS_TITLE, [*shown, blocks.actions(button, back)])


def _changes(found: Difference) -> Iterator[str]:
    yield from _each("It asks for", found.asks, ":heavy_plus_sign:")
    yield from _each("It no longer asks for", found.no_longer_asks, ":heavy_minus_sign:")
    yield from _each("It asks otherwise for", found.asks_otherwise, ":pencil2:")
    yield from _each("It does besides", _in_words(found.does), ":heavy_plus_sign:")
    yield from _each("It no longer does", _in_words(found.no_longer_does), ":heavy_minus_sign:")
    means = [scopes.CLOUD.get(scope, scope) for scope in found.scopes]
    yield from _each("It needs the right to", means, ":key:")
    less = [scopes.CLOUD.get(scope, scope) for scope in found.no_longer_scopes]
    yield from _each("It no longer needs the right to", less, ":key:")
    if found.scopes:
        yield "Whoever hasn't given that right yet is asked for it at their next run."
    if found.runs:
        yield f":key: It runs *{escape(found.runs)}*."
    if found.texts:
        yield ":pencil2: What its steps write, or what it says, has changed."


def _each(label: str, items: Iterable[str], mark: str) -> Iterator[str]:
    named = ", ".join(f"*{escape(each)}*" for each in items)
    if named:
        yield f"{mark} {label} {named}."


def _in_words(actions: Sequence[str]) -> list[str]:
    return [action.replace("_", " ") for action in actions]


def leaving(task: DialogTask, open_dialogs: int) -> View:
    """Say what uninstalling does, before it is done."""
    told = (
        f"*Uninstall {escape(task.title)}?* Nobody can begin it any more; pages stay as they are."
    )
    if open_dialogs:
        number = "One dialog is" if open_dialogs == 1 else f"{open_dialogs} dialogs are"
        told += f" {number} open: nothing more is written there, and what was answered is kept."
    value = dialog_names.of_task(task.id)
    row = blocks.actions(
        blocks.button("Uninstall", names.UNINSTALL_NOW, value, style="danger"),
        blocks.button("Leave it installed", names.TASK, value),
    )
    return blocks.modal(names.TASKS_TITLE, [blocks.section(told), row])
