"""How a collection is declared: its fields, what may be missing, its indexes, its seals.

A shape stands beside the code that reads and writes it; `store.preparation` makes the
database obey it.

A field that the vault seals is declared with what it is bound to, in the shape and nowhere
else, as in a collection of which each person has one document a profile::

    SHAPE = Shape(
        "connections",
        {"tenant": TEXT, "user_id": TEXT, "profile": TEXT, "grant": sealed("grant", "profile")},
        indexes=(unique("tenant", "user_id", "profile"),),
    )
    await vault.seal(SHAPE.binding("grant", key), grant)
    await vault.open(SHAPE.binding("grant", stored), Grant, stored["grant"])

It is then bound to the tenant, to the person where the collection has a ``user_id``, to its
purpose (``grant``) and to the fields that tell the documents of one person apart
(``profile``). That is all that the rotation of data keys needs in order to seal it anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pymongo import IndexModel

from bot.frozen import frozen
from store.keyring import Binding

FieldType = Mapping[str, object]
Document = Mapping[str, Any]

TEXT: Final[FieldType] = {"bsonType": "string"}
TIME: Final[FieldType] = {"bsonType": "date"}
NUMBER: Final[FieldType] = {"bsonType": ["int", "long"]}
FLAG: Final[FieldType] = {"bsonType": "bool"}
SEALED: Final[FieldType] = {"bsonType": "binData"}
"""Sealed by something other than the vault, which therefore can't seal it anew: a data key by
the operator's, what names somebody by that person's own. All else is `sealed`."""


class Sealed(dict[str, object]):
    """The type of a field that the vault seals: see `sealed`."""

    def __init__(self, purpose: str, record: tuple[str, ...]) -> None:
        super().__init__(SEALED)
        self.purpose = purpose
        self.record = record


def sealed(purpose: str, *record: str) -> Sealed:
    """Return the type of a field that the vault seals for *purpose*.

    *record* names the fields that tell it from others of the same person; in an object or an
    array, the fields beside it and those of the document.
    """
    return Sealed(purpose, record)


class SealedValue(NamedTuple):
    """One sealed value of a document."""

    path: str
    """Where it stands, as in ``recent.0.sealed``."""
    binding: Binding
    sealed: bytes


class People(StrEnum):
    """What a collection's documents say of people, and so what forgetting somebody does to them.

    See `store.forgetting`.
    """

    OWN = "own"  # each is its person's, by ``user_id``, and goes with them
    NAMED = "named"  # they are the tenant's and stay; who is named in them is taken out
    KEYED = "keyed"  # they stay; what names somebody is sealed under that person's key, which goes
    NONE = "none"  # nobody is in them


@frozen
class Shape:
    """One collection. A field that isn't declared is refused by the database itself.

    *durable* collections are written with ``majority`` and journalled; the others are
    acknowledged by the primary, for they may lose their last second without harm.
    *people* is declared wherever there is no ``user_id``, which alone says OWN.
    """

    name: str
    required: Mapping[str, FieldType]
    optional: Mapping[str, FieldType] = field(default_factory=dict)
    indexes: tuple[IndexModel, ...] = ()
    id_type: FieldType = field(default_factory=dict)
    durable: bool = True
    people: People | None = None
    seals: Mapping[str, Sealed] = field(init=False)
    """What the vault seals, by its path, as in ``recent.sealed``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "seals", dict(_seals({**self.required, **self.optional})))
        if self.people is None and "user_id" in self.required:
            object.__setattr__(self, "people", People.OWN)

    @property
    def is_tenants(self) -> bool:
        """Tell whether each document is some tenant's, and goes with it."""
        return "tenant" in self.required

    def binding(self, path: str, stored: Document) -> Binding:
        """Return what the sealed value at *path* is bound to.

        *stored* is the document, or its key; for what is inside of an object or an array, with
        that one's fields laid over it.
        """
        kind = self.seals[path]
        person = stored["user_id"] if "user_id" in self.required else ""
        record = "/".join(str(stored[name]) for name in kind.record)
        return Binding(stored["tenant"], person, kind.purpose, record)

    def sealed_values(self, document: Document) -> Iterator[SealedValue]:
        """Yield everything in *document* that the vault has sealed."""
        for path in self.seals:
            for place, around, value in _values(path.split("."), document, {}):
                yield SealedValue(place, self.binding(path, around), value)

    def validator(self) -> Mapping[str, Any]:
        """Return the JSON schema that every document must meet."""
        return {
            "$jsonSchema": {
                "bsonType": "object",
                "required": ["_id", *self.required],
                "additionalProperties": False,
                "properties": {"_id": self.id_type, **self.required, **self.optional},
            }
        }


def embedded(**fields: FieldType) -> FieldType:
    """Return the type of an object inside a document, all of whose *fields* are required."""
    return {
        "bsonType": "object",
        "required": list(fields),
        "additionalProperties": False,
        "properties": fields,
    }


def array_of(item: FieldType) -> FieldType:
    """Return the type of an array of *item*."""
    return {"bsonType": "array", "items": item}


def unique(*fields: str) -> IndexModel:
    """Declare that no two documents agree in all *fields*; the tenant comes first."""
    return IndexModel([(name, 1) for name in fields], unique=True)


def index(*fields: str) -> IndexModel:
    """Declare an index for queries that name *fields* from the left."""
    return IndexModel([(name, 1) for name in fields])


def expiring(name: str) -> IndexModel:
    """Declare that documents go when the time in *name* has come (within a minute or so)."""
    return IndexModel([(name, 1)], expireAfterSeconds=0)


def _seals(fields: Mapping[str, FieldType]) -> Iterator[tuple[str, Sealed]]:
    for name, declared in fields.items():
        kind: Any = declared
        while "items" in kind:
            kind = kind["items"]
        if isinstance(kind, Sealed):
            yield name, kind
        for path, inner in _seals(kind.get("properties", {})):
            yield f"{name}.{path}", inner


def _values(
    path: Sequence[str], inside: object, around: Document, place: tuple[str, ...] = ()
) -> Iterator[tuple[str, Document, bytes]]:
    """Yield what stands at *path*: its place, the fields *around* it, and the value."""
    if isinstance(inside, list):
        for number, item in enumerate(inside):
            yield from _values(path, item, around, (*place, str(number)))
    elif isinstance(inside, bytes):
        yield ".".join(place), around, inside
    elif isinstance(inside, Mapping) and path[0] in inside:
        beside = {**around, **inside}
        yield from _values(path[1:], inside[path[0]], beside, (*place, path[0]))
