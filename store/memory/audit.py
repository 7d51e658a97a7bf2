"""The audit in dicts; what names people is sealed here too, so that it can be forgotten."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.ports import AuditChain, AuditRows
from bot.principal import Principal, Tenant
from bot.trail import AuditRow, Links, PersonId, Place, RowId, SealedRow, Wanted
from store.keyring import SealingKey
from store.naming import open_row, people_of, seal_row
from store.person_keys import fresh_id, fresh_key


class MemoryAudit(AuditRows, AuditChain):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Tenant, RowId], SealedRow] = {}
        self._links: dict[tuple[Tenant, int], Links] = {}
        self._keys: dict[Principal, SealingKey] = {}

    async def seal(self, row: AuditRow) -> SealedRow:
        """See `AuditRows.seal`."""
        people = people_of(row.entry)
        return seal_row(row, {role: self._key(person) for role, person in people.items()})

    async def insert(self, row: SealedRow) -> bool:
        """See `AuditRows.insert`."""
        return self._rows.setdefault((row.tenant, row.id), row) is row

    async def list_newest(
        self, tenant: Tenant, wanted: Wanted, after: Place | None = None
    ) -> AsyncIterator[AuditRow]:
        """See `AuditRows.list_newest`."""
        key = self._keys.get(Principal(tenant, wanted.user_id))
        if wanted.user_id and key is None:
            return
        keys = {
            PersonId(each.id): each
            for person, each in self._keys.items()
            if person.tenant == tenant
        }
        for row in sorted(self._of(tenant), key=lambda row: (row.at, row.id), reverse=True):
            is_named = key is None or any(part.person == key.id for part in row.parts)
            if is_named and _is_wanted(row, wanted, after):
                yield open_row(row, dict(keys))

    async def forget(self, principal: Principal) -> bool:
        """See `AuditRows.forget`."""
        return self._keys.pop(principal, None) is not None

    async def find_waiting(self, after: Tenant | None = None) -> Tenant | None:
        """See `AuditChain.find_waiting`."""
        return _first((row.tenant for row in self._rows.values() if row.number is None), after)

    async def find_chained(self, after: Tenant | None = None) -> Tenant | None:
        """See `AuditChain.find_chained`."""
        return _first((tenant for tenant, _ in self._links), after)

    async def list_waiting(self, tenant: Tenant, most: int) -> Sequence[SealedRow]:
        """See `AuditChain.list_waiting`."""
        waiting = (row for row in self._of(tenant) if row.number is None)
        return sorted(waiting, key=lambda row: (row.at, row.id))[:most]

    async def count_waiting(self, tenant: Tenant) -> int:
        """See `AuditChain.count_waiting`."""
        return sum(1 for row in self._of(tenant) if row.number is None)

    async def find_last(self, tenant: Tenant) -> Links | None:
        """See `AuditChain.find_last`."""
        return max(self._stretches(tenant), key=lambda links: links.first, default=None)

    async def find_links(self, tenant: Tenant, number: int) -> Links | None:
        """See `AuditChain.find_links`."""
        before = (links for links in self._stretches(tenant) if links.first <= number)
        return max(before, key=lambda links: links.first, default=None)

    async def find_next(self, tenant: Tenant, number: int) -> Links | None:
        """See `AuditChain.find_next`."""
        behind = (links for links in self._stretches(tenant) if links.first > number)
        return min(behind, key=lambda links: links.first, default=None)

    async def add(self, links: Links) -> bool:
        """See `AuditChain.add`."""
        return self._links.setdefault((links.tenant, links.first), links) is links

    async def number(self, links: Links) -> None:
        """See `AuditChain.number`."""
        for number, row_id in enumerate(links.rows, links.first):
            key = links.tenant, row_id
            if key in self._rows:
                self._rows[key] = replace(self._rows[key], number=number)

    async def get_rows(self, tenant: Tenant, ids: Sequence[RowId]) -> Mapping[RowId, SealedRow]:
        """See `AuditChain.get_rows`."""
        return {row.id: row for row in self._of(tenant) if row.id in ids}

    async def list_numbered(
        self, tenant: Tenant, first: int | None, last: int | None, most: int
    ) -> Sequence[SealedRow]:
        """See `AuditChain.list_numbered`."""
        found = [
            (row.number, row)
            for row in self._of(tenant)
            if row.number is not None
            and (first is None or row.number >= first)
            and (last is None or row.number <= last)
        ]
        return [row for _, row in sorted(found, key=lambda pair: pair[0])[:most]]

    def _of(self, tenant: Tenant) -> list[SealedRow]:
        return [row for row in self._rows.values() if row.tenant == tenant]

    def _stretches(self, tenant: Tenant) -> list[Links]:
        return [links for links in self._links.values() if links.tenant == tenant]

    def _key(self, principal: Principal) -> SealingKey:
        fresh = SealingKey(fresh_id(), fresh_key())
        return self._keys.setdefault(principal, fresh)


def _first(tenants: Iterable[Tenant], after: Tenant | None) -> Tenant | None:
    return min((tenant for tenant in tenants if after is None or tenant > after), default=None)


def _is_wanted(row: SealedRow, wanted: Wanted, after: Place | None) -> bool:
    return (
        (not wanted.action or row.action == wanted.action)
        and (wanted.since is None or row.at >= wanted.since)
        and (wanted.until is None or row.at < wanted.until)
        and (after is None or (row.at, row.id) < (after.at, after.id))
    )
