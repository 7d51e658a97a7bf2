"""Values of our own to JSON and back, for what is sealed; never pickle.

An object's kind stands under ``"is"``, its fields under their names; a field at its
default is left out, so that a field with a default can be added without a migration.
Renaming or removing a kind or a field, or changing a default, takes a new *VERSION*
and a reader of the old one: ``tests/store/test_codec.py`` holds what version 1 wrote.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, partial, singledispatch
from types import NoneType, UnionType
from typing import (
    Any,
    Final,
    Literal,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import SecretStr

from bot.errors import ProviderFault

VERSION: Final = 1
_KIND: Final = "is"

Value = TypeVar("Value")
_Json = Any
_Hint = Any
_Reader = Callable[[_Json], _Json]


class Unreadable(ProviderFault):
    """A record was written by a version of us that this one doesn't know."""

    code = "record_unreadable"


def dump(value: object) -> bytes:
    """Return *value*, a dataclass of ours, as JSON in ASCII."""
    return json.dumps({"v": VERSION, "of": _write(value)}, separators=(",", ":")).encode("ascii")


def load(kind: type[Value], data: bytes) -> Value:
    """Return the *kind* that ``dump`` wrote.

    Raises:
        Unreadable: another version wrote it. The record's text is no part of the error.
    """
    try:
        whole = json.loads(data)
        if whole["v"] != VERSION:
            raise Unreadable("a record of an unknown version")
        hint: _Hint = kind
        value: Value = _reader(hint)(whole["of"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Unreadable("a record of an unknown form") from None
    return value


@singledispatch
def _write(value: object) -> _Json:
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"nothing says how to write a {type(value).__name__}")
    written = {_KIND: type(value).__name__}
    for name, default in _defaults(type(value)):
        held = getattr(value, name)
        if default is MISSING or held != default:
            written[name] = _write(held)
    return written


@_write.register(str)
@_write.register(int)
@_write.register(NoneType)
def _write_plain(value: str | int | None) -> _Json:
    return value


@_write.register
def _write_secret(value: SecretStr) -> _Json:
    return value.get_secret_value()


@_write.register
def _write_date(value: date) -> _Json:
    return value.isoformat()


@_write.register
def _write_tuple(value: tuple) -> _Json:  # type: ignore[type-arg]  # singledispatch takes a class
    return [_write(item) for item in value]


@_write.register
def _write_set(value: frozenset) -> _Json:  # type: ignore[type-arg]  # singledispatch takes a class
    return sorted(_write(item) for item in value)


@cache
def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


@cache
def _reader(hint: _Hint) -> _Reader:
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    generic = _GENERIC.get(get_origin(hint))
    if generic is not None:
        return generic(get_args(hint))
    if hint in _PLAIN:
        return _PLAIN[hint]
    kind: type = hint
    return kind if issubclass(kind, Enum) else _object_reader((kind,))


def _only(kind: type, value: _Json) -> _Json:
    if type(value) is not kind:
        raise TypeError(f"not {kind.__name__}")
    return value


def _tuple_reader(args: tuple[_Hint, ...]) -> _Reader:
    if args[-1] is Ellipsis:
        read = _reader(args[0])
        return lambda value: tuple(read(item) for item in value)
    readers = [_reader(arg) for arg in args]
    return lambda value: tuple(read(item) for read, item in zip(readers, value, strict=True))


def _set_reader(args: tuple[_Hint, ...]) -> _Reader:
    read = _reader(args[0])
    return lambda value: frozenset(read(item) for item in value)


def _literal_reader(args: tuple[_Hint, ...]) -> _Reader:
    words = {word: word for word in args}
    return words.__getitem__


def _union_reader(args: tuple[_Hint, ...]) -> _Reader:
    others = tuple(arg for arg in args if arg is not NoneType)
    read = _reader(others[0]) if len(others) == 1 else _object_reader(others)
    if len(others) == len(args):
        return read
    return lambda value: None if value is None else read(value)


def _object_reader(kinds: tuple[type, ...]) -> _Reader:
    return partial(_read_object, {kind.__name__: kind for kind in kinds})


def _read_object(kinds: Mapping[str, type], value: _Json) -> object:
    kind = kinds[value[_KIND]]
    readers = _field_readers(kind)
    return kind(**{name: readers[name](held) for name, held in value.items() if name != _KIND})


@cache
def _field_readers(kind: type) -> Mapping[str, _Reader]:
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


_GENERIC: Final[Mapping[_Hint, Callable[[tuple[_Hint, ...]], _Reader]]] = {
    tuple: _tuple_reader,
    frozenset: _set_reader,
    Literal: _literal_reader,
    Union: _union_reader,
    UnionType: _union_reader,
}
_PLAIN: Final[Mapping[_Hint, _Reader]] = {
    str: partial(_only, str),
    int: partial(_only, int),
    bool: partial(_only, bool),
    SecretStr: SecretStr,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}
