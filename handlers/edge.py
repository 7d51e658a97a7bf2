"""Where Bolt ends: listeners below this line take an Ask and return a Reply.

The edge looks up in one table who answers, and acknowledges; `handlers.running` does the rest.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import structlog
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import BotError, NotAllowed, Unavailable
from handlers import replies
from handlers.ask import EXTERNAL, Ack, Answer, Ask, Kind, Route, Suggestions
from handlers.payloads import Delivery, read_delivery
from handlers.running import (
    Recover,
    Runner,
    Surroundings,
    ask_of,
    mint_correlation,
    refuse_outsiders,
)

log = structlog.get_logger(__name__)

OPTIONS_WITHIN = 2.0
"""Seconds for the work of a menu: Slack waits for three, and shows nothing after that."""

Counted = Callable[[str, str, float], None]
"""Takes note of a delivery: its kind, its outcome, and the seconds to its ack."""


@dataclass(frozen=True, slots=True)
class Help:
    """What is answered in the ack itself, the same for everybody."""

    answer: str
    unknown: Callable[[str], str]


class Table:
    """Every listener, by what reaches it."""

    def __init__(self, routes: tuple[Route | Suggestions, ...]) -> None:
        self.routes: dict[tuple[Kind, str], Route] = {}
        self.menus: dict[str, Suggestions] = {}
        for route in routes:
            known = self.menus if isinstance(route, Suggestions) else self.routes
            key = route.name if isinstance(route, Suggestions) else (route.kind, route.name)
            if key in known:
                raise ValueError(f"two listeners claim {key}")
            if isinstance(route, Suggestions):
                self.menus[route.name] = route
            else:
                self.routes[route.kind, route.name] = route


class Edge(AsyncMiddleware):
    """The one Bolt middleware: it answers every request from the table."""

    def __init__(
        self,
        table: Table,
        words: Help,
        around: Surroundings,
        recover: Recover,
        counted: Counted = lambda _kind, _outcome, _seconds: None,
    ) -> None:
        self._table = table
        self._words = words
        self._around = around
        self._runner = Runner(around, recover)
        self._counted = counted

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name for it
    ) -> BoltResponse:
        """Answer *req*; never passes it on, since no Bolt listener is registered."""
        del resp, next
        began = perf_counter()
        response = await self.answer(req.body)
        self._counted(_kind_of(req.body), str(response.status), perf_counter() - began)
        return response

    async def answer(self, body: Mapping[str, object]) -> BoltResponse:
        """Return the ack for one request, and start whatever work it asks for."""
        if body.get("type") == "url_verification":
            return BoltResponse(status=200, body=str(body.get("challenge", "")))
        delivery = read_delivery(body)
        if delivery is None:
            log.info("ignored", code="unknown_delivery")
            return _EMPTY
        match delivery.kind:
            case Kind.COMMAND:
                return self._command(delivery)
            case Kind.OPTIONS:
                return await self._options(delivery)
            case Kind.SUBMISSION:
                return await self._submission(delivery)
            case _:
                return self._background(delivery)

    def _command(self, delivery: Delivery) -> BoltResponse:
        if delivery.name == "help":
            return _json(self._words.answer)
        if (Kind.COMMAND, delivery.name) not in self._table.routes:
            return _json(self._words.unknown(delivery.name))
        return self._background(delivery)

    def _background(self, delivery: Delivery) -> BoltResponse:
        route = self._table.routes.get((delivery.kind, delivery.name))
        if route is None:
            log.info("ignored", code="no_listener", kind=delivery.kind)
            return _EMPTY
        if self._around.tasks.start(self._runner.run(route, delivery)):
            return _EMPTY
        if delivery.kind is Kind.COMMAND:
            return _json(json.dumps({"response_type": "ephemeral", "text": replies.BUSY}))
        # Slack retries an event that wasn't taken, and marks a button that wasn't.
        return BoltResponse(status=503)

    async def _options(self, delivery: Delivery) -> BoltResponse:
        menu = self._table.menus.get(delivery.name)
        options: list[object] = []
        if menu is not None:
            try:
                async with asyncio.timeout(OPTIONS_WITHIN):
                    options = await self._suggested(menu, delivery)
            except (BotError, TimeoutError) as error:
                log.info("no options", code=getattr(error, "code", "late"))
            except Exception:  # an empty menu, rather than Slack's own error
                log.exception("unexpected", route=delivery.name)
        return _json(json.dumps({"options": options}))

    async def _suggested(self, menu: Suggestions, delivery: Delivery) -> list[object]:
        installation = await self._around.tenants.find(delivery)
        if installation is None:
            return []
        await self._runner.admit(_MENU, installation, delivery)
        return list(await menu.suggester(ask_of(installation, delivery, mint_correlation())))

    async def _submission(self, delivery: Delivery) -> BoltResponse:
        route = self._table.routes.get((Kind.SUBMISSION, delivery.name))
        if route is None:
            log.info("ignored", code="no_listener", kind=delivery.kind)
            return _EMPTY
        correlation = mint_correlation()
        structlog.contextvars.bind_contextvars(correlation=correlation)
        try:
            return await self._judged(route, delivery, correlation)
        except BotError as error:
            log.info("answered", code=error.code)
            return _failed(error, correlation)
        except Exception as error:  # the form stays open, under the words
            log.exception("unexpected", route=route.name)
            return _failed(error, correlation)

    async def _judged(self, route: Route, delivery: Delivery, correlation: str) -> BoltResponse:
        installation = await self._around.tenants.find(delivery)
        if installation is None:
            raise NotAllowed(replies.NOT_INSTALLED)
        refuse_outsiders(installation, delivery)
        ask = ask_of(installation, delivery, correlation)
        ack = await route.submitted(ask) if route.submitted else Ack()
        if ack.errors or not ack.goes_on:
            return _view_ack(ack)
        if ack.view is not None:
            # The view of an ack has no id yet; this name finds it.
            external = secrets.token_urlsafe(16)
            ack = replace(ack, view={**ack.view, "external_id": external})
            ask = replace(ask, modal=EXTERNAL + external)
        work = self._runner.run_submitted(route, installation, delivery, ask)
        if not self._around.tasks.start(work):
            raise Unavailable("Confab")
        return _view_ack(ack)


def _kind_of(body: Mapping[str, object]) -> str:
    kind = body.get("type", "command" if "command" in body else "other")
    return kind if isinstance(kind, str) and kind in _KINDS else "other"


def _json(body: str) -> BoltResponse:
    return BoltResponse(status=200, body=body, headers={"content-type": "application/json"})


def _view_ack(ack: Ack) -> BoltResponse:
    if ack.errors:
        return _json(json.dumps({"response_action": "errors", "errors": dict(ack.errors)}))
    if ack.view is not None:
        action = "push" if ack.push else "update"
        return _json(json.dumps({"response_action": action, "view": ack.view}))
    return _json(json.dumps({"response_action": "clear"})) if ack.clear else _EMPTY


def _failed(error: Exception, correlation: str) -> BoltResponse:
    return _view_ack(Ack(view=replies.failed_view(error, correlation), push=True))


_KINDS = frozenset(
    {
        "command",
        "block_actions",
        "block_suggestion",
        "view_submission",
        "view_closed",
        "shortcut",
        "message_action",
        "event_callback",
    }
)


async def _no_listener(_: Ask) -> Answer:
    return None


_EMPTY = BoltResponse(status=200, body="")
_MENU = Route(Kind.OPTIONS, "", _no_listener)
