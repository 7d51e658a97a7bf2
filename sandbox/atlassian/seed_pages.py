"""The seeded pages of every site, as rows; their order is the order of their ids."""

from dataclasses import dataclass, field

from sandbox.atlassian import people
from sandbox.atlassian.seed_handbook import RUNBOOK, RUNBOOK_TITLE, STATES, TITLE, State
from sandbox.atlassian.seed_words import (
    bullets,
    code,
    doc,
    emoji,
    expand,
    h,
    link,
    macro,
    mention,
    p,
    panel,
    quote,
    rule,
    status,
    steps,
    table,
    tasks,
    text,
)
from sandbox.atlassian.wiki import Body


@dataclass(frozen=True)
class Row:
    """One seeded page or blog post; *under* is the title of its parent in the same space.

    *readers* and *groups*, where there are any, are who alone may read it.
    """

    space: str
    title: str
    body: str
    under: str = ""
    author: str = "ada"
    days: float = 30
    labels: tuple[str, ...] = ()
    status: str = "current"
    kind: str = "page"
    readers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    storage: bool = False
    comments: tuple[tuple[str, str], ...] = field(default=())
    files: tuple[tuple[str, str], ...] = ()
    likes: tuple[str, ...] = ()
    states: tuple[State, ...] = ()

    @property
    def document(self) -> Body:
        """The body as it is kept."""
        return Body("storage" if self.storage else "atlas_doc_format", self.body)


ADA, BOB, CY = (people.BY_NAME[name] for name in ("ada", "bob", "cy"))
SERVICES = (
    ("Billing service", "Go", "bob", "Charges customers once a month and sends invoices."),
    ("Catalogue service", "Python", "ada", "Knows every rocket part and its price."),
    ("Telemetry service", "Rust", "cy", "Collects measurements from engines in flight."),
    ("Identity service", "Go", "ada", "Signs people in and hands out sessions."),
    ("Notification service", "Python", "bob", "Sends mail and messages, at most once."),
    ("Search service", "Java", "cy", "Indexes parts, orders and manuals."),
    ("Payment gateway", "Kotlin", "bob", "Talks to the bank; retries only what is idempotent."),
    ("Launch scheduler", "Rust", "cy", "Finds the next launch window."),
)
RUNBOOKS = (
    ("Database fail-over", "Promote the replica, then point the services at it."),
    ("Certificate renewal", "Certificates expire after ninety days; renew at sixty."),
    ("Disk full on telemetry nodes", "Rotate the logs first, then grow the volume."),
    ("Restore from backup", "Backups are taken at 02:00 UTC and kept for thirty days."),
    ("Rotate signing keys", "Publish the new key a day before it is used."),
    ("Rate limited by a provider", "Wait for the time that the provider names."),
    ("Queue is growing", "Add consumers, never producers."),
    ("Pager is silent", "Call the duty manager and check the alert route."),
)
INCIDENTS = (
    ("Incident 2041: invoices sent twice", "bob", 3.0),
    ("Incident 2038: search answered slowly", "cy", 9.0),
    ("Incident 2033: launch window missed", "ada", 21.0),
    ("Incident 2027: sign-in failed for an hour", "ada", 44.0),
)
POLICIES = (
    ("Holidays and absence", "Everybody has thirty days of holiday a year."),
    ("Travel policy", "Trains before planes below six hours."),
    ("Parental leave", "Sixteen weeks at full pay for every parent."),
    ("Code of conduct", "Be kind, be exact, say what you know and what you guess."),
    ("Expenses", "Keep the receipt; claim within a month."),
)
DECISIONS = (
    ("Decision: one database per service", "Accepted"),
    ("Decision: British English in manuals", "Accepted"),
    ("Decision: no deploys on Fridays", "Rejected"),
    ("Decision: storage format for drawings", "Proposed"),
)


