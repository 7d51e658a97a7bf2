"""The one way out: every request of the bot to somebody else's server."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import field
from io import BytesIO
from types import TracebackType
from typing import Final, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientMiddlewareType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import DefaultResolver
from yarl import URL

from bot.errors import BadInput, ProviderFault, Unavailable, Unclear
from bot.frozen import frozen
from bot.hosts import is_private_name
from bot.providers.addresses import GuardedResolver
from bot.typed_urls import check_typed_url, origin_of

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
MOST_BYTES: Final = 8 * 1024 * 1024
SAFE: Final = frozenset({"GET", "HEAD"})
CHUNK: Final = 64 * 1024


@frozen
class Request:
    """What to send. *writes* says that sending it may change something over there.

    *beyond* is an origin that the settings don't name, admitted for this one request because
    the profile of a connection does; *url* must lie there.
    """

    provider: str
    method: str
    url: str
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    writes: bool = False
    most_bytes: int = MOST_BYTES
    seconds: float = ANSWER_SECONDS
    beyond: str = ""


@frozen
class Answer:
    """What came back, whole; *headers* by lower-case name."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> object:
        """Read the body as JSON. Raises ``ValueError`` if it is anything else."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and not (kind.endswith("json") or kind == "text/plain"):
            raise ValueError(f"not JSON but {kind[:50]}")
        try:
            value: object = json.loads(self.body)
        except RecursionError as error:
            raise ValueError("JSON nested too deep") from error
        return value


class OffLimits(ClientError):
    """A request, or a redirect of one, to a place that isn't on the list."""


class BrokenOff(ClientError):
    """A connection that ended before the answer to something that isn't a plain read."""


class TooLarge(ClientError):
    """An answer of more bytes than anybody here asked for."""


@frozen
class _Ways:
    """One session for reading, one for writing.

    A kept connection may be dead already, and then nobody knows what became of a write.
    """

    reading: ClientSession
    writing: ClientSession

    def of(self, method: str) -> ClientSession:
        return self.reading if method in SAFE else self.writing

    async def close(self) -> None:
        await self.reading.close()
        await self.writing.close()


class Outgoing:
    """Sends requests to the configured origins, and each where its profile leads it.

    What a profile names must be public, at a port for https, or be one of the *internal*
    origins of the settings. Redirects aren't followed, environment and netrc aren't read,
    cookies aren't kept. Open it inside the event loop (``async with``); it is shared by the
    whole process.
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        internal: Collection[str] = (),
        resolver: Callable[[], AbstractResolver] = DefaultResolver,
    ) -> None:
        """Allow the origins of *origins*, which are URLs out of the settings."""
        self._places = frozenset(_place(URL(each)) for each in origins)
        self._private_hosts = {host for _, host, _ in self._places if is_private_name(host)}
        self._internal = frozenset(origin_of(each) for each in internal)
        self._resolver = resolver
        self._known: _Ways | None = None
        self._beyond: _Ways | None = None

    async def __aenter__(self) -> Self:
        self._known = self._open(self._guarded(self._private_hosts), self._guard)
        places = [(URL(each).host or "", URL(each).port or 0) for each in self._internal]
        self._beyond = self._open(self._guarded((), places), self._guard_beyond)
        return self

    def _guarded(
        self, hosts: Collection[str], places: Collection[tuple[str, int]] = ()
    ) -> Callable[[], AbstractResolver]:
        return lambda: GuardedResolver(self._resolver(), hosts, places)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for ways in (self._known, self._beyond):
            if ways is not None:
                await ways.close()

    @property
    def session(self) -> ClientSession:
        """The session itself, for a client that insists on one; it is guarded all the same."""
        return _opened(self._known).reading

    @property
    def internal(self) -> frozenset[str]:
        """The private origins that the settings allow an admin to name."""
        return self._internal

    def allows(self, url: str) -> bool:
        """Tell whether *url* lies at one of the configured origins."""
        try:
            parsed = URL(url)
            return parsed.user is None and _place(parsed) in self._places
        except ValueError:
            return False

    async def send(self, request: Request) -> Answer:
        """Send *request* once and return the answer, whatever its status.

        Raises:
            Unavailable: nothing was sent, or nothing could have changed by it.
            Unclear: it may have been received, and it *writes*.
            ProviderFault: the address is off limits, or the answer to a read too large.
        """
        try:
            return await self._exchange(request)
        except OffLimits as error:
            raise ProviderFault("a request off limits", provider=request.provider) from error
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            raise Unavailable(request.provider) from error
        except TooLarge as error:
            if request.writes:
                raise Unclear(request.provider) from error
            raise ProviderFault("an answer without end", provider=request.provider) from error
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            if request.writes:
                raise Unclear(request.provider) from error
            raise Unavailable(request.provider) from error

    async def _exchange(self, request: Request) -> Answer:
        async with self._session(request).request(
            request.method,
            request.url,
            params=request.query,
            headers=request.headers,
            # A page may be large: as a stream it is sent without holding anybody else up.
            data=None if request.body is None else BytesIO(request.body),
            allow_redirects=False,
            timeout=ClientTimeout(total=request.seconds, sock_connect=CONNECT_SECONDS),
        ) as response:
            body = await _read(response, request.most_bytes)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, body)

    def _session(self, request: Request) -> ClientSession:
        if self.allows(request.url):
            return _opened(self._known).of(request.method)
        if not request.beyond or self._origin(request.url) != self._origin(request.beyond):
            raise OffLimits(request.provider)
        return _opened(self._beyond).of(request.method)

    def _origin(self, url: str) -> str:
        """Return the origin of *url*, judged anew: other settings may have let it in."""
        try:
            return origin_of(check_typed_url(url, self._internal, field=None))
        except BadInput as error:
            raise OffLimits(str(error)) from error

    def _open(self, resolver: Callable[[], AbstractResolver], guard: ClientMiddlewareType) -> _Ways:
        def session(*, fresh_connections: bool) -> ClientSession:
            connector = TCPConnector(
                resolver=resolver(), force_close=fresh_connections, limit=100, limit_per_host=64
            )
            return ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                trust_env=False,
                timeout=ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
                headers={"User-Agent": "Confab"},
                middlewares=(guard,),
            )

        return _Ways(session(fresh_connections=False), session(fresh_connections=True))

    async def _guard(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Look at every request of the session, its redirects included."""
        if _place(request.url) not in self._places:
            raise OffLimits("redirected")
        return await _sent(request, handler)

    async def _guard_beyond(
        self, request: ClientRequest, handler: ClientHandlerType
    ) -> ClientResponse:
        self._origin(str(request.url.with_query(None)))
        return await _sent(request, handler)


async def _sent(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        # aiohttp would send a PUT or DELETE again by itself (client.py, IDEMPOTENT_METHODS),
        # without knowing whether the first one had been heard.
        if request.method in SAFE:
            raise
        raise BrokenOff("no answer") from error


def _opened(ways: _Ways | None) -> _Ways:
    if ways is None:
        raise RuntimeError("Outgoing is not open")
    return ways


def _place(url: URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port: an origin, however it is written."""
    return url.scheme, (url.host or "").lower(), url.port


async def _read(response: ClientResponse, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(CHUNK):
        size += len(chunk)
        if size > most:
            response.close()
            raise TooLarge(f"more than {most} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
