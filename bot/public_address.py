"""Where browsers reach us, and what follows from it for cookies."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bot.frozen import frozen


@frozen
class PublicAddress:
    """Our public origin: the only source of absolute links, whatever a request's Host says.

    Raises:
        ValueError: *url* is more than an origin, or plain http to more than this machine.
    """

    url: str

    def __post_init__(self) -> None:
        """Refuse what can't be served safely, and keep the rest in one spelling."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the public address must be an http or https URL")
        if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("the public address must be an origin: scheme, host and port alone")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("plain http is for this machine alone: use https")
        object.__setattr__(self, "url", _origin(parts))

    @property
    def is_secure(self) -> bool:
        """Tell whether browsers come by https, so that cookies can insist on it."""
        return self.url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The name of the cookie that names the browser."""
        return "__Host-confab" if self.is_secure else "confab"

    def link(self, path: str) -> str:
        """Return the absolute link to *path*, which begins with a slash."""
        return self.url + path


def is_loopback(host: str | None) -> bool:
    """Tell whether *host* can only be this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(parts: SplitResult) -> str:
    """As browsers write it in Origin: lower case, and no port where it is the usual one."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = 443 if parts.scheme == "https" else 80
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
