"""What a bench prints: one line a number, and whether its goal is met."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Line:
    """One comparison. Less is better, unless *more_is_better*."""

    name: str
    ours: float
    peer: float
    unit: str
    goal: float
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def is_met(self) -> bool:
        shown = round(self.ratio, 2)
        return shown >= self.goal if self.more_is_better else shown <= self.goal

    def __str__(self) -> str:
        return (
            f"BENCH {self.name} ours={_number(self.ours)}{self.unit} "
            f"peer={_number(self.peer)}{self.unit} ratio={self.ratio:.2f} goal={self.goal:.1f}"
        )


def of_medians(
    name: str, ours: Sequence[float], peer: Sequence[float], unit: str, goal: float
) -> Line:
    """Return the line of two sides' rounds, of which less is better."""
    return Line(name, median(ours), median(peer), unit, goal)


def summary(lines: Sequence[Line]) -> str:
    """Say in one sentence which goals are missed."""
    missed = [
        f"{line.name} ({line.ratio:.2f}, goal {line.goal:.1f})" for line in lines if not line.is_met
    ]
    if not missed:
        return f"All {len(lines)} goals are met."
    return f"{len(lines) - len(missed)} of {len(lines)} goals are met; missed: {', '.join(missed)}."


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
