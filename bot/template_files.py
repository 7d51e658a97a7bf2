"""Reads a template's file, and tells every mistake in it at its line."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.errors import Problem, TemplateRefused
from bot.frozen import frozen
from bot.plain_yaml import (
    MOST_PROBLEMS,
    Listed,
    Mapped,
    Node,
    Path,
    Places,
    Scalar,
    data_of,
    read_yaml,
    shown,
    where,
)
from bot.template import ACTIONS, STEP_KINDS, ActionTemplate, ForEachStep, Part, Step, WhenStep

_LABELS: Final = frozenset({"Choice", "constrained-str", "str", "bool", "int", "float"})
"""By these pydantic names the kinds of which one is allowed; so it does by ``dict[…]``."""
_COMPARED: Final = 200
"""Words that one mistake is compared with: each takes its time."""
_WORDS: Final = tuple(word for word in ACTIONS if word != "steps")
_PATTERNS: Final = {
    r"^[a-zA-Z][a-zA-Z0-9_]{0,39}$": "a name: up to 40 letters, digits and _, a letter first",
    r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "small letters and digits with - between words, as in "
    "`weekly-report`",
    r"^[^\r\n]*$": "on one line",
    r"^/[^/]": "a path that begins with one /",
    r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$": "three numbers with points between, as in `1.0.0`",
    r"^:[a-z0-9_+\-]{1,40}:$": "an emoji by its name, as in `:memo:`",
}
_WORDED: Final = {
    "string_type": "must be text",
    "string_too_short": "is empty: write something, or leave the line out",
    "string_too_long": "is too long: {max_length} characters are the most",
    "too_long": "has too many: {max_length} are the most",
    "too_short": "needs at least {min_length}",
    "tuple_type": "must be a list: one line each, with “- ” before it",
    "dict_type": "must be a mapping, of lines as in `name: value`",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}


def read_template(source: str | bytes, name: str = "") -> ActionTemplate:
    """Return the template that the file *source* holds; *name* is the file's, for complaints.

    Raises:
        TemplateRefused: with every problem, up to 20, from top to bottom.
    """
    return read_with_places(source, name)[0]


def read_with_places(source: str | bytes, name: str = "") -> tuple[ActionTemplate, Places]:
    """Return the template and where each of its parts stands; see `read_template`."""
    try:
        node, problems = read_yaml(source)
        if not isinstance(node, Mapped):
            told = "a template is a mapping, of lines as in `id: weekly-report`"
            problems = [Problem(node.place.line, node.place.column, "", told)]
            raise TemplateRefused(problems)  # noqa: TRY301  # gets its name as the others do
        template = _validated(node, problems)
    except TemplateRefused as refused:
        raise TemplateRefused(refused.problems, name) from None
    return template, Places(node)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the first of *problems*, each once, from top to bottom."""
    return tuple(sorted(set(problems)))[:MOST_PROBLEMS]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question for the known word that is nearest to *word*, if any is."""
    near = difflib.get_close_matches(word[:60], list(islice(known, _COMPARED)), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _validated(root: Mapped, problems: list[Problem]) -> ActionTemplate:
    data = data_of(root)
    try:
        template = _model(data, root)
    except ValidationError as error:
        raise TemplateRefused(in_order([*problems, *_problems(error, root)])) from None
    if problems:
        raise TemplateRefused(in_order(problems))
    return template


def _model(data: Any, root: Mapped) -> ActionTemplate:  # noqa: ANN401  # lists and mappings
    try:
        return ActionTemplate.model_validate(data)
    except ValidationError as error:
        if not _as_written(data, root, error):
            raise
    return ActionTemplate.model_validate(data)


def _as_written(data: Any, root: Mapped, error: ValidationError) -> bool:  # noqa: ANN401
    """Put what was written in place of numbers and truths where text is wanted: ``1.10``.

    Tell whether there were any.
    """
    found = False
    for each in error.errors(include_url=False, include_input=False):
        if each["type"] == "string_type":
            path = _Spot.of(each).path
            node = Places(root).find(path)
            if isinstance(node, Scalar) and node.value is not None and node.value != node.text:
                _put(data, path, node.text)
                found = True
    return found


def _put(data: Any, path: Path, value: str) -> None:  # noqa: ANN401  # lists and mappings
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


@frozen
class _Spot:
    """To what one of pydantic's errors points: *path*, in the model *around*.

    At *union* one of several kinds may stand, and it speaks of the one called *label*.
    """

    path: Path
    around: type[Part] | None
    label: str
    union: Path

    @classmethod
    def of(cls, error: ErrorDetails) -> "_Spot":
        """Walk pydantic's place of *error*, which names more than the file has."""
        walk = _Walk()
        for part in error["loc"]:
            walk.go(part)
        return cls(tuple(walk.path), walk.around, walk.label, walk.union)


