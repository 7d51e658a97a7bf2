"""Steps that nobody comes to, that go round too often, or that say too little or too much."""

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Final

from bot.checking.parts import Complaints
from bot.errors import ExpressionFailed, ExpressionRefused
from bot.expressions import compile_expression
from bot.plain_yaml import Path
from bot.template import (
    MOST_STEPS,
    ActionTemplate,
    AskVariablesStep,
    Create,
    CreateStep,
    FailStep,
    ForEachStep,
    LabelStep,
    SearchStep,
    Step,
    Template,
    Variables,
    WhenStep,
    walk,
)

_KINDS: Final = frozenset({"page", "blog"})
_CQL: Final = re.compile(r"\{\{.*?\}\}|\\.|[\"']", re.DOTALL)
MOST_ROUNDS: Final = 250
"""As often as the steps in loops within loops may come round."""


def check_count(template: ActionTemplate, complaints: Complaints) -> bool:
    """Tell whether there are few enough steps to look at each; complain if not."""
    count = sum(1 for _ in walk(template.steps))
    if count > MOST_STEPS:
        told = f"there are {count} steps with those inside of others: {MOST_STEPS} are the most"
        complaints.add(("steps",), told)
    return count <= MOST_STEPS


def check_flow(template: ActionTemplate, complaints: Complaints) -> None:
    """Complain of steps that can't be reached, and of those that say too little or too much."""
    _sequence(template.steps, ("steps",), complaints)
    for path, step, rounds in _all(template.steps, ("steps",), ()):
        _step(step, path, complaints)
        if isinstance(step, ForEachStep) and prod(rounds) > MOST_ROUNDS:
            told = f"loops within loops may go round {MOST_ROUNDS} times in all, not {prod(rounds)}"
            complaints.add((*path, "for_each"), told)


def steps_of(template: ActionTemplate) -> Iterator[tuple[Path, Step]]:
    """Yield every step with its place."""
    for path, step, _ in _all(template.steps, ("steps",), ()):
        yield path, step


def _all(
    steps: Sequence[Step], path: Path, rounds: tuple[int, ...]
) -> Iterator[tuple[Path, Step, tuple[int, ...]]]:
    for number, step in enumerate(steps):
        here = (*path, number)
        if isinstance(step, ForEachStep):
            inner = (*rounds, step.most)
            yield here, step, inner
            yield from _all(step.steps, (*here, "steps"), inner)
            continue
        yield here, step, rounds
        if isinstance(step, WhenStep):
            yield from _all(step.steps, (*here, "steps"), rounds)
            yield from _all(step.otherwise, (*here, "otherwise"), rounds)


def _sequence(steps: Sequence[Step], path: Path, complaints: Complaints) -> bool:
    """Complain of steps behind the end; tell whether *steps* always end the dialog."""
    ended = False
    for number, step in enumerate(steps):
        if ended:
            told = "this is never reached: a step before it always ends the dialog"
            complaints.add((*path, number), told)
            return True
        ended = _ends(step, (*path, number), complaints)
    return ended


def _ends(step: Step, path: Path, complaints: Complaints) -> bool:
    truth = constant(step.when)
    if truth is False:
        complaints.add((*path, "when"), "this is never true, so that the step is never reached")
    if isinstance(step, ForEachStep):
        _sequence(step.steps, (*path, "steps"), complaints)
        return False
    if isinstance(step, WhenStep):
        then = _sequence(step.steps, (*path, "steps"), complaints)
        otherwise = _sequence(step.otherwise, (*path, "otherwise"), complaints)
        if truth is True and step.otherwise:
            complaints.add((*path, "otherwise"), "this is never reached: `when` is always true")
        return then and (otherwise or truth is True)
    return isinstance(step, FailStep) and (step.when is None or truth is True)


def constant(expression: str | None) -> bool | None:
    """Return what *expression* always comes to; nothing if that depends, or can't be said."""
    if expression is None:
        return None
    try:
        compiled = compile_expression(expression)
        return None if compiled.names else compiled.holds({})
    except (ExpressionRefused, ExpressionFailed):
        return None


def _step(step: Step, path: Path, complaints: Complaints) -> None:
    match step:
        case WhenStep(when=None):
            complaints.add(path, "`steps` wants a `when` beside it, or a `for_each`")
        case CreateStep(create=create):
            _create(create, (*path, "create"), complaints)
        case AskVariablesStep(ask_variables=variables):
            _source(variables, (*path, "ask_variables"), complaints)
        case SearchStep():
            _search(step, path, complaints)
        case LabelStep(label=label) if not label.add and not label.remove:
            complaints.add((*path, "label"), "name labels to `add` or to `remove`")
        case _:
            pass


def _create(create: Create, path: Path, complaints: Complaints) -> None:
    if bool(create.body) == (create.of is not None):
        complaints.add(path, "a page is made of a `body`, or `of` a template: of one")
    if create.of is not None:
        _source(create.of, (*path, "of"), complaints)
    if "{{" not in create.kind and create.kind.strip() not in _KINDS:
        complaints.add((*path, "kind"), "`kind` must be `page` or `blog`")


def _source(source: Template | Variables, path: Path, complaints: Complaints) -> None:
    if bool(source.template) == bool(source.page):
        complaints.add(path, "name a `template` of Confluence's, or a `page`: one of them")


def _search(step: SearchStep, path: Path, complaints: Complaints) -> None:
    search = step.search
    filters = (search.space, search.label, search.changed_since, search.changed_before)
    if search.cql and (search.text or any(filters) or search.by == "me"):
        told = "`cql` says all by itself: leave out `text`, `space`, `label`, `by` and the dates"
        complaints.add((*path, "search", "cql"), told)
    if _has_hole_in_quotes(search.cql):
        told = "take the quotes off around `{{ … }}`: it stands for a string in CQL, quotes and all"
        complaints.add((*path, "search", "cql"), told)
    if not (search.cql or search.text or any(filters) or search.by == "me"):
        told = "this looks for nothing: give `text`, `cql`, `space`, `label`, `by` or a date"
        complaints.add((*path, "search"), told)


def _has_hole_in_quotes(cql: str) -> bool:
    quote = ""
    for part in _CQL.findall(cql):
        if part.startswith("{{"):
            if quote:
                return True
        elif part == quote:
            quote = ""
        elif part in {'"', "'"} and not quote:
            quote = part
    return False
