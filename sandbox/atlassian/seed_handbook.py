"""A long page with a history, and a page with placeholders: the same for Cloud and Data Center."""

from dataclasses import dataclass

TITLE = "Observatory handbook"
DUSK, MIRROR = "0f3b7c1e-5a52-4c1b-9a55-00000000d05c", "0f3b7c1e-5a52-4c1b-9a55-00000000a117"
"""The markers of two inline comments."""
INLINE = (
    (DUSK, "bob", "at dusk", "Civil or nautical dusk?"),
    (MIRROR, "cy", "the mirror may mist over", "It did last winter."),
)
"""Inline comments on the page: marker, author, what they stand at, what they say."""


@dataclass(frozen=True)
class State:
    """A page as somebody left it, *days* before the first day of the sandbox."""

    who: str
    message: str
    days: float
    body: str


def marked(ref: str, words: str) -> str:
    """Words at which an inline comment stands."""
    return f'<ac:inline-comment-marker ac:ref="{ref}">{words}</ac:inline-comment-marker>'


def macro(name: str, inner: str, number: int) -> str:
    """A macro with an id of its own, as the editor writes it."""
    return (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" '
        f'ac:macro-id="5d6b5d0e-0000-4000-8000-{number:012d}">{inner}</ac:structured-macro>'
    )


def parameter(name: str, value: str) -> str:
    """One parameter of a macro."""
    return f'<ac:parameter ac:name="{name}">{value}</ac:parameter>'


def section(kind: str, *cells: str) -> str:
    """One row of the layout."""
    held = "".join(f"<ac:layout-cell>{each}</ac:layout-cell>" for each in cells)
    return f'<ac:layout-section ac:type="{kind}">{held}</ac:layout-section>'


TOC = macro("toc", parameter("maxLevel", "3"), 1)
STATUS = macro("status", parameter("colour", "Green") + parameter("title", "IN USE"), 2)
INFO = macro("info", "<ac:rich-text-body><p>Wear a coat.</p></ac:rich-text-body>", 3)
# The code holds what ends a CDATA section, which storage splits in two.
CODE = macro(
    "code",
    parameter("language", "js")
    + "<ac:plain-text-body><![CDATA[if (wind[at[0]]]]><![CDATA[> 9 && !calm) {\n"
    '  shut("<dome>");\n}]]></ac:plain-text-body>',
    4,
)
OVERVIEW = (
    f"<h2>Overview</h2><p>The dome opens {marked(DUSK, 'at dusk')} and shuts at dawn. {STATUS}</p>"
)
MAIN = (
    "<p>The main mirror is <strong>2.4 m</strong> wide; see "
    '<ac:link><ri:page ri:content-title="Price list" /></ac:link>.</p>'
)
EARLY = MAIN.replace("2.4", "2.1")
ROLLOUT = (
    "<h2>Rollout</h2><ol><li>Check the wind.</li><li>Open the dome.</li>"
    f"<li>Take the cap off.</li></ol>{CODE}"
)
RISKS = (
    "<h2>Risks</h2><table><tbody><tr><th>Risk</th><th>What we do</th></tr>"
    f"<tr><td><p>{marked(MIRROR, 'the mirror may mist over')}</p></td>"
    "<td><p>Warm it by two degrees.</p></td></tr></tbody></table>"
)
NOTES = "<h2>Notes</h2><p>Ask the night shift first.</p>"
TASKS = (
    "<h2>Tasks</h2><ac:task-list><ac:task><ac:task-id>1</ac:task-id>"
    "<ac:task-status>complete</ac:task-status><ac:task-body>Order a coat</ac:task-body></ac:task>"
    "<ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete</ac:task-status>"
    "<ac:task-body>Grease the rails</ac:task-body></ac:task></ac:task-list>"
)
LAST = "<h2>Notes</h2><p>Kept by whoever was here last.</p>"


def laid_out(left: str, right: str, *below: str) -> str:
    """The page in its two columns."""
    rows = (
        section("single", f"{TOC}{OVERVIEW}{INFO}{MAIN}"),
        section("two_equal", left, right),
        *(section("single", each) for each in below),
    )
    return f"<ac:layout>{''.join(rows)}</ac:layout>"


STATES = (
    State("bob", "", 60, f"{OVERVIEW}{EARLY}"),
    State("cy", "Say how it is opened", 40, f"{OVERVIEW}{EARLY}{ROLLOUT}"),
    State("ada", "Name the risks", 20, f"{OVERVIEW}{EARLY}{ROLLOUT}{RISKS}"),
    State("bob", "The mirror is wider", 12, f"{OVERVIEW}{MAIN}{ROLLOUT}{RISKS}"),
    State("cy", "Two columns", 6, laid_out(ROLLOUT, f"{RISKS}{NOTES}")),
    State("ada", "Tasks, and who was here", 3, laid_out(ROLLOUT, f"{RISKS}{NOTES}", TASKS + LAST)),
)
"""Five earlier versions and the one that is shown."""

RUNBOOK_TITLE = "Runbook template"
RUNBOOK = (
    "<h2>What this is for</h2><p>Service: <strong>{{service}}</strong></p>"
    "<p>Owner: {{owner}}</p>"
    + macro("note", "<ac:rich-text-body><p>Tell {{owner}} first.</p></ac:rich-text-body>", 5)
    + "<h2>Steps</h2><p>{{steps}}</p><p>Never restart {{service}} twice.</p>"
)