class _Walk:
    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.around: type[Part] | None = None
        self.label = ""
        self.union: Path = ()
        self._model: type[Part] | None = ActionTemplate
        self._has_steps = self._names_kind = False

    def go(self, part: str | int) -> None:
        if isinstance(part, int):
            self.path.append(part)
            self._names_kind = self._has_steps
        elif self._names_kind:
            self._model, self._names_kind, self._has_steps = STEP_KINDS[part], False, False
        elif self._is_label(part):
            self.label, self.union = part, tuple(self.path)
        elif part != "[key]":
            self._enter(part)

    def _is_label(self, part: str) -> bool:
        known = self._model is not None and part in fields_of(self._model)
        return not known and (part in _LABELS or part.startswith("dict["))

    def _enter(self, part: str) -> None:
        self.path.append(part)
        self.around = self._model
        if self._model is None:
            return
        steps = (ActionTemplate, WhenStep, ForEachStep)
        self._has_steps = part in {"steps", "otherwise"} and issubclass(self._model, steps)
        self._model = fields_of(self._model).get(part)


@cache
def fields_of(model: type[Part]) -> Mapping[str, type[Part] | None]:
    """Return what may stand in *model*, by the words for it, with the part that each holds."""
    return {
        field.alias or name: _part_in(field.annotation)
        for name, field in model.model_fields.items()
    }


def _part_in(annotation: Any) -> type[Part] | None:  # noqa: ANN401  # any annotation
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return None if issubclass(annotation, Step) else annotation
    inner = (_part_in(each) for each in get_args(annotation))
    return next((each for each in inner if each is not None), None)


def _problems(error: ValidationError, root: Mapped) -> Iterator[Problem]:
    places = Places(root)
    found = [
        (each, _Spot.of(each)) for each in error.errors(include_url=False, include_input=False)
    ]
    chosen = _chosen((spot for _, spot in found), places)
    meant = [each for each in found if not each[1].label or chosen[each[1].union] == each[1].label]
    placed = [(places.at(spot.path), each, spot) for each, spot in meant]
    # What is told is known by its place: finding words for thousands would take its time.
    placed.sort(key=lambda one: (one[0].line, one[0].column))
    told: set[Problem] = set()
    for place, each, spot in placed:
        message = _message(each, spot, places)
        if message:
            problem = Problem(place.line, place.column, where(spot.path), message)
            told.add(problem)
            yield problem
        if len(told) > MOST_PROBLEMS:
            return


def _chosen(spots: Iterable["_Spot"], places: Places) -> dict[Path, str]:
    """Return, for each place that takes one of several kinds, of which kind to speak."""
    chosen: dict[Path, str] = {}
    for spot in spots:
        if spot.label:
            node = places.find(spot.union)
            before = chosen.setdefault(spot.union, spot.label)
            if not _suits(before, node) and _suits(spot.label, node):
                chosen[spot.union] = spot.label
    return chosen


def _suits(label: str, node: Node) -> bool:
    is_mapping = label == "Choice" or label.startswith("dict[")
    return isinstance(node, Mapped if is_mapping else Scalar)


def _message(error: ErrorDetails, spot: _Spot, places: Places) -> str:
    """Return what is wrong in our words; nothing where something else of it is."""
    node, kind = places.find(spot.path), error["type"]
    last = spot.path[-1] if spot.path else ""
    name = f"`{shown(last)}`" if isinstance(last, str) else "this"
    if kind == "missing":
        return f"`{last}` is missing here"
    if kind == "extra_forbidden":
        return _unknown(str(last), spot.around, places.find(spot.path[:-1]))
    if kind == "union_tag_not_found":
        return _no_action(node)
    if kind == "too_short" and isinstance(node, Listed) and node.items:
        return ""
    return f"{name} {_expected(error, node)}"


def _expected(error: ErrorDetails, node: Node) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if isinstance(node, Scalar) and node.value is None:
        return _WORDED["string_too_short"]
    if kind in {"enum", "literal_error"}:
        known = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        said = did_you_mean(node.text, known) if isinstance(node, Scalar) else ""
        return f"must be one of {', '.join(known)}{said}"
    if kind == "string_pattern_mismatch":
        return f"must be {_PATTERNS[context['pattern']]}"
    if kind in {"model_type", "model_attributes_type"}:
        return _WORDED["dict_type"]
    return _WORDED[kind].format(**context)


def _unknown(word: str, model: type[Part] | None, node: Node) -> str:
    if model is not None and issubclass(model, Step) and word in ACTIONS:
        said = [key for key in node.entries if key in ACTIONS] if isinstance(node, Mapped) else []
        both = " and ".join(f"`{shown(key)}`" for key in said)
        return f"a step does one thing: this one says {both}; make a step of each"
    known = fields_of(model) if model is not None else ()
    return f"`{shown(word)}` isn't known here{did_you_mean(word, known)}"


def _no_action(node: Node) -> str:
    if not isinstance(node, Mapped):
        return "a step is a mapping, of lines as in `get:` with `page: …` below it"
    near = (did_you_mean(key, ACTIONS) for key in node.entries)
    said = next((each for each in near if each), "")
    words = ", ".join(f"`{word}`" for word in _WORDS)
    return f"a step says what it does by one of {words}, or has `when` and `steps`{said}"
