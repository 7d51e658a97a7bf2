"""``ack`` and ``ack_rps``: what a signed ``/confluence help`` costs, beside an empty Bolt app."""

import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from benches.line import Line, of_medians
from benches.load import send_all, signed_command
from benches.machine import cpu_seconds
from benches.scene import Side, bot_of, peer, sandboxed

REQUESTS: Final = 20_000
ROUNDS: Final = 10
AT_ONCE: Final = 16


@dataclass
class Rounds:
    """What one side's rounds came to."""

    cpu_us: list[float] = field(default_factory=list)
    rps: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


async def acks(home: Path, requests: int = REQUESTS, rounds: int = ROUNDS) -> list[Line]:
    """Measure both, each by *requests* in *rounds* that alternate."""
    async with AsyncExitStack() as stack:
        ours = bot_of(await stack.enter_async_context(sandboxed(home)))
        bolt = await stack.enter_async_context(peer(home, "bolt", ours.secret))
        bare = await stack.enter_async_context(peer(home, "bare", ours.secret))
        sides = (ours, bolt, bare)
        found = await _measured(sides, requests // rounds, rounds)
    for side in sides:
        print(_beside(side.name, found[side.name]))
    mine, theirs = found["ours"], found["bolt"]
    speed = Line("ack_rps", median(mine.rps), median(theirs.rps), "/s", 1.0, more_is_better=True)
    return [of_medians("ack", mine.cpu_us, theirs.cpu_us, "us", 1.0), speed]


async def _measured(sides: tuple[Side, ...], count: int, rounds: int) -> dict[str, Rounds]:
    found: dict[str, Rounds] = defaultdict(Rounds)
    for side in sides:
        await send_all(side.port, _helps(side, count), AT_ONCE)
    for number in range(rounds):
        for side in sides if number % 2 else reversed(sides):
            await _round(side, count, found[side.name])
    return found


async def _round(side: Side, count: int, found: Rounds) -> None:
    requests = _helps(side, count)
    cpu, began = cpu_seconds(side.pid), time.perf_counter()
    found.seconds += await send_all(side.port, requests, AT_ONCE)
    found.rps.append(count / (time.perf_counter() - began))
    found.cpu_us.append((cpu_seconds(side.pid) - cpu) / count * 1e6)


def _helps(side: Side, count: int) -> list[bytes]:
    return [signed_command(side.port, side.secret, "help") for _ in range(count)]


def _beside(name: str, found: Rounds) -> str:
    cuts = quantiles(found.seconds, n=100)
    return (
        f"      ack {name}: {median(found.cpu_us):.0f}us CPU, {median(found.rps):.0f}/s, "
        f"p50={cuts[49] * 1e3:.2f}ms p99={cuts[98] * 1e3:.2f}ms"
    )
