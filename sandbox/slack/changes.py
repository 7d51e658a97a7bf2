"""Who has something new to see, and who waits for it."""

import asyncio
from collections.abc import Iterable

from sandbox.slack.state import State

#: what has changed for whom; None at the end
Stream = asyncio.Queue[tuple[str, int] | None]


class Changes:
    """Numbers every change and wakes those who wait for one."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._waiting: set[asyncio.Event] = set()
        self._streams: set[Stream] = set()
        self._closed = False

    def touch(self, users: Iterable[str]) -> None:
        """Note that these people's screens have changed."""
        self._state.seq += 1
        for user in users:
            self._state.seen[user] = self._state.seq
            for stream in self._streams:
                stream.put_nowait((user, self._state.seq))
        for event in self._waiting:
            event.set()

    def seq(self, user: str) -> int:
        """The number of this person's last change."""
        return self._state.seen.get(user, 0)

    async def newer(self, user: str, after: int, seconds: float) -> None:
        """Wait until this person's screen is newer than *after*, or the time is up."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                while self.seq(user) <= after and not self._closed:
                    event.clear()
                    await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(event)

    def listen(self) -> Stream:
        """A queue that gets every change from now on."""
        stream: Stream = asyncio.Queue()
        self._streams.add(stream)
        if self._closed:
            stream.put_nowait(None)
        return stream

    def close(self) -> None:
        """Let nobody wait any longer: a server doesn't stop before its answers end."""
        self._closed = True
        for event in self._waiting:
            event.set()
        for stream in self._streams:
            stream.put_nowait(None)

    def leave(self, stream: Stream) -> None:
        """Stop filling *stream*."""
        self._streams.discard(stream)
