"""Every type of entity: by form, in a conversation, and by one line, as it arrives in a page."""

import re
from datetime import date, timedelta

import pytest
import pytest_asyncio

from sandbox.person import words

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPES = """
  - {name: line, type: text, prompt: Which line?}
  - {name: long, type: long text, prompt: Which lines?}
  - {name: rich, type: rich text, prompt: Which text?}
  - {name: number, type: number, prompt: How many?}
  - {name: yes, type: boolean, prompt: Really?}
  - name: pick
    type: choice
    prompt: Which one?
    choices: [{value: r, label: Red}, {value: g, label: Green}]
  - {name: picks, type: choices, prompt: Which ones?, choices: [one, two, three]}
  - {name: day, type: date, prompt: Which day?}
  - {name: moment, type: date-time, prompt: When?}
  - {name: who, type: person, prompt: Who?}
  - {name: people, type: person, many: true, prompt: Who else?}
  - {name: channel, type: channel, prompt: Where to?}
  - {name: space, type: space, prompt: Which space?}
  - {name: page, type: page, prompt: Which page?}
  - {name: pages, type: page, many: true, prompt: Which pages?}
  - {name: labels, type: label, many: true, prompt: Which labels?}
  - {name: place, type: site, prompt: Which site?}
  - {name: file, type: attachment, required: false, prompt: Which file?}
  - {name: link, type: URL, prompt: Which address?}
"""
BODY = """
        {{ line }}

        {{ long }}

        {{ rich }}

        {{ number + 1 }} · {{ 'yes' if yes else 'no' }} · {{ pick }} · {{ picks|join }}

        {{ day|date }} · {{ moment|date('iso') }}

        {{ who }} · {{ people|join }} · {{ channel }} · {{ space.key }}

        {{ page.title }} · {{ pages|join }} · {{ labels|join }} · {{ place.name }}

        {{ file.name if file else 'no file' }} · {{ link }}
"""
ALL = f"""
entities:
{TYPES}
utterances: [try everything out]
steps:
  - create:
      space: "{{{{ space }}}}"
      title: "{{{{ line }}}}"
      body: |
{BODY}
"""
SAID = {
    "long": "one *two*",
    "rich": "plain",
    "number": "1.5",
    "yes": "no",
    "pick": "Green",
    "picks": "one, three",
    "day": "2031-03-04",
    "moment": "2031-03-04 15:30",
    "who": "@bob",
    "people": "@bob, @ada",
    "channel": "#general",
    "space": "eng",
    "page": "Observatory handbook",
    "pages": "Rocket engine manual\nObservatory handbook",
    "labels": "red, blue",
    "link": "https://example.org/a",
}
"""How each is typed."""
FILLED = {
    "long": "one *two*",
    "rich": "plain",
    "number": "1.5",
    "yes": "no",
    "pick": "g",
    "picks": ["one", "three"],
    "day": "2031-03-04",
    "moment": 1930404600,
    "who": "U0BOB",
    "people": ["U0BOB", "U0ADA"],
    "channel": "C0GENERAL",
    "labels": "red, blue",
    "link": "https://example.org/a",
}
"""What is put into a form's field; the others are looked up in their menus."""
LOOKED_UP = {
    "space": ["eng"],
    "page": ["Observatory handbook"],
    "pages": ["Rocket engine manual"],
    "place": [""],
}


def site(scene):
    return "acme" if scene.world == "atlassian" else scene.stage.datacenter.url


async def arrived(scene, title, file="no file"):
    """Hold the page to what was answered."""
    page = await scene.one(title=title, status="current")
    lines = [each.strip() for each in page["text"].splitlines() if each.strip()]
    text = "\n".join(lines)
    for part in (
        title,
        "one *two*",
        "plain",
        "2.5 · no · g · one, three",
        "4 March 2031 · 2031-03-04",
        "Bob",
        "ENG",
        "Observatory handbook · ",
        "Rocket engine manual",
        "red",
        "blue",
        f"{file} · ",
        "https://example.org/a",
    ):
        assert part in text, (part, text)


