"""A template in words: what it asks for, and what its steps do."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from bot.expressions import Called, spoken_condition, spoken_expression, spoken_text
from bot.frozen import frozen
from bot.template import (
    ActionTemplate,
    Asked,
    Choice,
    Credentials,
    Entity,
    ForEachStep,
    LetStep,
    Step,
    WhenStep,
    action_of,
    in_words,
    walk,
)

_LONGEST: Final = 160
_DAYS: Final = re.compile(r"(\d+)d")
_ALWAYS: Final = {"me": "whoever runs it", "site": "the site", "today": "today", "now": "now"}
_GIVES: Final = {
    "search": "what was found",
    "create": "the new page",
    "copy": "the copy",
    "get": "the page",
    "versions": "the versions",
    "children": "the pages below",
    "comments": "the comments",
    "sections": "the sections",
    "list_spaces": "the spaces",
    "ask_variables": "the variables",
}
"""What a step gives, where that says more than what its author called it."""


@frozen
class Told:
    """One step in words, *deep* inside of others."""

    words: str
    deep: int = 0
    writes: bool = False


def steps_in_words(template: ActionTemplate) -> tuple[Told, ...]:
    """Return what the steps do, from the first to the last."""
    return tuple(_told(template.steps, 0, _speaker(template)))


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
    return (
        "under the connection of whoever runs it, or, where an admin installs it so, the "
        f"organisation's{narrowed}"
    )


@frozen
class Speaker:
    """Says what the parts of one template's steps are made of, by what people know of it."""

    called: Called

    def text(self, text: str) -> str:
        """Return a text with holes on one line, each by what it stands for: ‹Title›."""
        return _short(spoken_text(text, self.called))

    def list(self, texts: Sequence[str]) -> str:
        """Return several texts with commas between."""
        return ", ".join(map(self.text, texts))

    def expression(self, text: str) -> str:
        """Return what an expression stands for, in marks."""
        return _short(spoken_expression(text, self.called))

    def condition(self, text: str) -> str:
        """Return what has to be so."""
        return _short(spoken_condition(text, self.called))

    def title(self, name: str) -> str:
        """Return what an entity is called."""
        return self.called.names.get(name, name)


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _speaker(template: ActionTemplate) -> Speaker:
    """Return what speaks of *template*: entities by their titles, steps by what they give."""
    steps = list(walk(template.steps))
    items = {
        step.item: in_words(step.item).lower() for step in steps if isinstance(step, ForEachStep)
    }
    given = {
        step.id: _GIVES.get(action_of(step), in_words(step.id).lower()) for step in steps if step.id
    }
    let = {
        name: in_words(name).lower()
        for step in steps
        if isinstance(step, LetStep)
        for name in step.let
    }
    titles = {entity.name: entity.title for entity in template.entities}
    return Speaker(
        Called(
            _ALWAYS | items | {"item": "it"} | let | given | titles,
            {entity.name: _labels(entity) for entity in template.entities},
        )
    )


def _labels(entity: Entity) -> dict[str, str]:
    return {each.value: each.label for each in entity.choices if isinstance(each, Choice)}


def _told(steps: Sequence[Step], deep: int, says: Speaker) -> Iterator[Told]:
    for step in steps:
        if isinstance(step, WhenStep):
            yield Told(f"If {says.condition(step.when or '')}:", deep)
            yield from _told(step.steps, deep + 1, says)
            if step.otherwise:
                yield Told("Otherwise:", deep)
                yield from _told(step.otherwise, deep + 1, says)
        elif isinstance(step, ForEachStep):
            over = says.expression(step.for_each)
            yield Told(f"For each of {over}, {step.most} at most:", deep)
            yield from _told(step.steps, deep + 1, says)
        else:
            words = _words(step, says)
            condition = f", if {says.condition(step.when)}" if step.when else ""
            yield Told(f"{words}{condition}.", deep, writes=step.writes)


def _words(step: Step, says: Speaker) -> str:
    word = action_of(step)
    name = next(
        name for name, info in type(step).model_fields.items() if (info.alias or name) == word
    )
    return _DOES[word](getattr(step, name), says)


_Words = Callable[[Any, Speaker], str]
"""Says what one action does; given the part of its step that is of its own model."""


def _of_page(words: str) -> _Words:
    return lambda part, says: words.format(says.text(part.page))


_KINDS: Final = {"page": "pages", "blog": "blog posts", "any": "pages and blog posts"}
_ORDERS: Final = {"newest": "the newest first", "oldest": "the oldest first"}
_PLACES: Final = {"replace": "in place of", "start": "before", "end": "behind"}


