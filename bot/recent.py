"""What was learned a moment ago, kept for a while and never for many."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.ports import Clock

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A mapping whose entries expire; the oldest give way when it is full."""

    def __init__(self, clock: Clock, lasts: timedelta, most: int = 10_000) -> None:
        self._clock = clock
        self._lasts = lasts
        self._most = most
        self._kept: OrderedDict[Key, tuple[datetime, Value]] = OrderedDict()

    def find(self, key: Key) -> Value | None:
        """Return what is kept under *key*, if it is still good."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        until, value = kept
        if self._clock() < until:
            return value
        del self._kept[key]
        return None

    def drop(self, key: Key) -> None:
        """Keep it no longer."""
        self._kept.pop(key, None)

    def keep(self, key: Key, value: Value) -> Value:
        """Keep *value* from now on, and return it."""
        self._kept.pop(key, None)
        self._kept[key] = (self._clock() + self._lasts, value)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return value
