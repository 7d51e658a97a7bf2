"""The log: every delivery to the app, every call of the app."""

from collections import deque
from dataclasses import dataclass

from sandbox.slack.state import Json

KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log; *list_name* is where it belongs."""

    list_name: str
    facts: Json


class Ledger:
    """Remembers the newest lines, each with its number."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._written = 0

    def write(self, list_name: str, **facts: object) -> None:
        """Add a line to ``deliveries``, ``calls``, ``hooks`` or ``refused``."""
        self._written += 1
        self._lines.append(Line(list_name, {"n": self._written, **facts}))

    def clear(self) -> None:
        """Forget all lines; numbers go on."""
        self._lines.clear()

    def read(self, after: int = 0) -> dict[str, list[Json]]:
        """The lines newer than number *after*, by list."""
        names = ("deliveries", "calls", "hooks", "refused")
        lists: dict[str, list[Json]] = {name: [] for name in names}
        for line in self._lines:
            if line.facts["n"] > after:
                lists[line.list_name].append(line.facts)
        return lists
