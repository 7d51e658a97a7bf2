"""Templates that are run to do harm: what they hide is shown, and what they say stays text."""

import json

import pytest

from bot.dialog import Phase
from sandbox.person import words
from tests.attacks.hostile import HOSTILE, markup_in
from tests.attacks.installing import Author, template, written
from tests.attacks.scene import refused_by_slack, submit
from tests.stage import link_in

pytestmark = pytest.mark.usefixtures("unhurt")

WRITING = 'steps:\n  - label: {page: "1", add: [a]}'
CONSENT = template(
    """
steps:
  - id: p
    create: {space: ENG, title: x, body: x}
  - label: {page: "{{ p }}", add: [a]}
  - comment: {page: "{{ p }}", body: x}
""",
    "consents",
)
HEADING = "*This will be written"
AUTHOR = "What the template"


@pytest.fixture
async def bob(stage):
    """Somebody who has consented to all that these templates do."""
    bob = Author(stage)
    await bob.installs(CONSENT)
    await bob.consents("/confluence consents")
    await stage.post("atlassian/log/clear", {})
    return bob


async def page_of(stage, title="Osprey plan", body="<p>Fly.</p>", account="bob"):
    made = await stage.post(
        "atlassian/pages/create", {"space": "ENG", "account": account, "title": title, "body": body}
    )
    return str(made["id"])


async def ours(stage, page):
    """What stands on a page, and how often it was changed."""
    [found] = await stage.get(f"atlassian/pages?id={page}")
    return found["title"], found["status"], len(found["versions"]), found["labels"]


def order_of(shown, *parts):
    told = words(shown)
    places = [told.find(part) for part in parts]
    assert -1 not in places, (parts, told)
    return places == sorted(places)


LIES = """
**This will be written:**

As *Ada*, your own account on *acme*.

1. Nothing at all

Confirm is safe: this is a trial, and nothing was written.
"""


async def test_a_preview_that_lies_stands_below_what_will_be_written(stage, bob):
    page = await page_of(stage)
    preview = "preview: |\n" + "".join(f"  {line}\n" for line in LIES.splitlines())
    owner = json.dumps("Confab\n*This will be written:*\n1. Nothing")
    step = f'steps:\n  - trash: {{page: "{page}"}}\n{preview}'
    await bob.installs(f"owner: {owner}\n{template(step)}")
    await bob.types("/confluence try-out")
    modal = await bob.person.modal()
    first = modal["blocks"][0]["text"]["text"]
    assert first.startswith(f"{HEADING}:*\nAs *Bob Okafor*")
    assert order_of(modal, HEADING, "1. Move the page “Osprey plan”", AUTHOR, "Nothing at all")
    small = next(each for each in modal["blocks"] if each["type"] == "context")
    assert "\n" not in small["elements"][0]["text"]
    assert markup_in(modal) == []
    assert await ours(stage, page) == ("Osprey plan", "current", 1, [])


async def test_no_title_gets_out_of_its_quotes_or_turns_what_stands_behind_it_around(stage, bob):
    page = await page_of(stage, "Osprey\u202e\u2066 hsart eht ot” in Public (PUB) 2. “Nothing")
    await bob.installs(template(f'steps:\n  - trash: {{page: "{page}"}}'))
    told = await bob.types("/confluence try-out")
    shown = 'Osprey hsart eht ot" in Public (PUB) 2. "Nothing'
    assert f"1. Move the page “{shown}” in Engineering (ENG) to the trash" in told


@pytest.mark.parametrize("way", ["form", "conversation"])
async def test_fifty_writes_are_all_shown_and_the_last_stands_for_itself(stage, bob, way):
    page = await page_of(stage)
    names = ", ".join(f"'label{number}'" for number in range(49))
    await bob.installs(
        template(
            f"""
utterances: [label a lot]
steps:
  - for_each: "[{names}]"
    most: 50
    steps:
      - label: {{page: "{page}", add: ["{{{{ item }}}}"]}}
  - trash: {{page: "{page}"}}
preview: "{"Nothing to see here. " * 150}"
"""
        )
    )
    if way == "form":
        await bob.types("/confluence try-out")
        shown = await bob.person.modal()
    else:
        begun = await bob.person.says("label a lot")
        shown = await bob.person.waits_for_reply(HEADING, begun["ts"])
    told = words(shown)
    assert [f"label{number}”" in told for number in range(49)] == [True] * 49
    assert order_of(shown, HEADING, "“label48”", "50. Move the page “Osprey plan”", AUTHOR)
    assert await refused_by_slack(stage) == []
    assert await ours(stage, page) == ("Osprey plan", "current", 1, [])


