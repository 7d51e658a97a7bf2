"""Which addresses an outgoing request may end up at (promise 13)."""

from collections.abc import Collection
from socket import AddressFamily

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.hosts import is_public


class GuardedResolver(AbstractResolver):
    """Resolves names and keeps the public addresses only.

    The connector connects to what this returns and asks nobody else, so an address that
    was checked is the address that is used: a name can't change its mind in between.
    """

    def __init__(
        self,
        inner: AbstractResolver,
        private_hosts: Collection[str] = (),
        private_places: Collection[tuple[str, int]] = (),
    ) -> None:
        """Admit the names that were configured as private ones: everywhere, or at one port."""
        self._inner = inner
        self._private_hosts = frozenset(private_hosts)
        self._private_places = frozenset(private_places)

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of *host* that may be connected to."""
        found = await self._inner.resolve(host, port, family)
        if host in self._private_hosts or (host, port) in self._private_places:
            return found
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(f"no public address for {host}")
        return public

    async def close(self) -> None:
        """Close the resolver within."""
        await self._inner.close()
