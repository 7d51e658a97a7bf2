"""``expression``: a template's expressions, worked out, beside bare Jinja2's of the same."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from jinja2 import Environment

from benches.line import Line
from benches.machine import on_core
from benches.scene import MEASURED
from bot.expressions import compile_expression
from bot.values import Thing, Value

ROUNDS: Final = 15
TIMES: Final = 2_000
"""For each expression, in a round."""
EXPRESSIONS: Final = (
    "title",
    "page.title",
    "page.space.key",
    'kind == "blog" and not draft',
    'owner.name if owner is defined else "nobody"',
    "count - 1 > 3 or urgent",
    'page.title|trim|default("Untitled")',
    'people|map("name")|join(", ")',
    'pages|where("kind", "blog")|map("title")|join("; ")',
    "title|upper|cut(12)",
    '[title, page.title, "end"]|join(" / ")',
    'page.title in ["Release notes", "Runbook"]',
)

Pairs = list[tuple[Callable[[], object], Callable[[], object]]]


def _values(thing: Callable[[str, dict[str, object]], object]) -> dict[str, object]:
    space = thing("space", {"key": "ENG", "name": "Engineering"})
    page = thing("page", {"title": "Release notes", "space": space, "kind": "page"})
    people = tuple(
        thing("person", {"name": name}) for name in ("Ada", "Grace", "Edsger", "Barbara")
    )
    pages = tuple(
        thing("page", {"title": f"Page {number}", "kind": "blog" if number % 3 else "page"})
        for number in range(10)
    )
    return {
        "title": "Use Mongo",
        "kind": "blog",
        "draft": False,
        "count": 5,
        "urgent": False,
        "page": page,
        "owner": people[0],
        "people": people,
        "pages": pages,
    }


def _peer() -> Environment:
    """Bare Jinja2, with filters of ours that it hasn't in their shortest form."""
    peer = Environment(autoescape=False)  # noqa: S701  # nothing is rendered
    peer.filters["cut"] = lambda text, most: text[:most]
    peer.filters["map"] = lambda things, name: [thing[name] for thing in things]
    peer.filters["where"] = lambda things, name, value: [
        thing for thing in things if thing[name] == value
    ]
    return peer


def _pairs() -> Pairs:
    mine: dict[str, Value] = _values(lambda kind, fields: Thing(kind, "", fields))  # type: ignore[assignment,arg-type]
    theirs = _values(lambda _, fields: fields)
    peer = _peer()
    pairs: Pairs = []
    for text in EXPRESSIONS:
        ours, bare = compile_expression(text), peer.compile_expression(text)
        if ours.value(mine) != bare(theirs):
            raise RuntimeError(f"{text} comes to something else")
        pairs.append((lambda ours=ours: ours.value(mine), lambda bare=bare: bare(theirs)))  # type: ignore[misc]
    return pairs


async def expressions(_home: Path, rounds: int = ROUNDS, times: int = TIMES) -> list[Line]:
    """Measure both in turns."""
    pairs = _pairs()
    with on_core(MEASURED):
        turns = [
            [(_seconds(ours, times), _seconds(bare, times)) for ours, bare in pairs]
            for _ in range(rounds + 1)
        ][1:]
    best = [tuple(map(median, zip(*each, strict=True))) for each in zip(*turns, strict=True)]
    for text, (ours, bare) in zip(EXPRESSIONS, best, strict=True):
        print(f"      expression {text}: {bare / ours:.2f}")
    mine, theirs = (len(EXPRESSIONS) * times / sum(side) for side in zip(*best, strict=True))
    return [Line("expression", mine, theirs, "/s", 0.7, more_is_better=True)]


def _seconds(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - began
