"""What expressions find in entities and in the results of steps: their kinds and fields."""

from collections.abc import Mapping
from typing import Final

from bot.frozen import frozen
from bot.template import Entity, EntityType, ForEachStep, Step, action_of


@frozen
class Shape:
    """What a value is; *fields* are what it has, nothing if nobody knows; *of* is for lists."""

    kind: str
    fields: Mapping[str, "Shape"] | None = None
    of: "Shape | None" = None


def _thing(kind: str, **fields: Shape) -> Shape:
    return Shape(kind, fields)


def many(of: Shape) -> Shape:
    """Return a list of such."""
    return Shape(f"list of {of.kind}s", {}, of)


ANY: Final = Shape("anything")
TEXT: Final = Shape("text", {})
NUMBER: Final = Shape("number", {})
TRUTH: Final = Shape("boolean", {})
DAY: Final = Shape("date", {})
MOMENT: Final = Shape("date-time", {})
RICH: Final = Shape("rich text", {})
NOTHING: Final = Shape("nothing", {})

SITE: Final = _thing("site", id=TEXT, name=TEXT, url=TEXT)
SPACE: Final = _thing("space", id=TEXT, key=TEXT, name=TEXT, url=TEXT, site=TEXT)
PERSON: Final = _thing("person", user=TEXT, account=TEXT, name=TEXT)
CHANNEL: Final = _thing("channel", id=TEXT, name=TEXT)
FILE: Final = _thing("attachment", file=TEXT, name=TEXT, type=TEXT, size=NUMBER)
ATTACHED: Final = _thing("attachment", id=TEXT, name=TEXT, url=TEXT)
_PAGE: Final = {
    **dict.fromkeys(("id", "title", "url", "kind", "site"), TEXT),
    "space": SPACE,
    "version": NUMBER,
}
PAGE: Final = Shape("page", _PAGE)
_READ: Final = {"body": RICH, "text": TEXT, "labels": many(TEXT), "author": PERSON}
READ_PAGE: Final = Shape("page", {**_PAGE, **_READ, "updated": MOMENT, "parent": ANY})
_FOUND: Final = dict.fromkeys(
    ("id", "title", "url", "kind", "site", "excerpt", "space_name", "author"), TEXT
)
HIT: Final = Shape("page", {**_FOUND, "changed": MOMENT})
COMMENT: Final = _thing("comment", id=TEXT, text=TEXT, author=PERSON, url=TEXT, at=MOMENT)
SAID: Final = _thing("comment", text=TEXT, url=TEXT)
VERSION: Final = _thing("version", number=NUMBER, at=MOMENT, author=PERSON, message=TEXT)

GIVEN: Final[Mapping[str, Shape]] = {
    "me": PERSON,
    "site": SITE,
    "now": MOMENT,
    "today": DAY,
}
"""What every expression sees besides."""

RESULTS: Final[Mapping[str, Shape]] = {
    "search": _thing("search", results=many(HIT), count=NUMBER),
    "get": READ_PAGE,
    "create": PAGE,
    "update": PAGE,
    "append": PAGE,
    "update_section": PAGE,
    "comment": SAID,
    "reply": SAID,
    "attach": ATTACHED,
    "copy": PAGE,
    "list_spaces": many(SPACE),
    "children": many(PAGE),
    "comments": many(COMMENT),
    "sections": many(TEXT),
    "versions": many(VERSION),
    "diff": _thing("diff", added=ANY, removed=ANY, changes=ANY, older=NUMBER, newer=NUMBER),
    "http": _thing("answer", status=NUMBER, body=ANY),
    "ask_variables": ANY,
}
"""What the steps that give something give; the others give nothing."""

_ENTITIES: Final[Mapping[EntityType, Shape]] = {
    EntityType.TEXT: TEXT,
    EntityType.LONG_TEXT: TEXT,
    EntityType.RICH_TEXT: RICH,
    EntityType.NUMBER: NUMBER,
    EntityType.BOOLEAN: TRUTH,
    EntityType.CHOICE: TEXT,
    EntityType.CHOICES: many(TEXT),
    EntityType.DATE: DAY,
    EntityType.DATE_TIME: MOMENT,
    EntityType.PERSON: PERSON,
    EntityType.CHANNEL: CHANNEL,
    EntityType.SPACE: SPACE,
    EntityType.PAGE: PAGE,
    EntityType.LABEL: TEXT,
    EntityType.SITE: SITE,
    EntityType.ATTACHMENT: FILE,
    EntityType.URL: TEXT,
}


def shape_of_entity(entity: Entity) -> Shape:
    """Return what an expression finds under the entity's name."""
    shape = _ENTITIES[entity.type]
    return many(shape) if entity.many and shape.of is None else shape


def shape_of_result(step: Step) -> Shape:
    """Return what an expression finds under the step's id."""
    if isinstance(step, ForEachStep):
        return many(shape_of_result(step.steps[-1]))
    return RESULTS.get(action_of(step), NOTHING)
