"""What each field of CQL means, for content and for spaces."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from sandbox.atlassian import documents, lucene, people
from sandbox.atlassian.cql import Any, BadCql, Clause, Condition, Every, Function, Not, Value
from sandbox.atlassian.moments import moment
from sandbox.atlassian.wiki import Content, Space, Wiki

Found: TypeAlias = Content | Space
EQUAL = frozenset({"=", "!=", "in", "not in"})
TEXT = frozenset({"~", "!~"})
RANGE = frozenset({"=", "!=", ">", ">=", "<", "<="})
DATES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
STEP = re.compile(r"([+-]?)(\d{1,4})([yMwdhm])")
STEPS = {"y": 365 * 86_400, "M": 30 * 86_400, "w": 7 * 86_400, "d": 86_400, "h": 3_600, "m": 60}
TYPES = frozenset(
    "page blogpost comment attachment space user whiteboard database folder embed".split()  # noqa: SIM905 -- a word list
)
KINDS = {"footer-comment": "comment", "inline-comment": "comment"}


@dataclass(frozen=True)
class Place:
    """Where and for whom a query is answered."""

    wiki: Wiki
    account: people.Account
    now: float


def kind_of(found: Found) -> str:
    """As `type` names it."""
    return "space" if isinstance(found, Space) else KINDS.get(found.kind, found.kind)


def title_of(found: Found) -> str:
    """A title, or a space's name."""
    return found.name if isinstance(found, Space) else found.title


def text_of(found: Found) -> str:
    """Everything that can be read."""
    if isinstance(found, Space):
        return f"{found.name}\n{found.key}\n{found.description}"
    return f"{found.title}\n{documents.text_of(found.latest.body)}"


def site_text_of(found: Found) -> str:
    """What the product's own search looks at: labels too."""
    labels = "" if isinstance(found, Space) else " ".join(found.labels)
    return f"{text_of(found)}\n{labels}"


def keys_of(place: Place, found: Found) -> set[str]:
    """The key of the space something is in; spaces aren't in one."""
    return {found.key if isinstance(found, Space) else place.wiki.spaces[found.space].key}


def ids_of(_place: Place, found: Found) -> set[str]:
    """Its id, an attachment's with and without `att`."""
    if isinstance(found, Space):
        return set()
    return {str(found.id), f"att{found.id}"} if found.kind == "attachment" else {str(found.id)}


def labels_of(_place: Place, found: Found) -> set[str]:
    """Its labels."""
    return set() if isinstance(found, Space) else set(found.labels)


def creators_of(_place: Place, found: Found) -> set[str]:
    """Who made it."""
    return {found.author}


def contributors_of(_place: Place, found: Found) -> set[str]:
    """Who wrote any version."""
    authors = () if isinstance(found, Space) else (each.author for each in found.versions)
    return {found.author, *authors}


def watchers_of(_place: Place, found: Found) -> set[str]:
    """Who watches it."""
    return set() if isinstance(found, Space) else set(found.watchers)


def stars_of(_place: Place, found: Found) -> set[str]:
    """Whose favourite it is: only spaces are."""
    return set(found.starred) if isinstance(found, Space) else set()


def parents_of(_place: Place, found: Found) -> set[str]:
    """The page directly above."""
    if isinstance(found, Space) or found.kind != "page":
        return set()
    return {str(found.parent)}


def ancestors_of(place: Place, found: Found) -> set[str]:
    """Every page above, for comments and attachments those of their page and it itself."""
    if isinstance(found, Space):
        return set()
    page = place.wiki.container(found)
    above = {str(each.id) for each in place.wiki.ancestors(page)}
    return above if page is found else {*above, str(page.id)}


def containers_of(_place: Place, found: Found) -> set[str]:
    """The page that a comment or an attachment hangs on."""
    return set() if isinstance(found, Space) else {str(found.extra.get("container"))}


SETS: dict[str, Callable[[Place, Found], set[str]]] = {
    "type": lambda _place, found: {kind_of(found)},
    "space": keys_of,
    "space.key": keys_of,
    "id": ids_of,
    "content": ids_of,
    "label": labels_of,
    "creator": creators_of,
    "contributor": contributors_of,
    "watcher": watchers_of,
    "favourite": stars_of,
    "favorite": stars_of,
    "parent": parents_of,
    "ancestor": ancestors_of,
    "container": containers_of,
}
PEOPLE = frozenset({"creator", "contributor", "watcher", "favourite", "favorite"})
TEXTS: dict[str, Callable[[Found], str]] = {
    "title": title_of,
    "text": text_of,
    "sitesearch": site_text_of,
}
MOMENTS: dict[str, Callable[[Found], float]] = {
    "created": lambda found: found.created,
    "lastmodified": lambda found: (
        found.created if isinstance(found, Space) else found.latest.created
    ),
}


def check(condition: Condition | None) -> None:
    """Refuse fields, operators and values that can't be.

    Raises:
        BadCql: a field doesn't exist or doesn't take the operator.
        CannotExecute: the index refuses a text.
    """
    if isinstance(condition, Not):
        check(condition.part)
    elif isinstance(condition, Every | Any):
        for part in condition.parts:
            check(part)
    elif condition is not None:
        check_clause(condition)


