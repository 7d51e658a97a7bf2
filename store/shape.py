"""How a collection is declared: its fields, what may be missing, its indexes.

A shape stands beside the code that reads and writes it; `store.preparation` makes the
database obey it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo import IndexModel

FieldType = Mapping[str, object]

TEXT: Final[FieldType] = {"bsonType": "string"}
TIME: Final[FieldType] = {"bsonType": "date"}
NUMBER: Final[FieldType] = {"bsonType": ["int", "long"]}
FLAG: Final[FieldType] = {"bsonType": "bool"}
SEALED: Final[FieldType] = {"bsonType": "binData"}


@dataclass(frozen=True, slots=True)
class Shape:
    """One collection. A field that isn't declared is refused by the database itself.

    *durable* collections are written with ``majority`` and journalled; the others are
    acknowledged by the primary, for they may lose their last second without harm.
    """

    name: str
    required: Mapping[str, FieldType]
    optional: Mapping[str, FieldType] = field(default_factory=dict)
    indexes: tuple[IndexModel, ...] = ()
    id_type: FieldType = field(default_factory=dict)
    durable: bool = True

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
