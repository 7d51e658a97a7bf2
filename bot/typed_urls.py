"""Judge an address that somebody typed, before it is kept and again before it is called; pure.

What it says of a name is half of it: where the name leads is seen when it is resolved.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from bot.errors import BadInput
from bot.hosts import is_private_name
from bot.profile import Provider

LONGEST: Final = 2000
NO_ADDRESS: Final = "That isn't an address, as in https://wiki.example.com."
PORTS: Final = frozenset({443, 8443})
_USUAL: Final = {"https": 443, "http": 80}
# Nothing that two readers of addresses could read differently: no space, backslash or bracket.
_PRINTED = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,;=._~%-]+", re.ASCII)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
# 2130706433, 0177.0.0.1, 0x7f.1 and 127.1 are addresses to some and names to others.
_LOOKS_NUMERIC = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)", re.ASCII)
_CLOUD_SUFFIXES: Final = (".atlassian.net", ".atlassian-us-gov-mod.net", ".atlassian-us-gov.net")
_CLOUD_GATEWAY: Final = "api.atlassian.com"


def check_typed_url(text: str, internal: Collection[str], *, field: str | None) -> str:
    """Return *text* in its one spelling; a path stays as it is, but for a lone slash.

    *internal* are the origins that the operator's settings allow although they are private.

    Raises:
        BadInput: with the reason in words; it names the *field*.
    """
    parts = _split(text.strip(), field)
    origin, host = _origin(parts, field), _host(parts, field)
    if origin not in internal:
        _check_outside(parts, host, field)
    path = "" if parts.path == "/" else parts.path
    if any(each in {".", ".."} for each in path.split("/")):
        raise BadInput("That address has . or .. in its path.", field=field)
    return origin + path


def _split(text: str, field: str | None) -> SplitResult:
    if len(text) > LONGEST:
        raise BadInput(f"That address is longer than {LONGEST} characters.", field=field)
    if not _PRINTED.fullmatch(text):
        raise BadInput(NO_ADDRESS, field=field)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise BadInput(NO_ADDRESS, field=field) from None
    if parts.scheme not in _USUAL or not parts.netloc:
        raise BadInput("The address must begin with https://.", field=field)
    if "@" in parts.netloc:
        raise BadInput("The address must have no user name or password in it.", field=field)
    if "?" in text or "#" in text:
        raise BadInput("The address must have no ? and no #.", field=field)
    return parts


def _host(parts: SplitResult, field: str | None) -> str:
    """Return the host in lower case, an address in its shortest form, a dot at its end cut off."""
    host = (parts.hostname or "").removesuffix(".")
    try:
        return ip_address(host).compressed
    except ValueError:
        pass
    if not _NAME.fullmatch(host) or _LOOKS_NUMERIC.fullmatch(host):
        raise BadInput("The host in that address is neither a name nor an address.", field=field)
    return host


def _origin(parts: SplitResult, field: str | None) -> str:
    host = _host(parts, field)
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _USUAL[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _check_outside(parts: SplitResult, host: str, field: str | None) -> None:
    if parts.scheme != "https":
        raise BadInput("The address must begin with https://.", field=field)
    if (parts.port or _USUAL["https"]) not in PORTS:
        raise BadInput(
            "Only ports 443 and 8443 are called. "
            "Whoever runs me can allow another address in my settings.",
            field=field,
        )
    if is_private_name(host) or not ("." in host or ":" in host):  # else a name without a domain
        raise BadInput(
            "That is a private address, inside a network. "
            "Whoever runs me can allow it in my settings.",
            field=field,
        )


def origin_of(url: str) -> str:
    """Return scheme, host and port of *url*, in their one spelling. Raises ``BadInput``."""
    return _origin(_split(url, None), None)


def is_gateway(url: str) -> bool:
    """Tell whether *url* lies at Atlassian's gateway, and no site's. Raises ``BadInput``."""
    return _host(_split(url, None), None) == _CLOUD_GATEWAY


def deployment_of(url: str) -> Provider:
    """Tell which product answers at *url*, by the exact end of its host. Raises ``BadInput``."""
    host = _host(_split(url, None), None)
    if host == _CLOUD_GATEWAY or host.endswith(_CLOUD_SUFFIXES):
        return Provider.CLOUD
    return Provider.DATA_CENTER
