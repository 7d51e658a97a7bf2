"""The bots: unmodified, each a process of its own with its settings in the environment."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.processes import Child, wait_until_ready

_ROOT = Path(__file__).parent.parent


@dataclass
class Bot:
    """One bot: where it listens, and its process while it has one."""

    name: str
    port: int
    ops_port: int
    child: Child | None = None
    starts: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_running(self) -> bool:
        """Tell whether its process is alive."""
        return self.child is not None and self.child.is_running

    @property
    def url(self) -> str:
        """Its own address, past the balancer."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ops_url(self) -> str:
        """Where it shows its numbers."""
        return f"http://127.0.0.1:{self.ops_port}"

    def seen(self) -> dict[str, Any]:
        """What the control interface tells of it."""
        pid = self.child.pid if self.child and self.is_running else None
        return {"name": self.name, "running": self.is_running, "pid": pid, "starts": self.starts}


class Bots:
    """All of them: what can be done to one can be done to all."""

    def __init__(self, home: Path, settings: Mapping[str, str], bots: Sequence[Bot]) -> None:
        self._home = home.absolute()
        self._settings = dict(settings)
        self.all = tuple(bots)

    async def start(self, bots: Sequence[Bot] | None = None) -> None:
        """Start those that aren't running, and return once they are ready.

        Raises:
            DoesNotStart: with the end of the log.
        """
        await asyncio.gather(*(self._start(bot) for bot in self._of(bots)))

    async def stop(self, bots: Sequence[Bot] | None = None) -> None:
        """Let them finish what they are doing, and end."""
        await asyncio.gather(*(self._end(bot, kill=False) for bot in self._of(bots)))

    async def kill(self, bots: Sequence[Bot] | None = None) -> None:
        """End them at once, whatever they are doing."""
        await asyncio.gather(*(self._end(bot, kill=True) for bot in self._of(bots)))

    async def restart(self, bots: Sequence[Bot] | None = None) -> None:
        """Stop and start them."""
        await self.stop(bots)
        await self.start(bots)

    def _of(self, bots: Sequence[Bot] | None) -> Sequence[Bot]:
        return self.all if bots is None else bots

    async def _start(self, bot: Bot) -> None:
        async with bot.turn:
            if bot.is_running:
                return
            log = self._home / f"{bot.name}.log"
            child = await Child.start([sys.executable, "-m", "bot"], self._environment(bot), log)
            bot.child, bot.starts = child, bot.starts + 1
            try:
                await wait_until_ready(child, f"{bot.ops_url}/readyz", "The bot")
            except BaseException:
                await child.kill()
                raise

    async def _end(self, bot: Bot, *, kill: bool) -> None:
        async with bot.turn:
            if bot.child is None:
                return
            await (bot.child.kill() if kill else bot.child.stop())
            bot.child = None

    def _environment(self, bot: Bot) -> dict[str, str]:
        return {
            "PYTHONPATH": str(_ROOT),
            "PYTHONUNBUFFERED": "1",
            "CONFAB_ADDR": f"127.0.0.1:{bot.port}",
            "CONFAB_OPS_ADDR": f"127.0.0.1:{bot.ops_port}",
            **self._settings,
        }
