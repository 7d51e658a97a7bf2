"""Work that outlives its ack: tracked, bounded, drained on shutdown."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Tasks:
    """The running tasks of one process. Refuses new ones when full or closing."""

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run *work* in the background; ``False`` (and *work* dropped) if there is no room."""
        if self._closing or len(self._running) >= self._most:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def drain(self, seconds: float) -> None:
        """Take nothing more, and give what runs *seconds* to finish; then cancel it."""
        self._closing = True
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("tasks cut off", count=len(late))
            await asyncio.wait(late, timeout=1)
