"""Which hosts lie in the open Internet, by their name or address alone; pure."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# RFC 6052: an IPv4 address in the last 32 bits, reached through a translator.
TRANSLATED: Final = IPv6Network("64:ff9b::/96")
# RFC 4291 §2.4: all global unicast that was ever handed out; site-local ones count as global too.
UNICAST: Final = IPv6Network("2000::/3")
# RFC 6762, RFC 8375, and what clouds and companies name their insides.
PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet")


def is_public(address: str) -> bool:
    """Tell whether *address* lies in the open Internet, also when wrapped in IPv6."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(ip)
    if inner is not None:
        return is_public(str(inner))
    if isinstance(ip, IPv6Address) and ip not in UNICAST:
        return False
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
    if name == "localhost" or name.endswith(PRIVATE_SUFFIXES):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return not is_public(name)
