"""What Confluence answers, or what never ends: bounded, and text wherever it is shown."""

import json

import pytest

from bot.errors import TemplateRefused
from tests.attacks.hostile import HOSTILE, markup_in
from tests.attacks.installing import HEAD, Author, template, written
from tests.attacks.scene import press, refused_by_slack, submit

pytestmark = pytest.mark.usefixtures("unhurt")

READS = """
entities:
  - {name: page, type: page, prompt: Which page?}
  - {name: other, type: page, prompt: Which other?, required: false, ask: always}
steps:
  - id: got
    get: {page: "{{ page }}"}
  - id: below
    children: {page: "{{ page }}"}
  - id: said
    comments: {page: "{{ page }}"}
  - id: parts
    sections: {page: "{{ page }}"}
  - id: changes
    versions: {page: "{{ page }}"}
  - id: found
    search: {text: "hostile"}
  - label: {page: "{{ page }}", add: [seen]}
preview: |
  **{{ got.title }}** {{ got.text }} {{ got.labels|bullets }} {{ found.results|bullets }}

  {{ said|bullets }} {{ below|bullets }} {{ parts|bullets }}
reply:
  text: |
    *{{ got.title }}* {{ got.text }}

    {{ said|bullets }} {{ changes|bullets }} {{ found.results|bullets }} {{ below|bullets }}

    {{ found.results|table('title', 'excerpt', 'space_name', 'author') }}

    [{{ got.title }}]({{ got.url }}) `{{ got.title }}` {{ other.title if other else '' }}
  card:
    title: "{{ got.title }}"
    url: "{{ got.url }}"
    facts: {Text: "{{ got.text }}", Last: "{{ said|bullets }}"}
  buttons:
    - {label: "{{ got.title }}", url: "{{ got.url }}"}
    - {label: "Again {{ got.title }}", task: consents, values: {title: "{{ got.text }}"}}
"""
CONSENT = """
entities: [{name: title, type: text, prompt: Title?}]
steps:
  - id: made
    create: {space: ENG, title: "{{ title }}", body: x}
  - label: {page: "{{ made }}", add: [a]}
  - comment: {page: "{{ made }}", body: x}
"""


@pytest.fixture
async def bob(stage):
    bob = Author(stage)
    await bob.installs(template(CONSENT, "consents"))
    await bob.consents("/confluence consents title=x")
    await stage.post("atlassian/log/clear", {})
    return bob


async def made(stage, title, body="", parent=None):
    asked = {"space": "ENG", "account": "ada", "title": title, "body": f"<p>{body}</p>"}
    page = str((await stage.post("atlassian/pages/create", asked))["id"])
    if parent:
        await stage.post("atlassian/pages/move", {"id": page, "parent": parent})
    return page


def xhtml(text):
    clean = "".join(each for each in text if each.isprintable())
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_confluence_answers_stays_text_wherever_it_is_shown(stage, bob, hostile):
    title = f"hostile {''.join(each for each in hostile if each.isprintable())}".strip()[:200]
    body = f"hostile {xhtml(hostile)}</p><h2>{xhtml(hostile)} h</h2><p>x"
    page = await made(stage, title, body)
    await made(stage, f"{title} below", body, page)
    await bob.installs(template(READS), title=f"T {hostile}"[:50])
    await bob.types(f"/confluence try-out page={page}")
    if "Other" in await bob.sees():
        await bob.submits()
    for _ in range(2):
        screen = await bob.person.screen()
        assert markup_in(screen["modal"]) == []
        assert markup_in(screen["channels"]) == []
        if "This will be written" not in await bob.sees():
            break
        await bob.submits()
    assert "Written:" in await bob.sees()
    assert await refused_by_slack(stage) == []


ENDLESS = {
    "ten thousand rounds": 'steps:\n  - for_each: "[{0}]"\n    most: 50\n    steps: [{{fail: x}}]',
    "more rounds than there may be": "steps:\n  - for_each: \"['a']\"\n    most: 10000\n"
    "    steps: [{{fail: x}}]",
    "loops in loops in loops": "steps:\n  - for_each: \"['a']\"\n    most: 50\n    steps:\n"
    "      - for_each: \"['a']\"\n        item: b\n        most: 50\n        steps:\n"
    "          - for_each: \"['a']\"\n            item: c\n            most: 50\n"
    "            steps: [{{fail: x}}]",
    "a button to itself": "steps:\n  - list_spaces: {{}}\nreply:\n  text: x\n"
    "  buttons: [{{label: Again, task: try-out}}]",
    "fifty-one steps": "steps:\n" + "  - let: {{x: '1'}}\n" * 51,
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS.keys())
async def test_what_never_ends_is_never_installed(stage, bob, source):
    many = ", ".join(["'a'"] * 10_000)
    head = HEAD.format(id="try-out", version="1.0.0", name="Try-out")
    text = source.format(many)
    reply = "" if "reply:" in text else "\nreply: {text: x}"
    with pytest.raises(TemplateRefused) as refused:
        await bob.offers.bring(bob.principal, f"{head}{text}{reply}\n", "own.yml")
    assert refused.value.problems[0].line > 5


