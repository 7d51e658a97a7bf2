"""Entities that can't be asked for, or whose checks no answer passes."""

from collections.abc import Mapping
from typing import Final

from bot.checking.flow import constant
from bot.checking.parts import Complaints
from bot.checking.samples import check_samples, samples_of
from bot.checking.shapes import shape_of_entity
from bot.entities.patterns import BadPattern, compile_pattern, matches
from bot.expressions.operators import MAX_DAYS
from bot.plain_yaml import Path
from bot.template import (
    ActionTemplate,
    Asked,
    Between,
    Choice,
    Dynamic,
    Entity,
    EntityType,
    Source,
)

_CHOSEN: Final = frozenset({EntityType.CHOICE, EntityType.CHOICES})
_WORDS: Final = frozenset({EntityType.TEXT, EntityType.LONG_TEXT, EntityType.URL, EntityType.LABEL})
_COUNTED: Final = frozenset({EntityType.NUMBER, EntityType.DATE, EntityType.DATE_TIME})
_DAYS: Final = frozenset({EntityType.DATE, EntityType.DATE_TIME})
_SEVERAL: Final = frozenset(
    {EntityType.PERSON, EntityType.PAGE, EntityType.LABEL, EntityType.ATTACHMENT}
)
_FITS: Final[Mapping[str, frozenset[EntityType]]] = {
    "length": _WORDS | {EntityType.RICH_TEXT},
    "pattern": _WORDS,
    "range": _COUNTED,
    "choices": _CHOSEN,
    "choices_from": _CHOSEN | {EntityType.LABEL, EntityType.PAGE},
    "many": _SEVERAL,
}
"""For which types each check means something."""
_OF: Final[Mapping[Source, frozenset[str]]] = {
    Source.SPACES: frozenset(),
    Source.PAGES: frozenset({"space"}),
    Source.PAGE_TEMPLATES: frozenset({"space"}),
    **dict.fromkeys(
        (Source.CHILDREN, Source.SECTIONS, Source.LABELS, Source.VERSIONS, Source.COMMENTS),
        frozenset({"page"}),
    ),
}
"""Of what each kind of choices is looked up."""
_SOURCES: Final[Mapping[EntityType, frozenset[Source]]] = {
    EntityType.LABEL: frozenset({Source.LABELS}),
    EntityType.PAGE: frozenset({Source.PAGES, Source.CHILDREN}),
}
"""From where a type that isn't just a choice takes its choices."""
_OPTIONAL_OF: Final = frozenset({Source.PAGES, Source.PAGE_TEMPLATES})


def check_entities(template: ActionTemplate, complaints: Complaints) -> None:
    """Complain of entities that can't be asked for as they are."""
    folded: dict[str, str] = {}
    for number, entity in enumerate(template.entities):
        path: Path = ("entities", number)
        twin = folded.setdefault(entity.name.casefold(), entity.name)
        if twin != entity.name:
            told = f"people type `{twin}` in capital or in small letters: take another name"
            complaints.add((*path, "name"), told)
        _fits(entity, path, complaints)
        _bounds(entity, path, complaints)
        _asking(entity, path, complaints)
        _chosen(entity, template, path, complaints)
    for number, entity in enumerate(template.entities):
        path = ("entities", number)
        if not _pattern(entity, path, complaints):
            # One that takes for ever is enough: each costs its time.
            return
        check_samples(entity, path, complaints)


def _fits(entity: Entity, path: Path, complaints: Complaints) -> None:
    for name, types in _FITS.items():
        if getattr(entity, name) and entity.type not in types:
            fitting = ", ".join(sorted(types))
            told = f"`{name}` means nothing for {entity.type}: it is for {fitting}"
            complaints.add((*path, name), told)


