"""Which addresses an outgoing request may end up at (promise 13)."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import AddressFamily

from aiohttp.abc import AbstractResolver, ResolveResult

# RFC 6052: an IPv4 address in the last 32 bits, reached through a translator.
TRANSLATED = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Tell whether *address* lies in the open Internet, also when wrapped in IPv6."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(ip)
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _wrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(ip, IPv4Address):
        return None
    if ip in TRANSLATED:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def is_private_name(host: str) -> bool:
    """Tell whether *host* says by itself that it is no public address."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return not is_public(name)


class GuardedResolver(AbstractResolver):
    """Resolves names and keeps the public addresses only.

    The connector connects to what this returns and asks nobody else, so an address that
    was checked is the address that is used: a name can't change its mind in between.
    """

    def __init__(self, inner: AbstractResolver, private_hosts: Collection[str]) -> None:
        """*private_hosts* are the names that were configured as private ones."""
        self._inner = inner
        self._private_hosts = frozenset(private_hosts)

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of *host* that may be connected to."""
        found = await self._inner.resolve(host, port, family)
        if host in self._private_hosts:
            return found
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(f"no public address for {host}")
        return public

    async def close(self) -> None:
        """Close the resolver within."""
        await self._inner.close()