async def test_a_write_is_shown_to_its_last_word(stage, bob):
    page = await page_of(stage)
    labels = ", ".join(f'"{number:02}{"x" * 80}end"' for number in range(40))
    await bob.installs(template(f'steps:\n  - label: {{page: "{page}", add: [{labels}]}}'))
    await bob.types("/confluence try-out")
    told = words(await bob.person.modal())
    assert [f"“{number:02}x" in told for number in range(40)] == [True] * 40
    assert told.count("end”") == 40
    assert await refused_by_slack(stage) == []


async def test_what_would_be_too_much_to_read_is_confirmed_bit_by_bit(stage, bob):
    page = await page_of(stage)
    names = ", ".join(f"'l{number:02}'" for number in range(30))
    await bob.installs(
        template(
            f"""
steps:
  - for_each: "['a', 'b']"
    item: kind
    most: 2
    steps:
      - for_each: "[{names}]"
        most: 40
        steps:
          - label: {{page: "{page}", add: ["{{{{ kind|slug }}}}{{{{ item }}}}"]}}
"""
        )
    )
    told = await bob.types("/confluence try-out")
    assert "50. Give the page" in told
    assert "51. " not in told
    assert "What follows from these is shown to you before it is written" in told
    told = await bob.submits()
    assert len((await ours(stage, page))[3]) == 50
    assert HEADING in told
    told = await bob.submits()
    # So many writes may use up a person's share of the limits; that is said, and goes on later.
    is_spent = "Confirm the rest again" in told
    assert is_spent or "Done" in told
    assert is_spent or len((await ours(stage, page))[3]) == 60


async def test_what_nobody_could_read_is_refused(stage, bob):
    page = await page_of(stage)
    labels = ",".join(f"l{number}" for number in range(60))
    source = f'steps:\n  - label: {{page: "{page}", add: ["{labels}"]}}'
    await bob.installs(template(source))
    told = await bob.types("/confluence try-out")
    assert "There are 60 labels" in told
    assert (await ours(stage, page))[3] == []


class TestWhatChangesBetweenPreviewAndConfirming:
    async def shown(self, stage, bob, step):
        await bob.installs(template(f"steps:\n  - {step}"))
        await bob.types("/confluence try-out")
        assert HEADING in await bob.sees()

    async def test_a_page_that_was_changed_is_shown_again(self, stage, bob):
        page = await page_of(stage)
        await self.shown(stage, bob, f'update: {{page: "{page}", body: "All gone."}}')
        await stage.post(
            "atlassian/pages/change", {"id": page, "account": "ada", "body": "<p>Theirs.</p>"}
        )
        assert HEADING in await bob.submits()
        assert (await ours(stage, page))[2] == 2
        kept = stage.stores.dialogs._kept.values()  # noqa: SLF001 - nothing was answered in it
        assert [each.phase for each in kept if each.word == "try-out"] == [Phase.CONFIRMING]

    async def test_another_account_is_shown_before_it_writes(self, stage, bob):
        page = await page_of(stage)
        await self.shown(stage, bob, f'label: {{page: "{page}", add: [a]}}')
        modal = await bob.person.modal()
        await stage.stores.connections.remove(bob.principal, "system")
        await bob.clears()
        await bob.person.types("/confluence create")
        await stage.quiet()
        link = link_in(await bob.person.screen())
        await stage.walk(link, "U0BOB", atlassian_account="ada")
        await stage.quiet()
        await bob.clears()
        await submit(stage, "U0BOB", "dialog_confirm", modal["private_metadata"])
        assert (await ours(stage, page))[3] == []

    async def test_a_task_that_was_upgraded_writes_what_was_shown(self, stage, bob):
        page = await page_of(stage)
        step = 'steps:\n  - label: {{page: "{0}", add: [{1}]}}'
        task = await bob.installs(template(step.format(page, "a")))
        await bob.types("/confluence try-out")
        newer = template(step.format(page, "b"), version="1.0.1")
        await bob.offers.bring(bob.principal, newer, "own.yml")
        await bob.installer.upgrade(bob.principal, task, "1.0.1")
        assert "Done" in await bob.submits()
        assert (await ours(stage, page))[3] == ["a"]


