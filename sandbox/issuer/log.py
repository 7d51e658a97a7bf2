"""Every request that the issuer has answered, without tokens, codes and secrets."""

from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

KEPT = 5_000


@dataclass
class Visit:
    """One request: *place* is what it was for, *faults* what went wrong on purpose.

    *authentication* is how the client proved itself, or tried to.
    """

    at: float
    method: str
    path: str
    place: str
    client: str = ""
    person: str = ""
    authentication: str = ""
    body: str = ""
    error: str = ""
    status: int = 0
    faults: list[str] = field(default_factory=list)


class Log:
    """The visits, the oldest first."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []

    def open(self, request: web.Request, place: str, at: float) -> Visit:
        """Note that somebody came; the oldest visits go when there are too many."""
        visit = Visit(at, request.method, request.path, place)
        self.visits.append(visit)
        if len(self.visits) > KEPT:
            del self.visits[: KEPT // 10]
        return visit

    def find(self, **wanted: str) -> list[dict[str, Any]]:
        """The visits of which each of these says exactly this."""
        shown = [asdict(each) for each in self.visits]
        return [
            each
            for each in shown
            if all(str(each.get(name)) == value for name, value in wanted.items())
        ]
