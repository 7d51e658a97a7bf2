"""What goes wrong on demand: which faults there are, which are set, and for how often."""

import itertools
from collections.abc import Container
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.issuer.log import Visit
from sandbox.issuer.refusals import BadControl
from sandbox.issuer.spoiling import SPOILS, Spoil

TOKEN = frozenset({"code", "refresh", "credentials"})
PLACES = TOKEN | {"metadata", "authorize", "revoke", "api"}
GROUPS = {"token": TOKEN, **{place: frozenset({place}) for place in PLACES}}
TWISTS = {
    "mix-up": "authorize",
    "wrong-iss": "authorize",
    "no-iss": "authorize",
    "wrong-state": "authorize",
    "no-state": "authorize",
    "no-code": "authorize",
    "code-of-another-client": "authorize",
    "accepts-any-client": "code",
    "ignores-verifier": "code",
    "token-of-another-client": "token",
    "token-of-another-person": "token",
    "narrow-scope": "token",
    "no-refresh-token": "token",
    "echo-secret": "token",
    "keeps-rotated": "refresh",
    "wrong-issuer": "metadata",
    "other-endpoints": "metadata",
}
"""Answers that look right and aren't, and where each belongs."""
KINDS = sorted({*TWISTS, *SPOILS})


@dataclass
class Fault:
    """Something that is wrong at a place, the next *times*, or until it is cleared."""

    id: int
    kind: str
    at: str
    times: int | None
    spoil: Spoil

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {"id": self.id, "kind": self.kind, "at": self.at, "times": self.times} | asdict(
            self.spoil
        )


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self.waiting: list[Fault] = []

    def set(self, said: dict[str, Any]) -> Fault:
        """Set one more.

        Raises:
            BadControl: its kind is unknown, or it doesn't belong there.
        """
        kind = said.get("kind")
        if kind not in KINDS:
            raise BadControl(f"kind is one of: {', '.join(KINDS)}")
        if kind == "mix-up" and not said.get("value"):
            raise BadControl("value is where a mix-up leads")
        more = {key: value for key, value in said.items() if key not in ("kind", "at", "times")}
        try:
            spoil = Spoil(**more)
        except TypeError as error:
            raise BadControl(f"not a fault: {error}") from error
        fault = Fault(next(self._ids), kind, place_of(kind, said.get("at")), times(said), spoil)
        self.waiting.append(fault)
        return fault

    def clear(self, kind: str | None) -> None:
        """No such faults any more, or none at all."""
        self.waiting = [each for each in self.waiting if kind not in (None, each.kind)]

    def twist(self, kind: str, visit: Visit) -> Spoil | None:
        """Use up one fault of this kind, if it is set for this place."""
        return self._take({kind}, visit)

    def spoil(self, visit: Visit) -> tuple[str, Spoil] | None:
        """Use up the first fault that takes the place of an answer, and its kind."""
        taken = self._take(SPOILS.keys(), visit)
        return None if taken is None else (visit.faults[-1], taken)

    def _take(self, kinds: Container[str], visit: Visit) -> Spoil | None:
        for fault in self.waiting:
            if fault.kind not in kinds or visit.place not in GROUPS[fault.at]:
                continue
            if fault.times is not None:
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
            visit.faults.append(fault.kind)
            return fault.spoil
        return None


def place_of(kind: str, said: object) -> str:
    """Where a fault is set, which must be where it can show."""
    home = TWISTS.get(kind, "token")
    at = said or home
    if not isinstance(at, str) or at not in GROUPS:
        raise BadControl(f"at is one of: {', '.join(sorted(GROUPS))}")
    if kind in TWISTS and not GROUPS[at] <= GROUPS[home]:
        raise BadControl(f"{kind} is set at {home}")
    if at == "authorize" and kind not in {*TWISTS, "error"}:
        raise BadControl(f"{kind} can't be set at authorize")
    return at


def times(said: dict[str, Any]) -> int | None:
    """For how often, None for always."""
    wanted = said.get("times")
    if wanted is None:
        return None
    if not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 1:
        raise BadControl("times is a whole number from 1")
    return wanted
