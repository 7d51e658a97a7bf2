"""What is imported and put together when somebody first needs it: a bot listens sooner without."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, TypeVar

Part = TypeVar("Part")
Said = ParamSpec("Said")
Given = TypeVar("Given")


class Later(Generic[Part]):
    """A part of the bot that is made once, in a thread: only those wait for it who need it."""

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._made: asyncio.Future[Part] | None = None

    async def get(self) -> Part:
        """Return the part. Whoever gives up waiting leaves it to the others."""
        if self._made is None:
            self._made = asyncio.ensure_future(asyncio.to_thread(self._make))
        return await asyncio.shield(self._made)

    def calling(
        self, of: Callable[[Part], Callable[Said, Awaitable[Given]]]
    ) -> Callable[Said, Awaitable[Given]]:
        """Return a function that calls *of* the part."""

        async def call(*args: Said.args, **kwargs: Said.kwargs) -> Given:
            return await of(await self.get())(*args, **kwargs)

        return call
