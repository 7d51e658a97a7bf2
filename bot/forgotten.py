"""What was forgotten of somebody, and what stays where; and the words for it, in mrkdwn."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.connect import APPS_URL
from bot.cutting import cut
from bot.frozen import frozen
from bot.integration import Role
from bot.mrkdwn import escape, link

NEWEST: Final = 20
_LONGEST_TITLE: Final = 80
_LONGEST_URL: Final = 1_000
_LONGEST: Final = 2_900
"""Characters in one paragraph: Slack takes 3,000."""


@frozen
class WrittenPage:
    """A page that somebody wrote through us; *url* is empty where nobody knows it any more."""

    title: str
    url: str


@frozen
class Written:
    """What somebody wrote through us, as far as there is a record: *number* pages in all."""

    newest: tuple[WrittenPage, ...] = ()
    number: int = 0


@frozen
class Ended:
    """A connection that was deleted. *is_told* says that its server has ended the consent too."""

    account: str
    server: str
    is_told: bool
    is_typed: bool
    is_atlassians: bool


@frozen
class Traces:
    """What there is of somebody. *owned* names the organisation's connections that are theirs."""

    counts: Mapping[str, int]
    accounts: tuple[str, ...]
    owned: tuple[str, ...]
    written: Written
    is_writing: bool = False


@frozen
class Forgotten:
    """What was deleted of somebody, by collection, and what wasn't.

    *owned* are the organisation's connections, which *heir* owns now, where there is one.
    *closed* are roles that were theirs alone. *resumed* says that some was gone before.
    """

    counts: Mapping[str, int]
    ended: tuple[Ended, ...]
    written: Written
    owned: tuple[str, ...] = ()
    heir: str = ""
    closed: tuple[Role, ...] = ()
    resumed: bool = False


KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "connections": ("connection to Confluence", "connections to Confluence"),
    "pending_connections": ("step of connecting", "steps of connecting"),
    "parked_requests": ("request that waited", "requests that waited"),
    "preferences": ("list of choices: the site in use, recent spaces", "lists of choices"),
    "drafts": ("draft that waited to be confirmed", "drafts that waited to be confirmed"),
    "dialogs": ("dialog: what was answered in it", "dialogs: what was answered in them"),
    "templates": (
        "template: it stays, without the name of who brought it",
        "templates: they stay, without the name of who brought them",
    ),
    "tasks": (
        "dialog task: it goes if it was theirs alone, else the name does",
        "dialog tasks: what was theirs alone goes, of the others the name",
    ),
    "receipts": ("receipt of something written", "receipts of things written"),
    "installations": ("note of who installed the app", "notes of who installed the app"),
    "profiles": (
        "authorization profile: it stays, without its maker's name",
        "authorization profiles: they stay, without their maker's name",
    ),
    "channels": (
        "channel's default: it stays, without the name of who chose it",
        "channels' defaults: they stay, without the name of who chose them",
    ),
    "integrations": ("list of who may do what: the name goes", "lists of who may do what"),
    "due_work": ("task that waited for its time", "tasks that waited for their time"),
    "person_keys": (
        "key to the name in the audit: what was done stays there, by somebody *forgotten*",
        "keys to the name in the audit",
    ),
}
"""What each collection that holds people is called, for one document and for several."""


def list_of(counts: Mapping[str, int]) -> str:
    """Return what was, or will be, deleted, a line a kind."""
    lines = [f"• {_counted(name, number)}" for name, number in counts.items() if number]
    return "\n".join(lines) or "• nothing: there is nothing of that kind"


def remains_of(ended: Sequence[Ended]) -> Sequence[str]:
    """Return what is left where connections came from, a sentence for each way."""
    return tuple(dict.fromkeys(map(_remains, ended)))


def pages_of(written: Written) -> Sequence[str]:
    """Return where the pages are that were written, in paragraphs."""
    paragraphs = [""]
    for line in (f"• {_page(page)}" for page in written.newest):
        if len(paragraphs[-1]) + len(line) >= _LONGEST:
            paragraphs.append("")
        paragraphs[-1] = f"{paragraphs[-1]}\n{line}".strip()
    return [each for each in paragraphs if each]


def stays(written: Written) -> str:
    """Return what stays in Confluence."""
    if not written.number:
        return "There is no record of a page written from here, so nothing of that is left behind."
    is_cut = written.number > len(written.newest)
    newest = f"; the newest {len(written.newest)}:" if is_cut else ":"
    ending = newest if written.newest else "."
    pages = "page was" if written.number == 1 else "pages were"
    return (
        f"*In Confluence* all stays that was written there: {written.number} {pages} written or "
        "changed from here, as far as that was recorded. Whose account wrote them, and, where the "
        "organisation's account did, the name in the version's message and in the page's property "
        f"`confab-asked-by`, stand there and can be deleted there alone{ending}"
    )


def words_of(forgotten: Forgotten, *, links: bool) -> Sequence[str]:
    """Return the receipt in paragraphs; *links* are for the person alone."""
    paragraphs = [f"*Deleted here:*\n{list_of(forgotten.counts)}"]
    if forgotten.resumed:
        paragraphs.append(
            "This was cut off once and then went on by itself: the numbers are of what was left."
        )
    paragraphs += remains_of(forgotten.ended)
    written = forgotten.written if links else replace(forgotten.written, newest=())
    paragraphs += [stays(written), *pages_of(written)]
    paragraphs += [_owned(forgotten)] if forgotten.owned else []
    paragraphs += [_closed(forgotten.closed)] if forgotten.closed else []
    return paragraphs


def _counted(name: str, number: int) -> str:
    one, several = KINDS.get(name, (name.replace("_", " "),) * 2)
    return f"{number} {one if number == 1 else several}"


def _page(page: WrittenPage) -> str:
    title = cut(page.title or "a page without a recorded title", _LONGEST_TITLE)
    return link(page.url, title) if 0 < len(page.url) <= _LONGEST_URL else escape(title)


def _remains(ended: Ended) -> str:
    server = escape(cut(ended.server, _LONGEST_TITLE))
    if ended.is_told:
        return f"*{server}* was told to forget the consent, and said that it has."
    if ended.is_typed:
        return (
            "*Where it was made*, the token or password that was typed still works: take it back "
            "there if it isn't needed for anything else."
        )
    if ended.is_atlassians:
        return (
            "*At Atlassian* the consent itself stays, unused. Only its person can remove it: "
            f"{link(APPS_URL, 'Connected apps')}."
        )
    return f"*At {server}* the consent itself stays, unused, until it is ended there."


def _owned(forgotten: Forgotten) -> str:
    names = ", ".join(f"*{escape(name)}*" for name in forgotten.owned)
    whose = f"Its owner is <@{forgotten.heir}> now" if forgotten.heir else "It has no owner now"
    return f"*The organisation's connection stays:* {names}. {whose}; admins can end it."


def _closed(roles: Sequence[Role]) -> str:
    names = ", ".join(str(role) for role in roles)
    return (
        f"Nobody else could {names} here, so now nobody can until an admin names somebody: "
        "it wasn't opened to everybody."
    )
