"""Where redirects lead that nobody should follow: it notes who came, and what they brought."""

import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

PATH = "/issuer/trap{tail:.*}"
BAIT = {"access_token": "from-the-trap", "token_type": "Bearer", "expires_in": 3_600}


@dataclass(frozen=True)
class Caught:
    """One visitor; *fields* are the names that the query and the body brought, no value."""

    method: str
    host: str
    path: str
    authorization: str
    fields: list[str]


class Trap:
    """Serves `/issuer/trap`: an answer that looks like a good one."""

    def __init__(self) -> None:
        self.caught: list[Caught] = []

    def attach(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_route("*", PATH, self.serve)

    async def serve(self, request: web.Request) -> web.Response:
        """Somebody fell for it."""
        names = [*request.query, *names_in((await request.read()).decode(errors="replace"))]
        scheme = request.headers.get("Authorization", "").partition(" ")[0]
        self.caught.append(
            Caught(request.method, request.host, request.path, scheme, sorted(set(names)))
        )
        return web.json_response(BAIT)

    def shown(self) -> list[dict[str, Any]]:
        """Who came."""
        return [asdict(each) for each in self.caught]


def names_in(body: str) -> list[str]:
    """The names of what a form or a JSON object holds."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return [name for name, _ in parse_qsl(body)]
    return [str(name) for name in said] if isinstance(said, dict) else []
