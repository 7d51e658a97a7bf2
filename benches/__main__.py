"""``python -m benches [name …]``: measure, and print a line for each; docs/benches.md."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from benches.acks import acks
from benches.documents import documents
from benches.expressions import expressions
from benches.line import Line, summary
from benches.lookups import lookups
from benches.refresh_storm import refresh_storm
from benches.seal import seals
from benches.searches import searches
from benches.starting import starting
from benches.turns import open_dialogs, turns

Bench = Callable[[Path], Awaitable[list[Line]]]

BENCHES: Final[dict[str, Bench]] = {
    "ack": acks,
    "search_overhead": searches,
    "start": starting,
    "documents": documents,
    "lookup_growth": lookups,
    "refresh_storm": refresh_storm,
    "seal": seals,
    "expression": expressions,
    "dialog_turn": turns,
    "dialogs_open": open_dialogs,
}


async def measure(names: list[str]) -> None:
    """Run the benches of those *names*, each in a home of its own."""
    lines: list[Line] = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix="confab-bench-") as home:
            for line in await BENCHES[name](Path(home)):
                print(line, flush=True)
                lines.append(line)
    print(summary(lines))


def main(arguments: list[str] | None = None) -> str | None:
    """Read the command line; return what is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m benches")
    parser.add_argument("names", nargs="*", help=f"all, unless named: {', '.join(BENCHES)}")
    names = parser.parse_args(arguments).names or list(BENCHES)
    if unknown := set(names) - set(BENCHES):
        return f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}"
    asyncio.run(measure(names))
    return None


if __name__ == "__main__":
    sys.exit(main())
