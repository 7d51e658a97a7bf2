"""Running a listener: who may, what they get, and the words for whatever goes wrong."""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import structlog

from bot.errors import BotError, NotAllowed, Unavailable
from bot.frozen import frozen
from bot.installation import Installation, SlackPerson
from bot.ports import Clock, Deliveries, ParkedRequests, SlackPeople
from bot.principal import Principal
from bot.tracing import span
from handlers import replies
from handlers.ask import Answer, Ask, Kind, Reply, Route
from handlers.payloads import Delivery
from handlers.slack_api import SlackApi
from handlers.tasks import Tasks
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)

NOT_YOURS = (
    "Only people of this workspace can use Confab here, so nothing was done. "
    "Ask in your own workspace for it."
)

Recover = Callable[[Ask, BotError], Awaitable[Answer]]
"""Turns an error into an offer, where there is one to make (such as to connect)."""


@frozen
class Surroundings:
    """What the edge itself needs of the outside."""

    tenants: Tenants
    people: SlackPeople
    slack: SlackApi
    deliveries: Deliveries
    parked: ParkedRequests
    tasks: Tasks
    clock: Clock


class Runner:
    """Runs listeners, and gives their answers back."""

    def __init__(self, around: Surroundings, recover: Recover) -> None:
        self._around = around
        self._recover = recover

    async def run(self, route: Route, delivery: Delivery) -> None:
        """Do what *delivery* asks for; it was acked before."""
        correlation = mint_correlation()
        structlog.contextvars.bind_contextvars(correlation=correlation)
        try:
            installation = await self._found(delivery, correlation)
            if installation is None:
                await self._around.slack.respond(delivery.response_url, replies.NOT_INSTALLED)
                return
            # What holds its ack knows by itself what it has done before.
            if route.holds_ack or await self._is_first(installation, delivery):
                await self._run(route, installation, delivery, correlation)
        except BotError as error:
            log.warning("dropped", code=error.code)
        except Exception:  # there is nobody left to tell
            log.exception("dropped")

    async def _found(self, delivery: Delivery, correlation: str) -> Installation | None:
        """Find the installation, or say that it can't be found: no token is needed for that."""
        try:
            return await self._around.tenants.find(delivery)
        except BotError as error:
            apology = replies.apology(error, correlation)
            await self._around.slack.respond(delivery.response_url, apology.text)
            raise

    async def run_at_once(self, route: Route, delivery: Delivery, correlation: str) -> None:
        """Do what an event asks for, and let through whatever goes wrong."""
        installation = await self._around.tenants.find(delivery)
        if installation is not None:
            await route.listener(ask_of(installation, delivery, correlation))

    async def _run(
        self, route: Route, installation: Installation, delivery: Delivery, correlation: str
    ) -> None:
        ask = ask_of(installation, delivery, correlation)
        if route.resumes is not None:
            ask = replace(ask, parks=route.resumes(ask))
        if route.opens is not None and await self._is_to_open(route, ask):
            try:
                modal = await self._around.slack.open_modal(installation, ask, route.opens(ask))
            except BotError as error:  # most often what was pressed came too late to open one
                log.info("answered", code=error.code)
                words = replies.apology(error, correlation)
                await self._around.slack.deliver(installation, ask, words)
                return
            ask = replace(ask, modal=modal)
        await self._answer(route, installation, ask, self.admit(route, installation, delivery))

    @staticmethod
    async def _is_to_open(route: Route, ask: Ask) -> bool:
        if route.opens_if is None:
            return True
        try:
            return await route.opens_if(ask)
        except BotError:  # the listener comes upon the same, and tells
            return False

    async def _answer(
        self,
        route: Route,
        installation: Installation,
        ask: Ask,
        admitted: Awaitable[None],
    ) -> None:
        moved_on = False
        try:
            with span(f"slack {route.kind}", listener=route.name):
                await admitted
                answer = await route.listener(ask)
            moved_on = route.kind is Kind.COMMAND and not route.for_guests
        except BotError as error:
            answer = await self._apology(ask, error)
        except Exception as error:  # the one place for requests from Slack
            log.exception("unexpected", route=route.name)
            answer = _sorry(ask, error)
        await self._around.slack.deliver(installation, ask, answer)
        if moved_on:
            await self._around.parked.forget(ask.principal)

    async def _apology(self, ask: Ask, error: BotError) -> Answer:
        log.info("answered", code=error.code)
        try:
            offer = await self._recover(ask, error)
        except Exception as another:  # an offer that fails must not silence the error
            log.exception("unexpected", route="recover")
            return _sorry(ask, another)
        return offer or _sorry(ask, error)

    async def admit(self, route: Route, installation: Installation, delivery: Delivery) -> None:
        """Raise ``NotAllowed`` unless the person may use *route* here."""
        if route.kind is Kind.EVENT and not route.by_person:
            return
        person = await self.require_insider(installation, delivery)
        if person is None:
            person = await self._around.people.get(installation, delivery.user_id)
        if not installation.welcomes(person):
            raise NotAllowed(NOT_YOURS)
        if person.is_guest and not route.for_guests:
            raise NotAllowed(
                "Guests of this workspace can connect their own account here, and nothing more, "
                "so nothing was done. Ask an admin of the workspace to make you a full member."
            )

    async def require_insider(
        self, installation: Installation, delivery: Delivery
    ) -> SlackPerson | None:
        """Raise ``NotAllowed`` unless the person is at home in the tenant.

        From memory alone, where *delivery* tells; else Slack has described the person.
        """
        home = delivery.user_team or None, delivery.user_enterprise or None
        is_housed = installation.houses(*home)
        if is_housed:
            return None
        person = None
        if is_housed is None:
            person = await self._around.people.get(installation, delivery.user_id)
        if person is None or not installation.welcomes(person):
            raise NotAllowed(NOT_YOURS)
        return person

    async def _is_first(self, installation: Installation, delivery: Delivery) -> bool:
        if delivery.kind is not Kind.EVENT:
            return True
        return await self._around.deliveries.is_first(
            installation.tenant, delivery.event_id, self._around.clock()
        )

    async def _still_admit(
        self, route: Route, installation: Installation, delivery: Delivery
    ) -> None:
        """Refuse whom Slack calls a stranger; its silence holds up nothing that was confirmed."""
        with suppress(Unavailable):
            await self.admit(route, installation, delivery)

    async def run_submitted(
        self, route: Route, installation: Installation, delivery: Delivery, ask: Ask
    ) -> None:
        """Do what a form asks for, after its ack."""
        structlog.contextvars.bind_contextvars(correlation=ask.correlation)
        admitted = self._still_admit(route, installation, delivery)
        try:
            await self._answer(route, installation, ask, admitted)
        except BotError as error:
            log.warning("undelivered", code=error.code)
        except Exception:  # what was claimed is settled by the job
            log.exception("undelivered")


def _sorry(ask: Ask, error: Exception) -> Reply:
    """Return the words for *error*, and to a command what was typed."""
    reply = replies.apology(error, ask.correlation)
    return replies.with_what_was_typed(reply, ask.text) if ask.command else reply


def mint_correlation() -> str:
    """Return a short id that ties a delivery to its log lines and messages."""
    return secrets.token_hex(4)


def ask_of(installation: Installation, delivery: Delivery, correlation: str) -> Ask:
    """Return *delivery* as an ask, in the name of the tenant that it belongs to."""
    return Ask(
        principal=Principal(installation.tenant, delivery.user_id),
        correlation=correlation,
        command=delivery.name if delivery.kind is Kind.COMMAND else "",
        text=delivery.text,
        value=delivery.value,
        action=delivery.action,
        team_id=delivery.team_id,
        channel_id=delivery.channel_id,
        thread=delivery.thread,
        trigger_id=delivery.trigger_id,
        response_url=delivery.response_url,
        view=delivery.view,
        source=delivery.source,
        event=delivery.event,
        event_time=delivery.event_time,
        retried=delivery.retried,
        event_id=delivery.event_id,
        parks=f"{delivery.name} {delivery.text}" if delivery.kind is Kind.COMMAND else "",
    )
