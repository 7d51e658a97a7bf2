"""The small language in which the limits are written down."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, and where."""

    message: str
    pointer: str

    def sentence(self) -> str:
        """As Slack puts it in ``response_metadata.messages``."""
        return f"{self.message} [json-pointer:{self.pointer}]"


@dataclass(slots=True)
class Report:
    """What has been found in one payload so far."""

    surface: str
    complaints: list[Complaint] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)
    action_ids: set[str] = field(default_factory=set)
    markdown_characters: int = 0
    tables: int = 0
    focused: int = 0
    inputs: int = 0

    def say(self, message: str, at: str) -> None:
        """Complain."""
        self.complaints.append(Complaint(message, at))


class Rule(ABC):
    """What a value must be."""

    @abstractmethod
    def check(self, value: object, at: str, report: Report) -> None:
        """Complain to *report* about everything that is wrong with *value*."""


@dataclass(frozen=True, slots=True)
class Str(Rule):
    """A string of so many characters."""

    most: int
    least: int = 1
    pattern: str = ""

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.say("must provide a string", at)
        elif len(value) > self.most:
            report.say(f"must be less than {self.most + 1} characters", at)
        elif len(value) < self.least:
            report.say(f"must be more than {self.least - 1} characters", at)
        elif self.pattern and not re.fullmatch(self.pattern, value, re.DOTALL):
            report.say("must match the expected format", at)


def is_day(text: str) -> bool:
    """Whether *text* is a day of the calendar as Slack writes it."""
    try:
        return len(text) == len("2026-01-31") and bool(date.fromisoformat(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Day(Rule):
    """A day of the calendar, as in 2026-01-31."""

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.say("must provide a string", at)
        elif not is_day(value):
            report.say("must match the expected format", at)


@dataclass(frozen=True, slots=True)
class Bool(Rule):
    """True or false."""

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, bool):
            report.say("must provide a boolean", at)


@dataclass(frozen=True, slots=True)
class Focus(Rule):
    """``focus_on_load``, of which a view has one at most."""

    def check(self, value: object, at: str, report: Report) -> None:
        Bool().check(value, at, report)
        report.focused += value is True
        if value is True and report.focused > 1:
            report.say("only one element can have focus_on_load", at)


@dataclass(frozen=True, slots=True)
class Int(Rule):
    """A whole number between two others."""

    least: int
    most: int

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.say("must provide an integer", at)
        elif value > self.most:
            report.say(f"must be less than {self.most + 1}", at)
        elif value < self.least:
            report.say(f"must be greater than {self.least - 1}", at)


@dataclass(frozen=True, slots=True)
class OneOf(Rule):
    """One of these strings."""

    allowed: tuple[str, ...]

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, str) or value not in self.allowed:
            report.say(f"value must be one of {', '.join(self.allowed)}", at)


@dataclass(frozen=True, slots=True)
class Items(Rule):
    """A list of so many things."""

    each: Rule
    most: int
    least: int = 1

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.say("must provide an array", at)
            return
        if len(value) > self.most:
            report.say(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            report.say(f"no fewer than {self.least} items allowed", at)
        for index, item in enumerate(value[: self.most]):
            self.each.check(item, f"{at}/{index}", report)


Extra = Callable[[Mapping[str, Any], str, Report], None]


@dataclass(frozen=True, slots=True)
class Shape(Rule):
    """An object with these properties and no others; *also* looks at it as a whole."""

    required: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)
    also: tuple[Extra, ...] = ()

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.say("must provide an object", at)
            return
        before = len(report.complaints)
        self._missing(value, at, report)
        for name, held in value.items():
            rule = self.required.get(name) or self.optional.get(name)
            if rule is None:
                report.say(f"invalid additional property: {name}", at)
            else:
                rule.check(held, f"{at}/{name}", report)
        if len(report.complaints) == before:
            for extra in self.also:
                extra(value, at, report)

    def _missing(self, value: Mapping[str, Any], at: str, report: Report) -> None:
        for name in self.required:
            if name not in value:
                report.say(f"missing required field: {name}", at)


@dataclass(frozen=True, slots=True)
class ByType(Rule):
    """One of several shapes, told apart by ``type``; *allowed* is what may stand here."""

    shapes: Mapping[str, Rule]
    allowed: frozenset[str]

    def check(self, value: object, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.say("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            report.say("missing required field: type", at)
        elif not isinstance(kind, str) or kind not in self.allowed:
            report.say(f"unsupported type: {kind if isinstance(kind, str) else '?'}", f"{at}/type")
        else:
            self.shapes[kind].check(value, at, report)


@dataclass(frozen=True, slots=True)
class Exactly(Rule):
    """One very string."""

    value: str

    def check(self, value: object, at: str, report: Report) -> None:
        if value != self.value:
            report.say(f"must be {self.value}", at)


def exactly_one(*names: str) -> Extra:
    """One of these properties, and no second."""

    def look(value: Mapping[str, Any], at: str, report: Report) -> None:
        if sum(name in value for name in names) != 1:
            report.say(f"exactly one of {', '.join(names)} must be given", at)

    return look


def at_least_one(*names: str) -> Extra:
    """One of these properties, or several."""

    def look(value: Mapping[str, Any], at: str, report: Report) -> None:
        if not any(name in value for name in names):
            report.say(f"one of {', '.join(names)} must be given", at)

    return look


def at_most(low: str, high: str) -> Extra:
    """What *low* holds isn't above what *high* holds."""

    def look(value: Mapping[str, Any], at: str, report: Report) -> None:
        if low in value and high in value and float(value[low]) > float(value[high]):
            report.say(f"{low} must not be greater than {high}", at)

    return look
