"""What people type to find pages, and the CQL that it means."""

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from bot import cql
from bot.act import Acting, Actor
from bot.audit import Auditor
from bot.connection import Need
from bot.content import AccountId, CloudId, Hits, Site
from bot.errors import Ambiguous, BadInput, NotFound
from bot.frozen import frozen
from bot.ports import Clock, Confluence
from bot.principal import Principal
from bot.trail import Action, Entry

LONGEST: Final = 500
PAGE: Final = 5
KINDS: Final = {
    "page": "page",
    "pages": "page",
    "blog": "blogpost",
    "blogpost": "blogpost",
    "comment": "comment",
    "attachment": "attachment",
    "file": "attachment",
}
DAYS: Final = {"d": 1, "w": 7, "m": 30, "y": 365}
ACCOUNT: Final = "account="
"""Marks the author that a person picked where several go by a name."""

_TOKEN = re.compile(r'(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')
_MENTION = re.compile(r"^<@(?P<id>[UW][A-Z0-9]+)(?:\|[^>]*)?>$")
_AGO = re.compile(r"^(?P<count>\d{1,4})(?P<unit>[dwmy])$")
_MARKS = re.compile(r"@@@(?:end)?hl@@@")
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


@frozen
class Wanted:
    """A search as it was typed. *author* is ``me``, a Slack user id, a name or an account."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    author: str = ""
    member: str = ""
    title: str = ""
    since: datetime | None = None
    raw: str = ""


@frozen
class Found:
    """What a search found, and where; *is_lent* with the organisation's connection."""

    hits: Hits
    site: Site
    is_lent: bool = False


@dataclass
class _Reading:
    now: datetime
    words: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    spaces: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    author: str = ""
    member: str = ""
    title: str = ""
    since: datetime | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            tuple(self.words),
            tuple(self.phrases),
            tuple(self.spaces),
            tuple(self.kinds),
            tuple(self.labels),
            self.author,
            self.member,
            self.title,
            self.since,
        )


def read_query(text: str, now: datetime) -> Wanted:
    """Read what was typed. Raises ``BadInput`` for a filter that can't be meant."""
    text = text.translate(_CURLY).strip()[:LONGEST]
    if text.lower().startswith("cql:"):
        return Wanted(raw=unescape(text[4:]).strip())
    reading = _Reading(now)
    for token in _TOKEN.finditer(text):
        _read_token(reading, token)
    return reading.wanted()


def _read_token(reading: _Reading, token: re.Match[str]) -> None:
    key, quoted = token["key"], token["quoted"]
    value = quoted if quoted is not None else token["plain"]
    if key in _FILTERS:
        if not value.strip():
            raise BadInput(f"Say what after “{key}:”, as in {_EXAMPLES[key]}.")
        _FILTERS[key](reading, value)
    elif quoted is not None:
        reading.phrases.append(unescape(quoted))
    else:
        reading.words.append(unescape(token[0]))


def _space(reading: _Reading, value: str) -> None:
    for key in value.split(","):
        reading.spaces.append(unescape(key).strip())


def _kind(reading: _Reading, value: str) -> None:
    kind = KINDS.get(value.lower())
    if kind is None:
        raise BadInput("“type:” knows page, blog, comment and attachment.")
    reading.kinds.append(kind)


def _label(reading: _Reading, value: str) -> None:
    reading.labels.append(unescape(value))


def _author(reading: _Reading, value: str) -> None:
    mention = _MENTION.match(value)
    if mention:
        reading.member = mention["id"]
    else:
        reading.author = unescape(value).lstrip("@")


def _title(reading: _Reading, value: str) -> None:
    reading.title = unescape(value)


def _since(reading: _Reading, value: str) -> None:
    ago = _AGO.match(value.lower())
    try:
        if ago:
            days = int(ago["count"]) * DAYS[ago["unit"]]
            reading.since = reading.now - timedelta(days=days)
        else:
            reading.since = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            "“since:” takes days, weeks, months or years, as in “since:7d”, or a date, as in "
            "“since:2026-01-31”."
        ) from None


_FILTERS: Final = {
    "in": _space,
    "by": _author,
    "type": _kind,
    "label": _label,
    "title": _title,
    "since": _since,
}
_EXAMPLES = {
    "in": "“in:ENG”",
    "by": "“by:me”",
    "type": "“type:page”",
    "label": "“label:runbook”",
    "title": '“title:"release notes"”',
    "since": "“since:7d”",
}


def unescape(text: str) -> str:
    """Return what was typed, without Slack's entities and with links as their address."""
    bare = re.sub(r"<[#!]?([^>|]*)(?:\|([^>]*))?>", _typed, text)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _typed(entity: re.Match[str]) -> str:
    """Return a link's address, and the name of anything else."""
    target: str = entity[1]
    return target if "://" in target else entity[2] or target


