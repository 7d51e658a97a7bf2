"""What may be chosen, and which of it somebody means."""

import hashlib
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Final, TypeVar

from bot.entities.parts import MOST_CHOICES, WrongAnswer
from bot.entities.typed import fitting, line, option, quoted
from bot.frozen import frozen
from bot.template import Choice

T = TypeVar("T")

MOST_NAMED: Final = 5
_CUTOFF: Final = 0.6
_LONGEST: Final = 200
_WORD: Final = re.compile(r"\w+")


@frozen
class Offer:
    """One thing to choose, of any length."""

    value: str
    label: str


class Chosen(str):
    """What was chosen of what was looked up: it knows its label as long as it is in memory."""

    __slots__ = ("label",)
    label: str

    @classmethod
    def of(cls, offer: Offer) -> "Chosen":
        """Return the value of *offer*, knowing its label."""
        chosen = cls(offer.value)
        chosen.label = offer.label
        return chosen


def as_option(offer: Offer) -> Choice:
    """Return it as an option of Slack's can hold it."""
    return option(token(offer.value), offer.label)


def token(value: str) -> str:
    """Return what stands for *value* in an option: itself, or its digest if it is too long."""
    if fitting(value, value):
        return value
    return f"={hashlib.sha256(value.encode(errors='surrogatepass')).hexdigest()[:40]}"


def meant(words: str, offered: Sequence[Offer]) -> Offer:
    """Return the one that *words* mean: its value, its label, its number, how it begins.

    Raises:
        WrongAnswer: none of them, or several.
    """
    if not offered:
        raise WrongAnswer(
            "There is nothing to choose from there. Go back and choose something else before."
        )
    found = _found(words, offered)
    if len(found) == 1:
        return found[0]
    if found:
        shown = tuple(as_option(each) for each in found)
        raise WrongAnswer(f"{quoted(words)} may be {_or(found)}. Say which.", shown)
    near = close(words, offered)
    ways = f"Did you mean {_or(near)}?" if near else f"Choose {_or(offered)}."
    raise WrongAnswer(
        f"{quoted(words)} isn't one of the choices. {ways}",
        tuple(as_option(each) for each in near or offered[:MOST_CHOICES]),
    )


def _found(words: str, offered: Sequence[Offer]) -> list[Offer]:
    wanted = words.casefold()
    tests: tuple[Callable[[Offer], bool], ...] = (
        lambda each: words in {each.value, token(each.value)},
        lambda each: wanted in {each.value.casefold(), line(each.label).casefold()},
    )
    for test in tests:
        if found := [each for each in offered if test(each)]:
            return found
    if words.isascii() and words.isdecimal() and 0 < int(words[:4]) <= len(offered):
        return [offered[int(words) - 1]] if len(words) <= len(str(len(offered))) else []
    return [each for each in offered if wanted and line(each.label).casefold().startswith(wanted)]


def close(words: str, offered: Sequence[Offer]) -> list[Offer]:
    """Return the few whose labels look like *words*, or have a word of them."""
    labels = {each.label.casefold()[:_LONGEST]: each for each in offered}
    wanted = words.casefold()[:_LONGEST]
    near = [labels[each] for each in get_close_matches(wanted, labels, MOST_NAMED, _CUTOFF)]
    said = set(_WORD.findall(wanted))
    sharing = [each for label, each in labels.items() if said & set(_WORD.findall(label))]
    return list(dict.fromkeys([*near, *sharing]))[:MOST_NAMED]


def _or(offered: Sequence[Offer]) -> str:
    """Name the first few of them."""
    first = [quoted(each.label) for each in offered[:MOST_NAMED]]
    if len(offered) > MOST_NAMED:
        return f"{', '.join(first)} or another"
    return first[0] if len(first) == 1 else f"{', '.join(first[:-1])} or {first[-1]}"


def matching(words: str, found: Sequence[T], label_of: Callable[[T], str]) -> list[T]:
    """Return those of just that label; else those whose words begin as each of *words* does."""
    wanted = line(words).casefold()
    labels = [line(label_of(each)).casefold() for each in found]
    if exact := [each for each, label in zip(found, labels, strict=True) if label == wanted]:
        return exact
    said = wanted.split()
    return [
        each
        for each, label in zip(found, labels, strict=True)
        if said and all(any(part.startswith(word) for part in label.split()) for word in said)
    ]
