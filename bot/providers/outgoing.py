"""The one way out: every request of the bot to somebody else's server."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import Final, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
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

from bot.errors import ProviderFault, Unavailable, Unclear
from bot.providers.addresses import GuardedResolver, is_private_name

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
MOST_BYTES: Final = 8 * 1024 * 1024
SAFE: Final = frozenset({"GET", "HEAD"})
CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. *writes* says that sending it may change something over there."""

    provider: str
    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    writes: bool = False
    most_bytes: int = MOST_BYTES
    seconds: float = ANSWER_SECONDS


@dataclass(frozen=True, slots=True)
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


class Outgoing:
    """Sends requests to the configured origins and to nowhere else.

    Redirects aren't followed, environment and netrc aren't read, cookies aren't kept.
    Open it inside the event loop (``async with``); it is shared by the whole process.
    """

    def __init__(
        self,
        origins: Iterable[str],
        *,
        resolver: Callable[[], AbstractResolver] = DefaultResolver,
    ) -> None:
        """Allow the origins of *origins*, which are URLs out of the settings."""
        self._places = frozenset(_place(URL(each)) for each in origins)
        self._private_hosts = {host for _, host, _ in self._places if is_private_name(host)}
        self._resolver = resolver
        self._reading: ClientSession | None = None
        self._writing: ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._reading = self._open(fresh_connections=False)
        # A kept connection may be dead already, and then nobody knows what became of a write.
        self._writing = self._open(fresh_connections=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for session in (self._reading, self._writing):
            if session is not None:
                await session.close()

    @property
    def session(self) -> ClientSession:
        """The session itself, for a client that insists on one; it is guarded all the same."""
        if self._reading is None:
            raise RuntimeError("Outgoing is not open")
        return self._reading

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
        if not self.allows(request.url):
            raise OffLimits(request.provider)
        session = self._reading if request.method in SAFE else self._writing
        if session is None:
            raise RuntimeError("Outgoing is not open")
        async with session.request(
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

    def _open(self, *, fresh_connections: bool) -> ClientSession:
        resolver = GuardedResolver(self._resolver(), self._private_hosts)
        connector = TCPConnector(
            resolver=resolver, force_close=fresh_connections, limit=100, limit_per_host=64
        )
        return ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            trust_env=False,
            timeout=ClientTimeout(total=ANSWER_SECONDS, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": "Confab"},
            middlewares=(self._guard,),
        )

    async def _guard(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Look at every request of the session, its redirects included."""
        if _place(request.url) not in self._places:
            raise OffLimits("redirected")
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
