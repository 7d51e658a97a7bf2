"""Work that has a time, jobs that have one holder, and the quota."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.frozen import frozen
from bot.principal import Principal, Tenant
from bot.receipt import Decision


@frozen
class Due:
    """One entry of due work: ids and a time, nothing else."""

    kind: str
    tenant: Tenant
    id: str
    at: datetime


SETTLE: Final = "settle"
"""The kind of due work that settles a decision."""

RUN: Final = "run"
"""The kind that finishes the run of a dialog whose plan was confirmed: see `running_of`."""

FORGET: Final = "forget"
"""The kind that forgets somebody: its id is theirs, a slash, and that of whoever asked for it."""

DEPART: Final = "depart"
"""The kind that ends what somebody who has left the tenant could do: its id is theirs."""

DELETE_TENANT: Final = "delete_tenant"
"""The kind that deletes all of a tenant after its uninstallation: its id is the tenant's."""

REPORT: Final = "report"
"""The kind that tells Atlassian whose data is kept under a profile: its id is the profile's."""

RENEW: Final = "renew"
"""The kind that renews a connection's grant, before it ends for want of use."""

REMIND: Final = "remind"
"""The kind that tells of the end of a token that somebody typed."""


def settling(decision: Decision, at: datetime) -> Due:
    """Return the due entry by which *decision* is settled: its person's id, a slash, its own."""
    principal = decision.principal
    return settling_of(principal, decision.id, at)


def settling_of(principal: Principal, decision: str, at: datetime) -> Due:
    """Return the due entry of the principal's *decision*, named as its draft is."""
    return Due(SETTLE, principal.tenant, f"{principal.user_id}/{decision}", at)


def running_of(principal: Principal, dialog: str, at: datetime) -> Due:
    """Return the due entry of a dialog's run: its person's id, a slash, its own."""
    return Due(RUN, principal.tenant, f"{principal.user_id}/{dialog}", at)


class DueWork(Protocol):
    """Work that has a time, over all tenants: the one exception to promise 16."""

    @abstractmethod
    async def add(self, due: Due) -> None:
        """Put *due* on the list, or move it to another time."""

    @abstractmethod
    async def begin(self, due: Due) -> None:
        """Put *due* on the list, unless it is there at whatever time."""

    @abstractmethod
    async def list_due(self, kind: str, now: datetime, most: int) -> Sequence[Due]:
        """Return what is due by *now*, oldest first, at most *most*."""

    @abstractmethod
    async def replace(self, due: Due, at: datetime | None) -> bool:
        """Move *due* to *at*, or take it off the list for ``None``.

        ``False`` if it isn't on the list, or was moved since it was read.
        """

    @abstractmethod
    async def remove(self, due: Due) -> None:
        """Take it off the list: it is done."""


class Leases(Protocol):
    """Jobs that exactly one replica runs at a time."""

    @abstractmethod
    async def hold(self, name: str, holder: str, lasts: timedelta) -> bool:
        """Take or extend the lease until now + *lasts* by the store's clock."""

    @abstractmethod
    async def release(self, name: str, holder: str) -> None:
        """Give it up if *holder* has it."""


@frozen
class Spent:
    """Points used in the running window, as all replicas have reported them."""

    app: int
    tenant: int
    remaining: int | None = None
    tenants: int = 1


class QuotaLedger(Protocol):
    """Points spent at a provider, per app (a profile's client) and tenant, in a UTC hour."""

    @abstractmethod
    async def add(self, app: str, tenant: Tenant, points: int, hour: datetime) -> Spent:
        """Add *points* (0 to read only) to the hour's sums and return them."""

    @abstractmethod
    async def correct(self, app: str, remaining: int, hour: datetime) -> None:
        """Record what the provider's headers say is left of the hour."""