def unmarked(title: str) -> str:
    """Return a hit's title without the provider's highlight marks and HTML entities."""
    return html.unescape(_MARKS.sub("", title))


NOT_RAW: Final = (
    "“cql:” works only with an account of your own, and here you search with the organisation's "
    "connection. Nothing was searched: use words and filters, or connect your own account."
)
NOT_BY_NAME: Final = (
    "The organisation's connection doesn't look people up by name. Nothing was searched: leave "
    "“by:” out, mention somebody who has connected, or connect your own account."
)
NOT_BY_ME: Final = (
    "I don't know which Confluence account is yours, as you search with the organisation's "
    "connection. Nothing was searched: leave “by:me” out, or connect your own account."
)


class Searcher:
    """Finds in the person's own name."""

    def __init__(
        self,
        actor: Actor,
        confluence: Confluence,
        auditor: Auditor,
        clock: Clock,
    ) -> None:
        self._actor = actor
        self._confluence = confluence
        self._auditor = auditor
        self._clock = clock

    async def search(
        self,
        principal: Principal,
        text: str,
        cursor: str | None = None,
        member_name: str = "",
        site: CloudId | None = None,
    ) -> Found:
        """Return one page of what *text* finds, at *site* or at the one in use.

        *member_name* is the display name of the person that ``by:`` mentions.

        Raises:
            BadInput: nothing to search for, or a filter that can't be read.
            Ambiguous: several people go by the author's name.
            NotFound: nobody does.
        """
        wanted = read_query(text, self._clock())

        async def find(acting: Acting) -> Found:
            query = await self._query(acting, wanted, member_name)
            hits = await self._confluence.search(
                acting.connection, acting.site, str(query), cursor, PAGE
            )
            is_lent = acting.connection.lent is not None
            if is_lent:
                entry = Entry.by(principal, Action.SEARCH).under(acting.connection)
                self._auditor.record(entry.on(acting.site))
            return Found(hits, acting.site, is_lent=is_lent)

        return await self._actor.run(principal, Need.READ, find, site=site)

    async def _query(self, acting: Acting, wanted: Wanted, member_name: str) -> cql.Query:
        if wanted.raw and acting.connection.lent is not None:
            raise BadInput(NOT_RAW)
        if wanted.raw:
            return cql.raw(wanted.raw)
        author = await self._account_of(acting, wanted, member_name)
        clause = cql.both(
            cql.text_matches(" ".join(wanted.words)),
            *(cql.phrase(words) for words in wanted.phrases),
            cql.title_contains(wanted.title),
            cql.in_spaces(wanted.spaces) if wanted.spaces else None,
            cql.of_type(*wanted.kinds) if wanted.kinds else None,
            *(cql.labelled(label) for label in wanted.labels),
            cql.by(author) if author else None,
            cql.since(wanted.since) if wanted.since else None,
        )
        if clause is None:
            raise BadInput("Tell me what to look for, as in “release checklist in:ENG since:30d”.")
        return cql.Query(clause)

    async def _account_of(
        self, acting: Acting, wanted: Wanted, member_name: str
    ) -> AccountId | None:
        lent = acting.connection.lent
        if wanted.author.lower() == "me":
            return _own_account(acting)
        if wanted.author.startswith(ACCOUNT):
            return AccountId(wanted.author.removeprefix(ACCOUNT))
        if wanted.member:
            known = await self._actor.find_account(acting, wanted.member)
            if known is not None:
                return known.id
        name = wanted.author or member_name
        if name and lent is not None:
            raise BadInput(NOT_BY_NAME)
        return await self._named(acting, name) if name else None

    async def _named(self, acting: Acting, name: str) -> AccountId:
        people = await self._confluence.find_people(acting.connection, acting.site, name)
        if not people:
            raise NotFound(f"Nobody on {acting.site.name} goes by “{name}”. Nothing was searched.")
        if len(people) > 1:
            choices = tuple((person.id, person.name) for person in people)
            raise Ambiguous(f"Several people go by “{name}”. Whom do you mean?", choices)
        return people[0].id


def _own_account(acting: Acting) -> AccountId:
    lent = acting.connection.lent
    if lent is None:
        return acting.connection.account.id
    if lent.account is None:
        raise BadInput(NOT_BY_ME)
    return lent.account


def with_author(text: str, account: str) -> str:
    """Return the same search with its author picked."""
    rest = re.sub(r'\bby:(?:"[^"]*"?|<@[^>]*>|[^\s"]+)', "", text.translate(_CURLY)).strip()
    return f'{rest} by:"{ACCOUNT}{account}"'.strip()
