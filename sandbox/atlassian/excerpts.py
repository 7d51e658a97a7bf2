"""A few lines around what was found, marked as Confluence marks them."""

import re
from html import escape

from sandbox.atlassian.cql import Any, Clause, Condition, Every, Not
from sandbox.atlassian.lucene import TOKEN, CannotExecute, parse

OPEN, CLOSE = "@@@hl@@@", "@@@endhl@@@"
BEFORE, LENGTH = 80, 300


def words_of(condition: Condition | None) -> list[re.Pattern[str]]:
    """The words that a query's texts ask for."""
    if isinstance(condition, Every | Any):
        return [word for part in condition.parts for word in words_of(part)]
    if not isinstance(condition, Clause) or isinstance(condition, Not):
        return []
    if condition.operator != "~" or not isinstance(condition.values[0], str):
        return []
    try:
        return parse(condition.values[0]).words()
    except CannotExecute:
        return []


def hits(text: str, words: list[re.Pattern[str]]) -> list[re.Match[str]]:
    """Where the words stand."""
    return [
        match
        for match in TOKEN.finditer(text)
        if any(word.fullmatch(match.group().casefold()) for word in words)
    ]


def marked(text: str, words: list[re.Pattern[str]], mode: str) -> str:
    """*text* with its hits marked; escaped unless the mode says otherwise."""
    keep = str if mode.endswith("_unescaped") else lambda part: escape(part, quote=True)
    if not mode.startswith("highlight"):
        return keep(text)
    parts, at = [], 0
    for match in hits(text, words):
        parts += [keep(text[at : match.start()]), OPEN, keep(match.group()), CLOSE]
        at = match.end()
    return "".join([*parts, keep(text[at:])])


def excerpt(text: str, words: list[re.Pattern[str]], mode: str) -> str:
    """The lines around the first hit, or the first lines."""
    if mode == "none":
        return ""
    found = hits(text, words)
    start = max(0, found[0].start() - BEFORE) if found else 0
    while start and start < len(text) and not text[start - 1].isspace():
        start -= 1
    return marked(text[start : start + LENGTH].replace("\n", " "), words, mode)
