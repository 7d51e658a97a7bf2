"""Sealing at rest: what is secret or was typed by people is kept under its tenant's data key.

What is queried (tenant, user id, digests, ids, times, stages) is kept as it is; all else
goes through here. Opening costs no operation once the tenant's key is in memory; sealing costs
one every half minute, which asks whether the tenant has a newer key.
"""

from typing import TypeVar

from store.codec import dump, load
from store.data_keys import DataKeys
from store.keyring import Binding, key_id_of

Value = TypeVar("Value")


class Vault:
    """Seals values for one place, and opens them there alone."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys

    async def seal(self, binding: Binding, value: object) -> bytes:
        """Return *value*, a dataclass of ours, sealed for *binding*."""
        return await self.seal_bytes(binding, dump(value))

    async def open(self, binding: Binding, kind: type[Value], sealed: bytes) -> Value:
        """Return the *kind* that was sealed for *binding*.

        Raises:
            SealBroken: it wasn't sealed for this binding, or not as it stands here.
            Unreadable: another version of us wrote it.
        """
        return load(kind, await self.open_bytes(binding, sealed))

    async def seal_bytes(self, binding: Binding, plain: bytes) -> bytes:
        """Return *plain* sealed for *binding*."""
        # Asked for in vain more seldom than every thousandth time: a coroutine less.
        key = self._keys.known(binding.tenant) or await self._keys.current(binding.tenant)
        return key.seal(binding.encoded(), plain)

    async def open_bytes(self, binding: Binding, sealed: bytes) -> bytes:
        """Return what was sealed for *binding*.

        Raises:
            SealBroken: it wasn't sealed for this binding, or not as it stands here.
        """
        key = self._keys.known_for(binding.tenant, sealed)
        key = key or await self._keys.get(binding.tenant, key_id_of(sealed))
        return key.open(binding.encoded(), sealed)
