"""Forgetting: all that is kept of one person or one tenant, and what a provider says of people."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.connection import Connection
from bot.content import Account, AccountId
from bot.frozen import frozen
from bot.principal import Principal, Tenant
from bot.receipt import Receipt

Counts = Mapping[str, int]
"""How many documents, by collection; collections with none may be missing."""


class Forgetting(Protocol):
    """Deletes in every collection at once. Each method may be cut off anywhere and called again."""

    @abstractmethod
    async def count(self, principal: Principal) -> Counts:
        """Return what there is of the principal, or names them."""

    @abstractmethod
    def list_receipts(self, principal: Principal) -> AsyncIterator[Receipt]:
        """Return every receipt of the principal, in no order."""

    @abstractmethod
    async def is_running(self, principal: Principal) -> bool:
        """Tell whether something that the principal confirmed in a dialog is being done."""

    @abstractmethod
    async def drop_unfinished(self, principal: Principal) -> Counts:
        """Delete what the principal has begun: dialogs, drafts, consents, parked requests.

        A dialog that is running stays.
        """

    @abstractmethod
    async def forget(self, principal: Principal, heir: str = "") -> Counts:
        """Delete all that is the principal's, and take their name out of what is the tenant's.

        A receipt that isn't final stays, and a dialog that is running, with what ends it. The
        organisation's connections that the principal owns go to *heir*. Their audit's key goes
        last.
        """

    @abstractmethod
    async def delete_tenant(self, tenant: Tenant) -> Counts:
        """Delete all that is the tenant's, its keys first, so that nothing left can be read.

        What there is to be done about the deletion itself stays.
        """


@frozen
class Known:
    """An account that is kept, and when its name was fetched."""

    account: AccountId
    at: datetime


@frozen
class Judged:
    """What the provider says of the accounts that were reported, and when it wants to be asked."""

    closed: frozenset[AccountId]
    updated: frozenset[AccountId]
    again_in: timedelta


class PersonalData(Protocol):
    """Where a provider is told of whom data is kept."""

    @abstractmethod
    async def report(self, connection: Connection, accounts: Sequence[Known]) -> Judged:
        """Report up to `MOST_REPORTED` accounts in the name of *connection*.

        Raises:
            TokenRefused: the connection's token isn't good for it.
            Unavailable: the provider can't answer now; it may say for how long.
            ProviderFault: nobody understands its answer.
        """

    @abstractmethod
    async def fetch(self, connection: Connection) -> Account:
        """Return the account of *connection* as it is now. Raises like `report`."""
