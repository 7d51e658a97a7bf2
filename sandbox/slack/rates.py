"""Rate limits, counted always and enforced on request; and faults on purpose."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.clock import Clock
from sandbox.slack.state import Json

#: calls a minute, by tier
PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
_MINUTE = 60.0


class Rates:
    """Counts calls per method in the last minute, and remembers the peak."""

    def __init__(self, clock: Clock) -> None:
        self.enforced = False
        self._clock = clock
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._peaks: dict[str, tuple[int, int]] = {}

    def retry_after(self, method: str, tier: int, channel: str | None, home: str) -> int | None:
        """Count a call; the seconds to wait where limits are enforced and this is too many.

        Each installation has a count of its own.
        """
        key = f"{home} {method}"
        spacing = self._count(f"{key} {channel}", 1.0) if channel else 0
        count = self._count(key, _MINUTE)
        self._peaks[method] = (tier, max(count, self._peaks.get(method, (tier, 0))[1]))
        if not self.enforced:
            return None
        if spacing > 1:  # chat.postMessage: about one a second and channel
            return 1
        if count > PER_MINUTE[tier]:
            self._calls[key].pop()
            return int(self._calls[key][0] + _MINUTE - self._clock.now()) + 1
        return None

    def seen(self) -> dict[str, Json]:
        """The busiest minute of every method."""
        return {
            method: {"tier": tier, "limit": PER_MINUTE[tier], "peak": peak}
            for method, (tier, peak) in self._peaks.items()
        }

    def _count(self, key: str, window: float) -> int:
        now, calls = self._clock.now(), self._calls[key]
        while calls and calls[0] <= now - window:
            calls.popleft()
        calls.append(now)
        return len(calls)


class Faults:
    """What is to go wrong, and how often."""

    def __init__(self) -> None:
        self._planned: list[Json] = []

    def plan(self, fault: Json) -> None:
        """Have calls of ``fault["method"]`` fail ``fault["times"]`` times."""
        self._planned.append({"times": 1, "after": False, **fault})

    def clear(self) -> None:
        """Plan nothing."""
        self._planned.clear()

    def take(self, method: str) -> Json | None:
        """The fault that is due for a call of *method*."""
        for fault in self._planned:
            if fault["method"] in (method, "*") and fault["times"] > 0:
                fault["times"] -= 1
                return fault
        return None

    async def around(
        self, method: str, request: web.Request, work: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        """Do the *work*, unless a fault is planned for *method*."""
        fault = self.take(method)
        if fault is None:
            return await work()
        if fault["after"]:
            await work()
        if "slow" in fault:
            await asyncio.sleep(fault["slow"])
            return await work()
        if fault.get("drop") and request.transport is not None:
            request.transport.abort()
        if "status" in fault:
            return web.Response(status=fault["status"], text="fault on purpose")
        return web.json_response({"ok": False, "error": fault.get("error", "fatal_error")})
