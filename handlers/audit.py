"""The audit as admins read it: twenty rows at a time, by person and by action."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.cutting import cut
from bot.errors import BadInput
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.trail import Action, AuditRow, Entry, Outcome, Person, Place, Role, RowId, Used, Wanted
from handlers import blocks
from handlers.ask import Ask, Block, View

NEXT: Final = "audit_next"
PREVIOUS: Final = "audit_previous"
EVERYBODY: Final = "audit_everybody"
PERSON: Final = "audit_person"
"""The menu of people: its action id, and its block's."""
ACTION: Final = "audit_action"
"""The menu of actions: its action id, and its block's."""
AT_ONCE: Final = 20

_ANY: Final = "any"
_LONGEST_VALUE: Final = 1_900
_LONGEST_NAME: Final = 150
_MEMBER: Final = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{1,30}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Where, and in whose name, is added.
_WORDS: Final[Mapping[str, str]] = {
    Action.SEARCH: "searched",
    Action.READ: "read {what}",
    Action.PUBLISH: "published {what}",
    Action.DRAFT: "saved {what} as a draft",
    Action.APPEND: "added to {what}",
    Action.UPDATE: "changed {what}",
    Action.RESTORE_VERSION: "restored a version of {what}",
    Action.COMMENT: "commented on {what}",
    Action.REPLY: "answered a comment on {what}",
    Action.LABEL: "labelled {what}",
    Action.ATTACH: "attached a file to {what}",
    Action.MOVE: "moved {what}",
    Action.COPY: "copied {what}",
    Action.RESTRICT: "restricted {what}",
    Action.WATCH: "watched, or stopped watching, {what}",
    Action.TRASH: "moved {what} to the trash",
    Action.RESTORE: "restored {what} from the trash",
    Action.CALL: "made a REST call that changes something: {what}",
    Action.UNDO: "took {what} back",
    Action.CONNECT: "connected",
    Action.DISCONNECT: "disconnected",
    Action.REVOKE: "ended the connection of {whom}",
    Action.GRANT_ENDED: "had their consent ended by the provider",
    Action.CONNECT_ORGANISATION: "made the organisation's connection {name}",
    Action.DISCONNECT_ORGANISATION: "ended the organisation's connection {name}",
    Action.CHANGE_INTEGRATION: "changed how people are authorized{told}",
    Action.CHANGE_POLICY: "changed the policy{told}",
    Action.CHANGE_CHANNEL: "changed the defaults of a channel{told}",
    Action.SAVE_PROFILE: "saved the profile {name}",
    Action.REMOVE_PROFILE: "removed the profile {name}",
    Action.INSTALL: "installed the app",
    Action.UNINSTALL: "uninstalled the app",
    Action.BRING_TEMPLATE: "brought the template {name}",
    Action.APPROVE_TEMPLATE: "approved the REST calls of the template {name}",
    Action.INSTALL_TASK: "installed the dialog task {name}",
    Action.CHANGE_TASK: "changed the dialog task {name}",
    Action.UNINSTALL_TASK: "uninstalled the dialog task {name}",
    Action.DELETE_TENANT: "deleted everything of this workspace",
    Action.FORGET: "had everything about {whom} forgotten",
    Action.ROTATE_KEYS: "rotated the keys",
    Action.RETIRE_KEY: "retired the key {name}",
    Action.EXPORT_AUDIT: "took a copy of the audit",
}
_CHOICES: Final[Mapping[str, str]] = {
    Action.SEARCH: "Searches",
    Action.READ: "Pages read",
    Action.PUBLISH: "Pages published",
    Action.DRAFT: "Drafts saved",
    Action.APPEND: "Pages added to",
    Action.UPDATE: "Pages changed",
    Action.RESTORE_VERSION: "Versions restored",
    Action.COMMENT: "Comments",
    Action.REPLY: "Answers to comments",
    Action.LABEL: "Pages labelled",
    Action.ATTACH: "Files attached",
    Action.MOVE: "Pages moved",
    Action.COPY: "Pages copied",
    Action.RESTRICT: "Pages restricted",
    Action.WATCH: "Pages watched",
    Action.TRASH: "Pages moved to the trash",
    Action.RESTORE: "Pages restored",
    Action.CALL: "REST calls",
    Action.UNDO: "Undone",
    Action.CONNECT: "Connected",
    Action.DISCONNECT: "Disconnected",
    Action.REVOKE: "Connections ended by admins",
    Action.GRANT_ENDED: "Consents that ended",
    Action.CONNECT_ORGANISATION: "Organisation connected",
    Action.DISCONNECT_ORGANISATION: "Organisation disconnected",
    Action.CHANGE_INTEGRATION: "Authorization changed",
    Action.CHANGE_POLICY: "Policy changed",
    Action.CHANGE_CHANNEL: "Channel defaults changed",
    Action.SAVE_PROFILE: "Profiles saved",
    Action.REMOVE_PROFILE: "Profiles removed",
    Action.INSTALL: "Installed",
    Action.UNINSTALL: "Uninstalled",
    Action.BRING_TEMPLATE: "Templates brought",
    Action.APPROVE_TEMPLATE: "REST calls approved",
    Action.INSTALL_TASK: "Tasks installed",
    Action.CHANGE_TASK: "Tasks changed",
    Action.UNINSTALL_TASK: "Tasks uninstalled",
    Action.DELETE_TENANT: "Everything deleted",
    Action.FORGET: "People forgotten",
    Action.ROTATE_KEYS: "Keys rotated",
    Action.RETIRE_KEY: "Keys retired",
    Action.EXPORT_AUDIT: "Copies taken",
}


