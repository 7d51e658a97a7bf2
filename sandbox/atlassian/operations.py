"""Which operations live on the gateway, and which scopes open each: `operations.txt`, read once."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

TABLE = Path(__file__).with_name("operations.txt")


@dataclass(frozen=True)
class Operation:
    """One method on one path; any one of *ways* opens it, all of its scopes being granted."""

    method: str
    path: str
    ways: tuple[frozenset[str], ...]

    @property
    def name(self) -> str:
        """As handlers are registered."""
        return f"{self.method} {self.path}"

    @property
    def is_v1(self) -> bool:
        """Whether it belongs to the older interface."""
        return self.path.startswith("/wiki/rest/")

    def opened_by(self, scopes: frozenset[str]) -> frozenset[str] | None:
        """The first way that *scopes* cover."""
        return next((way for way in self.ways if way <= scopes), None)


Table: TypeAlias = tuple[tuple[re.Pattern[str], Operation], ...]


def parse(line: str) -> Operation:
    """One line of the table."""
    method, path, scopes = line.split()
    ways = () if scopes == "-" else tuple(frozenset(way.split("+")) for way in scopes.split("|"))
    return Operation(method, path, ways)


def pattern(path: str) -> re.Pattern[str]:
    """A path template as an expression; its variables become groups, `-` spelt `_`."""
    parts = re.split(r"\{([^}]+)\}", path)
    spelt = [
        f"(?P<{part.replace('-', '_')}>[^/]+)" if index % 2 else re.escape(part)
        for index, part in enumerate(parts)
    ]
    return re.compile("".join(spelt))


@cache
def operations() -> Table:
    """The table, the most literal paths first."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    table = [parse(line) for line in lines if line and not line.startswith("#")]
    table.sort(key=lambda each: each.path.count("{"))
    return tuple((pattern(each.path), each) for each in table)


def find_operation(
    method: str, path: str, table: Table | None = None
) -> tuple[Operation, dict[str, str]] | None:
    """The operation at *path* (which begins with `/wiki`), and its path variables."""
    for expression, operation in operations() if table is None else table:
        if operation.method == method and (match := expression.fullmatch(path)):
            return operation, match.groupdict()
    return None


def is_known_path(path: str) -> bool:
    """Whether some method answers here."""
    return any(expression.fullmatch(path) for expression, _ in operations())
