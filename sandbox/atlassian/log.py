"""Every request that the sandbox's Atlassian has answered, without tokens and bodies."""

from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 20_000


@dataclass
class Entry:
    """One request and what became of it."""

    at: float
    method: str
    path: str
    query: str
    account: str = ""
    client: str = ""
    door: str = ""
    operation: str = ""
    scopes: list[str] = field(default_factory=list)
    status: int = 0
    points: int = 0
    fault: str = ""
    contract: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


class Log:
    """The entries, the oldest first."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> Entry:
        """Keep *entry*; the oldest go when there are too many."""
        self.entries.append(entry)
        if len(self.entries) > KEPT:
            del self.entries[: KEPT // 10]
        return entry

    def find(self, **wanted: str) -> list[dict[str, Any]]:
        """Entries whose field holds the word; status, account, client and method match exactly."""
        return [asdict(each) for each in self.entries if matches(each, wanted)]

    def writes(self, **wanted: str) -> list[dict[str, Any]]:
        """How often each write was done or refused, by method and path; see `find` for *wanted*.

        What was cut off before it was done, or got another answer in its place, is neither.
        """
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for each in self.entries:
            never_reached = bool(each.fault) and not each.operation and each.status < 400
            if each.method == "GET" or never_reached or not matches(each, wanted):
                continue
            told = {"method": each.method, "path": each.path, "operation": each.operation}
            held = found.setdefault((each.method, each.path), {**told, "done": 0, "refused": 0})
            held["done" if each.status < 400 else "refused"] += 1
        return list(found.values())

    @property
    def defects(self) -> list[str]:
        """Where an answer of the sandbox broke the contract."""
        return [f"{each.operation}: {said}" for each in self.entries for said in each.defects]


def matches(entry: Entry, wanted: dict[str, str]) -> bool:
    """Whether an entry has all that is wanted."""
    exact = {
        "status": str(entry.status),
        "account": entry.account,
        "client": entry.client,
        "method": entry.method,
    }
    for name, value in wanted.items():
        if name == "contract":
            if bool(entry.contract) != (value == "true"):
                return False
        elif name in exact:
            if exact[name] != value:
                return False
        elif value not in str(getattr(entry, name, "")):
            return False
    return True