def service(name: str, language: str, owner: str, purpose: str) -> Row:
    """A service's page."""
    person = people.BY_NAME[owner]
    slug = name.casefold().replace(" ", "-")
    body = doc(
        p(purpose, " Owner: ", mention(person.account_id, person.display_name), "."),
        h(2, "At a glance"),
        table(("Property", "Value"), ("Language", language), ("Repository", slug), ("Tier", "1")),
        h(2, "Run it locally"),
        code("bash", f"git clone git@example.com:acme/{slug}.git", f"make -C {slug} run"),
        panel("info", p("Ask in the channel before changing the schema.")),
        macro("jira", key=f"ACME-{len(name)}"),
    )
    return Row("ENG", name, body, "Services", owner, 60, ("service", language.casefold()))


def runbook(name: str, advice: str, days: float) -> Row:
    """A runbook."""
    body = doc(
        panel("warning", p("Page the on-call engineer before you begin.")),
        p(advice),
        h(2, "Steps"),
        steps("Look at the dashboard.", advice, "Write down what you did."),
        tasks(f"check-{len(name)}", ("Dashboard is green", False), ("Team was told", True)),
    )
    return Row("OPS", f"Runbook: {name}", body, "Runbooks", "bob", days, ("runbook",))


def incident(title: str, author: str, days: float) -> Row:
    """What happened, and what was learnt."""
    body = doc(
        p(status("RESOLVED", "green"), " ", emoji("fire", "🔥"), " Customers noticed."),
        h(2, "Timeline"),
        table(("Time", "Event"), ("10:02", "First alert"), ("10:40", "Mitigated")),
        h(2, "Lessons"),
        bullets("Alerts must name the service.", "Retries need a limit."),
        quote(p("Blame the system, not the person.")),
    )
    edits = ((author, "Added the timeline"), ("cy", "Fixed a typo"))
    return Row("OPS", title, body, "Incidents", author, days, ("incident",), edits=edits)


def policy(title: str, rule_text: str) -> Row:
    """A policy, kept in storage."""
    body = (
        f"<p>{rule_text}</p><h2>Who to ask</h2><p>Write to the people team.</p>"
        '<ac:structured-macro ac:name="info"><ac:rich-text-body><p>Changed once a year.</p>'
        "</ac:rich-text-body></ac:structured-macro>"
    )
    return Row("HR", title, body, "People home", "gus", 120, ("policy",), storage=True)


def decision(title: str, state: str) -> Row:
    """An architecture decision."""
    colours = {"Accepted": "green", "Rejected": "red", "Proposed": "yellow"}
    body = doc(
        p("Status: ", status(state.upper(), colours[state])),
        h(2, "Context"),
        p("Two ways were tried for a month; see ", link("the notes", "https://example.com/n"), "."),
        h(2, "Decision"),
        p(text("We decide", "strong"), " and write down ", text("why", "em"), "."),
    )
    return Row("ENG", title, body, "Decisions", "ada", 80, ("decision", state.casefold()))


def plain(space: str, title: str, words: str, under: str = "", **more: object) -> Row:
    """A page of one paragraph."""
    return Row(space, title, doc(p(words)), under, **more)  # type: ignore[arg-type] # Row's own fields