EACH = """
utterances: [write it down]
entities:
  - {name: title, type: text, prompt: Title?}
  - {name: long, type: long text, prompt: Long?}
  - {name: body, type: rich text, prompt: Body?}
  - {name: pick, type: choice, prompt: Pick?, choices: ["{{ 7 }}", "*b*"]}
steps:
  - id: made
    create:
      space: ENG
      title: "{{ title }}"
      body: |
        # {{ title }}

        {{ long }}

        {{ body }}

        | a | b |
        | - | - |
        | {{ title }} | {{ long }} |

        - [{{ title }}](https://example.com/{{ title }})
        - `{{ title }}` **{{ pick }}**
  - comment: {page: "{{ made }}", body: "{{ long }}"}
preview: "**{{ title }}** {{ long }}"
reply:
  text: "*{{ title }}* {{ long }} {{ [title, long]|bullets }}"
  card:
    title: "{{ title }}"
    url: "{{ made.url }}"
    facts: {a: "{{ long }}", "*b*": "{{ pick }}"}
  buttons:
    - {label: "{{ title }}", task: consents, values: {title: "{{ title }}", long: "{{ long }}"}}
"""
TEXT_NODES = {
    *("doc", "heading", "paragraph", "text", "hardBreak", "bulletList", "listItem"),
    *("table", "tableRow", "tableHeader", "tableCell", "link", "code", "strong", "emoji"),
}
"""Of ADF's: no macro, no mention, no medium."""


def nodes_in(node):
    """Yield every node and mark of an ADF document."""
    if isinstance(node, dict):
        if "type" in node:
            yield node
        for each in (*node.get("content", ()), *node.get("marks", ())):
            yield from nodes_in(each)


async def answers(stage, bob, *texts):
    """Say each in the thread that the first began."""
    begun = await bob.person.says("write it down")
    await stage.quiet()
    for text in texts:
        await bob.person.says(text, begun["ts"])
        await stage.quiet()
    return begun["ts"]


SEEN = {name: text for name, text in HOSTILE.items() if name != "nothing seen"}


@pytest.mark.parametrize("hostile", SEEN.values(), ids=SEEN.keys())
async def test_what_people_answer_stays_text_wherever_it_goes(stage, bob, hostile):
    await bob.installs(template(EACH))
    line = " ".join(f"x {hostile}".split())
    thread = await answers(stage, bob, line, f"l {hostile}", "b", "{{ 7 }}")
    shown = await bob.person.thread(thread)
    assert markup_in(shown) == []
    if "dialog_confirm" not in json.dumps(shown[-1]):
        pytest.fail(words(shown[-1]))
    await bob.person.presses("dialog_confirm")
    await stage.quiet()
    screen = await bob.person.screen()
    assert markup_in(screen["channels"]) == []
    [made] = [each for each in await written(stage) if each["path"].endswith("/pages")]
    assert made["done"] == 1
    found = [each for each in await stage.get("atlassian/pages") if each["title"].startswith("x ")]
    [page] = [each for each in found if each["status"] == "current"]
    stored = page["versions"][-1]["body"]["value"]
    nodes = list(nodes_in(json.loads(stored)))
    assert {each["type"] for each in nodes} <= TEXT_NODES
    links = [each["attrs"]["href"] for each in nodes if each["type"] == "link"]
    assert [each for each in links if not each.startswith("https://example.com/x")] == []
    assert ("7*7" in stored) is ("7*7" in hostile)
    assert await refused_by_slack(stage) == []
