"""The format of templates as its models have it: for editors, and for people."""

import ast
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from bot import template as models
from bot.checking.shapes import GIVEN, RESULTS, Shape, shape_of_entity
from bot.entities.kinds import KINDS
from bot.expressions import FILTERS
from bot.template import (
    STEP_KINDS,
    ActionTemplate,
    Answer,
    Between,
    Button,
    Card,
    Choice,
    Dynamic,
    Entity,
    EntityType,
    Holes,
    Part,
    Policy,
    Source,
    Step,
    Template,
)

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_PARTS: Final = (Entity, Choice, Dynamic, Between, Policy, Answer, Card, Button)
_INTRO: Final = """\
# The format of templates

One template a file, in YAML; [the guide](guide.md) begins with one of ten lines. This page is made
from the models that read the files (`confab templates reference`), and so is
[the schema](schema.json) by which editors complete and check them. `confab templates check` says
more than either can: whether names are known, steps are reached and scopes suffice.

Files are UTF-8, up to 200 kB. Scalars are text, numbers as JSON writes them, `true`, `false` or
nothing: `no`, `1.0.0` and `2026-11-23` are text. Tags, anchors, merge keys and several documents
are refused.
"""
_EMPHASIS: Final = re.compile(r"\*([\w ]+)\*")
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w -]")


