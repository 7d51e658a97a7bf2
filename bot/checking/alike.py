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

    A slip is one letter more, less or other, or two that changed places.
    """
    looks = skeleton(word)
    return next((each for each in taken if _is_slip(looks, skeleton(each))), None)


def _is_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    left, right = one[start:], other[start:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
