"""Values: frozen dataclasses with slots, of which a bot makes some 350 when it starts.

The standard library's compiles six functions for each (3.11: in half a millisecond, a sixth of
the time until the bot listens). Here it is one, which is quicker too when it is called; all
others are everybody's.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, Final, TypeVar, dataclass_transform

Kind = TypeVar("Kind", bound=type[Any])
Function = Callable[..., Any]

_SHOWN, _COMPARED, _HASHED = "__shown__", "__compared__", "__hashed__"
"""What of a class's fields each of everybody's functions reads."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: Kind) -> Kind:
    """Make *kind* what ``@dataclass(frozen=True, slots=True)`` would.

    A field with ``init=False`` is its ``__post_init__``'s to set.
    """
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(kind)
    known = fields(made)
    setattr(made, _SHOWN, tuple(each.name for each in known if each.repr))
    setattr(made, _COMPARED, _reading([each.name for each in known if each.compare]))
    setattr(made, _HASHED, _reading([each.name for each in known if _is_hashed(each)]))
    made.__init__ = _init(made, known)
    for name, function in _EVERYBODYS.items():
        if name not in kind.__dict__:
            setattr(made, name, function)
    result: Kind = made
    return result


def _reading(names: Sequence[str]) -> Function:
    return staticmethod(attrgetter(*names)) if names else staticmethod(lambda _: ())


def _is_hashed(each: Field[Any]) -> bool:
    return each.compare if each.hash is None else each.hash


def _init(made: Any, known: Sequence[Field[Any]]) -> Function:  # noqa: ANN401 - a class of any kind
    """Return the one function of its own: it writes each field through its slot."""
    names: dict[str, Any] = {"_unset": MISSING}
    given, lines = ["self"], []
    for each in (each for each in known if each.init):
        names[f"_set_{each.name}"] = getattr(made, each.name).__set__
        names[f"_default_{each.name}"] = each.default
        names[f"_make_{each.name}"] = each.default_factory
        value = each.name
        if each.default is not MISSING:
            given.append(f"{each.name}=_default_{each.name}")
        elif each.default_factory is not MISSING:
            given.append(f"{each.name}=_unset")
            value = f"_make_{each.name}() if {each.name} is _unset else {each.name}"
        else:
            given.append(each.name)
        lines.append(f"_set_{each.name}(self, {value})")
    if hasattr(made, "__post_init__"):
        lines.append("self.__post_init__()")
    source = f"def __init__({', '.join(given)}):\n " + "\n ".join(lines or ["pass"])
    exec(source, names)  # noqa: S102 - of the names of fields alone
    init: Function = names["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


def _repr(self: Any) -> str:  # noqa: ANN401 - everybody's, as all below
    shown = (f"{name}={getattr(self, name)!r}" for name in self.__shown__)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: Any) -> Any:  # noqa: ANN401
    if type(self) is not type(other):
        return NotImplemented
    return self.__compared__(self) == self.__compared__(other)


def _hash(self: Any) -> int:  # noqa: ANN401
    return hash(self.__hashed__(self))


def _setattr(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:  # noqa: ANN401
    return [getattr(self, each.name) for each in fields(self)]


def _setstate(self: Any, state: Sequence[Any]) -> None:  # noqa: ANN401
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_EVERYBODYS: Final[dict[str, Function]] = {
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
