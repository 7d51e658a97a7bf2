"""``/confluence forget-me``: everything about somebody goes, once they, or an admin, confirm it."""

import json
import re
from dataclasses import replace
from typing import Final

from bot.errors import BadInput, BotError, NotAllowed
from bot.forgetting import Forgetter
from bot.forgotten import Forgotten, Traces, list_of, pages_of, stays, words_of
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.ports import SlackPeople
from bot.principal import Principal
from bot.roles import Roles
from handlers import blocks, forms
from handlers.ask import Ack, Ask, Block, Kind, Modal, Route, View
from handlers.tenants import Tenants

WORD: Final = "forget-me"
FORM: Final = "forget_me"
NAME: Final = "name"
"""The field in which an admin types whom they mean."""

NOT_ADMIN: Final = (
    "Only an admin of this workspace can have somebody else forgotten, so nothing was deleted. "
    "For yourself, type it without a name."
)
GOES_ON: Final = (
    "It was begun and goes on by itself: something is still being written, or my own database is "
    "slow just now. What has come to its end is deleted within minutes, and the receipt comes by "
    "direct message."
)
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)
_MENTION: Final = re.compile(
    r"(?:<@(?P<mentioned>[UW]\w+)(?:\|[^>]*)?>|(?P<typed>[UW]\w+))", re.ASCII
)
_TITLE: Final = "Forget me"


@frozen
class ForgetParts:
    """What forgetting works with."""

    forgetter: Forgetter
    roles: Roles
    people: SlackPeople
    tenants: Tenants


class Forget:
    """The word and the form."""

    def __init__(self, parts: ForgetParts) -> None:
        self._parts = parts

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.COMMAND, WORD, self.show, opens=_opens, for_guests=True),
            Route(Kind.SUBMISSION, FORM, self.forget, submitted=_judged, for_guests=True),
        )

    async def show(self, ask: Ask) -> Modal:
        """Say exactly what would be deleted, and what would stay where."""
        whom = _whom(ask)
        await self._require_may(ask.principal, whom)
        traces = await self._parts.forgetter.look(whom)
        if whom == ask.principal:
            return Modal(_own_form(whom, traces))
        return Modal(_admins_form(whom, await self._name(whom), traces))

    async def forget(self, ask: Ask) -> Modal:
        """Delete it all, and show the receipt."""
        metadata = forms.read_metadata(ask.view.metadata if ask.view else "")
        user_id = metadata.get("user", "")
        if not isinstance(user_id, str) or not _PERSON.fullmatch(user_id):
            raise BadInput("The form came back without a person. Nothing was deleted.")
        whom = Principal(ask.principal.tenant, user_id)
        await self._require_may(ask.principal, whom)
        forgotten = await self._parts.forgetter.ask(whom, ask.principal)
        return Modal(_receipt(forgotten, whom, is_own=whom == ask.principal))

    async def _require_may(self, asker: Principal, whom: Principal) -> None:
        if whom != asker and not await self._parts.roles.may_administer(asker):
            raise NotAllowed(NOT_ADMIN)

    async def _name(self, whom: Principal) -> str:
        """Return how they are called; their id, where Slack doesn't say."""
        installation = await self._parts.tenants.get(whom.tenant)
        try:
            person = installation and await self._parts.people.get(installation, whom.user_id)
        except BotError:
            return whom.user_id
        return " ".join(person.name.split()) if person and person.name.strip() else whom.user_id


def _whom(ask: Ask) -> Principal:
    """Return whom the command names: whoever types it, if nobody.

    Slack's own mention, or an id: people who were deactivated can't be mentioned.
    """
    text = ask.text.strip()
    if not text:
        return ask.principal
    found = _MENTION.fullmatch(text)
    user_id = (found["mentioned"] or found["typed"]) if found else ""
    if not _PERSON.fullmatch(user_id):
        raise BadInput(
            "I don't know whom you mean, so nothing was deleted. Type it alone for yourself; "
            "an admin can add one person, as a mention or as a member ID (U…)."
        )
    return Principal(ask.principal.tenant, user_id)


def _opens(_: Ask) -> View:
    return forms.loading(_TITLE)


async def _judged(ask: Ask) -> Ack:
    metadata = forms.read_metadata(ask.view.metadata if ask.view else "")
    name = metadata.get("name")
    if isinstance(name, str) and " ".join(ask.typed(NAME).split()).casefold() != name.casefold():
        return Ack(errors={NAME: f"Type “{name[:100]}”, and everything about them is deleted."})
    return Ack(view=_said("Deleting…", "This takes a few seconds."))


def _own_form(whom: Principal, traces: Traces) -> View:
    view = blocks.modal(_TITLE, _telling(traces, is_own=True), close="Cancel")
    return blocks.form(view, FORM, "Delete it all", json.dumps({"user": whom.user_id}))


def _admins_form(whom: Principal, name: str, traces: Traces) -> View:
    element: Block = {"type": "plain_text_input", "action_id": NAME, "max_length": 200}
    shown = [
        blocks.section(f"Everything about *{escape(name)}* (<@{whom.user_id}>)."),
        *_telling(traces, is_own=False),
        blocks.field(NAME, f"Type {name} to confirm", element),
    ]
    view = blocks.modal(_TITLE, shown, close="Cancel")
    metadata = json.dumps({"user": whom.user_id, "name": name})
    return blocks.form(view, FORM, "Delete it all", metadata)


def _telling(traces: Traces, *, is_own: bool) -> list[Block]:
    """Return what goes and what stays; the names of pages are for their writer alone."""
    written = traces.written if is_own else replace(traces.written, newest=())
    shown = [
        blocks.section(f"*Deleted here, for good:*\n{list_of(traces.counts)}"),
        *map(blocks.section, (stays(written), *pages_of(written))),
    ]
    if traces.accounts:
        shown.append(
            blocks.section(
                "*Where the consent was given* it is ended if its server can be told. At Atlassian "
                "nobody but its person can remove it: the receipt has the link."
            )
        )
    if traces.owned:
        names = ", ".join(f"*{escape(name)}*" for name in traces.owned)
        shown.append(
            blocks.section(
                f"*The organisation's connection stays:* {names}. An admin becomes its owner."
            )
        )
    if traces.is_writing:
        shown.append(blocks.section("A page is being written just now: it is settled first."))
    shown.append(
        blocks.context(
            "This can't be taken back. Whoever connects again afterwards begins as somebody new."
        )
    )
    return shown


def _receipt(forgotten: Forgotten | None, whom: Principal, *, is_own: bool) -> View:
    if forgotten is None:
        return _said("Not yet", GOES_ON)
    first = "*You are forgotten here.*" if is_own else f"*<@{whom.user_id}> is forgotten here.*"
    shown = [blocks.section(each) for each in (first, *words_of(forgotten, links=is_own))]
    return blocks.modal(_TITLE, shown)


def _said(words: str, small: str) -> View:
    return blocks.modal(_TITLE, [blocks.section(words), blocks.context(small)])