def _bounds(entity: Entity, path: Path, complaints: Complaints) -> None:
    for name in ("length", "range"):
        bounds: Between | None = getattr(entity, name)
        if bounds is None:
            continue
        inner = (*path, name)
        if bounds.least is None and bounds.most is None:
            complaints.add(inner, "say `least`, `most`, or both")
        elif bounds.least is not None and bounds.most is not None and bounds.least > bounds.most:
            complaints.add(inner, "`least` is more than `most`, so that nothing is allowed")
        if name == "length" and any(
            each is not None and (each < 0 or each != int(each))
            for each in (bounds.least, bounds.most)
        ):
            complaints.add(inner, "a length is a whole number, and not below 0")
        if name == "length" and bounds.most == 0:
            complaints.add(inner, "`most` is 0, so that nothing is allowed")
        if entity.type in _DAYS and any(
            each is not None and not abs(each) <= MAX_DAYS for each in (bounds.least, bounds.most)
        ):
            told = f"a date is at most {MAX_DAYS:,} days from today, earlier or later"
            complaints.add(inner, told)


def _asking(entity: Entity, path: Path, complaints: Complaints) -> None:
    if constant(entity.when) is False:
        complaints.add((*path, "when"), "this is never true, so that nobody is asked")
    if entity.ask is Asked.NEVER and entity.required and entity.default is None:
        told = f"`{entity.name}` is needed, never asked for, and has no `default`"
        complaints.add((*path, "ask"), told)
    for name in ("prompt", "label", "help", "complaint"):
        if "{{" in (getattr(entity, name) or ""):
            told = f"`{name}` is shown as it stands: nothing is put into its braces"
            complaints.add((*path, name), told)


def _chosen(entity: Entity, template: ActionTemplate, path: Path, complaints: Complaints) -> None:
    if entity.type in _CHOSEN and bool(entity.choices) == (entity.choices_from is not None):
        told = "a choice has `choices`, or `choices_from` where they are looked up: one of them"
        complaints.add(path, told)
    seen: set[str] = set()
    for number, choice in enumerate(entity.choices):
        words = choice.value if isinstance(choice, Choice) else choice
        if words.casefold() in seen:
            complaints.add((*path, "choices", number), "this choice stands there before")
        seen.add(words.casefold())
    if entity.choices_from is not None:
        inner: Path = (*path, "choices_from")
        source = entity.choices_from.source
        if source not in _SOURCES.get(entity.type, {source}):
            fitting = " or ".join(sorted(_SOURCES[entity.type]))
            complaints.add(inner, f"a {entity.type} is chosen from {fitting}, not from {source}")
        _looked_up(entity.choices_from, template, inner, complaints)


def _looked_up(
    source: Dynamic, template: ActionTemplate, path: Path, complaints: Complaints
) -> None:
    kinds = _OF[source.source]
    wanted = " or a ".join(sorted(kinds | ({"page"} if "space" in kinds else set())))
    of = template.entity(source.of) if source.of is not None else None
    if source.of is not None and not kinds:
        complaints.add((*path, "of"), f"{source.source} are of nothing: leave `of` out")
    elif source.of is None and kinds and source.source not in _OPTIONAL_OF:
        told = f"say `of` which entity: {source.source} are those of a {wanted}"
        complaints.add(path, told)
    elif of is not None and kinds and shape_of_entity(of).kind not in wanted.split(" or a "):
        told = f"{source.source} are those of a {wanted}, and `{of.name}` is {of.type}"
        complaints.add((*path, "of"), told)


def _pattern(entity: Entity, path: Path, complaints: Complaints) -> bool:
    """Complain of a pattern that can't be used; tell whether answers may be compared with it."""
    if entity.pattern is None:
        return True
    inner = (*path, "pattern")
    if not entity.complaint:
        complaints.add(inner, "say in `complaint` what is expected: nobody reads patterns")
    try:
        pattern = compile_pattern(entity.pattern)
        for sample in samples_of(entity):
            matches(pattern, sample)
    except BadPattern as error:
        complaints.add(inner, f"this is no regular expression that can be used: {error}")
    except TimeoutError:
        complaints.add(inner, "this takes too long to compare: make it simpler")
    else:
        return True
    return False
