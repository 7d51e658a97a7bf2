"""Nobody but an admin gets past it: asked anew at every press, form and menu."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from bot.errors import BotError, Unavailable
from bot.integration import Integration, Role
from bot.ports import Installations, Integrations
from bot.principal import Principal, Tenant
from bot.roles import Roles
from handlers import blocks, replies
from handlers.admin import kit, names
from handlers.admin.kit import Problem
from handlers.ask import Ack, Answer, Ask, Block, Kind, Listener, Modal, Route, Suggestions, View

log = structlog.get_logger(__name__)

Check = Callable[[Ask], Ack]
"""Judges a form by itself; an ack without errors goes on to its listener."""

Again = Callable[[Ask, Problem], Awaitable[View]]
"""Builds the form anew with what was typed into it, and says what is wrong."""


def fine(_: Ask) -> Ack:
    """Find nothing wrong."""
    return Ack(view=kit.working("Saving…"))


class Gate:
    """Makes routes of the admin's listeners."""

    def __init__(
        self, roles: Roles, integrations: Integrations, installations: Installations
    ) -> None:
        self._roles = roles
        self._integrations = integrations
        self._installations = installations

    def word(self, word: str, listener: Listener) -> Route:
        """Return the route of a command's word, whose modal opens at once."""
        guarded = self._guarded(listener)
        return Route(Kind.COMMAND, word, guarded, opens=_opens, for_guests=True)

    def opening(self, action: str, listener: Listener) -> Route:
        """Return the route of a button outside, whose modal opens at once."""
        return Route(Kind.PRESS, action, self._guarded(listener), opens=_opens, for_guests=True)

    def press(self, action: str, listener: Listener) -> Route:
        """Return the route of a button or menu inside the modal."""
        return Route(Kind.PRESS, action, self._guarded(listener), for_guests=True)

    def form(self, callback: str, listener: Listener, again: Again, check: Check = fine) -> Route:
        """Return the route of a form: judged in its ack, saved after it, shown again if refused."""

        async def judged(ask: Ask) -> Ack:
            refusal = await self._refusal(ask)
            if refusal is not None:
                return Ack(view=refusal, goes_on=False)
            return check(ask)

        async def saved(ask: Ask) -> Answer:
            try:
                return await listener(ask)
            except BotError as error:
                log.info("answered", code=error.code)
                return Modal(await again(ask, Problem.of(error)))

        return Route(
            Kind.SUBMISSION, callback, self._guarded(saved), submitted=judged, for_guests=True
        )

    def menu(
        self, action: str, suggester: Callable[[Ask], Awaitable[Sequence[Block]]]
    ) -> Suggestions:
        """Return the menu with type-ahead; it offers nothing to anybody else."""

        async def guarded(ask: Ask) -> Sequence[Block]:
            if not await self._roles.may_administer(ask.principal):
                return ()
            return await suggester(ask)

        return Suggestions(action, guarded)

    def _guarded(self, listener: Listener) -> Listener:
        async def guarded(ask: Ask) -> Answer:
            try:
                refusal = await self._refusal(ask)
                return Modal(refusal) if refusal is not None else await listener(ask)
            except BotError as error:
                log.info("answered", code=error.code)
                told = replies.apology(error, ask.correlation)
                return Modal(kit.page(told.blocks))

        return guarded

    async def _refusal(self, ask: Ask) -> View | None:
        if await self._roles.may_administer(ask.principal):
            return None
        integration = await self._integrations.find(ask.principal.tenant)
        log.info("not an admin", route=names.ROOT)
        return admins_only(integration, await self._installer(ask.principal.tenant))

    async def _installer(self, tenant: Tenant) -> str:
        """Return who installed us, if they are an admin; Slack lists admins to nobody."""
        found = await self._installations.find_installer(tenant)
        with suppress(Unavailable):  # then they are told of the others
            if found and await self._roles.may_administer(Principal(tenant, found)):
                return found
        return ""


def admins_only(integration: Integration, installer: str = "") -> View:
    """Say who may, to whoever may not."""
    members = integration.policy.members(Role.ADMINISTER)
    named = list(dict.fromkeys((installer, *members) if installer else members))
    shown = " ".join(kit.mention(each) for each in named[: kit.MOST_OPTIONS])
    words = "the admins and owners of this workspace in Slack"
    who = f"{words}, and {shown}" if shown else words
    return blocks.modal(
        kit.TITLE,
        [
            blocks.section(
                "Only admins can look at this or change it, so nothing was done. "
                f"The admins are {who}. Ask one of them."
            )
        ],
    )


def _opens(_: Ask) -> View:
    return kit.loading()
