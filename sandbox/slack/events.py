"""Events: the only deliveries that Slack repeats."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from sandbox.clock import Clock
from sandbox.slack import data
from sandbox.slack.delivery import Ack, Deliveries, Delivery
from sandbox.slack.state import Installation, Json
from sandbox.slack.workspace import Workspace

#: seconds after the failed delivery before it
RETRIES = (0.0, 60.0, 300.0)
_LOOK_AGAIN = 0.05
_REASONS = {
    "timeout": "http_timeout",
    "connection_failed": "connection_failed",
    "too_many_redirects": "too_many_redirects",
    "http_error": "http_error",
}


def envelope(
    event: Json,
    workspace: Workspace,
    app: Installation,
    team: str | None,
    **overrides: Any,  # noqa: ANN401 - JSON
) -> Json:
    """An event as the Events API wraps it; one of a whole organisation has no *team*."""
    owner = data.organisation_of(app.id)
    owner_id = owner["id"] if owner else None
    installed = {
        "enterprise_id": owner_id,
        "team_id": None if app.is_org else overrides.get("team_id", app.id),
        "user_id": app.bot_user,
        "is_bot": True,
        "is_enterprise_install": app.is_org,
    }
    made: Json = {
        "token": data.VERIFICATION_TOKEN,
        "team_id": team,
        "enterprise_id": owner_id,
        "context_team_id": overrides.get("team_id", team),
        "context_enterprise_id": owner_id,
        "api_app_id": data.APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.mint_id("Ev"),
        "event_time": int(workspace.clock.now()),
        "authorizations": [installed],
        "is_ext_shared_channel": False,
    }
    absent = [key for key in ("team_id", "enterprise_id") if made[key] is None]
    return {key: value for key, value in made.items() if key not in absent} | overrides


class Events:
    """Delivers events, and again where the app fails: at once, after a minute, after five."""

    def __init__(self, deliveries: Deliveries, clock: Clock) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._tasks: set[asyncio.Task[object]] = set()

    async def send(self, payload: Json) -> Ack:
        """Deliver once, and return that ack; retries go on behind it."""
        user = payload.get("event", {}).get("user")
        delivery = Delivery("events_api", payload, user if isinstance(user, str) else None)
        ack = await self._deliveries.send(delivery)
        if not ack.ok and not _gives_up(ack):
            self._begin(self._again(delivery, ack))
        return ack

    def send_soon(self, payload: Json) -> None:
        """Deliver behind whatever is being answered now."""
        self._begin(self.send(payload))

    async def close(self) -> None:
        """Stop repeating."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, delivery: Delivery, ack: Ack) -> None:
        for number, wait in enumerate(RETRIES, start=1):
            await self._until(self._clock.now() + wait)
            reason = _REASONS.get(ack.error or "", "unknown_error")
            again = Delivery(delivery.kind, delivery.payload, delivery.user, (number, reason))
            ack = await self._deliveries.send(again)
            if ack.ok or _gives_up(ack):
                return

    async def _until(self, due: float) -> None:
        while self._clock.now() < due:  # noqa: ASYNC110 - nobody tells when the clock is moved
            await asyncio.sleep(_LOOK_AGAIN)


def _gives_up(ack: Ack) -> bool:
    return {k.lower(): v for k, v in ack.headers.items()}.get("x-slack-no-retry") == "1"
