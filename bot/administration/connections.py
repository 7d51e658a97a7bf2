"""Every connection of the tenant: how it stands, whose it is, and its end by an admin."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import structlog

from bot.administration.organisation import Ended, OrganisationConnection, let_go
from bot.administration.parts import Aides, Books, name_of
from bot.connect import APPS_URL
from bot.connection import ORGANISATION, Connection
from bot.errors import BotError, NotAllowed
from bot.frozen import frozen
from bot.installation import Installation, SlackPerson
from bot.mrkdwn import escape, link
from bot.principal import Principal, Tenant
from bot.trail import Action, Entry

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20


class Standing(StrEnum):
    """How a connection stands."""

    LIVE = "live"
    FAILING = "failing"
    ENDED = "ended"
    ORPHANED = "orphaned"


_ORDER: Final = (Standing.FAILING, Standing.ENDED, Standing.LIVE)


@frozen
class Listed:
    """One connection; *why* says what makes an orphan of it, *person* whose it is."""

    connection: Connection
    standing: Standing
    person: str
    profile: str
    why: str = ""


@frozen
class ConnectionPage:
    """Twenty connections, and how many there are of each kind; pages count from 0."""

    rows: tuple[Listed, ...]
    number: int
    pages: int
    totals: dict[Standing, int]


@frozen
class Revoked:
    """What became of somebody's connection: deleted here, and maybe at the provider."""

    ended: Ended
    is_told: bool


def standing_of(connection: Connection) -> Standing:
    """Return how it stands, as far as it tells by itself."""
    if connection.ended_at is not None:
        return Standing.ENDED
    return Standing.FAILING if connection.failures else Standing.LIVE


