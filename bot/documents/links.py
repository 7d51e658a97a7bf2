"""Which addresses a document may lead to, and what is said of them."""

import re
from typing import Final
from urllib.parse import urlsplit

MAX_HREF: Final = 2000
"""Characters; Slack takes 3000, some proxies and mail programs about 2000."""

# To browsers a backslash is a slash, and of slashes before a host any number are two:
# https://url.spec.whatwg.org/#url-parsing.
_ALLOWED: Final = re.compile(
    r"(?:https?://(?![/?#])|mailto:)[^\s\x00-\x20\x7f-\x9f<>\"\\\ud800-\udfff]+", re.IGNORECASE
)
_SCHEME: Final = re.compile(r"[a-z]+:")
_NAMED: Final = re.compile(
    r"(?:https?://|www\.)(?:[^\s/?#@]{0,99}@)?([^\s/?#:@]+)"
    r"|^((?:[\w-]{1,63}\.){1,9}(?:com|net|org|io|dev|app|cloud))(?=[/?#\s]|$)",
    re.IGNORECASE,
)
"""A host that a text names."""


def safe_href(href: object) -> str:
    """Return *href* where it is http, https or mailto and well-formed, otherwise nothing."""
    if not isinstance(href, str) or len(href) > MAX_HREF:
        return ""
    href = href.strip()
    if not _ALLOWED.fullmatch(href):
        return ""
    if _SCHEME.match(href):
        return href
    scheme, _, rest = href.partition(":")
    return f"{scheme.lower()}:{rest}"  # as Slack takes it


def host_of(href: str) -> str:
    """Return the host of *href* as it is looked up, in ASCII; empty where there is none."""
    try:
        host = urlsplit(href).hostname or ""
        return host.encode("idna").decode() if host else ""
    except ValueError:  # no address, or no name of a host
        return ""


def revealing(text: str, href: str) -> str:
    """Return *text*, and if it names another host than *href* leads to, that as well."""
    found = _NAMED.search(text) if "." in text and text != href else None
    if found is None:
        return text
    named, host = host_of(f"//{found[1] or found[2]}").removeprefix("www."), host_of(href)
    is_true = bool(named) and (host == named or host.endswith(f".{named}"))
    told = f" ({host or href})"
    return text if is_true or text.endswith(told) else f"{text}{told}"
