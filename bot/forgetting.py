"""Forget somebody: all that is kept of them goes, and they read what went and what stays where."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.audit import Auditor
from bot.connection import Connection, organisation
from bot.content import CloudId, PageId, Site
from bot.errors import BotError, NotAllowed
from bot.forgotten import NEWEST, Ended, Forgotten, Traces, Written, WrittenPage, words_of
from bot.frozen import frozen
from bot.integration import NOBODY, Policy, Role
from bot.mrkdwn import escape
from bot.ports import (
    DEPART,
    FORGET,
    Clock,
    Connections,
    ConsentServer,
    Due,
    DueWork,
    Forgetting,
    Installations,
    Integrations,
    PreferencesStore,
    SlackPeople,
    Voice,
)
from bot.principal import Principal
from bot.profiles import ProfileBook
from bot.receipt import Receipt, Stage
from bot.roles import USER_GROUP, FindInstallation, Roles
from bot.trail import Action, AuditRow, Entry, Outcome, Wanted

log = structlog.get_logger(__name__)

TAKEN_UP_AFTER: Final = timedelta(minutes=2)
"""When another process goes on with what one has left half done."""

SETTLES_WITHIN: Final = timedelta(minutes=1)
"""How often it is looked whether what is being written has come to its end."""

_WRITES: Final = frozenset(
    {
        Action.PUBLISH,
        Action.DRAFT,
        Action.APPEND,
        Action.UPDATE,
        Action.RESTORE_VERSION,
        Action.COPY,
    }
)
_Page = tuple[CloudId, PageId]


@frozen
class Stores:
    """Where somebody may be found."""

    forgetting: Forgetting
    connections: Connections
    preferences: PreferencesStore
    integrations: Integrations
    installations: Installations
    due: DueWork
    profiles: ProfileBook


@frozen
class Aides:
    """Whom forgetting asks and tells; *refresh* shows somebody's home tab as it is now."""

    consent: ConsentServer
    people: SlackPeople
    voice: Voice
    auditor: Auditor
    roles: Roles
    installation_of: FindInstallation
    refresh: Callable[[Principal], Awaitable[None]]


