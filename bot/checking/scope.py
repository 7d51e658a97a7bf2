"""The names that expressions see at each place of a template, and whether those they use are there.

The walk goes as the engine goes: entities first, then step after step, then what is shown.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from bot.checking.given import misfit
from bot.checking.parts import Complaints, Said, texts_in
from bot.checking.shapes import ANY, GIVEN, TEXT, Shape, shape_of_entity, shape_of_result
from bot.plain_yaml import Path
from bot.template import (
    ActionTemplate,
    AskStep,
    Entity,
    ForEachStep,
    Holes,
    HttpStep,
    LetStep,
    Step,
    WhenStep,
    walk,
)
from bot.template_files import did_you_mean

_NAME: Final = re.compile(r"[a-zA-Z]\w*")
_ONLY_NAME: Final = re.compile(r"\{\{\s*([\w.]+)\s*\}\}|\s*([\w.]+)\s*")
_WORDS: Final = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "connections"}
)
_KEPT: Final = frozenset(GIVEN) | _WORDS

_EACH_ROUND: Final = (
    "it is asked for in each round of a `for_each`, whose steps know it, and nothing else"
)
_ENOUGH: Final = 60
"""Problems after which no more are looked for: fewer are told."""

Known = dict[str, Shape]


class ScopeWalk:
    """Goes through a template and complains of names that aren't there where they are used."""

    def __init__(self, template: ActionTemplate, complaints: Complaints) -> None:
        self._template = template
        self._complaints = complaints
        self._asked_on_the_way = {
            name for step in walk(template.steps) if isinstance(step, AskStep) for name in step.ask
        }
        self._later: Mapping[str, str] = _later(template)
        self._by_round = _by_round(template)
        self._before_writing: Known | None = None
        self.used: set[str] = set()

    def go(self) -> None:
        """Check every text of the template."""
        known = self._entities()
        for name in self._asked_on_the_way:
            known.pop(name, None)
        after = self._steps(self._template.steps, ("steps",), known)
        shown = after if self._before_writing is None else self._before_writing
        preview = Said(("preview",), self._template.preview, Holes.MARKDOWN)
        self._check(preview, shown, "before anything is written, when the preview is shown")
        self._check_all(texts_in(self._template.reply, ("reply",)), after)

    def _entities(self) -> Known:
        known: Known = dict(GIVEN)
        for number, entity in enumerate(self._template.entities):
            path: Path = ("entities", number)
            self._name(entity.name, known, (*path, "name"))
            if entity.name not in self._asked_on_the_way:
                self._texts_of(entity, path, known)
            known[entity.name] = shape_of_entity(entity)
        return known

    def _texts_of(self, entity: Entity, path: Path, known: Known) -> None:
        self._check_all(texts_in(entity, path), known, "before this one")
        self._choices(entity, path, known)

    def _choices(self, entity: Entity, path: Path, known: Known) -> None:
        of = entity.choices_from.of if entity.choices_from else None
        if of is not None:
            self._look_up((of,), (*path, "choices_from", "of"), known, "before this one")

    def _steps(self, steps: Iterable[Step], path: Path, known: Known) -> Known:
        """Return what is known after *steps*."""
        for number, step in enumerate(steps):
            known = self._step(step, (*path, number), known)
        return known

    def _step(self, step: Step, path: Path, known: Known) -> Known:
        if step.writes and self._before_writing is None:
            self._before_writing = dict(known)
        match step:
            case HttpStep():
                self._http(step, path, known)
            case LetStep(when=str(when)):
                self._check(Said((*path, "when"), when, Holes.EXPRESSION), known)
            case LetStep():
                pass
            case _:
                self._check_all(texts_in(step, path), known)
                self._fits(step, path, known)
        after = self._inside(step, path, known)
        if step.id is not None:
            self._name(step.id, after, (*path, "id"))
            after = {**after, step.id: shape_of_result(step)}
        return after

    def _inside(self, step: Step, path: Path, known: Known) -> Known:
        match step:
            case WhenStep():
                then = self._steps(step.steps, (*path, "steps"), known)
                return {**self._steps(step.otherwise, (*path, "otherwise"), known), **then}
            case ForEachStep():
                self._for_each(step, path, known)
                return known
            case AskStep():
                return known | self._asked(step, path, known)
            case LetStep():
                return known | self._let(step, path, known)
            case _:
                return known

    def _for_each(self, step: ForEachStep, path: Path, known: Known) -> None:
        if step.item != "item":
            self._name(step.item, known, (*path, "item"))
        over = self._shape(Said((*path, "for_each"), step.for_each, Holes.EXPRESSION), known)
        # Of a text it goes through the lines.
        each = over if over is TEXT or over is ANY else over.of
        if each is None:
            told = f"`for_each` goes through a list, and this is {over.kind}"
            self._complaints.add((*path, "for_each"), told)
        self._steps(step.steps, (*path, "steps"), {**known, step.item: each or ANY})

    def _asked(self, step: AskStep, path: Path, known: Known) -> Known:
        found: Known = {}
        for number, name in enumerate(step.ask):
            entity = self._template.entity(name)
            inner = (*path, "ask", number)
            if entity is None:
                names = [each.name for each in self._template.entities]
                told = f"there is no entity `{name}`{did_you_mean(name, names)}"
                self._complaints.add(inner, told)
            elif name in known or name in found:
                self._complaints.add(inner, f"`{name}` is asked for before, and only once")
            else:
                place = self._template.entities.index(entity)
                before = {**known, **found}
                seen = {each: shape for each, shape in before.items() if each not in self._by_round}
                self._texts_of(entity, ("entities", place), seen)
                found[name] = shape_of_entity(entity)
        return found

    def _let(self, step: LetStep, path: Path, known: Known) -> Known:
        found: Known = {}
        for name, text in step.let.items():
            said = Said((*path, "let", name), text, Holes.TEXT)
            before = {**known, **found}
            self._check(said, before)
            self._name(name, before, said.path)
            found[name] = self._shape(said, before)
        return found

    def _fits(self, step: Step, path: Path, known: Known) -> None:
        for said in texts_in(step, path):
            told = misfit(said.path[len(path) + 1 :], self._shape(said, known))
            if told:
                self._complaints.add(said.path, told)

    def _http(self, step: HttpStep, path: Path, known: Known) -> None:
        for said in texts_in(step, path):
            in_header = said.path[len(path) : len(path) + 2] == ("http", "headers")
            self._check(said, known, allows_token=in_header)

    def _name(self, name: str, known: Known, path: Path) -> None:
        """Complain of *name* if something is called so already."""
        if name in _KEPT or name.casefold() in _WORDS:
            told = f"`{name}` means something in expressions: take another name"
        elif name in known:
            told = f"`{name}` is the name of something else already"
        elif name in self._asked_on_the_way and self._template.entity(name) and path[-1] != "name":
            told = f"`{name}` is the name of an entity already"
        else:
            return
        self._complaints.add(path, told)

    def _check_all(self, texts: Iterable[Said], known: Known, when: str = "here") -> None:
        for said in texts:
            self._check(said, known, when)

    def _check(
        self, said: Said, known: Known, when: str = "here", *, allows_token: bool = False
    ) -> None:
        if len(self._complaints.found) > _ENOUGH:
            return
        compiled = self._complaints.compiled(said, allows_token=allows_token)
        if compiled is not None:
            self._look_up_all(said, compiled.names, known, when)
        else:  # what it names isn't to be called unused besides
            self.used.update(_NAME.findall(said.text))

    def _look_up_all(
        self, said: Said, names: Iterable[tuple[str, ...]], known: Known, when: str
    ) -> None:
        for name in sorted(names)[:_ENOUGH]:
            self._look_up(name, said.path, known, when, _spot(said.text, ".".join(name)))

    def _look_up(
        self,
        name: tuple[str, ...],
        path: Path,
        known: Known,
        when: str,
        spot: tuple[int, int] = (1, 1),
    ) -> None:
        self.used.add(name[0])
        if name[0] not in known:
            self._complaints.add_within(path, *spot, self._unknown(name[0], known, when))
            return
        shape = known[name[0]]
        for number, part in enumerate(name[1:], 1):
            if shape.fields is None:
                return
            if part not in shape.fields:
                self._complaints.add_within(path, *spot, _no_field(name[:number], part, shape))
                return
            shape = shape.fields[part]

    def _unknown(self, name: str, known: Known, when: str) -> str:
        if name in self._by_round:
            return f"`{name}` isn't known {when}: {_EACH_ROUND}"
        if name in self._later:
            return f"`{name}` isn't known {when}: {self._later[name]}"
        meant = did_you_mean(name, known)
        # What was meant by a slip of the pen isn't to be called unused besides.
        self.used.update(_NAME.findall(meant))
        return f"nothing is called `{name}` {when}{meant}"

    def _shape(self, said: Said, known: Known) -> Shape:
        """Return what *said* comes to, as far as can be told."""
        only = _ONLY_NAME.fullmatch(said.text)
        if only is None or (only[1] is None and said.holes is not Holes.EXPRESSION):
            return ANY
        shape = known.get((only[1] or only[2]).split(".")[0], ANY)
        for part in (only[1] or only[2]).split(".")[1:]:
            shape = (shape.fields or {}).get(part, ANY)
        return shape