@frozen
class AuditTurn:
    """Where somebody is in the audit: what they want to see, this page's place, those before."""

    user_id: str = ""
    action: str = ""
    after: Place | None = None
    before: tuple[Place | None, ...] = ()

    @property
    def wanted(self) -> Wanted:
        """Which rows to list."""
        return Wanted(self.user_id, self.action)

    def value(self) -> str:
        """Return it as a button's value; the oldest pages behind are forgotten first."""
        before = list(self.before)
        while True:
            held = [self.user_id, self.action, _written(self.after), [*map(_written, before)]]
            value = json.dumps(held, separators=(",", ":"))
            if len(value) <= _LONGEST_VALUE or not before:
                return value
            before.pop(0)

    @staticmethod
    def read(value: str) -> "AuditTurn":
        """Read a button's value. Raises ``BadInput`` for any that isn't ours."""
        try:
            user_id, action, after, before = json.loads(value)
            return AuditTurn(str(user_id), str(action), _place(after), tuple(map(_place, before)))
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise BadInput("That button is out of date. Open the audit again.") from None

    @staticmethod
    def chosen(ask: Ask) -> "AuditTurn":
        """Return what the two menus say, from the newest row on."""
        user_id = ask.element(PERSON).get("selected_user")
        action, _ = ask.chosen(ACTION)
        return AuditTurn(
            user_id if isinstance(user_id, str) else "", "" if action == _ANY else action
        )


@frozen
class AuditPage:
    """The rows of a page, and whether there are more."""

    rows: tuple[AuditRow, ...]
    has_more: bool = False


async def page_of(rows: AsyncIterator[AuditRow]) -> AuditPage:
    """Take one page from *rows*."""
    found: list[AuditRow] = []
    async for row in rows:
        if len(found) == AT_ONCE:
            return AuditPage(tuple(found), has_more=True)
        found.append(row)
    return AuditPage(tuple(found))


def audit_view(page: AuditPage, turn: AuditTurn) -> View:
    """Return the modal with one page, its menus above it and its buttons below."""
    shown = [*_menus(turn), blocks.divider()]
    shown += [blocks.section(words_of(row)) for row in page.rows[:AT_ONCE]]
    if not page.rows:
        narrowed = turn.user_id or turn.action or turn.after
        words = "Nothing more of that was recorded." if narrowed else "Nothing was recorded yet."
        shown.append(blocks.section(words))
    buttons = _buttons(page, turn)
    if buttons:
        shown += [blocks.divider(), blocks.actions(*buttons)]
    return blocks.modal("Audit", shown)


def words_of(row: AuditRow) -> str:
    """Return what *row* says, in mrkdwn."""
    entry = row.entry
    words = _WORDS.get(entry.action)
    name = _name(row)
    told = f": {name}" if name else ""
    parts = {"what": f"{escape(entry.kind)} {name}".strip(), "name": name, "told": told}
    did = words.format(**parts, whom=_whom(row)) if words else escape(entry.action)
    if entry.subject and "{whom}" not in (words or ""):
        did += f", for {_whom(row)}"
    facts = f"*{_who(row)}* {did.strip()}{_where(entry)}{_whose(row)}"
    number = "not chained yet" if row.number is None else f"no. {row.number}"
    return f"{facts}\n{_when(row.at)} · {_outcome(entry)} · {number}"