def _search(part: Any, says: Speaker) -> str:  # noqa: ANN401  # each of its own model, as in the table below
    if part.cql:
        return f"Looks for what fits {says.text(part.cql)}"
    told = [_KINDS[part.kind]]
    told += [f"about {says.text(part.text)}"] if part.text else []
    told += [f"in {says.text(part.space)}"] if part.space else []
    told += [f"labelled {says.text(part.label)}"] if part.label else []
    told += ["of whoever runs it"] if part.by == "me" else []
    told += _within(part.changed_since, "changed in the last {} days", "changed since {}", says)
    told += _within(part.changed_before, "unchanged for {} days", "unchanged since {}", says)
    order = f", {_ORDERS[part.order]}" if part.order in _ORDERS else ""
    return f"Looks for {' '.join(told)}{order}, {part.most} at most"


def _within(when: str, days: str, since: str, says: Speaker) -> list[str]:
    """Say since when, in *days* where it is a span of them."""
    span = _DAYS.fullmatch(when)
    if span:
        return [days.format(span[1])]
    return [since.format(says.text(when))] if when else []


def _create(part: Any, says: Speaker) -> str:  # noqa: ANN401
    what = "a draft" if part.draft is True else f"a {says.text(part.kind)}"
    of = f" out of {says.text(part.of.template or part.of.page)}" if part.of else ""
    return f"Makes {what} called “{says.text(part.title)}” in {says.text(part.space)}{of}"


def _section(part: Any, says: Speaker) -> str:  # noqa: ANN401
    where = f"the section “{says.text(part.section)}” of {says.text(part.page)}"
    return f"Puts text {_PLACES[part.place]} what {where} says"


def _label(part: Any, says: Speaker) -> str:  # noqa: ANN401
    gives = f"gives {says.list(part.add)}" if part.add else ""
    takes = f"takes off {says.list(part.remove)}" if part.remove else ""
    words = " and ".join(each for each in (gives, takes) if each)
    return f"Labels {says.text(part.page)}: {words}"


def _http(part: Any, says: Speaker) -> str:  # noqa: ANN401
    does = f", which its author says {says.text(part.does)}" if part.does else ""
    return f"Calls {part.method} {says.text(part.path)}{does}"


def _restrict(part: Any, says: Speaker) -> str:  # noqa: ANN401
    who = says.list((*part.people, *part.groups)) or "whoever runs it"
    does = "read" if part.operation == "read" else "change"
    return f"Lets nobody but {who} {does} {says.text(part.page)}"


_DOES: Final[Mapping[str, _Words]] = {
    "search": _search,
    "get": _of_page("Reads {}"),
    "create": _create,
    "update": _of_page("Puts a new text in place of that of {}"),
    "append": _of_page("Adds text to {}"),
    "update_section": _section,
    "comment": _of_page("Comments on {}"),
    "reply": _of_page("Answers a comment on {}"),
    "label": _label,
    "attach": lambda part, says: f"Attaches {says.text(part.file)} to {says.text(part.page)}",
    "move": lambda part, says: f"Moves {says.text(part.page)} below {says.text(part.parent)}",
    "copy": lambda part, says: (
        f"Copies {says.text(part.page)} as “{says.text(part.title)}” below {says.text(part.parent)}"
    ),
    "restrict": _restrict,
    "watch": lambda part, says: (
        f"{'Watches' if part.on else 'Stops watching'} {says.text(part.page)}"
    ),
    "list_spaces": lambda _part, _says: "Lists the spaces",
    "children": _of_page("Lists the pages below {}"),
    "comments": _of_page("Reads the comments on {}"),
    "sections": _of_page("Lists the headings of {}"),
    "versions": _of_page("Lists the versions of {}"),
    "diff": _of_page("Compares two versions of {}"),
    "trash": _of_page("Moves {} to the trash"),
    "restore": lambda part, says: (
        f"Restores {says.text(part.page)}"
        + (f" to version {says.text(part.version)}" if part.version else "")
    ),
    "http": _http,
    "ask": lambda part, says: f"Asks for {', '.join(map(says.title, part))}",
    "ask_variables": lambda part, says: (
        f"Asks for the variables of {says.text(part.template or part.page)}"
    ),
    "let": lambda part, says: f"Works out {', '.join(map(says.title, part))}",
    "fail": lambda part, says: f"Ends, saying “{says.text(part).rstrip('.')}”",
}