async def test_ten_thousand_lines_that_somebody_typed_are_gone_through_by_nobody(stage, bob):
    page = await made(stage, "Osprey")
    await bob.installs(
        template(
            f"""
entities: [{{name: lines, type: long text, prompt: Lines?}}]
steps:
  - for_each: lines
    most: 50
    steps:
      - label: {{page: "{page}", add: ["{{{{ item }}}}"]}}
"""
        )
    )
    begun = await bob.types("/confluence try-out")
    assert "Lines?" in begun
    modal = await bob.person.modal()
    [block] = [each["block_id"] for each in modal["blocks"] if each["type"] == "input"]
    told = await bob.submits({block: {"dialog_field": "\n".join(["a"] * 1_400)}})
    assert "There are 1400 to go through" in told.replace(",", "")
    assert [each for each in await written(stage) if "/label" in each["path"]] == []


GIANT = """
entities: [{name: page, type: page, prompt: Which page?}]
steps:
  - id: got
    get: {page: "{{ page }}"}
  - id: all
    search: {cql: "type = page", most: 50}
reply:
  text: "{{ got.text }} {{ got.text }} {{ all.results|bullets }} {{ all.results|table('title') }}"
  card: {title: "{{ got.text }}", facts: {a: "{{ got.text }}", b: "{{ all.results|bullets }}"}}
"""


async def test_a_giant_page_is_shown_in_part(stage, bob):
    page = await made(stage, "Osprey", "Kingfisher. " * 70_000)
    for number in range(60):
        await made(stage, f"Another {number} {'x' * 200}")
    await bob.installs(template(GIANT))
    told = await bob.types(f"/confluence try-out page={page}")
    assert "Kingfisher" in told or "stopped" in told or "can't be used" in told
    assert len(json.dumps(await bob.person.modal())) < 250_000
    assert await refused_by_slack(stage) == []


async def test_a_giant_answer_of_the_api_is_refused_or_cut(stage, bob):
    calls = """
steps:
  - id: got
    http: {path: /wiki/api/v2/spaces}
reply: {text: "Said {{ got.body }}"}
"""
    await bob.installs(template(calls, scopes=frozenset({"write:page:confluence"})))
    await stage.post("atlassian/faults", {"kind": "endless", "path": "/api/v2/spaces", "times": 9})
    told = await bob.types("/confluence try-out")
    assert "Said" not in told
    assert "stopped" in told or "isn't answering" in told or "Confluence" in told


FILES = """
utterances: ["hand in {page}"]
entities:
  - {name: page, type: page, prompt: Which page?}
  - {name: file, type: attachment, prompt: Which file?}
steps:
  - attach: {page: "{{ page }}", file: "{{ file }}"}
"""


async def forge(stage, state):
    """Put *state* into the field of a file, in every form that was begun."""
    for each in tuple(stage.stores.dialogs._kept.values()):  # noqa: SLF001 - whatever there is
        values = {f"{each.id}/file/": {"dialog_field": state}}
        await submit(stage, "U0BOB", "dialog_form", json.dumps({"d": each.id}), values=values)


async def test_a_file_is_given_and_never_named(stage, bob):
    """The bot sees files that others gave it: who types their ids gets none of them."""
    page = await made(stage, "Osprey")
    await bob.installs(template(FILES, "hands"))
    await bob.consents(f"/confluence hands page={page}")
    ada = stage.person("U0ADA")
    theirs = await ada.uploads("secret.txt", "Kingfisher", "text/plain")
    await ada.says("here it is", files=[theirs])
    await stage.quiet()
    typed = (theirs["id"], f"<{theirs.get('permalink', 'https://x.example/F')}>", "secret.txt")
    for each in typed:
        await bob.types(f'/confluence hands page={page} file="{each}"')
        value = json.dumps({"t": "hands", "k": {"page": page, "file": each}})
        await press(stage, "U0BOB", "task_run_0", value)
    await forge(stage, {"type": "file_input", "files": [theirs]})
    begun = await bob.person.says(f"hand in {page}")
    await stage.quiet()
    for each in typed:
        await bob.person.says(each, begun["ts"])
        await stage.quiet()
        assert "no file in that" in await bob.hears()
    dialogs = await bob.dialogs()
    assert dialogs
    assert [each for each in dialogs if each.answer("file")] == []
    assert [each for each in await written(stage) if "/attachment" in each["path"]] == []
    assert "Kingfisher" not in await bob.screen()