async def filled(scene, title):
    """Fill in every page of the form."""
    for _ in range(5):
        view = await scene.person.modal()
        blocks = {
            each["block_id"].split("/")[1]: each for each in view["blocks"] if "element" in each
        }
        if not blocks:
            break
        values = {}
        for name, block in blocks.items():
            value = {**FILLED, "line": title}.get(name)
            if name in LOOKED_UP and "options" not in block["element"]:
                value = await looked_up(scene, block, LOOKED_UP[name])
            if name == "file":
                value = [(await scene.person.uploads("a.txt", "hello"))["id"]]
            values[block["block_id"]] = {"dialog_field": value}
        done = await scene.person.submits(values)
        assert done["error"] is None, done
        await scene.stage.quiet()
    return await scene.sees()


async def looked_up(scene, block, wanted):
    found = []
    for each in wanted:
        options = await scene.person.suggests("dialog_field", each, block_id=block["block_id"])
        fold = each.casefold()
        named = [o for o in options if fold in f"{o['text']['text']} {o['value']}".casefold()]
        assert named, (each, options)
        found.append(named[0])
    return found if "multi" in block["element"]["type"] else found[0]


async def test_by_a_form_of_several_pages(scene):
    await scene.begins(ALL)
    done = await scene.confirms(await filled(scene, "By a form"))
    assert "Done." in done.end
    await arrived(scene, "By a form", "a.txt")


async def test_by_one_line(scene):
    answers = {**SAID, "line": "By a line", "place": site(scene)}
    line = " ".join(f'{name}="{words}"' for name, words in answers.items())
    shown = await scene.begins(ALL, line)
    done = await scene.confirms(shown)
    await arrived(scene, "By a line")
    assert "Done." in done.end


async def test_in_a_conversation(scene):
    await scene.begins(ALL)
    await scene.clears()
    answers = {**SAID, "line": "In a talk", "place": site(scene), "file": "skip"}
    began = await scene.person.says("try everything out")
    await scene.stage.quiet()
    asked = []
    for _ in answers:
        last = (await scene.person.thread(began["ts"]))[-1]
        if "This will be written" in words(last):
            break
        entity = next(each for each in answers if f"*{PROMPTS[each]}" in words(last))
        asked.append(entity)
        await scene.person.says(answers[entity], began["ts"])
        await scene.stage.quiet()
    assert asked == [each for each in PROMPTS if each in asked]
    assert set(answers) - set(asked) <= {"place"}
    await scene.person.presses("dialog_confirm")
    await scene.stage.quiet()
    await arrived(scene, "In a talk")


PROMPTS = dict(re.findall(r"name: (\w+)(?s:.*?)prompt: ([^?]+\?)", TYPES))


SOURCES = {
    "spaces": ("", "ENG", "Engineering · ENG"),
    "pages": ("of: space", "ENG", "Observatory handbook"),
    "children": ("of: page", "Family", "First of the family"),
    "sections": ("of: page", "Observatory handbook", "Rollout"),
    "labels": ("of: page", "Family", "kin"),
    "versions": ("of: page", "Family", "Version 1"),
    "comments": ("of: page", "Family", "Well said"),
    "page templates": ("of: space", "ENG", "Release notes"),
}


@pytest_asyncio.fixture(loop_scope="module")
async def family(scene):
    """A page with something of everything."""
    if await scene.all(title="Family"):
        return
    page = await scene.page("Family")
    child = await scene.page("First of the family")
    await scene.stage.post(f"{scene.world}/pages/move", {"id": child, "parent": page})
    await scene.does(f'steps: [{{label: {{page: "{page}", add: [kin]}}}}]')
    await scene.does(f'steps: [{{comment: {{page: "{page}", body: "Well said"}}}}]')
    await scene.changes(page)


