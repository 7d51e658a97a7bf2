"""``python -m sandbox``: everything that ``make demo`` starts, until it is told to stop."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from sandbox.processes import DoesNotStart
from sandbox.saved import InUse, Unreadable
from sandbox.server import Plan, Sandbox


def plan_from(arguments: list[str]) -> Plan:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A Slack workspace and an Atlassian site on this machine, and the bot.",
    )
    parser.add_argument("--port", type=int, default=0, help="the sandbox's port (any free one)")
    parser.add_argument(
        "--home", type=Path, default=Path(".confab"), help="where its state is kept"
    )
    parser.add_argument("--bots", type=int, default=1, help="how many bots share the work")
    parser.add_argument("--command", default="/confluence", help="the command's word")
    parser.add_argument("--socket-mode", action="store_true", help="deliver over Socket Mode")
    parser.add_argument("--installs", action="store_true", help="people install the app in Slack")
    parser.add_argument("--rotate-tokens", action="store_true", help="Slack's tokens expire")
    chosen = parser.parse_args(arguments)
    return Plan(
        home=chosen.home,
        port=chosen.port,
        bots=max(1, chosen.bots),
        socket_mode=chosen.socket_mode,
        installs=chosen.installs,
        rotates_tokens=chosen.rotate_tokens,
        command=chosen.command,
    )


async def run(plan: Plan) -> None:
    """Keep a sandbox running until SIGINT or SIGTERM; a second one ends it at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _Stop(task))
    with contextlib.suppress(asyncio.CancelledError):
        async with Sandbox(plan) as sandbox:
            say(f"Confab sandbox: {sandbox.url}")
            await loop.create_future()


class _Stop:
    """What a signal does: the first ends *task* in good order."""

    def __init__(self, task: "asyncio.Task[None] | None") -> None:
        self._task = task

    def __call__(self) -> None:
        if self._task is None:
            # Those that watch over our children end them too.
            os._exit(1)
        self._task.cancel()
        self._task = None


def say(line: str) -> None:
    """Print *line* now."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run, and return the exit status."""
    try:
        asyncio.run(run(plan_from(sys.argv[1:])))
    except Unreadable as error:
        say(f"The saved state can't be used: {error}. `make demo-reset` clears it.")
        return 1
    except (DoesNotStart, InUse, OSError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