def _menus(turn: AuditTurn) -> list[Block]:
    people: Block = {
        "type": "users_select",
        "action_id": PERSON,
        "placeholder": blocks.plain("Everybody", 150),
    }
    everything = blocks.option("Every action", _ANY)
    options = [blocks.option(label, str(action)) for action, label in _CHOICES.items()]
    initial = next((each for each in options if each["value"] == turn.action), everything)
    kinds: Block = {
        "type": "static_select",
        "action_id": ACTION,
        "options": [everything, *options],
        "initial_option": initial,
    }
    beside = []
    if turn.user_id:
        people["initial_user"] = turn.user_id
        anybody = AuditTurn(action=turn.action)
        beside.append(blocks.button("Everybody", EVERYBODY, anybody.value()))
    return [
        blocks.actions(people, *beside) | {"block_id": PERSON},
        blocks.actions(kinds) | {"block_id": ACTION},
    ]


def _buttons(page: AuditPage, turn: AuditTurn) -> list[Block]:
    buttons = []
    if turn.before:
        back = replace(turn, after=turn.before[-1], before=turn.before[:-1])
        buttons.append(blocks.button("Previous", PREVIOUS, back.value()))
    if page.has_more and page.rows:
        onward = replace(turn, after=page.rows[-1].place, before=(*turn.before, turn.after))
        buttons.append(blocks.button("Next", NEXT, onward.value()))
    return buttons


def _who(row: AuditRow) -> str:
    if row.entry.actor is None:
        return _gone(row, Role.ACTOR) or "Confab"
    return _member(row.entry.actor)


def _whom(row: AuditRow) -> str:
    subject = row.entry.subject
    if subject is None:
        return f"*{_gone(row, Role.SUBJECT) or 'themselves'}*"
    return f"*{_member(subject)}*"


def _name(row: AuditRow) -> str:
    """Return the title of what was acted on, in quotes."""
    if row.entry.kind == "channel" and _CHANNEL.fullmatch(row.entry.title):
        return f"<#{row.entry.title}>"
    if row.entry.title:
        return f"“{_named(row.entry.title)}”"
    gone = _gone(row, row.title_role)
    return f"({gone})" if gone else ""


def _where(entry: Entry) -> str:
    places = [escape(entry.space), _named(entry.site_name)]
    where = "*, *".join(place for place in places if place)
    return f" in *{where}*" if where else ""


def _whose(row: AuditRow) -> str:
    account = row.entry.account
    name = _named(account.name or account.id) if account else _gone(row, Role.ACCOUNT)
    if row.entry.credential == Used.ORGANISATION:
        return f", under the organisation's connection (*{name}*)" if name else ""
    return f", as *{name}*" if name else ""


def _outcome(entry: Entry) -> str:
    if entry.outcome == Outcome.BEGUN:
        return "begun"
    code = f" ({escape(entry.code)})" if entry.code else ""
    return f"{escape(entry.outcome)}{code}"


def _gone(row: AuditRow, role: Role) -> str:
    if role in row.forgotten:
        return "forgotten"
    return "unreadable" if role in row.broken else ""


def _member(person: Person) -> str:
    """Return a person's name; where only their id was known, Slack has the name."""
    if not person.name and _MEMBER.fullmatch(person.user_id):
        return f"<@{person.user_id}>"
    return _named(person.name or person.user_id)


def _named(name: str) -> str:
    return escape(cut(" ".join(name.split()), _LONGEST_NAME))


def _when(at: datetime) -> str:
    form = "{date_short_pretty} {time_secs}"
    return f"<!date^{int(at.timestamp())}^{form}|{at:%Y-%m-%d %H:%M:%S} UTC>"


def _written(place: Place | None) -> list[object] | None:
    return None if place is None else [(place.at - _EPOCH) // timedelta(milliseconds=1), place.id]


def _place(held: object) -> Place | None:
    if held is None:
        return None
    if not isinstance(held, list):
        raise TypeError
    at, row_id = held
    return Place(_EPOCH + timedelta(milliseconds=at), RowId(str(row_id)))
