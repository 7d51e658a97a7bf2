"""Words that people could take for one another."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

# Of https://www.unicode.org/Public/security/latest/confusables.txt what passes for a small Latin
# letter once case and accents are gone; i, l and 1 are one letter, as in many typefaces.
_LOOKS: Final[Mapping[int, str]] = {
    ord(each): letter
    for letter, alike in {
        "a": "аɑα4@",
        "b": "Ьъв8βß",
        "c": "сϲ",
        "d": "ԁɗđ",
        "e": "еєҽɛε3",
        "f": "ƒſ",
        "g": "ɡց9",
        "h": "һн",
        "j": "јϳ",
        "k": "кκ",
        "l": "iıіιɩјӏłⵏ1|!ǀ",
        "m": "м",
        "n": "ոпηñ",
        "o": "оοօσøө0",
        "p": "рρ",
        "q": "ԛզ",
        "r": "гᴦ",
        "s": "ѕ5$",
        "t": "тτ7",
        "u": "սυц",
        "v": "ѵν",
        "w": "шԝωѡ",
        "x": "хχ×",
        "y": "уүγ",
        "z": "ᴢ2",
    }.items()
    for each in alike
}
_UNSEEN: Final = frozenset({"Cc", "Cf", "Mn", "Me", "Pd", "Pc", "Zs"})
_PAIRS: Final = (("rn", "m"), ("vv", "w"))


def skeleton(word: str) -> str:
    """Return *word* as it looks at a glance: what can't be told from it has the same."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    seen = "".join(each for each in plain if unicodedata.category(each) not in _UNSEEN)
    alike = seen.translate(_LOOKS)
    for pair, letter in _PAIRS:
        alike = alike.replace(pair, letter)
    return alike


def too_near(word: str, taken: Iterable[str]) -> str | None:
    """Return the one of *taken* that *word* equals, looks like, or is one slip away from.

    A slip is one letter more, less or other, or one that stands elsewhere.
    """
    looks = skeleton(word)
    return next((each for each in taken if _is_slip(looks, skeleton(each))), None)


def slips(word: str) -> frozenset[str]:
    """Return what *word* shares with every word that `too_near` takes it for, and with no other.

    That is how it looks, and how it looks without one of its letters: a slip apart is what comes
    to the same when a letter is left out of each. So a unique index tells what lies near.
    """
    looks = skeleton(word)
    return frozenset({looks, *(looks[:at] + looks[at + 1 :] for at in range(len(looks)))})


def _is_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    left, right = _differing(*(each[::-1] for each in _differing(one, other)))
    return not (left and right) or left[1:] == right[:-1] or left[:-1] == right[1:]


def _differing(one: str, other: str) -> tuple[str, str]:
    """Return both from where they differ."""
    pairs = zip(one, other, strict=False)
    shorter = min(len(one), len(other))
    start = next((at for at, (left, right) in enumerate(pairs) if left != right), shorter)
    return one[start:], other[start:]
