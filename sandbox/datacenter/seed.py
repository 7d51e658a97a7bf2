"""The site as it is on the first day, the same every time but for the hour."""

import base64
from dataclasses import dataclass

from sandbox.atlassian import page_templates
from sandbox.atlassian.seed_handbook import INLINE, RUNBOOK, RUNBOOK_TITLE, STATES, TITLE, State
from sandbox.atlassian.wiki import FULL, MEMBER, VIEWER, Body, Content, Group, Space, Version
from sandbox.datacenter.bodies import mention
from sandbox.datacenter.people import BY_NAME, GROUPS, STAFF, USERS
from sandbox.datacenter.site import Site

DAY = 86_400
FIRST_ID = 98_304
FIRST_TEMPLATE = 3_145_729
NAME = "datacenter"
Rights = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Plan:
    """One seeded space: what *people* and *groups* may do in it."""

    key: str
    name: str
    kind: str
    people: Rights
    groups: Rights


@dataclass(frozen=True)
class Row:
    """One seeded page or blog post; *under* is the title of its parent in the same space."""

    space: str
    title: str
    body: str
    under: str = ""
    author: str = "ada"
    days: float = 30
    labels: tuple[str, ...] = ()
    kind: str = "page"
    readers: tuple[str, ...] = ()
    reader_groups: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    comments: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    states: tuple[State, ...] = ()


SPACES = (
    Plan(
        "ENG",
        "Engineering",
        "global",
        {"ada": FULL, "confab": MEMBER},
        {USERS: VIEWER, STAFF: MEMBER},
    ),
    Plan("OPS", "Operations", "global", {"ada": FULL, "confab": MEMBER}, {STAFF: MEMBER}),
    Plan("HR", "People and Culture", "global", {"ada": FULL, "gus": MEMBER}, {USERS: VIEWER}),
    Plan("SECRET", "Project Nightfall", "global", {"ada": FULL, "bob": MEMBER}, {}),
    Plan("~ada", "Ada Lindqvist", "personal", {"ada": FULL}, {}),
)
CODE = (
    '<ac:structured-macro ac:name="code" ac:schema-version="1">'
    '<ac:parameter ac:name="language">bash</ac:parameter>'
    "<ac:plain-text-body><![CDATA[make release && ./announce.sh]]></ac:plain-text-body>"
    "</ac:structured-macro>"
)
INFO = (
    '<ac:structured-macro ac:name="info"><ac:rich-text-body>'
    "<p>The bridge is open from nine to five.</p></ac:rich-text-body></ac:structured-macro>"
)
TASKS = (
    "<ac:task-list><ac:task><ac:task-id>1</ac:task-id>"
    "<ac:task-status>incomplete</ac:task-status>"
    "<ac:task-body>Fill the tank</ac:task-body></ac:task></ac:task-list>"
)
ROWS = (
    Row("ENG", "Engineering Home", "<p>Start here: how we build rockets on our own ground.</p>"),
    Row(
        "ENG",
        "Release checklist",
        f"<h2>Before</h2><ol><li>Freeze the branch</li><li>Tag it</li></ol>{CODE}",
        "Engineering Home",
        days=3,
        labels=("release", "checklist"),
        edits=(("bob", "Add the tag"),),
        comments=(("bob", "Who tags on Fridays?"),),
        files=(("release-dates.csv", "version,date\n9.2,2026-01-12\n"),),
    ),
    Row(
        "ENG",
        "Rocket engine manual",
        "<p>Kerosene, grade RP-1, and liquid oxygen.</p><table><tbody><tr><th>Part</th>"
        "<th>Torque</th></tr><tr><td>Bolt M12</td><td>80 Nm</td></tr></tbody></table>",
        "Engineering Home",
        author="bob",
        days=12,
        labels=("manual",),
    ),
    Row(
        "ENG",
        "Ignition sequence",
        f"{TASKS}<p>Ask {mention('bob')} before you press it.</p>",
        "Rocket engine manual",
        author="cy",
        days=8,
    ),
    Row("ENG", "Q&A: fuel <cold> starts", "<p>Warm the lines &amp; wait.</p>", "Engineering Home"),
    Row(
        "ENG",
        "Salaries of the engine team",
        "<p>Restricted to Ada and Bob.</p>",
        "Engineering Home",
        readers=("ada", "bob"),
    ),
    Row(
        "ENG",
        "Bonus plan",
        "<p>Below a restricted page, so hidden as well.</p>",
        "Salaries of the engine team",
    ),
    Row(
        "ENG",
        "Staff canteen rota",
        "<p>For staff alone.</p>",
        "Engineering Home",
        reader_groups=(STAFF,),
    ),
    Row("ENG", "We moved to our own ground", "<p>At last.</p>", kind="blogpost", days=1),
    Row("OPS", "Operations Home", "<p>What to do when something burns.</p>"),
    Row(
        "OPS",
        "Incident runbook",
        f"<p>Open the bridge, then call.</p>{INFO}",
        "Operations Home",
        author="bob",
        days=5,
        labels=("runbook",),
    ),
    Row("OPS", "On-call rota", "<p>Ada, Bob, Cy: a week each.</p>", "Operations Home", days=2),
    Row("HR", "People and Culture Home", "<p>Everybody may read this.</p>"),
    Row("HR", "Holiday calendar", "<p>Ask in good time.</p>", "People and Culture Home"),
    Row("SECRET", "Nightfall Home", "<p>Nobody talks about the moon base.</p>"),
    Row("SECRET", "Moon base budget", "<p>Seven billion.</p>", "Nightfall Home", author="bob"),
    Row("~ada", "Ada’s notes", "<p>Mine alone: 日本語, العربية.</p>"),
    Row(
        "ENG",
        TITLE,
        STATES[0].body,
        "Engineering Home",
        author=STATES[0].who,
        days=STATES[0].days,
        labels=("handbook", "telescope"),
        states=STATES[1:],
    ),
    Row("ENG", RUNBOOK_TITLE, RUNBOOK, "Engineering Home", author="bob", days=90),
    Row(
        "OPS",
        "Dome weather log",
        "<p>Dry.</p>",
        "Operations Home",
        author="bob",
        days=45,
        labels=("weekly",),
        states=(State("ada", "Rain", 4, "<p>Dry.</p><p>Rain.</p>"),),
    ),
    Row("OPS", "Fax gateway", "<p>Nobody sends faxes.</p>", "Operations Home", "bob", 620),
    Row(
        "OPS", "Telex directory", "<p>Friends.</p>", "Operations Home", days=480, labels=("legacy",)
    ),
    Row("ENG", "First light", "<p>We have seen Saturn.</p>", kind="blogpost", days=5.5),
)


