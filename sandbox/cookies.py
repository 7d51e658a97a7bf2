"""A browser's cookies, as far as they matter to a sign-in."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http.cookies import CookieError, Morsel, SimpleCookie
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Cookie:
    """One cookie of one host; ports don't tell hosts apart, names do."""

    host: str
    name: str
    value: str
    path: str = "/"
    same_site: str = "lax"
    expires: float | None = None


class Jar:
    """Cookies by host, path and name; `localhost` and `127.0.0.1` are two sites."""

    def __init__(self, held: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._cookies = {
            (host, "/", name): Cookie(host, name, value)
            for host, values in (held or {}).items()
            for name, value in values.items()
        }

    def held(self) -> dict[str, dict[str, str]]:
        """Every cookie's value, by host and name."""
        found: dict[str, dict[str, str]] = {}
        for cookie in self._cookies.values():
            found.setdefault(cookie.host, {})[cookie.name] = cookie.value
        return found

    def receive(self, url: str, headers: Iterable[str]) -> None:
        """Keep what `Set-Cookie` says."""
        for header in headers:
            parsed: SimpleCookie = SimpleCookie()
            try:
                parsed.load(header)
            except CookieError:
                continue
            for morsel in parsed.values():
                self._keep(url, morsel)

    def _keep(self, url: str, morsel: Morsel[str]) -> None:
        cookie = cookie_of(url, morsel)
        if cookie is None:
            return
        key = (cookie.host, cookie.path, cookie.name)
        if cookie.expires is not None and cookie.expires <= time.time():
            self._cookies.pop(key, None)
        else:
            self._cookies[key] = cookie

    def send(self, url: str, method: str, sent_from: str) -> str:
        """The `Cookie` header for a navigation that *sent_from* (a URL, or nothing) began."""
        target = urlsplit(url)
        across = urlsplit(sent_from).hostname != target.hostname
        found = [
            cookie
            for cookie in self._cookies.values()
            if cookie.host == target.hostname
            and path_matches(target.path or "/", cookie.path)
            and (cookie.expires is None or cookie.expires > time.time())
            and may_travel(cookie, method, across=across)
        ]
        found.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in found)


def cookie_of(url: str, morsel: Morsel[str]) -> Cookie | None:
    """The cookie to keep, None where a browser would refuse it.

    A cookie that is `Secure`, or whose name says so, is refused over plain http even on
    loopback, as Safari does; so is `SameSite=None`, which needs `Secure`; so is one for another
    domain.
    """
    place = urlsplit(url)
    secure = bool(morsel["secure"]) or morsel.key.startswith(("__Host-", "__Secure-"))
    same_site = str(morsel["samesite"] or "lax").casefold()
    if place.scheme != "https" and (secure or same_site == "none"):
        return None
    if morsel["domain"] and morsel["domain"].lstrip(".") != place.hostname:
        return None
    folder = (place.path or "/").rpartition("/")[0] or "/"
    cookie = Cookie(place.hostname or "", morsel.key, morsel.value, morsel["path"] or folder)
    return replace(cookie, same_site=same_site, expires=expiry(morsel))


def expiry(morsel: Morsel[str]) -> float | None:
    """When it ends; a date of its own is taken as an end now or never."""
    said = str(morsel["max-age"])
    if said.lstrip("-").isdigit():
        return time.time() + int(said)
    return 0.0 if "1970" in morsel["expires"] else None


def path_matches(path: str, prefix: str) -> bool:
    """RFC 6265, section 5.1.4."""
    if path == prefix:
        return True
    return path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix)] == "/")


def may_travel(cookie: Cookie, method: str, *, across: bool) -> bool:
    """Whether a cookie goes along when a page of another site sends the browser here."""
    if not across or cookie.same_site == "none":
        return True
    return cookie.same_site == "lax" and method in SAFE
