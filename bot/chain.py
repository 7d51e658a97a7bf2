"""The job that numbers and chains the audit's rows, and whoever verifies what it did."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.errands import Shift
from bot.errors import BotError
from bot.frozen import frozen
from bot.ports import AuditChain, Clock, Leases
from bot.principal import Tenant
from bot.trail import ChainKey, Link, Links, RowId, SealedRow

log = structlog.get_logger(__name__)

LEASE: Final = "audit_chain"
EVERY: Final = timedelta(seconds=10)
LASTS: Final = EVERY * 3
MOST_AT_ONCE: Final = 250
LOGGED_EVERY: Final = timedelta(days=1)
"""How often the newest link of each tenant is logged, though it is no other: logs are kept for
a while, and a tenant may rest for longer."""
MOST_PROBLEMS: Final = 50


class Chainer:
    """Numbers the rows that wait, tenant by tenant, and logs each tenant's newest link.

    Two at once, as when a lease ran out unnoticed, do no harm: each stretch begins at a number
    that only one of them can take.
    """

    def __init__(self, chain: AuditChain, key: ChainKey, leases: Leases, clock: Clock) -> None:
        self._chain = chain
        self._key = key
        self._shift = Shift(leases, LEASE, LASTS)
        self._clock = clock
        self._logged_at: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        await self._shift.repeat(self.chain_all, EVERY)

    async def chain_all(self) -> None:
        """Chain all that waits, as long as nobody else does; now and then log what is chained."""
        async for tenant in self._each(self._chain.find_waiting):
            try:
                await self.chain(tenant)
            except BotError as error:
                log.warning("chaining", code=error.code, tenant=tenant)
        now = self._clock()
        if self._logged_at is None or now - self._logged_at >= LOGGED_EVERY:
            async for tenant in self._each(self._chain.find_chained):
                self._log(tenant, await self._chain.find_last(tenant))
                self._logged_at = now

    async def chain(self, tenant: Tenant) -> None:
        """Give every row of *tenant* that waits a number and a link."""
        last = standing = await self._chain.find_last(tenant)
        if last is not None:
            # Whoever made it may have died before its rows were numbered.
            await self._chain.number(last)
        while rows := await self._chain.list_waiting(tenant, MOST_AT_ONCE):
            links = self._key.extend(tenant, last, rows)
            if not await self._chain.add(links):
                break  # somebody else was faster, and goes on
            await self._chain.number(links)
            last = links
        if last is not standing:
            self._log(tenant, last)

    async def _each(
        self, find: Callable[[Tenant | None], Awaitable[Tenant | None]]
    ) -> AsyncIterator[Tenant]:
        """Yield the tenants that *find* finds, each under a lease that was just extended."""
        tenant = None
        while await self._shift.hold():
            tenant = await find(tenant)
            if tenant is None:
                return
            yield tenant

    def _log(self, tenant: Tenant, last: Links | None) -> None:
        if last is not None:
            at = self._clock().isoformat(timespec="seconds")
            log.info("audit chained", tenant=tenant, number=last.last, link=last.newest, at=at)


@frozen
class Known:
    """A link as the log has it."""

    number: int
    link: Link

    @staticmethod
    def parse(text: str) -> "Known":
        """Read ``<number>:<link>``.

        Raises:
            ValueError: it isn't of that form.
        """
        number, _, link = text.strip().partition(":")
        is_link = len(link) == len("00") * 32 and all(each in "0123456789abcdef" for each in link)
        if not (number.isascii() and number.isdigit() and int(number) > 0 and is_link):
            raise ValueError("must be a number, a colon and a link, as the log has them")
        return Known(int(number), Link(link))


@dataclass(slots=True)
class Verdict:
    """What the chain of a tenant says: whole up to *number*, but for the *problems*.

    *at* is when the row of that number was recorded; *waiting* have no number yet.
    """

    tenant: Tenant
    number: int = 0
    link: str = ""
    at: datetime | None = None
    waiting: int = 0
    problems: list[str] = field(default_factory=list)

    def blame(self, problem: str) -> None:
        """Add a *problem*, unless there are enough."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(problem)
        elif len(self.problems) == MOST_PROBLEMS:
            self.problems.append("There is more, which isn't listed.")


class Verifier:
    """Walks chains from their beginning, or from a link that is known, to their end."""

    def __init__(self, chain: AuditChain, key: ChainKey) -> None:
        self._chain = chain
        self._key = key

    async def list_tenants(self) -> Sequence[Tenant]:
        """Return every tenant that has rows."""
        found: set[Tenant] = set()
        for find in (self._chain.find_chained, self._chain.find_waiting):
            tenant = await find(None)
            while tenant is not None:
                found.add(tenant)
                tenant = await find(tenant)
        return sorted(found)

    async def verify(
        self, tenant: Tenant, since: Known | None = None, logged: Sequence[Known] = ()
    ) -> Verdict:
        """Walk the tenant's chain, from behind *since* where that is given.

        Each of *logged*, and *since*, must be in it.
        """
        verdict = Verdict(tenant)
        known = {one.number: one.link for one in logged}
        walk = _Walk(self._chain, self._key, verdict, known)
        await walk.start(since)
        await walk.go_on()
        await walk.end()
        return verdict


