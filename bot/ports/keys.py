"""Keys that encrypt keys: the operator's, wherever they are."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.frozen import frozen
from bot.principal import Tenant


class KeyEncryption(Protocol):
    """Key-encryption keys, each under an id. They seal nothing but data keys, 32 bytes each.

    Whoever stores a wrapped key stores the id of its key-encryption key beside it. *context* is
    authenticated and not secret: what was wrapped in one opens in no other.
    """

    @property
    @abstractmethod
    def active_id(self) -> str:
        """The id of the key that wraps from now on; 1 to 64 ASCII characters."""

    @property
    @abstractmethod
    def ids(self) -> Sequence[str]:
        """The ids of all the keys that can be used, the active one first."""

    @abstractmethod
    async def wrap(self, context: bytes, key: bytes) -> bytes:
        """Encrypt *key* under the active key.

        Raises:
            Unavailable: whoever holds the keys doesn't answer.
        """

    @abstractmethod
    async def unwrap(self, key_id: str, context: bytes, wrapped: bytes) -> bytes:
        """Decrypt what was *wrapped* under the key *key_id*.

        Raises:
            SealBroken: there is no such key any more, or that isn't what it wrapped.
            Unavailable: whoever holds the keys doesn't answer.
        """


@frozen
class TenantKey:
    """A tenant's data key: the how manyth, since when, and the key that wraps it, by its id.

    The *is_current* one seals; the others open what they have sealed. One whose wrapping key
    is no longer there opens nothing (*is_lost*).
    """

    number: int
    made_at: datetime
    wrapped_by: str
    is_current: bool
    is_lost: bool


class TenantKeys(Protocol):
    """What a tenant's admins may know of the keys under which its data is sealed."""

    @property
    @abstractmethod
    def active_id(self) -> str:
        """The id of the key-encryption key that wraps from now on; empty if nothing is sealed."""

    @abstractmethod
    async def list_of(self, tenant: Tenant) -> Sequence[TenantKey]:
        """Return the tenant's data keys, the current one first."""