LONG_TABLE = doc(
    h(2, "Parts"),
    table(("Part", "Price"), *((f"Part {number}", f"{number * 7} EUR") for number in range(60))),
)
WORLD = doc(
    h(2, "مرحبا بالعالم"),
    p("هذه صفحة باللغة العربية عن الصواريخ."),
    h(2, "עברית"),
    p("שלום, זהו עמוד בעברית."),
    h(2, "日本語"),
    p("これはロケットに関する日本語のページです。打ち上げは来週の予定です。"),
    h(2, "中文和한국어"),
    p("火箭发射手册。로켓 발사 안내서."),
    p("Emoji: ", emoji("rocket", "🚀"), " 👩🏽‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈"),
)
AWKWARD = doc(
    p("<script>alert('no')</script> & <b>not bold</b> {{7*7}} <!channel> *stars* _lines_ `ticks`"),
    p("]]> &nbsp; \\ \" ' % $ # @ [brackets] (parens)"),
    expand("More", p("Inside an expand."), code("xml", "<a><![CDATA[x]]></a>")),
    rule(),
    macro("toc", maxLevel="3"),
)
MACROS = (
    '<p>Storage with <strong>macros</strong> and <ac:link><ri:user ri:account-id="'
    + BOB.account_id
    + '" /></ac:link>.</p><ac:structured-macro ac:name="code"><ac:parameter ac:name="language">'
    "python</ac:parameter><ac:plain-text-body><![CDATA[print(1 < 2 and 'a' != \"b\")]]>"
    '</ac:plain-text-body></ac:structured-macro><ac:structured-macro ac:name="children" />'
    "<table><tbody><tr><th>Stage</th><th>Fuel</th></tr><tr><td>1</td><td>RP-1</td></tr>"
    '<tr><td colspan="2">Merged</td></tr></tbody></table><ac:task-list><ac:task>'
    "<ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>Fuel it"
    "</ac:task-body></ac:task></ac:task-list><hr /><blockquote><p>Quoted.</p></blockquote>"
)
RELEASE = doc(
    p("Do these in order, every time. ", mention(BOB.account_id, BOB.display_name), " checks."),
    tasks("release", ("Changelog is written", True), ("Tag is pushed", False)),
    steps("Freeze the branch.", "Build the rocket.", "Deploy to staging.", "Deploy to production."),
    code("python", "def release(version: str) -> None:", "    deploy(version)"),
    panel("note", p("No release on a Friday afternoon.")),
)