class Forgetter:
    """Forgets people, and ends what those could do who have left."""

    def __init__(self, stores: Stores, aides: Aides, clock: Clock) -> None:
        self._stores = stores
        self._aides = aides
        self._clock = clock

    async def look(self, principal: Principal) -> Traces:
        """Return what there is of *principal*; nothing is changed."""
        found = await self._stores.connections.list_of(principal)
        receipts = await self._receipts(principal)
        return Traces(
            await self._stores.forgetting.count(principal),
            tuple(each.account.name for each in found),
            tuple(each.name or each.account.name for each in await self._owned(principal)),
            await self._written(principal, receipts, found),
            await self._is_writing(principal, receipts),
        )

    async def ask(self, principal: Principal, by: Principal) -> Forgotten | None:
        """Forget *principal*, as *by* has asked; ``None`` where that goes on by itself.

        So it does while something of theirs is being written, and where the database goes
        silent; they are told when it is done.

        Raises:
            Unavailable: it couldn't be begun; nothing was deleted.
        """
        heir = await self._heir(principal, by)
        due = Due(
            FORGET,
            principal.tenant,
            f"{principal.user_id}/{by.user_id}",
            self._clock() + TAKEN_UP_AFTER,
        )
        await self._stores.due.add(due)
        try:
            forgotten = await self._forget(principal, by, heir)
            if forgotten is None:
                soon = self._clock() + SETTLES_WITHIN
                await self._stores.due.replace(due, soon)
                return None
            await self._tell_others(principal, by, forgotten)
            await self._stores.due.replace(due, None)
        except BotError as error:
            log.warning("forgetting goes on later", code=error.code)
            return None
        return forgotten

    async def go_on(self, due: Due) -> datetime | None:
        """Go on with what was begun, and tell everybody whom it concerns: an errand."""
        user_id, _, by_id = due.id.partition("/")
        principal, by = Principal(due.tenant, user_id), Principal(due.tenant, by_id or user_id)
        heir = await self._heir(principal, by)
        forgotten = await self._forget(principal, by, heir)
        if forgotten is None:
            return self._clock() + SETTLES_WITHIN
        forgotten = replace(forgotten, resumed=True)
        await self._tell_others(principal, by, forgotten)
        if by != principal:
            words = words_of(forgotten, links=False)
            await self._tell(by, [f"*<@{user_id}> is forgotten.*", *words])
        else:
            await self._tell(principal, ["*You are forgotten.*", *words_of(forgotten, links=True)])
        return None

    async def departed(self, principal: Principal) -> None:
        """Have what *principal* could do ended at once: they have left."""
        await self._stores.due.add(Due(DEPART, principal.tenant, principal.user_id, self._clock()))

    async def see_off(self, due: Due) -> datetime | None:
        """End the connections of somebody who has left, and what they have begun: an errand.

        What they wrote stays on record until somebody asks to have them forgotten.
        """
        principal = Principal(due.tenant, due.id)
        if await self._is_here(principal):
            return None
        await self._stores.forgetting.drop_unfinished(principal)
        for connection in await self._stores.connections.list_of(principal):
            entry = Entry(principal.tenant, Action.REVOKE).under(connection)
            ended = await self._end(connection)
            entry = entry.to(principal.user_id).of("connection", ended.account)
            await self._aides.auditor.write(entry)
        await self._stores.preferences.remove(principal)
        owned = await self._owned(principal)
        if owned:
            await self._tell_admins(principal, owned)
        return None

    async def _forget(self, principal: Principal, by: Principal, heir: str) -> Forgotten | None:
        """Delete everything; ``None`` while something of theirs is being written."""
        begun = await self._stores.forgetting.drop_unfinished(principal)
        receipts = await self._receipts(principal)
        if await self._is_writing(principal, receipts):
            return None
        found = await self._stores.connections.list_of(principal)
        written = await self._written(principal, receipts, found)
        owned = await self._owned(principal)
        before = (await self._stores.integrations.find(principal.tenant)).policy
        ended = tuple([await self._end(each) for each in found])
        # Under their own key, so that it reads *forgotten* as all the others do.
        entry = Entry.by(by, Action.FORGET)
        await self._aides.auditor.write(entry if by == principal else entry.to(principal.user_id))
        gone = await self._stores.forgetting.forget(principal, heir)
        self._aides.people.forget(principal.tenant, principal.user_id)
        log.info("forgotten", counts=dict(gone), connections=len(ended))
        counts = {name: gone.get(name, 0) + begun.get(name, 0) for name in {**begun, **gone}}
        counts["connections"] = counts.get("connections", 0) + len(ended)
        after = before.without(principal.user_id)
        names = tuple(each.name or each.account.name for each in owned)
        return Forgotten(counts, ended, written, names, heir, _closed(before, after))

    async def _end(self, connection: Connection) -> Ended:
        """Have the provider forget the grant where it can be told, then delete it here."""
        name, is_told, is_atlassians = "the server", False, False
        try:
            profile = await self._stores.profiles.get(
                connection.principal.tenant, connection.profile, connection.profile_version
            )
            name, is_atlassians = profile.name, profile.is_atlassians
            is_told = await self._aides.consent.revoke(profile, connection.grant)
        except BotError as error:
            log.info("not revoked", code=error.code)
        await self._stores.connections.remove(connection.principal, connection.profile)
        typed = connection.mechanism.is_typed
        return Ended(connection.account.name, name, is_told, typed, is_atlassians)

    async def _is_writing(self, principal: Principal, receipts: Iterable[Receipt]) -> bool:
        if any(not each.stage.is_final for each in receipts):
            return True
        return await self._stores.forgetting.is_running(principal)

    async def _receipts(self, principal: Principal) -> list[Receipt]:
        return [each async for each in self._stores.forgetting.list_receipts(principal)]

    async def _written(
        self, principal: Principal, receipts: Sequence[Receipt], found: Sequence[Connection]
    ) -> Written:
        """Return the pages, the newest first, by the audit; then those of before there was one."""
        kept = _kept(receipts)
        sites = {site.cloud_id: site for each in found for site in each.sites}
        pages: dict[_Page, WrittenPage] = {}
        undone: set[_Page] = set()
        wanted = Wanted(principal.user_id)
        async for row in self._aides.auditor.list_newest(principal.tenant, wanted):
            place = row.entry.site, row.entry.page
            if _is_theirs(row, principal) and row.entry.action == Action.UNDO:
                undone.add(place)
            elif _is_theirs(row, principal) and row.entry.action in _WRITES:
                pages.setdefault(place, kept.get(place) or _page(row, sites.get(place[0])))
        pages = {place: page for place, page in (pages | kept).items() if place not in undone}
        return Written(tuple(pages.values())[:NEWEST], len(pages))

    async def _owned(self, principal: Principal) -> list[Connection]:
        found = await self._stores.connections.list_of(organisation(principal.tenant))
        return [each for each in found if each.owner == principal.user_id]

    async def _heir(self, principal: Principal, by: Principal) -> str:
        """Return the admin who is to own the organisation's connections of *principal*."""
        if not await self._owned(principal):
            return ""
        admins = await self._admins(principal, by)
        return admins[0] if admins else ""

    async def _admins(self, principal: Principal, by: Principal | None = None) -> list[str]:
        """Return who else is an admin now, as far as anybody is known to be one."""
        tenant = principal.tenant
        policy = (await self._stores.integrations.find(tenant)).policy
        installer = await self._stores.installations.find_installer(tenant)
        named = [*([by.user_id] if by else []), *policy.members(Role.ADMINISTER), installer]
        others = dict.fromkeys(each for each in named if each and each != principal.user_id)
        return [
            each
            for each in others
            if not each.startswith(USER_GROUP)
            and await self._aides.roles.may_administer(Principal(tenant, each))
        ]

    async def _is_here(self, principal: Principal) -> bool:
        installation = await self._aides.installation_of(principal.tenant)
        if installation is None:
            return False
        now = timedelta(0)
        try:
            person = await self._aides.people.get(installation, principal.user_id, fresh_for=now)
        except NotAllowed:
            return False
        return not person.is_deleted

    async def _tell_others(self, principal: Principal, by: Principal, forgotten: Forgotten) -> None:
        """Tell the heir, and whoever is forgotten by somebody else."""
        await self._aides.refresh(principal)
        heir = Principal(principal.tenant, forgotten.heir)
        if forgotten.heir and forgotten.owned and heir != by:
            names = ", ".join(f"*{escape(name)}*" for name in forgotten.owned)
            words = (
                f"You answer for the organisation's connection {names} now: its owner was "
                "forgotten. It works as before; the admin pages let you hand it on or end it."
            )
            await self._tell(heir, [words])
        if by != principal:
            first = (
                f"An admin of your workspace, <@{by.user_id}>, had everything deleted that I kept "
                "about you here. You can connect again: you begin as somebody new."
            )
            await self._tell(principal, [first, *words_of(forgotten, links=True)])

    async def _tell_admins(self, principal: Principal, owned: list[Connection]) -> None:
        names = ", ".join(f"*{escape(each.name or each.account.name)}*" for each in owned)
        words = (
            f"<@{principal.user_id}> has left this workspace, and is the owner of the "
            f"organisation's connection {names}. It still works. Name another owner in the admin "
            "pages, or end it there."
        )
        for user_id in await self._admins(principal):
            await self._tell(Principal(principal.tenant, user_id), [words])

    async def _tell(self, principal: Principal, paragraphs: list[str]) -> None:
        """Say it, if Slack lets us: who has left can't be told."""
        blocks = [
            {"type": "section", "text": {"type": "mrkdwn", "text": each, "verbatim": True}}
            for each in paragraphs
        ]
        try:
            await self._aides.voice.tell(principal, paragraphs[0], blocks)
        except BotError as error:
            log.info("untold", code=error.code)


def _kept(receipts: Sequence[Receipt]) -> dict[_Page, WrittenPage]:
    """Return the pages that receipts name, the newest first."""
    pages: dict[_Page, WrittenPage] = {}
    for receipt in sorted(receipts, key=lambda each: each.claimed_at, reverse=True):
        decision = receipt.decision
        page = receipt.page_id or decision.page_id
        if page is not None and receipt.stage is Stage.DONE and receipt.undone_at is None:
            place = decision.site.cloud_id, page
            pages.setdefault(place, WrittenPage(decision.title, receipt.page_url))
    return pages


def _page(row: AuditRow, site: Site | None) -> WrittenPage:
    query = f"/pages/viewpage.action?pageId={row.entry.page}"
    return WrittenPage(row.entry.title, f"{site.wiki_url}{query}" if site else "")


def _is_theirs(row: AuditRow, principal: Principal) -> bool:
    entry = row.entry
    is_theirs = entry.actor is not None and entry.actor.user_id == principal.user_id
    return is_theirs and entry.outcome == Outcome.DONE and bool(entry.page)


def _closed(before: Policy, after: Policy) -> tuple[Role, ...]:
    return tuple(
        role
        for role, members in after.roles
        if NOBODY in members and members != before.members(role)
    )