def check_used(template: ActionTemplate, used: set[str], complaints: Complaints) -> None:
    """Complain of entities that nothing uses: people would be asked in vain."""
    for number, entity in enumerate(template.entities):
        if entity.name not in used:
            told = f"`{entity.name}` is asked for, and nothing uses it"
            complaints.add(("entities", number, "name"), told)


def _later(template: ActionTemplate) -> Mapping[str, str]:
    """Return the names that something has somewhere, with what to know of them."""
    names = {each.name: "it comes later among the entities" for each in template.entities}
    for step in walk(template.steps):
        if isinstance(step, AskStep):
            told = "a step asks for it later"
            names |= dict.fromkeys((each for each in step.ask if template.entity(each)), told)
        if isinstance(step, LetStep):
            names |= dict.fromkeys(step.let, "a later step gives it, or one inside of a `for_each`")
        if isinstance(step, ForEachStep):
            names[step.item] = "it stands for each of a `for_each`, inside of it"
        if step.id is not None:
            names[step.id] = "that step comes later, or is inside of a `for_each`"
    return names


def _by_round(template: ActionTemplate) -> frozenset[str]:
    """Return the entities that are asked for in each round of a ``for_each``."""
    loops = (step for step in walk(template.steps) if isinstance(step, ForEachStep))
    inside = (step for loop in loops for step in walk(loop.steps))
    return frozenset(name for step in inside if isinstance(step, AskStep) for name in step.ask)


def _no_field(name: tuple[str, ...], part: str, shape: Shape) -> str:
    said = ".".join(name)
    if shape.of is not None:
        return f"`{said}` is a {shape.kind}: take one of it first, as in `{said}[0]`"
    if not shape.fields:
        return f"`{said}` is {shape.kind} and has no `{part}`"
    has = ", ".join(shape.fields)
    return f"`{said}` has no `{part}`{did_you_mean(part, shape.fields)}; it has {has}"


def _spot(text: str, name: str) -> tuple[int, int]:
    """Return the line and column at which *name* stands in a hole of *text*."""
    holes = text.find("{{") if "{{" in text else 0
    found = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)").search(text, max(holes, 0))
    before = text[: found.start()] if found else ""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
