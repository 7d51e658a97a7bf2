"""Tell Atlassian whose data is kept, as every app must; erase or fetch anew what it says of them.

https://developer.atlassian.com/platform/forge/user-privacy-guidelines
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.audit import Auditor
from bot.authorize import Authorizer
from bot.connection import Connection, Need, organisation
from bot.content import Account, AccountId
from bot.errors import BotError, ConsentRequired, ProfileBroken, Unavailable
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.ports import (
    REPORT,
    Clock,
    Connections,
    Due,
    DueWork,
    Forgetting,
    Judged,
    Known,
    PersonalData,
    Receipts,
    Voice,
)
from bot.principal import Principal, Tenant
from bot.profile import Mechanism
from bot.profiles import ProfileBook
from bot.quota import Quota
from bot.trail import Action, Entry

log = structlog.get_logger(__name__)

MOST_REPORTED: Final = 90
"""Accounts in one report."""

SCOPE: Final = "report:personal-data"
FIRST: Final = timedelta(days=7)
"""How long after the first connection it is reported first, and how often where nobody says."""

UNDER_WAY: Final = timedelta(minutes=1)
"""When it is looked again, where something of a closed account is still being written."""

_NOBODY: Final = Account(AccountId(""), "")


@frozen
class Stores:
    """Where accounts are kept."""

    connections: Connections
    receipts: Receipts
    forgetting: Forgetting
    due: DueWork
    profiles: ProfileBook


@frozen
class Aides:
    """Who reports, and who is told."""

    personal: PersonalData
    authorizer: Authorizer
    quota: Quota
    auditor: Auditor
    voice: Voice


class Reporter:
    """Reports the accounts under one profile of one tenant, a cycle after the other."""

    def __init__(self, stores: Stores, aides: Aides, clock: Clock) -> None:
        self._stores = stores
        self._aides = aides
        self._clock = clock

    async def connected(self, tenant: Tenant, profile: str) -> None:
        """Have the accounts under *profile* reported from now on, if they aren't."""
        await self._stores.due.begin(Due(REPORT, tenant, profile, self._clock() + FIRST))

    async def report(self, due: Due) -> datetime | None:
        """Report all accounts of the due entry's profile, and do what is answered: an errand.

        Done for good when there are none; the next connection begins it again.

        Raises:
            Unavailable: Atlassian can't answer now.
            QuotaSpent: background work has used its share for now.
        """
        found = await self._found(due.tenant, due.id)
        if not found:
            return None
        accounts = _known(found)
        again_in = FIRST
        for start in range(0, len(accounts), MOST_REPORTED):
            try:
                judged = await self._reported(found, accounts[start : start + MOST_REPORTED])
            except Unavailable as error:
                if error.retry_after is None:
                    raise
                return self._clock() + timedelta(seconds=error.retry_after)
            if judged is None:
                log.warning("nobody's grant may report", tenant=due.tenant, profile=due.id)
                await self._let_go(found)
                return self._clock() + FIRST
            again_in = judged.again_in
            if not await self._follow(found, judged):
                return self._clock() + UNDER_WAY
        return self._clock() + again_in

    async def _found(self, tenant: Tenant, profile: str) -> Sequence[Connection]:
        """Return the connections whose accounts Atlassian knows as this app's."""
        try:
            newest = await self._stores.profiles.get(tenant, profile)
        except ProfileBroken:
            return ()
        if not newest.is_atlassians or newest.mechanism is not Mechanism.OAUTH2:
            return ()
        every = self._stores.connections.list_all(tenant)
        return [each async for each in every if each.profile == profile]

    async def _reported(
        self, found: Sequence[Connection], accounts: Sequence[Known]
    ) -> Judged | None:
        """Report *accounts* by the first grant that may; ``None`` if none may."""

        async def report(connection: Connection) -> Judged:
            return await self._aides.personal.report(connection, accounts)

        for each in found:
            if each.ended_at is not None or SCOPE not in each.grant.scopes:
                continue
            tenant = organisation(each.principal.tenant)
            self._aides.quota.spend(each.profile, tenant, 1, background=True)
            try:
                return await self._aides.authorizer.call(
                    each.principal, Need.READ, report, each.profile
                )
            except ConsentRequired as error:
                log.info("can't report", code=error.code)
        return None

    async def _follow(self, found: Sequence[Connection], judged: Judged) -> bool:
        """Do what was answered; ``False`` if some of it has to wait."""
        is_done = True
        for each in found:
            if each.account.id in judged.closed:
                is_done = await self._erase(each) and is_done
            elif each.account.id in judged.updated:
                await self._fetch(each)
        return is_done

    async def _fetch(self, connection: Connection) -> None:
        """Ask anew how the account is called; where its grant has ended, that isn't known."""
        try:
            account = await self._aides.authorizer.call(
                connection.principal, Need.READ, self._aides.personal.fetch, connection.profile
            )
        except ConsentRequired as error:
            log.info("not fetched anew", code=error.code)
            return
        if account.id == connection.account.id:
            now = self._clock()
            await self._stores.connections.replace_account(connection, account, now)

    async def _let_go(self, found: Sequence[Connection]) -> None:
        """Delete people's consents that ended a cycle ago, as nobody can ask about their accounts.

        The account may be the closed one. Its person was told when it ended, and connects anew.
        """
        latest = self._clock() - FIRST
        for each in found:
            if each.is_organisations or each.ended_at is None or each.ended_at > latest:
                continue
            if await self._unname(each):
                await self._stores.connections.remove(each.principal, each.profile)
                log.info("ended consent deleted", tenant=each.principal.tenant)

    async def _unname(self, connection: Connection) -> bool:
        """Name the account in no receipt any more; ``False`` while it is being written."""
        async for receipt in self._stores.forgetting.list_receipts(connection.principal):
            if receipt.decision.account.id != connection.account.id:
                continue
            if not receipt.stage.is_final:
                return False
            nameless = replace(receipt.decision, account=_NOBODY)
            await self._stores.receipts.replace(receipt, replace(receipt, decision=nameless))
        return True

    async def _erase(self, connection: Connection) -> bool:
        """Delete what names an account that is closed; ``False`` while it is being written."""
        principal = connection.principal
        await self._stores.forgetting.drop_unfinished(principal)
        if not await self._unname(connection):
            return False
        owner = connection.owner if connection.is_organisations else principal.user_id
        # What names the account in the audit is sealed under its owner's key.
        entry = Entry(principal.tenant, Action.GRANT_ENDED)
        await self._aides.auditor.write(entry.of("account", "closed at Atlassian"))
        if owner:
            await self._aides.auditor.forget(Principal(principal.tenant, owner))
        await self._stores.connections.remove(principal, connection.profile)
        if owner:
            await self._tell(Principal(principal.tenant, owner), connection)
        return True

    async def _tell(self, owner: Principal, connection: Connection) -> None:
        whose = (
            "the organisation's connection" if connection.is_organisations else "your connection"
        )
        words = (
            f"Atlassian says that the account *{escape(connection.account.name)}* is closed, so "
            f"{whose} under it is deleted here, with all that named that account. Pages stay in "
            "Confluence. Another account can be connected at any time."
        )
        try:
            await self._aides.voice.tell(owner, words)
        except BotError as error:
            log.info("untold", code=error.code)


def _known(found: Sequence[Connection]) -> Sequence[Known]:
    """Return each account once, by the oldest that is kept of it."""
    accounts: dict[AccountId, datetime] = {}
    for each in found:
        at = each.account_at or each.connected_at
        accounts[each.account.id] = min(at, accounts.get(each.account.id, at))
    return [Known(account, at) for account, at in accounts.items()]
