"""Two wikis as they are on the first day, the same every time but for the hour."""

import base64
import uuid

from sandbox.atlassian import people
from sandbox.atlassian.seed_pages import ACME_ROWS, CY, GLOBEX_ROWS, Row
from sandbox.atlassian.seed_words import doc, p
from sandbox.atlassian.sites import ACME, GLOBEX
from sandbox.atlassian.wiki import FULL, MEMBER, VIEWER, Body, Content, Space, Version, Wiki

DAY = 86_400
FIRST_IDS = {ACME: 327_680, GLOBEX: 524_288}
TYPES = {"txt": "text/plain", "csv": "text/csv"}
ACME_SPACES = (
    ("ENG", "Engineering", "global", {"ada": FULL, "bob": MEMBER, "cy": MEMBER, "gus": VIEWER}),
    ("OPS", "Operations", "global", {"ada": FULL, "bob": FULL, "cy": MEMBER}),
    (
        "HR",
        "People and Culture",
        "global",
        {"ada": FULL, "bob": VIEWER, "cy": VIEWER, "gus": MEMBER},
    ),
    ("SECRET", "Project Nightfall", "global", {"ada": FULL, "bob": MEMBER}),
    ("~ada", "Ada Lindqvist", "personal", {"ada": FULL}),
)
GLOBEX_SPACES = (("DOCS", "Globex Docs", "global", {"ada": FULL}),)
STARRED = {"OPS": ("ada",)}
GROUPS = {
    "ENG": people.ACME_USERS,
    "OPS": people.ACME_USERS,
    "HR": people.ACME_USERS,
    "DOCS": people.GLOBEX_USERS,
}
SERVICE_READS = frozenset({"ENG", "OPS", "SECRET"})


def build(now: float) -> dict[str, Wiki]:
    """Both wikis, dated back from *now*."""
    start = now - now % 60
    acme = Wiki(ACME, FIRST_IDS[ACME])
    globex = Wiki(GLOBEX, FIRST_IDS[GLOBEX])
    for wiki, spaces, rows in (
        (acme, ACME_SPACES, ACME_ROWS),
        (globex, GLOBEX_SPACES, GLOBEX_ROWS),
    ):
        for key, name, kind, rights in spaces:
            add_space(wiki, key, name, kind, {**rights}, start)
        for row in rows:
            add_row(wiki, row, start)
    add_inline_comment(acme, start)
    return {ACME: acme, GLOBEX: globex}


def add_space(  # noqa: PLR0913, PLR0917 -- a row of the table above
    wiki: Wiki, key: str, name: str, kind: str, rights: dict[str, tuple[str, ...]], start: float
) -> None:
    """One space with its rights."""
    if key in SERVICE_READS:
        rights["service"] = MEMBER
    by_id = {people.BY_NAME[who].account_id: list(may) for who, may in rights.items()}
    made = start - 800 * DAY
    ada = people.BY_NAME["ada"].account_id
    about = f"The space {name}."
    space = Space(wiki.new_id(), key, name, kind, ada, made, by_id, description=about)
    space.starred += [people.BY_NAME[who].account_id for who in STARRED.get(key, ())]
    space.groups += [GROUPS[key]] if key in GROUPS else []
    wiki.spaces[space.id] = space


def add_row(wiki: Wiki, row: Row, start: float) -> None:
    """One page or blog post, with what hangs on it."""
    space = wiki.space_by_key(row.space)
    if space is None:
        raise LookupError(row.space)
    author = people.BY_NAME[row.author].account_id
    made = start - row.days * DAY - 3600
    content = Content(
        wiki.new_id(),
        row.kind,
        space.id,
        row.status,
        author,
        made,
        versions_of(row, author, made),
        parent=find_parent(wiki, space, row.under),
        labels=list(row.labels),
        readers=[people.BY_NAME[name].account_id for name in row.readers],
    )
    wiki.add(content)
    if row.kind == "page" and space.homepage is None:
        space.homepage = content.id
    add_around(wiki, row, content, made)


def versions_of(row: Row, author: str, made: float) -> list[Version]:
    """The first version and the edits since, a half hour apart."""
    found = [Version(1, author, made, row.title, row.document)]
    for number, (who, message) in enumerate(row.edits, start=2):
        editor = people.BY_NAME[who].account_id
        found.append(
            Version(number, editor, made + 1800 * (number - 1), row.title, row.document, message)
        )
    return found


def find_parent(wiki: Wiki, space: Space, title: str) -> int | None:
    """The page of this title in the space."""
    if not title:
        return None
    return next(
        each.id
        for each in wiki.contents.values()
        if each.space == space.id and each.kind == "page" and each.title == title
    )


def add_around(wiki: Wiki, row: Row, content: Content, made: float) -> None:
    """Comments and files."""
    for who, words in row.comments:
        body = Body("atlas_doc_format", doc(p(words)))
        add_hanging(wiki, "footer-comment", content, who, (f"Re: {row.title}", body, made + 900))
    for name, words in row.files:
        facts = {
            "media_type": TYPES[name.rpartition(".")[2]],
            "size": len(words),
            "data": base64.b64encode(words.encode()).decode(),
            "file_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{content.id}/{name}")),
        }
        body = Body("storage", "")
        made_file = add_hanging(wiki, "attachment", content, row.author, (name, body, made + 60))
        made_file.extra.update(facts)


def add_hanging(
    wiki: Wiki, kind: str, page: Content, who: str, said: tuple[str, Body, float]
) -> Content:
    """Something that hangs on *page*."""
    title, body, made = said
    author = people.BY_NAME[who].account_id
    extra = {"container": page.id, "selection": ""}
    first = Version(1, author, made, title, body)
    return wiki.add(
        Content(wiki.new_id(), kind, page.space, "current", author, made, [first], extra={**extra})
    )


def add_inline_comment(wiki: Wiki, start: float) -> None:
    """One comment on a few words of a page."""
    page = next(each for each in wiki.contents.values() if each.title == "Rocket engine manual")
    body = Body("storage", "<p>Which grade of RP-1?</p>")
    made = start - 2 * DAY
    held = add_hanging(wiki, "inline-comment", page, CY.name, (f"Re: {page.title}", body, made))
    held.extra["selection"] = "RP-1"