def check_clause(clause: Clause) -> None:
    """One field, its operator and its values."""
    field, operator = clause.field, clause.operator
    allowed = operators_of(field)
    if operator not in allowed:
        raise BadCql(f"The field '{field}' doesn't support the operator '{operator}'")
    if field in MOMENTS:
        moment_of(clause.values[0], 0.0)
    elif operator in TEXT:
        lucene.parse(words(clause.values[0]))
    elif field == "type":
        unknown = [each for each in clause.values if words(each).casefold() not in TYPES]
        if unknown:
            raise BadCql(f"'{words(unknown[0])}' is not a type")


def operators_of(field: str) -> frozenset[str]:
    """The operators that a field takes."""
    if field.startswith("user"):
        raise BadCql(f"The field '{field}' is not supported here: use /search/user")
    if field in MOMENTS:
        return RANGE
    if field == "title":
        return EQUAL | TEXT
    if field in TEXTS:
        return TEXT
    if field in SETS:
        return EQUAL
    raise BadCql(f"No field exists with name: {field}")


def words(value: Value) -> str:
    """A value that must be text; only people and moments are computed."""
    if isinstance(value, Function):
        if value.name == "currentuser":
            return ""
        raise BadCql(f"The function '{value.name}' can't stand here")
    return value


def meets(place: Place, condition: Condition | None, found: Found) -> bool:
    """Whether *found* is what the query asks for."""
    if condition is None:
        return True
    if isinstance(condition, Not):
        return not meets(place, condition.part, found)
    if isinstance(condition, Every):
        return all(meets(place, part, found) for part in condition.parts)
    if isinstance(condition, Any):
        return any(meets(place, part, found) for part in condition.parts)
    return clause_meets(place, condition, found)


def clause_meets(place: Place, clause: Clause, found: Found) -> bool:
    """One clause."""
    if clause.field in MOMENTS:
        return compare(clause, MOMENTS[clause.field](found), place.now)
    if clause.operator in TEXT:
        held = lucene.parse(words(clause.values[0])).meets(TEXTS[clause.field](found))
        return held == (clause.operator == "~")
    wanted = {spelt(place, clause.field, each) for each in clause.values}
    if clause.field == "title":
        has = {title_of(found).casefold()}
    else:
        has = {each.casefold() for each in SETS[clause.field](place, found)}
    return bool(wanted & has) == (clause.operator in ("=", "in"))


def spelt(place: Place, field: str, value: Value) -> str:
    """A value as it is compared."""
    if isinstance(value, Function) and field in PEOPLE:
        return place.account.account_id.casefold()
    return words(value).casefold()


def compare(clause: Clause, held: float, now: float) -> bool:
    """A moment, to the minute; a bare day equals any moment in it."""
    asked = moment_of(clause.values[0], now)
    if clause.operator in ("=", "!="):
        return (asked <= held < asked + 86_400) == (clause.operator == "=")
    minute = held - held % 60
    ways = {">": minute > asked, ">=": minute >= asked, "<": minute < asked, "<=": minute <= asked}
    return ways[clause.operator]


def moment_of(value: Value, now: float) -> float:
    """The moment that a date or a function names.

    Raises:
        BadCql: it names none.
    """
    if isinstance(value, Function):
        return computed(value, now)
    for form in DATES:
        try:
            return datetime.strptime(value, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    if match := STEP.fullmatch(value):
        return now + step(match)
    raise BadCql(f"'{value}' is not a date: use yyyy-MM-dd HH:mm or yyyy/MM/dd")


def step(match: re.Match[str]) -> float:
    """`-7d` in seconds."""
    seconds = int(match.group(2)) * STEPS[match.group(3)]
    return -seconds if match.group(1) == "-" else seconds


def computed(function: Function, now: float) -> float:
    """now(), startOfDay() and their kin."""
    at = FUNCTIONS.get(function.name)
    if at is None:
        raise BadCql(f"No function exists with name: {function.name}")
    base = at(moment(now)).timestamp()
    if not function.arguments:
        return base
    match = STEP.fullmatch(function.arguments[0])
    if match is None:
        raise BadCql(f"'{function.arguments[0]}' is not a period")
    return base + step(match)


def day(at: datetime) -> datetime:
    """Its first moment."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def week(at: datetime) -> datetime:
    """The first moment of its Monday."""
    return day(at) - timedelta(days=at.weekday())


def month(at: datetime) -> datetime:
    """The first moment of its first day."""
    return day(at).replace(day=1)


def year(at: datetime) -> datetime:
    """The first moment of 1 January."""
    return month(at).replace(month=1)


FUNCTIONS: dict[str, Callable[[datetime], datetime]] = {
    "now": lambda at: at,
    "startofday": day,
    "startofweek": week,
    "startofmonth": month,
    "startofyear": year,
    "endofday": lambda at: day(at) + timedelta(days=1, seconds=-1),
    "endofweek": lambda at: week(at) + timedelta(days=7, seconds=-1),
    "endofmonth": lambda at: month(month(at) + timedelta(days=32)) - timedelta(seconds=1),
    "endofyear": lambda at: year(year(at) + timedelta(days=367)) - timedelta(seconds=1),
}
