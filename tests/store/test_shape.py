"""What a shape says of its sealed fields: that there are some, where they are, what binds them."""

import pytest

from store.keyring import Binding
from store.preparation import SHAPES
from store.shape import SEALED, TEXT, Sealed, Shape, array_of, embedded, sealed

SHAPE = Shape(
    "things",
    {"tenant": TEXT, "user_id": TEXT, "thing": TEXT, "first": sealed("first", "thing")},
    {
        "claim": embedded(by=TEXT, secret=sealed("claim", "by")),
        "rows": array_of(
            embedded(row=TEXT, cells=array_of(embedded(inside=sealed("cell", "row"))))
        ),
        "loose": array_of(sealed("loose")),
    },
)
# What the vault can't seal anew, since something else seals it.
OF_OTHERS = {("data_keys", "wrapped"), ("audit_rows", "parts.cipher")}


def test_everything_sealed_in_a_document_is_found_with_what_binds_it():
    document = {
        "tenant": "T1",
        "user_id": "U1",
        "thing": "x",
        "first": b"1",
        "claim": {"by": "me", "secret": b"2"},
        "rows": [
            {"row": "r0", "cells": []},
            {"row": "r1", "cells": [{"inside": b"3"}, {"inside": b"4"}]},
        ],
        "loose": [b"5"],
    }

    assert list(SHAPE.sealed_values(document)) == [
        ("first", Binding("T1", "U1", "first", "x"), b"1"),
        ("claim.secret", Binding("T1", "U1", "claim", "me"), b"2"),
        ("rows.1.cells.0.inside", Binding("T1", "U1", "cell", "r1"), b"3"),
        ("rows.1.cells.1.inside", Binding("T1", "U1", "cell", "r1"), b"4"),
        ("loose.0", Binding("T1", "U1", "loose", ""), b"5"),
    ]


def test_what_a_document_lacks_is_not_found_in_it():
    document = {"tenant": "T1", "user_id": "U1", "thing": "x", "first": b"1"}

    assert [value.path for value in SHAPE.sealed_values(document)] == ["first"]


def test_where_no_person_is_named_none_is_bound():
    shape = Shape("settings", {"tenant": TEXT, "version": TEXT, "sealed": sealed("s", "version")})

    assert shape.binding("sealed", {"tenant": "T1", "version": 2}) == Binding("T1", "", "s", "2")


def test_what_is_not_declared_is_bound_to_nothing():
    with pytest.raises(KeyError):
        SHAPE.binding("second", {"tenant": "T1", "user_id": "U1", "thing": "x"})


def test_no_two_fields_of_a_person_are_bound_alike():
    purposes = [kind.purpose for shape in SHAPES for kind in shape.seals.values()]

    assert len(set(purposes)) == len(purposes)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_sealed_field_is_one_that_can_be_sealed_anew(shape):
    """Declare it with `store.shape.sealed`; `SEALED` is for what the vault doesn't seal."""
    fields = {**shape.required, **shape.optional}
    opaque = {(shape.name, path) for path in _opaque(fields)}

    assert opaque <= OF_OTHERS
    assert shape.seals or not any("sealed" in path for path in fields)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_binds_a_value_always_stands_in_its_document(shape):
    for path, kind in shape.seals.items():
        declared = set(shape.required)
        inside = {**shape.required, **shape.optional}
        for part in path.split(".")[:-1]:
            inner = inside[part].get("items", inside[part])
            declared |= set(inner["required"])
            inside = inner["properties"]
        assert {"tenant", *kind.record} <= declared


def _opaque(fields):
    for name, declared in fields.items():
        kind = declared
        while "items" in kind:
            kind = kind["items"]
        if kind == SEALED and not isinstance(kind, Sealed):
            yield name
        for path in _opaque(kind.get("properties", {})):
            yield f"{name}.{path}"