def schema() -> str:
    """Return the JSON Schema of the format."""
    made = ActionTemplate.model_json_schema(by_alias=True)
    described = _described(made)
    top = {"$schema": _DRAFT, "$id": "schema.json", **described, "title": "Action template"}
    return json.dumps(top, indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def reference() -> str:
    """Return the reference in Markdown."""
    parts = [
        _INTRO,
        _section("## A template", ActionTemplate),
        *(_section(f"## {_title(part)}", part) for part in _PARTS),
        _types(),
        _sources(),
        _steps(),
        _names(),
        _filters(),
    ]
    return "\n".join(parts)


def _described(made: dict[str, Any]) -> dict[str, Any]:
    """Put what the models say of their fields beside them."""
    named = {kind.__name__: kind for kind in _kinds(Part)}
    for name, each in (*made.get("$defs", {}).items(), ("ActionTemplate", made)):
        if name in named:
            for field, said in _docs(named[name]).items():
                info = named[name].model_fields.get(field)
                key = (info.alias if info else None) or field
                if key in each.get("properties", {}):
                    each["properties"][key].setdefault("description", said)
    return made


def _kinds(kind: type[Part]) -> Iterator[type[Part]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


@cache
def _sources_of_fields() -> Mapping[str, Mapping[str, str]]:
    tree = ast.parse(inspect.getsource(models))
    classes = (each for each in tree.body if isinstance(each, ast.ClassDef))
    return {each.name: dict(_documented(each.body)) for each in classes}


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield each field with the text that stands below it."""
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                yield name, _said(said)


def _said(docstring: str | None) -> str:
    """Return what a docstring says, its names marked as Markdown marks them."""
    line = " ".join((docstring or "").split()).replace("``", "`")
    return _EMPHASIS.sub(r"`\1`", line)


def _docs(kind: type[Part]) -> Mapping[str, str]:
    """Return what is said of the fields of *kind*, and of those that it has from others."""
    said: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        said |= _sources_of_fields().get(each.__name__, {})
    return said


def _title(kind: type[Part]) -> str:
    return {Answer: "reply", Dynamic: "choices_from", Between: "length and range"}.get(
        kind, kind.__name__.lower()
    ).capitalize()


def _section(heading: str, kind: type[Part]) -> str:
    said = _said(kind.__doc__)
    return f"{heading}\n\n{said}\n\n{_table(kind)}"


def _table(kind: type[Part], without: Iterable[str] = ()) -> str:
    hints, docs = get_type_hints(kind, include_extras=True), _docs(kind)
    rows = []
    for name, info in kind.model_fields.items():
        if name not in without:
            needed = (
                "needed"
                if info.is_required()
                else _written(info.get_default(call_default_factory=True))
            )
            says = docs.get(name, "")
            rows.append(f"| `{info.alias or name}` | {_kind(hints[name])} | {needed} | {says} |")
    return "\n".join(["| | What | Without it | |", "|---|---|---|---|", *rows, ""])


def _written(default: object) -> str:
    if default in (None, "", (), {}) or isinstance(default, Part):
        return ""
    value = default.value if isinstance(default, Enum) else default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


_NAMED: Final[tuple[tuple[object, str], ...]] = (
    (models.Name, "name"),
    (models.Slug, "words with -"),
    (models.Filled, "text with holes"),
    (models.Markdown, "Markdown with holes"),
    (models.Expression, "expression"),
)
_PLAIN: Final[Mapping[object, str]] = {
    str: "text",
    bool: "true or false",
    int: "number",
    float: "number",
    Any: "anything JSON",
}


def _kind(hint: Any) -> str:  # noqa: ANN401, PLR0911  # any annotation
    known = next((words for each, words in _NAMED if hint == each), None)
    if known is not None:
        return known
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type):
        return _of_class(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin is tuple:
        return f"list: {'steps' if _has_steps(inner) else _kind(inner[0])}"
    if origin is dict:
        return f"mapping: {_kind(inner[1])}"
    if hasattr(hint, "__metadata__"):
        holes = next((each for each in hint.__metadata__ if isinstance(each, Holes)), None)
        return holes.value if holes and inner[0] is not Any else _kind(inner[0])
    kinds = dict.fromkeys(_kind(each) for each in inner if each is not type(None))
    return " or ".join(kinds)


def _of_class(kind: type) -> str:
    if issubclass(kind, Enum):
        return ", ".join(f"`{each.value}`" for each in kind)
    if issubclass(kind, Part) and kind not in _PARTS:
        return f"mapping: {', '.join(f'`{name}`' for name in kind.model_fields)}"
    name = _title(kind) if issubclass(kind, Part) else kind.__name__
    anchor = _NOT_IN_ANCHORS.sub("", name.lower()).replace(" ", "-")
    return f"[{name.lower()}](#{anchor})"


def _has_steps(inner: Iterable[Any]) -> bool:
    return "Step" in repr(tuple(inner))


def _types() -> str:
    rows = []
    for kind in EntityType:
        entity = Entity(name="x", type=kind, prompt="x")
        fields = ", ".join(f"`{name}`" for name in shape_of_entity(entity).fields or ())
        rows.append(f"| `{kind.value}` | {KINDS[kind].expects} | {fields} |")
    return "\n".join(
        [
            "## Types of entities\n",
            "| | What people give | What expressions find in it |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _sources() -> str:
    said = ", ".join(f"`{each.value}`" for each in Source)
    return (
        "## Choices that are looked up\n\n"
        f"`choices_from` has a `source`: {said}; `of` is the entity whose spaces, pages, … they "
        "are.\n"
    )


def _steps() -> str:
    begin = (
        "## Steps\n\nA step does one thing: it has one of the words below. Beside it may stand "
        "`id`, under which later names see what it gives, and `when`, an expression: without its "
        "being true the step is left out.\n"
    )
    return "\n".join([begin, *(_step(word, kind) for word, kind in STEP_KINDS.items())])


def _step(word: str, kind: type[Step]) -> str:
    said = _said(kind.__doc__)
    names = {info.alias or name: name for name, info in kind.model_fields.items()}
    hint = get_type_hints(kind, include_extras=True)[names[word]]
    inner = hint if isinstance(hint, type) and issubclass(hint, Part) else None
    result = _result(RESULTS.get(word))
    beside = [name for name in names.values() if name not in {"id", "when", names[word]}]
    head = [
        "### `when` and `steps`\n" if word == "steps" else f"### `{word}`\n",
        f"{said}{result}\n",
    ]
    if inner is not None:
        return "\n".join([*head, _of_part(inner)])
    rows = _table(kind, ("id",) if word == "steps" else ("id", "when"))
    return "\n".join([*head, rows]) if beside or word != "steps" else "\n".join(head)


def _of_part(kind: type[Part]) -> str:
    said = _said(kind.__doc__)
    more = _section("#### `of`", Template) if kind is models.Create else ""
    begin = "" if kind is models.OfPage else f"{said}\n\n"
    return f"{begin}{_table(kind)}{more and chr(10)}{more}"


def _result(shape: Shape | None) -> str:
    if shape is None:
        return ""
    of = shape.of or shape
    fields = ", ".join(f"`{name}`" for name in of.fields or ())
    each = " Each has" if shape.of else " It has"
    return f"{each} {fields}." if fields else ""


def _names() -> str:
    rows = [f"| `{name}` | {_fields(shape)} |" for name, shape in GIVEN.items()]
    return "\n".join(
        [
            "## Names in expressions\n",
            (
                "`{{ … }}` holds one expression: names, fields (`page.title`), places in lists "
                "(`pages[0]`), constants, comparisons, `and`, `or`, `not`, `… if … else …`, "
                "lists, `+` and `-` on numbers and dates, and the filters below. There are no "
                "calls and no statements. It sees the entities, the results of steps before it "
                "by their `id`, what a `let` named, and these:\n"
            ),
            "| | |",
            "|---|---|",
            *rows,
            "| `item` | each of a `for_each`, inside of it |",
            "",
            (
                "In a header of an `http` step, and nowhere else, "
                "`{{ connections.confluence.access_token }}` may stand.\n"
            ),
        ]
    )


def _fields(shape: Shape) -> str:
    fields = ", ".join(f"`{name}`" for name in shape.fields or ())
    return f"{shape.kind}: {fields}" if fields else shape.kind


def _filters() -> str:
    rows = [
        f"| `{name}` | `{each.usage.replace('|', chr(92) + '|')}` | {each.says} |"
        for name, each in FILTERS.items()
    ]
    return "\n".join(["## Filters\n", "| | As in | |", "|---|---|---|", *rows, ""])
