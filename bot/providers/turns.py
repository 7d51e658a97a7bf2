"""How many requests may be under way at once: a few for each grant, some more in all."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from bot.errors import Unavailable


class Turns:
    """Hands out turns; whoever would wait longer than *patience* seconds is sent away."""

    def __init__(
        self, provider: str, *, each: int = 4, together: int = 16, patience: float = 5.0
    ) -> None:
        self._provider = provider
        self._each = each
        self._together = asyncio.Semaphore(together)
        self._patience = patience
        self._queues: WeakValueDictionary[Hashable, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, key: Hashable) -> AsyncIterator[None]:
        """Wait for a turn of *key*'s and have it as long as the block lasts.

        Raises:
            Unavailable: everybody is busy; nothing was sent.
        """
        own = self._queues.get(key)
        if own is None:
            own = self._queues[key] = asyncio.Semaphore(self._each)
        async with AsyncExitStack() as turns:
            try:
                async with asyncio.timeout(self._patience):
                    # One's own first: who waits for it must not hold up everybody else.
                    await turns.enter_async_context(own)
                    await turns.enter_async_context(self._together)
            except TimeoutError as error:
                raise Unavailable(self._provider, retry_after=self._patience) from error
            yield