class _Walk:
    """One walk along one chain."""

    def __init__(
        self, chain: AuditChain, key: ChainKey, verdict: Verdict, known: dict[int, Link]
    ) -> None:
        self._chain = chain
        self._key = key
        self._verdict = verdict
        self._known = known
        self._tenant = verdict.tenant
        self._before = key.origin(verdict.tenant)
        self._first: Links | None = None
        self._unnumbered = 0

    async def start(self, since: Known | None) -> None:
        """Stand behind *since*, or at the beginning."""
        if since is None:
            return
        self._known[since.number] = since.link
        links = await self._chain.find_links(self._tenant, since.number)
        if links is None or links.last < since.number:
            return  # told at the end
        self._known.pop(since.number)
        self._before = since.link
        self._verdict.number, self._verdict.link = since.number, since.link
        if links.links[since.number - links.first] != since.link:
            self._verdict.blame(f"Link {since.number} isn't the one that was logged.")
        row_id = links.rows[since.number - links.first]
        row = (await self._chain.get_rows(self._tenant, [row_id])).get(row_id)
        self._verdict.at = None if row is None else row.at
        self._first = links

    async def go_on(self) -> None:
        """Walk to the end, stretch by stretch."""
        links = self._first or await self._chain.find_next(self._tenant, 0)
        while links is not None:
            if len(links.rows) != len(links.links) or not links.rows:
                self._verdict.blame(f"The links from {links.first} on were changed.")
            await self._walk(links)
            links = await self._chain.find_next(self._tenant, links.first)

    async def end(self) -> None:
        """Look at what the chain doesn't reach."""
        verdict = self._verdict
        for number, link in sorted(self._known.items()):
            if number > verdict.number:
                verdict.blame(
                    f"Cut off after number {verdict.number}: the log has number {number}, {link}."
                )
        beyond = await self._chain.list_numbered(self._tenant, verdict.number + 1, None, 1)
        if beyond and await self._is_beyond(beyond[0]):
            verdict.blame(
                f"Links are missing: a row has number {beyond[0].number}, and the chain ends "
                f"at {verdict.number}."
            )
        for row in await self._chain.list_waiting(self._tenant, MOST_AT_ONCE):
            if not self._key.has_proven(row):
                verdict.blame(f"Row {row.id}, not chained yet, wasn't written by this bot.")
        waiting = await self._chain.count_waiting(self._tenant)
        verdict.waiting = max(waiting - self._unnumbered, 0)

    async def _is_beyond(self, row: SealedRow) -> bool:
        """Tell whether no link leads to *row*: one may have been made since the walk's end."""
        last = await self._chain.find_last(self._tenant)
        return last is None or row.number is None or row.number > last.last

    async def _walk(self, links: Links) -> None:
        verdict = self._verdict
        expected = verdict.number + 1
        if links.first > expected:
            verdict.blame(f"Links {expected} to {links.first - 1} are missing.")
            self._before = Link("")
        elif links.first < expected and links is not self._first:
            verdict.blame(f"Links from {links.first} on are there twice.")
        rows = await self._rows(links)
        for number, (row_id, link) in enumerate(
            zip(links.rows, links.links, strict=False), links.first
        ):
            if number >= expected:
                row = rows.get(row_id)
                self._judge(number, link, row)
                self._before = link
                verdict.number, verdict.link = number, link
                verdict.at = row.at if row is not None else verdict.at

    def _judge(self, number: int, link: Link, row: SealedRow | None) -> None:
        blame = self._verdict.blame
        if row is None:
            blame(f"Row {number} is missing.")
        elif not self._key.has_proven(row):
            blame(f"Row {number} ({row.id}) was changed, or wasn't written by this bot.")
        elif self._before and self._key.link(self._before, row) != link:
            blame(f"Row {number} ({row.id}) isn't the one that was chained there.")
        elif row.number not in {number, None}:
            blame(f"Row {number} ({row.id}) was given number {row.number}.")
        if self._known.pop(number, link) != link:
            blame(f"Link {number} isn't the one that was logged.")

    async def _rows(self, links: Links) -> dict[RowId, SealedRow]:
        """Return the rows of *links*, and blame those that stand between them."""
        first = None if links.first == 1 else self._verdict.number + 1
        numbered = await self._chain.list_numbered(
            self._tenant, first, links.last, 2 * len(links.rows) + 1
        )
        rows = {row.id: row for row in numbered}
        for row in numbered:
            if row.id not in links.rows:
                self._verdict.blame(f"Row {row.id} has number {row.number}, but was never chained.")
        walked = links.rows[max(self._verdict.number + 1 - links.first, 0) :]
        lacking = [row_id for row_id in walked if row_id not in rows]
        if lacking:
            found = await self._chain.get_rows(self._tenant, lacking)
            self._unnumbered += sum(1 for row in found.values() if row.number is None)
            rows |= found
        return rows