@pytest.mark.usefixtures("family")
@pytest.mark.parametrize("source", SOURCES)
async def test_choices_are_looked_up(scene, source):
    of, given, offered = SOURCES[source]
    name = of.removeprefix("of: ") or "space"
    shown = await scene.begins(
        f"""
        entities:
          - {{name: {name}, type: {name}, prompt: Of what?}}
          - {{name: pick, type: choice, prompt: Which one?,
             choices_from: {{source: {source}{", " + of if of else ""}}}}}
        steps: [{{let: {{said: "{{{{ pick }}}}"}}}}]
        reply: {{text: "{{{{ said }}}} of {{{{ {name} }}}}"}}
        """,
        f'{name}="{given}"',
    )
    assert "Which one?" in shown
    view = await scene.person.modal()
    [block] = [each for each in view["blocks"] if "element" in each]
    typed = offered.split()[0]
    options = await scene.person.suggests("dialog_field", typed, block_id=block["block_id"])
    found = next(each for each in options if offered in each["text"]["text"])
    end = await scene.submits({block["block_id"]: {"dialog_field": found}})
    assert " of " in end, end
    scene.rests()
    wrong = await scene.types(f'/confluence {scene.last()} {name}="{given}" pick="no such thing"')
    assert "no such thing" in wrong


RULES = """
entities:
  - {name: code, type: text, prompt: Code?, pattern: "[A-Z]{2}-[0-9]+", complaint: "As in AB-12."}
  - {name: word, type: text, prompt: Word?, length: {least: 3, most: 5}}
  - {name: count, type: number, prompt: Count?, range: {least: 1, most: 9}}
  - {name: day, type: date, prompt: Day?, range: {least: 0, most: 30}}
  - {name: note, type: text, prompt: Note?, required: false}
  - {name: title, type: text, prompt: Title?, default: "{{ code }}: {{ word }}"}
  - {name: kind, type: choice, prompt: Kind?, choices: [a, b], default: a, ask: always}
  - {name: hidden, type: text, prompt: Never?, default: "by {{ me.name }}", ask: never}
  - {name: why, type: text, prompt: Why?, when: "kind == 'b'"}
steps: [{let: {x: "{{ [code, word, title, kind, hidden, why or 'no why', note or 'no note']|join }} {{ count }} {{ day }}"}}]
reply: {text: "{{ x }}"}
"""  # noqa: E501 - one step


async def test_what_doesnt_fit_is_complained_of_and_what_has_a_default_isnt_asked(scene):
    shown = await scene.begins(RULES, "code=ab word=toolong count=10 day=2001-01-01")
    assert "As in AB-12." in shown
    assert "at most 5" in shown
    assert "9" in shown
    day = date.today() + timedelta(days=3)  # noqa: DTZ011 - a day, as people type it
    word = scene.last()
    shown = await scene.types(f"/confluence {word} code=AB-12 word=fine count=3 day={day}")
    assert "*Title*: AB-12: fine" in shown
    assert "Never?" not in shown
    assert "Kind?" in shown
    view = await scene.person.modal()
    blocks = {each["label"]["text"]: each for each in view["blocks"] if "element" in each}
    assert set(blocks) == {"Note", "Kind"}
    assert blocks["Kind"]["element"]["initial_option"]["value"] == "a"
    end = await scene.submits()
    assert "AB-12, fine, AB-12: fine, a, by Ada" in end
    assert f"no why, no note 3 {day.day} " in " ".join(end.split())


async def test_what_depends_on_an_answer_is_asked_for_by_it(scene):
    day = date.today()  # noqa: DTZ011 - as above
    shown = await scene.begins(RULES, f"code=AB-1 word=fine count=3 day={day} kind=b title=T")
    assert "Why?" in shown
    view = await scene.person.modal()
    blocks = {
        each["label"]["text"]: each["block_id"] for each in view["blocks"] if "element" in each
    }
    end = await scene.submits({blocks["Why"]: {"dialog_field": "Because"}})
    assert "AB-1, fine, T, b, by Ada Lovelace, Because, no note" in end


async def test_several_are_looked_up_each_for_itself(scene):
    template = """
        entities: [{name: picks, type: choices, prompt: Which?, choices_from: {source: pages}}]
        steps: [{let: {said: "{{ picks|count }}"}}]
        reply: {text: "{{ said }} were chosen"}
        """
    shown = await scene.begins(template, 'picks="Observatory handbook, Rocket engine manual"')
    assert "2 were chosen" in shown