def build(now: float) -> Site:
    """The whole site, dated back from *now*."""
    start = now - now % 60
    site = Site(NAME, FIRST_ID)
    for name, members in GROUPS.items():
        site.groups[name] = Group(name, name, [BY_NAME[each].account_id for each in members])
    for plan in SPACES:
        add_space(site, plan, start)
    for row in ROWS:
        add_row(site, row, start)
    for marker, who, words, said in INLINE:
        page = next(each for each in site.contents.values() if each.title == TITLE)
        held = add_hanging(site, "inline-comment", page, who, f"<p>{said}</p>")
        held.extra["marker"], held.extra["selection"] = marker, words
    keys = {each.key: each.id for each in site.spaces.values()}
    site.templates = page_templates.seeded(keys, FIRST_TEMPLATE)
    return site


def add_space(site: Site, plan: Plan, start: float) -> None:
    """One space with its rights."""
    rights = {BY_NAME[name].account_id: list(may) for name, may in plan.people.items()}
    space = Space(
        site.new_id(),
        plan.key,
        plan.name,
        plan.kind,
        BY_NAME["ada"].account_id,
        start - 800 * DAY,
        rights,
        description=f"The space {plan.name}.",
        groups={name: list(may) for name, may in plan.groups.items()},
    )
    site.spaces[space.id] = space


def add_row(site: Site, row: Row, start: float) -> None:
    """One page or blog post, with what hangs on it."""
    space = next(each for each in site.spaces.values() if each.key == row.space)
    author = BY_NAME[row.author].account_id
    made = start - row.days * DAY - 3_600
    body = Body("storage", row.body)
    versions = [Version(1, author, made, row.title, body)]
    for number, (who, message) in enumerate(row.edits, start=2):
        editor = BY_NAME[who].account_id
        versions.append(Version(number, editor, made + 1_800, row.title, body, message))
    for number, state in enumerate(row.states, start=len(versions) + 1):
        when = made + (row.days - state.days) * DAY
        editor, left = BY_NAME[state.who].account_id, Body("storage", state.body)
        versions.append(Version(number, editor, when, row.title, left, state.message))
    content = Content(
        site.new_id(),
        row.kind,
        space.id,
        "current",
        author,
        made,
        versions,
        parent=find_parent(site, space, row.under),
        labels=list(row.labels),
        readers=[BY_NAME[name].account_id for name in row.readers],
        reader_groups=list(row.reader_groups),
    )
    site.add(content)
    if row.kind == "page" and space.homepage is None:
        space.homepage = content.id
    for who, words in row.comments:
        add_hanging(site, "footer-comment", content, who, f"<p>{words}</p>")
    for name, words in row.files:
        held = add_hanging(site, "attachment", content, row.author, "", name)
        data = base64.b64encode(words.encode()).decode()
        held.extra.update({"media_type": "text/csv", "size": len(words), "data": data})


def find_parent(site: Site, space: Space, title: str) -> int | None:
    """The page of this title in the space."""
    if not title:
        return None
    return next(
        each.id for each in site.contents.values() if each.space == space.id and each.title == title
    )


def add_hanging(  # noqa: PLR0913, PLR0917 -- the parts of a row
    site: Site, kind: str, page: Content, who: str, value: str, title: str = ""
) -> Content:
    """A comment or a file on *page*."""
    author, made = BY_NAME[who].account_id, page.created + 900
    first = Version(1, author, made, title or f"Re: {page.title}", Body("storage", value))
    extra = {"container": page.id, "selection": ""}
    return site.add(
        Content(site.new_id(), kind, page.space, "current", author, made, [first], extra={**extra})
    )
