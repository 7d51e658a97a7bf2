import copy
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from typing import ClassVar

import pytest

from bot.frozen import frozen


class Pair:
    """A kind of everything that fields can be."""

    title: str
    number: int = 3
    names: tuple[str, ...] = ()
    held: Mapping[str, int] = field(default_factory=dict, hash=False)
    secret: str = field(default="s", repr=False)
    seen: int = field(default=0, compare=False)
    of: ClassVar[str] = "all"


def made(decorate):
    body = {name: held for name, held in vars(Pair).items() if name[:2] != "__"}
    kept = {"__doc__": "A pair.", "__module__": __name__, "__annotations__": Pair.__annotations__}
    return decorate(type("Pair", (), {**body, **kept}))


OURS, THEIRS = made(frozen), made(dataclass(frozen=True, slots=True))
GIVEN = [
    (("a",), {}),
    (("a", 4, ("b",)), {"held": {"c": 1}}),
    (("a",), {"secret": "other"}),
    (("a",), {"seen": 9}),
    ((), {"title": "b", "names": ("c", "d")}),
]


@frozen
class Empty:
    """Nothing."""


@frozen
class Base:
    """What is derived from."""

    first: int


@frozen
class Derived(Base):
    """One field more, and a word for it of its own."""

    second: int = 2

    def __post_init__(self) -> None:
        if self.second < 0:
            raise ValueError("less than nothing")

    def __repr__(self) -> str:
        return f"{self.first} and {self.second}"


@pytest.mark.parametrize(("positions", "names"), GIVEN)
def test_it_holds_and_shows_what_the_standard_librarys_does(positions, names):
    ours, theirs = OURS(*positions, **names), THEIRS(*positions, **names)

    for each in fields(THEIRS):
        assert getattr(ours, each.name) == getattr(theirs, each.name)
    assert repr(ours) == repr(theirs)
    assert [repr(each.type) for each in fields(OURS)] == [
        repr(each.type) for each in fields(THEIRS)
    ]
    assert OURS.__match_args__ == THEIRS.__match_args__
    assert (OURS.__slots__, OURS.of) == (THEIRS.__slots__, THEIRS.of)
    assert is_dataclass(ours)
    assert not hasattr(ours, "__dict__")


@pytest.mark.parametrize(("positions", "names"), GIVEN)
def test_it_is_compared_and_hashed_by_the_same_fields(positions, names):
    for other_positions, other_names in GIVEN:
        ours = OURS(*positions, **names), OURS(*other_positions, **other_names)
        theirs = THEIRS(*positions, **names), THEIRS(*other_positions, **other_names)

        assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
        assert (hash(ours[0]) == hash(ours[1])) is (hash(theirs[0]) == hash(theirs[1]))
    assert ours[0] != theirs[0]


def test_what_a_factory_makes_is_nobody_elses():
    assert OURS("a").held is not OURS("a").held


@pytest.mark.parametrize(
    ("positions", "names"), [((), {}), (("a", 1, (), {}, "", 0, 1), {}), (("a",), {"no": 1})]
)
def test_what_it_does_not_take_is_refused(positions, names):
    for kind in (OURS, THEIRS):
        with pytest.raises(TypeError):
            kind(*positions, **names)


def test_it_never_changes_but_into_another():
    ours = OURS("a")

    with pytest.raises(FrozenInstanceError, match="title"):
        ours.title = "b"
    with pytest.raises(FrozenInstanceError, match="title"):
        del ours.title
    with pytest.raises((FrozenInstanceError, AttributeError)):
        ours.other = 1
    assert replace(ours, title="b") == OURS("b")
    assert ours == OURS("a")


def test_it_is_copied_and_pickled():
    derived = Derived(1, 5)

    assert copy.deepcopy(derived) == pickle.loads(pickle.dumps(derived)) == derived  # noqa: S301 - our own


def test_it_is_derived_from_and_keeps_what_it_defines_itself():
    derived = Derived(1)

    assert (derived.first, derived.second, repr(derived)) == (1, 2, "1 and 2")
    assert repr(Base(1)) == "Base(first=1)"
    assert Base(1) != derived
    with pytest.raises(ValueError, match="less than nothing"):
        Derived(1, -1)


def test_nothing_equals_nothing():
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())
    assert repr(Empty()) == "Empty()"
