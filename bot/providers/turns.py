"""How many requests may be under way at once: a few for a grant, some for a site, more in all."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from bot.errors import Unavailable
from bot.frozen import frozen


@frozen
class Limits:
    """How many at once, and for how many seconds anybody waits for a turn.

    A site that hangs can't take all turns: it has *site* of those *together*.
    """

    each: int = 4
    site: int = 8
    together: int = 64
    patience: float = 5.0


class Turns:
    """Hands out turns; whoever would wait for too long is sent away."""

    def __init__(self, provider: str, limits: Limits | None = None) -> None:
        self._provider = provider
        self._limits = limits or Limits()
        self._together = asyncio.Semaphore(self._limits.together)
        self._queues: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, grant: Hashable, site: Hashable) -> AsyncIterator[None]:
        """Wait for a turn and have it as long as the block lasts.

        Raises:
            Unavailable: everybody is busy; nothing was sent.
        """
        # The narrowest first: who waits for it must not hold up everybody else.
        queues = (
            self._queue(("grant", grant), self._limits.each),
            self._queue(("site", site), self._limits.site),
            self._together,
        )
        patience = self._limits.patience
        async with AsyncExitStack() as turns:
            try:
                async with asyncio.timeout(patience):
                    for queue in queues:
                        await turns.enter_async_context(queue)
            except TimeoutError as error:
                raise Unavailable(self._provider, retry_after=patience) from error
            yield

    def _queue(self, key: Hashable, most: int) -> asyncio.Semaphore:
        found = self._queues.get(key)
        if found is None:
            found = self._queues[key] = asyncio.Semaphore(most)
        return found