GUIDES = (
    ("Code review guide", "Review within a day; ask, don't order.", "bob", 27),
    ("Testing guide", "A test's name is a sentence.", "cy", 31),
    ("Logging guide", "Log facts with keys, never secrets.", "ada", 36),
    ("Error handling guide", "Say what happened, what is safe and what to do.", "cy", 52),
    ("API style guide", "Nouns in paths, verbs in methods.", "bob", 64),
    ("Glossary", "Window: the time in which a launch is possible.", "ada", 71),
    ("Team roster", "Ada leads, Bob builds, Cy measures.", "ada", 17),
    ("Propulsion research", "A nozzle that adapts to height.", "cy", 22),
)
ENG = (
    plain("ENG", "Engineering home", "Welcome to engineering at Acme Rockets."),
    plain("ENG", "Services", "Everything that runs.", "Engineering home"),
    *(service(*each) for each in SERVICES),
    plain("ENG", "Decisions", "Why things are as they are.", "Engineering home"),
    *(decision(*each) for each in DECISIONS),
    plain("ENG", "Guides", "How we work.", "Engineering home"),
    *(
        plain("ENG", title, words, "Guides", author=author, days=days, labels=("howto",))
        for title, words, author, days in GUIDES
    ),
    Row(
        "ENG",
        "Release checklist",
        RELEASE,
        "Engineering home",
        "ada",
        2,
        ("release", "checklist"),
        edits=(("bob", "Added staging"), ("ada", "")),
        comments=(("bob", "Should staging wait for the tests?"), ("ada", "Yes, it should.")),
        files=(("launch-plan.txt", "T-10 fuel\nT-0 go\n"), ("notes.csv", "a,b\n1,2\n")),
        likes=("bob", "cy"),
    ),
    Row("ENG", "Greetings from everywhere", WORLD, "Engineering home", "cy", 12, ("i18n",)),
    Row("ENG", 'Awkward characters: <b> & "quotes"', AWKWARD, "Engineering home", "cy", 15),
    Row("ENG", "Macros in storage", MACROS, "Engineering home", "bob", 40, storage=True),
    Row("ENG", "Price list", LONG_TABLE, "Engineering home", "bob", 6, ("prices",)),
    plain("ENG", "Onboarding", "Your first week in engineering.", "Engineering home", days=5),
    plain("ENG", "Onboarding: tools", "Install git, make and Python.", "Onboarding", days=5),
    plain("ENG", "Onboarding: people", "Meet your buddy on the first day.", "Onboarding", days=4),
    plain(
        "ENG",
        "Deployment guide",
        "How to deploy: deploy to staging, look, then deploy on.",
        "Engineering home",
        author="bob",
        days=1,
        labels=("release", "howto"),
    ),
    plain(
        "ENG",
        "Rocket engine manual",
        "The rocket engine burns RP-1 and liquid oxygen.",
        "Engineering home",
        author="cy",
        days=18,
        labels=("manual",),
    ),
    plain(
        "ENG",
        "Salary bands of engineering",
        "Only Ada and Bob may read this.",
        "Engineering home",
        readers=("ada", "bob"),
        labels=("confidential",),
    ),
    plain(
        "ENG",
        "Salary bands: details",
        "The restriction is inherited by this rocket page.",
        "Salary bands of engineering",
        author="bob",
    ),
    plain(
        "ENG",
        "Old build system",
        "Archived: we used shell scripts.",
        "Engineering home",
        status="archived",
        days=700,
    ),
    plain(
        "ENG",
        "Thrown away",
        "This page is in the trash.",
        "Engineering home",
        status="trashed",
        days=90,
    ),
    plain(
        "ENG",
        "Ideas that aren't ready",
        "A draft that only Ada sees.",
        "Engineering home",
        status="draft",
        days=1,
    ),
    plain(
        "ENG",
        "Bob's unfinished notes",
        "A draft that only Bob sees.",
        "Engineering home",
        author="bob",
        status="draft",
        days=1,
    ),
    plain(
        "ENG",
        "We launched!",
        "The first rocket flew on Tuesday.",
        kind="blogpost",
        days=7,
        labels=("news",),
        comments=(("cy", "Congratulations 🚀"),),
    ),
    plain(
        "ENG",
        "New faces in March",
        "Three people joined the team.",
        kind="blogpost",
        author="bob",
        days=50,
    ),
)
OPS = (
    plain("OPS", "Operations home", "How we keep things running."),
    plain("OPS", "Runbooks", "What to do when it burns.", "Operations home", author="bob"),
    *(runbook(name, advice, 10.0 + index) for index, (name, advice) in enumerate(RUNBOOKS)),
    plain("OPS", "Incidents", "What went wrong and what we learnt.", "Operations home"),
    *(incident(*each) for each in INCIDENTS),
    plain("OPS", "On-call rota", "Ada, Bob, Cy, in turn; a week each.", "Operations home", days=8),
    plain(
        "OPS",
        "Release checklist",
        "The operators' own release checklist.",
        "Operations home",
        author="bob",
        days=25,
        labels=("release",),
    ),
    plain("OPS", "Vendors", "Whom to call.", "Operations home", author="cy"),
    plain(
        "OPS",
        "Post-mortem of the quarter",
        "Fewer pages, faster answers.",
        kind="blogpost",
        author="cy",
        days=14,
    ),
)
HR = (
    plain("HR", "People home", "All about working here.", author="gus"),
    *(policy(*each) for each in POLICIES),
    plain("HR", "Benefits", "Lunch, trains and books.", "People home", author="gus", days=33),
    plain(
        "HR",
        "Performance cases",
        "Only for the people team.",
        "People home",
        author="ada",
        readers=("ada",),
        labels=("confidential",),
    ),
)
SECRET = (
    plain("SECRET", "Project Nightfall", "Nobody outside may know of the rocket to Venus."),
    plain(
        "SECRET",
        "Nightfall budget",
        "Forty million, most of it for the engine.",
        "Project Nightfall",
        labels=("confidential",),
    ),
    plain(
        "SECRET",
        "Nightfall schedule",
        "Launch in four years.",
        "Project Nightfall",
        author="bob",
        days=3,
    ),
)
PERSONAL = (
    plain("~ada", "Ada's home", "Notes to myself."),
    plain("~ada", "Reading list", "Papers on combustion.", "Ada's home", days=11),
    plain("~ada", "Meeting notes", "Monday: rockets. Tuesday: more rockets.", "Ada's home", days=2),
)
DOCS = (
    plain("DOCS", "Globex documentation", "Public manuals of Globex Labs."),
    plain(
        "DOCS",
        "Getting started",
        "Install the agent and sign in.",
        "Globex documentation",
        days=20,
        labels=("howto",),
    ),
    plain(
        "DOCS",
        "Release checklist",
        "Globex releases on Thursdays.",
        "Globex documentation",
        days=4,
        labels=("release",),
    ),
    plain(
        "DOCS",
        "Reactor manual",
        "Keep the reactor below 900 degrees.",
        "Globex documentation",
        days=60,
        labels=("manual",),
    ),
    plain(
        "DOCS", "API reference", "Every endpoint, with an example.", "Globex documentation", days=9
    ),
    Row(
        "DOCS",
        "Übersicht auf Deutsch",
        doc(p("Grüße aus dem Labor; Straße, Größe, Öl.")),
        "Globex documentation",
        days=16,
    ),
    plain("DOCS", "Release 4.2", "What is new in 4.2.", kind="blogpost", days=13),
)
RESTRICTED = (
    plain(
        "ENG",
        "Takeover talks",
        "Globex may be for sale; nobody must hear of it.",
        "Engineering home",
        days=40,
        readers=("ada", "service"),
        comments=(("ada", "Not a word to anybody."),),
    ),
    plain("ENG", "Takeover talks: the price", "Ninety million.", "Takeover talks", days=39),
    plain(
        "ENG",
        "Who is to be promoted",
        "For the leads alone.",
        "Engineering home",
        days=38,
        readers=("service",),
        groups=("engineering-leads",),
    ),
    plain(
        "ENG",
        "Parking rota",
        "Every car has its week.",
        "Engineering home",
        days=37,
        readers=("service",),
        groups=("all-staff",),
    ),
)
"""What the service account reads: the first two nobody else but Ada may."""
WORKED_ON = (
    plain("ENG", "Observatory", "What we see from the hill.", "Engineering home", days=300),
    Row(
        "ENG",
        TITLE,
        STATES[0].body,
        "Observatory",
        STATES[0].who,
        STATES[0].days,
        ("handbook", "telescope"),
        storage=True,
        states=STATES[1:],
        comments=(("bob", "The best page that we have."),),
        likes=("cy",),
    ),
    Row("ENG", RUNBOOK_TITLE, RUNBOOK, "Observatory", "cy", 90, ("howto",), storage=True),
    Row(
        "ENG",
        "Mirror cleaning log",
        "<p>Cleaned twice.</p>",
        "Observatory",
        "bob",
        45,
        ("weekly",),
        storage=True,
        states=(State("ada", "Cleaned again", 5, "<p>Cleaned three times.</p>"),),
    ),
    Row(
        "OPS",
        "Dome weather log",
        "<p>Dry.</p>",
        "Operations home",
        "ada",
        6.5,
        ("weekly", "dome"),
        storage=True,
        states=(
            State("bob", "Rain", 4.5, "<p>Dry.</p><p>Rain.</p>"),
            State("ada", "Dry again", 4, "<p>Dry.</p><p>Rain.</p><p>Dry.</p>"),
        ),
    ),
    plain("OPS", "Fax gateway", "Nobody sends faxes.", "Operations home", author="bob", days=620),
    plain(
        "OPS",
        "Telex directory",
        "Numbers of our friends.",
        "Operations home",
        days=480,
        labels=("legacy",),
    ),
    plain(
        "OPS",
        "Paper archive",
        "Shelf by shelf.",
        "Operations home",
        author="cy",
        days=400,
        labels=("legacy",),
    ),
    plain(
        "ENG",
        "First light",
        "We have seen Saturn.",
        kind="blogpost",
        days=5.5,
        labels=("telescope",),
    ),
    plain(
        "OPS", "Night shift changes", "Two people a night.", kind="blogpost", author="bob", days=8.5
    ),
)
"""For what is done with pages: one with a history, one with placeholders, some of Ada's week, and
some that nobody has changed for more than a year."""
LAB = (
    plain("LAB", "Test stand", "Engines are tried here before they fly.", author="dee"),
    plain("LAB", "Release checklist", "Nothing is released here.", "Test stand", author="dee"),
)
HQ = (plain("HQ", "Hooli home", "Making the world a better place.", author="ivy"),)
ACME_ROWS = (*ENG, *OPS, *HR, *SECRET, *PERSONAL, *RESTRICTED, *WORKED_ON)
GLOBEX_ROWS = DOCS
ACME2_ROWS = LAB
HOOLI_ROWS = HQ
