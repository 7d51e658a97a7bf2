"""REST calls, and secrets that could leave by a template."""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from bot.checking.flow import steps_of
from bot.checking.parts import Complaints
from bot.errors import BadInput
from bot.plain_yaml import Path
from bot.rest import MOST_HEADERS, TOKEN, check_headers, check_path
from bot.template import ActionTemplate, Http, HttpStep, Part

_TOKEN_HOLE: Final = re.compile(r"\{\{\s*connections\.confluence\.access_token\s*\}\}")
_HOLE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_BAD_PATH: Final = re.compile(r"[\s\\?#@]|%(?![0-9A-Fa-f]{2})|%(?:2[eEfF]|5[cC])|//")
_SECRETS: Final = (
    re.compile(r"\b(?:Bearer|Basic)\s+[A-Za-z0-9+/_.=-]{16,}", re.IGNORECASE),
    re.compile(r"\bATATT[A-Za-z0-9_=-]{8,}|\bATCTT[A-Za-z0-9_=-]{8,}|\bATSTT[A-Za-z0-9_=-]{8,}"),
    re.compile(r"\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{6,}|\bxapp-[A-Za-z0-9-]{6,}"),
    # Not after a sign that may stand in one: each of those would be looked through to its end.
    re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    re.compile(r"\b(?:gh[pousr]|github_pat|glpat|AKIA|sk|rk)[_-]?[A-Za-z0-9_]{16,}"),
    re.compile(
        r"\b(?:pass(?:word|wd|phrase)|secret|client_secret|api[_-]?key|(?:access|api|auth)[_-]?token)"
        r"\s*[=:]\s*(?!\{\{)[^\s\"'{}]{6,}",
        re.IGNORECASE,
    ),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\bhttps?://[^\s/@:]{1,100}:[^\s/@]{1,100}@", re.IGNORECASE),
)
T = TypeVar("T")


def check_calls(template: ActionTemplate, complaints: Complaints) -> None:
    """Complain of REST calls that lead elsewhere, or don't say what they do."""
    for path, step in steps_of(template):
        if isinstance(step, HttpStep):
            _call(step.http, (*path, "http"), complaints)


def _call(http: Http, path: Path, complaints: Complaints) -> None:
    said = _HOLE.sub("x", http.path)
    if _BAD_PATH.search(said) or ".." in said.split("/") or "." in said.split("/"):
        told = (
            "a path is of names between single slashes, without `.` or `..`, and what belongs "
            "behind `?` stands in `query`"
        )
        complaints.add((*path, "path"), told)
    elif not said.isascii():
        complaints.add((*path, "path"), "letters beyond ASCII are written as in `%C3%A4`")
    elif told := _refused(check_path, said):
        complaints.add((*path, "path"), told)
    if http.method != "GET" and not http.does:
        told = f"{http.method} may change something: say in `does` what it does"
        complaints.add((*path, "method"), told)
    if http.method == "GET" and http.body is not None:
        complaints.add((*path, "body"), "GET sends no body")
    _headers(http, (*path, "headers"), complaints)


def _headers(http: Http, path: Path, complaints: Complaints) -> None:
    """Complain of what would be refused whatever fills the holes."""
    if len(http.headers) > MOST_HEADERS:
        complaints.add(path, f"there are too many: {MOST_HEADERS} are the most")
    seen: set[str] = set()
    for name, value in http.headers.items():
        sent = _HOLE.sub("x", _TOKEN_HOLE.sub(TOKEN, value))
        if name.casefold() in seen:
            complaints.add((*path, name), "a header stands once, in capital or in small letters")
        elif "\n" in value or "\r" in value:
            complaints.add((*path, name), "a header is one line")
        elif told := _refused(check_headers, {name: sent}):
            complaints.add((*path, name), told)
        seen.add(name.casefold())


def _refused(judge: Callable[[T], None], what: T) -> str:
    """Return why *judge* refuses *what*; nothing if it doesn't."""
    try:
        judge(what)
    except BadInput as refused:
        return str(refused).removesuffix(".")
    return ""


def check_secrets(template: ActionTemplate, complaints: Complaints) -> None:
    """Complain of texts that look like credentials: a template is shown to many."""
    for path, text in _texts(template, ()):
        if any(pattern.search(text) for pattern in _SECRETS):
            told = (
                "this looks like a password, a key or a token, and whoever finds the template "
                "reads it: take it out, and change it where it is used"
            )
            complaints.add(path, told)


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Part):
        for name, info in type(value).model_fields.items():
            yield from _texts(getattr(value, name), (*path, info.alias or name))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(key, (*path, key))
            yield from _texts(f"{key}: {each}" if isinstance(each, str) else each, (*path, key))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _texts(each, (*path, number))
