"""What a method of the Web API is, and what it is called with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.state import Json


@dataclass(slots=True)
class Call:
    """One call, its caller found out where the method has one."""

    name: str
    args: Json
    request: web.Request
    token: str = ""
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """One method; *token* is the kind that it takes (bot, app, user, any) or None."""

    answer: Callable[[Call], Json | Awaitable[Json]]
    tier: int
    scopes: tuple[str, ...] = ()
    token: str | None = "bot"
