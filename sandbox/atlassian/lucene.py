"""Text queries below CQL: words, phrases and wildcards, as the search index reads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
TOKEN = re.compile(f"[{CJK}]|[^\\W{CJK}]+")
PART = re.compile(r'(?P<sign>[+-]?)(?:"(?P<phrase>(?:\\.|[^"\\])*)"|(?P<word>(?:\\.|[^\s"\\])+))')
FORBIDDEN = re.compile(r"(?<!\\)[\[\]{}^:/!()]|&&|\|\|")
MOST_WILDCARDS = 5


class CannotExecute(ValueError):
    """A text query that CQL lets through and the index refuses."""


@dataclass(frozen=True)
class Term:
    """Words that must stand one after the other; wildcards only in a single word."""

    words: tuple[re.Pattern[str], ...]
    wanted: bool = True


@dataclass(frozen=True)
class TextQuery:
    """Alternatives, in each of which every term must hold."""

    ways: tuple[tuple[Term, ...], ...]

    def meets(self, text: str) -> bool:
        """Whether *text* has what is asked for."""
        tokens = tokens_of(text)
        return any(all(stands(term, tokens) == term.wanted for term in way) for way in self.ways)

    def words(self) -> list[re.Pattern[str]]:
        """Every word that is worth marking."""
        return [word for way in self.ways for term in way if term.wanted for word in term.words]


@lru_cache(maxsize=1024)
def tokens_of(text: str) -> tuple[str, ...]:
    """The words of *text*, folded; each CJK character is one."""
    return tuple(match.group().casefold() for match in TOKEN.finditer(text))


def stands(term: Term, tokens: tuple[str, ...]) -> bool:
    """Whether the term's words stand somewhere in a row."""
    length = len(term.words)
    return any(
        all(word.fullmatch(token) for word, token in zip(term.words, tokens[at:], strict=False))
        for at in range(len(tokens) - length + 1)
    )


def parse(text: str) -> TextQuery:
    """The query in *text*.

    Raises:
        CannotExecute: as the index refuses it.
    """
    if FORBIDDEN.search(re.sub(r"\\.", "__", text)) or text.count('"') % 2:
        raise CannotExecute(text)
    ways: list[list[Term]] = [[]]
    negated = False
    for part in parts(text):
        if part == "OR":
            ways.append([])
        elif part == "NOT":
            negated = True
        elif part != "AND":
            ways[-1] += [term_of(part, negated=negated)]
            negated = False
    kept = tuple(tuple(term for term in way if term.words) for way in ways)
    if not any(kept) or negated:
        raise CannotExecute(text)
    return TextQuery(tuple(way for way in kept if way))


def parts(text: str) -> Iterator[str | re.Match[str]]:
    """Operators and terms, in order."""
    at = 0
    for match in PART.finditer(text):
        if text[at : match.start()].strip():
            raise CannotExecute(text)
        at = match.end()
        yield match.group() if match.group() in ("AND", "OR", "NOT") else match
    if text[at:].strip():
        raise CannotExecute(text)


def term_of(part: str | re.Match[str], *, negated: bool) -> Term:
    """One phrase or word with its sign."""
    if isinstance(part, str):
        raise CannotExecute(part)
    wanted = part.group("sign") != "-" and not negated
    phrase = part.group("phrase")
    if phrase is not None:
        return Term(plain(phrase), wanted)
    return Term(wild(part.group("word")), wanted)


def plain(text: str) -> tuple[re.Pattern[str], ...]:
    """Each word of *text* as it stands."""
    return tuple(re.compile(re.escape(token)) for token in tokens_of(text.replace("\\", " ")))


def wild(word: str) -> tuple[re.Pattern[str], ...]:
    """A word with `*`, `?` and a trailing `~`.

    Raises:
        CannotExecute: a wildcard leads, or there are too many.
    """
    bare = re.sub(r"\\.", " ", word)
    if bare[0] in "*?":
        raise CannotExecute(word)
    word, fuzzy, _ = word.partition("~") if "~" in bare else (word, "", "")
    if fuzzy and not word:
        raise CannotExecute(fuzzy)
    if "*" not in bare and "?" not in bare:
        return plain(word)
    if bare.count("*") + bare.count("?") > MOST_WILDCARDS:
        raise CannotExecute(word)
    spelt = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in word.casefold())
    return (re.compile(spelt),)
