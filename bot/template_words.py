"""A template in words: what it asks for, and what its steps do."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.template import (
    ActionTemplate,
    Asked,
    Credentials,
    Entity,
    ForEachStep,
    Step,
    WhenStep,
    action_of,
    in_words,
)

_HOLE: Final = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Told:
    """One step in words, *deep* inside of others."""

    words: str
    deep: int = 0
    writes: bool = False


def steps_in_words(template: ActionTemplate) -> tuple[Told, ...]:
    """Return what the steps do, from the first to the last."""
    return tuple(_told(template.steps, 0))


def entity_in_words(entity: Entity) -> str:
    """Return what an entity is: its title, its type unless that says it, whether it is needed."""
    told = [] if entity.title.casefold() == entity.type.casefold() else [str(entity.type)]
    told += ["several"] if entity.many else []
    if entity.ask is Asked.NEVER:
        told.append("never asked for")
    elif not entity.required:
        told.append("optional")
    return f"{entity.title} ({', '.join(told)})" if told else entity.title


def policy_in_words(template: ActionTemplate) -> str:
    """Return under whose connection it may run."""
    policy = template.policy
    if policy.credentials is Credentials.OWN:
        return "under the connection of whoever runs it"
    where = [f"in {', '.join(each)}" for each in (policy.spaces, policy.channels) if each]
    narrowed = f", {' and '.join(where)}" if where else ""
    return f"under the organisation's connection where an admin installs it{narrowed}"


def with_names(text: str) -> str:
    """Return a text with holes on one line, each hole by its expression: ‹title›."""
    line = " ".join(_HOLE.sub(r"‹\1›", text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _told(steps: Sequence[Step], deep: int) -> Iterator[Told]:
    for step in steps:
        if isinstance(step, WhenStep):
            yield Told(f"If {with_names(step.when or '')}:", deep)
            yield from _told(step.steps, deep + 1)
            if step.otherwise:
                yield Told("Otherwise:", deep)
                yield from _told(step.otherwise, deep + 1)
        elif isinstance(step, ForEachStep):
            over = with_names(step.for_each)
            yield Told(f"For each of {over}, at most {step.most} times:", deep)
            yield from _told(step.steps, deep + 1)
        else:
            words = _words(step)
            condition = f", if {with_names(step.when)}" if step.when else ""
            yield Told(f"{words}{condition}.", deep, writes=step.writes)


def _words(step: Step) -> str:
    word = action_of(step)
    name = next(
        name for name, info in type(step).model_fields.items() if (info.alias or name) == word
    )
    return _DOES[word](getattr(step, name))


def _of_page(words: str) -> Callable[[Any], str]:
    return lambda part: words.format(with_names(part.page))


def _search(part: Any) -> str:  # noqa: ANN401  # each of its own model, as in the table below
    wanted = part.cql or part.text or part.label or "pages"
    return f"Looks for {with_names(wanted)}"


def _create(part: Any) -> str:  # noqa: ANN401
    what = "a draft" if part.draft is True else f"a {with_names(part.kind)}"
    of = f" out of {with_names(part.of.template or part.of.page)}" if part.of else ""
    return f"Makes {what} called “{with_names(part.title)}” in {with_names(part.space)}{of}"


def _label(part: Any) -> str:  # noqa: ANN401
    gives = f"gives {', '.join(map(with_names, part.add))}" if part.add else ""
    takes = f"takes off {', '.join(map(with_names, part.remove))}" if part.remove else ""
    words = " and ".join(each for each in (gives, takes) if each)
    return f"Labels {with_names(part.page)}: {words}"


def _http(part: Any) -> str:  # noqa: ANN401
    says = f", which its author says {with_names(part.does)}" if part.does else ""
    return f"Calls {part.method} {with_names(part.path)}{says}"


def _ask(part: Any) -> str:  # noqa: ANN401
    return f"Asks for {', '.join(in_words(each).lower() for each in part)}"


def _restrict(part: Any) -> str:  # noqa: ANN401
    who = ", ".join(map(with_names, (*part.people, *part.groups))) or "whoever runs it"
    does = "read" if part.operation == "read" else "change"
    return f"Lets nobody but {who} {does} {with_names(part.page)}"


_DOES: Final[Mapping[str, Callable[[Any], str]]] = {
    "search": _search,
    "get": _of_page("Reads {}"),
    "create": _create,
    "update": _of_page("Puts a new text in place of that of {}"),
    "append": _of_page("Adds text to {}"),
    "update_section": lambda part: (
        f"Changes the section “{with_names(part.section)}” of {with_names(part.page)}"
    ),
    "comment": _of_page("Comments on {}"),
    "reply": _of_page("Answers a comment on {}"),
    "label": _label,
    "attach": lambda part: f"Attaches {with_names(part.file)} to {with_names(part.page)}",
    "move": lambda part: f"Moves {with_names(part.page)} below {with_names(part.parent)}",
    "copy": lambda part: (
        f"Copies {with_names(part.page)} as “{with_names(part.title)}” "
        f"below {with_names(part.parent)}"
    ),
    "restrict": _restrict,
    "watch": lambda part: f"{'Watches' if part.on else 'Stops watching'} {with_names(part.page)}",
    "list_spaces": lambda _: "Lists the spaces",
    "children": _of_page("Lists the pages below {}"),
    "comments": _of_page("Reads the comments on {}"),
    "sections": _of_page("Lists the headings of {}"),
    "versions": _of_page("Lists the versions of {}"),
    "diff": _of_page("Compares two versions of {}"),
    "trash": _of_page("Moves {} to the trash"),
    "restore": lambda part: (
        f"Restores {with_names(part.page)}"
        + (f" to version {with_names(part.version)}" if part.version else "")
    ),
    "http": _http,
    "ask": _ask,
    "ask_variables": lambda part: (
        f"Asks for the variables of {with_names(part.template or part.page)}"
    ),
    "let": lambda part: f"Works out {', '.join(part)}",
    "fail": lambda part: f"Ends, saying “{with_names(part).rstrip('.')}”",
}
