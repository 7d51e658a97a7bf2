"""What all endpoints of the issuer share: who it is, what it knows, and how it answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.clock import Clock
from sandbox.issuer.clients import Clients
from sandbox.issuer.faults import Faults
from sandbox.issuer.log import Log, Visit
from sandbox.issuer.spoiling import SPOILS, Scene, held
from sandbox.issuer.switches import Switches
from sandbox.issuer.tokens import Tokens


@dataclass
class Issuer:
    """One authorization server; *url* is its identifier, as ``iss`` and its metadata say it."""

    base_url: str
    clock: Clock
    tokens: Tokens
    switches: Switches = field(default_factory=Switches)
    clients: Clients = field(default_factory=Clients)
    faults: Faults = field(default_factory=Faults)
    log: Log = field(default_factory=Log)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """The issuer's identifier."""
        return f"{self.base_url}/issuer"

    @property
    def elsewhere(self) -> str:
        """The trap: this machine under a name that isn't the issuer's, which no profile names."""
        return f"{self.base_url.replace('127.0.0.1', 'localhost')}/issuer/trap"

    def visited(self, request: web.Request, place: str) -> Visit:
        """Note a request."""
        return self.log.open(request, place, self.clock.now())

    def release(self) -> None:
        """Let everything go on that is held."""
        self.released.set()
        self.released = asyncio.Event()

    async def play(
        self, request: web.Request, visit: Visit, act: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """What *act* answers, or what goes wrong with it."""
        spoilt = self.faults.spoil(visit)
        if spoilt is None:
            return noted(visit, act())
        kind, spoil = spoilt
        scene = Scene(request, lambda: noted(visit, act()), self.released, self.elsewhere)
        answer = await SPOILS[kind](spoil, scene)
        visit.status = answer.status
        return answer


def noted(visit: Visit, answer: web.Response) -> web.Response:
    """Write down how it ended."""
    visit.status = answer.status
    visit.error = str(held(answer).get("error", ""))
    return answer
