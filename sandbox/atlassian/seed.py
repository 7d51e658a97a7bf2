"""The wikis as they are on the first day, the same every time but for the hour."""

import base64
import uuid

from sandbox.atlassian import page_templates, people
from sandbox.atlassian.grants import Credential, Grant
from sandbox.atlassian.seed_handbook import INLINE, TITLE
from sandbox.atlassian.seed_pages import ACME2_ROWS, ACME_ROWS, CY, GLOBEX_ROWS, HOOLI_ROWS, Row
from sandbox.atlassian.seed_words import doc, p
from sandbox.atlassian.sites import ACME, ACME2, GLOBEX, HOOLI
from sandbox.atlassian.wiki import FULL, MEMBER, VIEWER, Body, Content, Group, Space, Version, Wiki

DAY = 86_400
FIRST_IDS = {ACME: 327_680, GLOBEX: 524_288, ACME2: 720_896, HOOLI: 917_504}
FIRST_TEMPLATE = 2_097_153
TYPES = {"txt": "text/plain", "csv": "text/csv"}
ACME_SPACES = (
    ("ENG", "Engineering", "global", {"ada": FULL, "bob": MEMBER, "cy": MEMBER, "gus": VIEWER}),
    (
        "OPS",
        "Operations",
        "global",
        {"ada": FULL, "bob": FULL, "cy": MEMBER, "plain": VIEWER},
    ),
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
ACME2_SPACES = (("LAB", "Test Stand", "global", {"dee": FULL}),)
HOOLI_SPACES = (("HQ", "Hooli HQ", "global", {"ivy": FULL}),)
STARRED = {"OPS": ("ada",)}
ALL_STAFF = "5f0c1d52-9a3e-4c1b-8a55-000000000001"
GLOBEX_USERS = "5f0c1d52-9a3e-4c1b-8a55-000000000002"
LEADS = "5f0c1d52-9a3e-4c1b-8a55-000000000003"
ACME_ADMINS = "5f0c1d52-9a3e-4c1b-8a55-000000000004"
GROUPS = {
    ACME: (
        (ALL_STAFF, "all-staff", ("ada", "bob", "cy", "dee"), "user"),
        (LEADS, "engineering-leads", ("ada", "bob"), "user"),
        (ACME_ADMINS, "confluence-admins", ("ada", "service"), "admin"),
    ),
    GLOBEX: ((GLOBEX_USERS, "globex-users", ("ada",), "admin"),),
    ACME2: (("5f0c1d52-9a3e-4c1b-8a55-000000000005", "acme2-users", ("dee",), "admin"),),
    HOOLI: (("5f0c1d52-9a3e-4c1b-8a55-000000000006", "hooli-users", ("ivy",), "admin"),),
}
"""The groups of each site: id, name, who is in it, and what they administer."""
READING = {"ENG": ALL_STAFF, "OPS": ALL_STAFF, "HR": ALL_STAFF, "DOCS": GLOBEX_USERS}
"""Which group reads each space."""
SERVICE_READS = frozenset({"ENG", "OPS", "SECRET"})


SERVICE_CLIENT = "confab-service"
SERVICE_SECRET = "sandbox-service-secret"
SERVICE_SCOPES = [
    "delete:comment:confluence",
    "delete:page:confluence",
    "read:attachment:confluence",
    "read:comment:confluence",
    "read:confluence-user",
    "read:content-details:confluence",
    "read:content.permission:confluence",
    "read:group:confluence",
    "read:hierarchical-content:confluence",
    "read:label:confluence",
    "read:me",
    "read:page:confluence",
    "read:space:confluence",
    "search:confluence",
    "write:attachment:confluence",
    "write:comment:confluence",
    "write:label:confluence",
    "write:page:confluence",
]
SITES = {
    ACME: (ACME_SPACES, ACME_ROWS),
    GLOBEX: (GLOBEX_SPACES, GLOBEX_ROWS),
    ACME2: (ACME2_SPACES, ACME2_ROWS),
    HOOLI: (HOOLI_SPACES, HOOLI_ROWS),
}


def build(now: float) -> dict[str, Wiki]:
    """Every wiki, dated back from *now*."""
    start = now - now % 60
    wikis = {}
    for cloud_id, (spaces, rows) in SITES.items():
        wiki = wikis[cloud_id] = Wiki(cloud_id, FIRST_IDS[cloud_id])
        add_groups(wiki)
        for key, name, kind, rights in spaces:
            add_space(wiki, key, name, kind, {**rights}, start)
        for row in rows:
            add_row(wiki, row, start)
        keys = {each.key: each.id for each in wiki.spaces.values()}
        wiki.templates = page_templates.seeded(keys, FIRST_TEMPLATE)
    add_inline_comment(wikis[ACME], start)
    for marker, who, words, said in INLINE:
        add_marked_comment(wikis[ACME], (marker, words), who, said)
    return wikis


def service_credential(now: float) -> Credential:
    """The credential that an organisation's admin has made for the service account."""
    account = people.BY_NAME["service"].account_id
    grant = Grant(SERVICE_CLIENT, account, list(SERVICE_SCOPES), [ACME], "service", now)
    return Credential(SERVICE_SECRET, grant)


def add_groups(wiki: Wiki) -> None:
    """The groups of one site."""
    for group_id, name, members, access in GROUPS[wiki.cloud_id]:
        ids = [people.BY_NAME[who].account_id for who in members]
        wiki.groups[group_id] = Group(group_id, name, ids, access)


def add_space(  # noqa: PLR0913, PLR0917 -- a row of the table above
    wiki: Wiki, key: str, name: str, kind: str, rights: dict[str, tuple[str, ...]], start: float
) -> None:
    """One space with its rights."""
    if key in SERVICE_READS:
        rights["service"] = MEMBER
    by_id = {people.BY_NAME[who].account_id: list(may) for who, may in rights.items()}
    made = start - 800 * DAY
    about, author = f"The space {name}.", next(iter(by_id))
    space = Space(wiki.new_id(), key, name, kind, author, made, by_id, description=about)
    space.starred += [people.BY_NAME[who].account_id for who in STARRED.get(key, ())]
    if key in READING:
        space.groups[READING[key]] = list(VIEWER)
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
        likes=[people.BY_NAME[name].account_id for name in row.likes],
        readers=[people.BY_NAME[name].account_id for name in row.readers],
        reader_groups=[group.id for name in row.groups if (group := wiki.find_group(name))],
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
    for number, state in enumerate(row.states, start=len(found) + 1):
        when = made + (row.days - state.days) * DAY
        body = Body("storage", state.body)
        editor = people.BY_NAME[state.who].account_id
        found.append(Version(number, editor, when, row.title, body, state.message))
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


def add_marked_comment(wiki: Wiki, place: tuple[str, str], who: str, said: str) -> None:
    """An inline comment on the handbook, at a marker in its text."""
    page = next(each for each in wiki.contents.values() if each.title == TITLE)
    body = Body("storage", f"<p>{said}</p>")
    made = page.latest.created + 900
    held = add_hanging(wiki, "inline-comment", page, who, (f"Re: {TITLE}", body, made))
    held.extra["marker"], held.extra["selection"] = place


def add_inline_comment(wiki: Wiki, start: float) -> None:
    """One comment on a few words of a page."""
    page = next(each for each in wiki.contents.values() if each.title == "Rocket engine manual")
    body = Body("storage", "<p>Which grade of RP-1?</p>")
    made = start - 2 * DAY
    held = add_hanging(wiki, "inline-comment", page, CY.name, (f"Re: {page.title}", body, made))
    held.extra["selection"] = "RP-1"
