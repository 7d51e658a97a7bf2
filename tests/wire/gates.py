"""Gates on a wire: each lets everything pass until it meets what it waits for, and holds that."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Gate:
    """Holds the *nth* of what has *part* in its name: before it goes on, or else its answer."""

    part: str
    nth: int = 1
    answers: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    drops: bool = True

    async def passes(self, what: str, *, answered: bool) -> None:
        """Wait here, if this is what the gate is for.

        Raises:
            ConnectionAbortedError: what was held goes nowhere.
        """
        if answered is not self.answers or self.reached.is_set() or self.part not in what:
            return
        self.nth -= 1
        if self.nth:
            return
        self.reached.set()
        await self.opened.wait()
        if self.drops:
            raise ConnectionAbortedError

    def let_go(self) -> None:
        """Let what was held go on."""
        self.drops = False
        self.opened.set()


class Gates:
    """The gates that stand on one wire."""

    def __init__(self) -> None:
        self._standing: list[Gate] = []

    def hold(self, gate: Gate) -> Gate:
        """Set up *gate*."""
        self._standing.append(gate)
        return gate

    def clear(self) -> None:
        """Take every gate away, and drop what was held."""
        for gate in self._standing:
            gate.opened.set()
        self._standing.clear()

    async def pass_through(self, what: str, *, answered: bool) -> None:
        """Take *what* past all of them."""
        for gate in tuple(self._standing):
            await gate.passes(what, answered=answered)