class Kept:
    """The connections that are kept for a tenant."""

    def __init__(self, books: Books, aides: Aides) -> None:
        self._books = books
        self._aides = aides
        self._organisations = OrganisationConnection(books, aides)

    async def count(self, tenant: Tenant) -> dict[Standing, int]:
        """Return how many stand how, without asking Slack about anybody."""
        totals = dict.fromkeys(_ORDER, 0)
        async for connection in self._books.connections.list_all(tenant):
            totals[standing_of(connection)] += 1
        return totals

    async def page(self, tenant: Tenant, number: int) -> ConnectionPage:
        """Return one page: the organisation's first, then what wants a look, then the rest.

        Raises ``Unavailable`` where Slack doesn't say who people are.
        """
        found = [each async for each in self._books.connections.list_all(tenant)]
        found.sort(key=_place)
        totals = dict.fromkeys(_ORDER, 0)
        for each in found:
            totals[standing_of(each)] += 1
        pages = max(1, -(-len(found) // AT_ONCE))
        number = min(max(0, number), pages - 1)
        installation = await self._aides.installation_of(tenant)
        names = {each.id: name_of(each) async for each in self._books.book.list_all(tenant)}
        shown = found[number * AT_ONCE : (number + 1) * AT_ONCE]
        rows = await asyncio.gather(
            *(
                self._listed(installation, each, names.get(each.profile, each.profile))
                for each in shown
            )
        )
        return ConnectionPage(tuple(rows), number, pages, totals)

    async def revoke(self, by: Principal, user_id: str, profile: str) -> Revoked | None:
        """Delete one connection, have its grant revoked, and tell its person privately."""
        if user_id == ORGANISATION:
            standing = await self._organisations.find(by.tenant)
            if standing is not None and standing.profile == profile:
                return await self._ended(by, await self._organisations.end(by))
        principal = Principal(by.tenant, user_id)
        removed = await self._remove(by, principal, profile)
        return None if removed is None else await self._finish(by, removed)

    async def revoke_all(self, by: Principal) -> Sequence[Revoked]:
        """Delete every connection at once, the organisation's too; then revoke and tell."""
        organisations = await self._ended(by, await self._organisations.end(by))
        found = [each async for each in self._books.connections.list_all(by.tenant)]
        removed = [await self._remove(by, each.principal, each.profile) for each in found]
        done = [await self._finish(by, each) for each in removed if each is not None]
        return [*done, organisations] if organisations else done

    async def _remove(self, by: Principal, whose: Principal, profile: str) -> Connection | None:
        await self._books.pendings.forget_obtained(whose)
        removed = await self._books.connections.remove(whose, profile)
        if removed is None:
            return None
        if not await self._books.connections.list_of(whose):
            await self._books.preferences.remove(whose)
            await self._books.parked.forget(whose)
        entry = Entry.by(by, Action.REVOKE).under(removed)
        if not removed.is_organisations:
            entry = entry.to(whose.user_id)
        self._aides.auditor.record(entry.of("", removed.name))
        return removed

    async def _finish(self, by: Principal, removed: Connection) -> Revoked:
        ended = await let_go(self._books, self._aides, removed)
        return Revoked(ended, await self._tell(by, ended))

    async def _ended(self, by: Principal, ended: Ended | None) -> Revoked | None:
        return None if ended is None else Revoked(ended, await self._tell(by, ended))

    async def _tell(self, by: Principal, ended: Ended) -> bool:
        """Tell its person, or its owner; whoever ended it knows."""
        connection = ended.connection
        user_id = connection.owner if connection.is_organisations else connection.principal.user_id
        if user_id == by.user_id:
            return True
        try:
            words = _words_of_end(by, ended, self._aides.command)
            await self._aides.voice.tell(Principal(by.tenant, user_id), words)
        except BotError as error:
            log.info("revocation untold", code=error.code)
            return False
        return True

    async def _listed(
        self, installation: Installation | None, connection: Connection, profile: str
    ) -> Listed:
        standing = standing_of(connection)
        user_id = connection.owner if connection.is_organisations else connection.principal.user_id
        if installation is None or not user_id:
            return Listed(connection, standing, user_id, profile)
        try:
            person = await self._aides.people.get(installation, user_id)
        except NotAllowed:
            why = "Slack doesn't know them"
            return Listed(connection, Standing.ORPHANED, user_id, profile, why)
        why = _orphaned(installation, person, is_owner=connection.is_organisations)
        return Listed(connection, Standing.ORPHANED if why else standing, person.name, profile, why)


def _words_of_end(by: Principal, ended: Ended, command: str) -> str:
    account = escape(ended.connection.account.name)
    if ended.connection.is_organisations:
        return (
            f"An admin of your workspace, <@{by.user_id}>, has ended the organisation's connection "
            f"to Confluence, *{account}*, which you owned. Its tokens are deleted here.\n"
            f"{remains(ended)}"
        )
    return (
        f"An admin of your workspace, <@{by.user_id}>, has ended your connection to Confluence as "
        f"*{account}*. The tokens that were kept here are deleted, and nothing can be done in your "
        f"name any more. Pages that you wrote stay in Confluence.\n{remains(ended)}\n"
        f"`{command} connect` connects again, if your workspace's admins agree."
    )


def remains(ended: Ended) -> str:
    """Say in mrkdwn what is left at the provider after a connection's end."""
    if ended.is_revoked:
        return "Its server was told as well, and has ended the consent."
    if ended.connection.mechanism.is_typed:
        return "What was typed still works elsewhere: end it in Confluence, where it was made."
    if ended.profile is None or ended.profile.is_atlassians:
        apps = link(APPS_URL, "Connected apps")
        return f"What remains at Atlassian: the consent, unused. Its person removes it: {apps}."
    return "What remains at its server: the consent, unused, until it is removed there."


def _place(connection: Connection) -> tuple[bool, int, str]:
    standing = _ORDER.index(standing_of(connection))
    return not connection.is_organisations, standing, connection.account.name.casefold()


def _orphaned(installation: Installation, person: SlackPerson, *, is_owner: bool) -> str:
    if person.is_deleted:
        return "deactivated in Slack"
    if person.teams and person.teams <= installation.barred:
        return "the app was taken away from their workspace"
    if not installation.welcomes(person):
        return "not of this workspace any more"
    return "the owner is a guest by now" if is_owner and person.is_guest else ""
