"""Whatever a template holds and people answer, Slack takes it, and words stay words."""

from textwrap import dedent, indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.template import Entity, EntityType
from bot.utterances import read_line
from handlers.dialogs import names
from tests.handlers.dialog_stage import Runner, installed, source_of
from tests.stage import staged

EVIL = "<!channel> *b* _i_ `c` ~s~ <https://evil.example|here> <@U0BOB> & &amp; :boom:"
LONGEST = "\U0001f9ed" * 40 + "w" * 215
CHOICES = "".join(
    f"          - {{value: 'v{n:03}{'x' * 80}', label: 'Label {n:03} {'y' * 80}'}}\n"
    for n in range(100)
)


def huge(number):
    """What a template asks for that has *number* entities besides two, and shows all of them."""
    entities = "".join(
        f"      - {{name: e{n}, type: {'long text' if n % 2 else 'text'}, required: false, "
        f"prompt: '{'Why? ' * 90}', help: '{'Help. ' * 90}', examples: ['{'z' * 200}']}}\n"
        for n in range(number)
    )
    return f"""\
    entities:
      - {{name: title, type: text, prompt: What is it called?}}
      - name: choice
        type: choice
        prompt: Which one?
        choices:
{CHOICES}
{entities}
    steps:
      - create: {{space: ENG, title: "{{{{ title }}}}", body: "{{{{ e1 }}}}"}}
    preview: |
      {{{{ choice }}}} {" ".join(f"{{{{ e{n} or '' }}}}" for n in range(number))}
    reply:
      text: "{{{{ e1 }}}}"
      card: {{title: "{{{{ title }}}}", facts: {{What: "{{{{ e3 }}}}", More: "{{{{ e5 }}}}"}}}}
"""


LOOP = """\
    entities:
      - {name: names, type: long text, prompt: Which pages?}
    steps:
      - for_each: names|lines
        most: 50
        steps:
          - create: {space: ENG, title: "{{ item }}", body: "{{ item }}"}
    reply: {text: Done.}
"""


@given(st.dictionaries(st.sampled_from(["title", "people"]), st.text(max_size=40)))
def test_what_a_button_knew_is_typed_again_to_the_letter(known):
    entities = [Entity(name=each, type=EntityType.TEXT, prompt="?") for each in ("title", "people")]
    run, word, line = (*names.line_of("note", known).split(" ", 2), "")[:3]
    assert (run, word) == ("run", "note")
    assert read_line(line, entities) == known


def test_by_half_a_character_nothing_is_looked_for():
    for read, value in (
        (names.read_value, '{"d":"\\ud800"}'),
        (names.read_value, '{"\\udfff":"x"}'),
        (names.read_begin, '{"t":"\\ud800","k":{}}'),
        (names.read_begin, '{"t":"x","k":{"a":"\\ud800"}}'),
    ):
        with pytest.raises(BadInput):
            read(value)
    assert names.read_block("\ud800/a\udfff/1") == ("?", "a?")


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


def mrkdwn_in(node):
    """Every text that Slack reads as mrkdwn: what is so called, and messages' own."""
    if isinstance(node, list):
        return [text for each in node for text in mrkdwn_in(each)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if node.get("type") == "mrkdwn" else []
    own += [node["text"]] if node.get("bot") and isinstance(node.get("text"), str) else []
    return own + [text for each in node.values() for text in mrkdwn_in(each)]


async def check_words(runner):
    """See that nothing on the screen is more than words, of what people and templates said."""
    await runner.stage.quiet()
    screen = await runner.person.screen()
    for text in mrkdwn_in([screen["modal"], screen["home"], screen["channels"]]):
        assert "<!channel" not in text
        assert "|here>" not in text
        assert "<https://evil" not in text
        assert "<@U0BOB>" not in text
        assert "*b*" not in text


async def test_forty_entities_a_hundred_choices_and_the_longest_answers(stage, ada):
    await installed(stage, source_of("huge", huge(38)), title="Huge" * 12)
    await ada.types("templates huge")
    await ada.presses("template_details")
    assert "It asks for" in await ada.sees()
    await ada.presses("template_look")
    assert "Nothing that you type here is used." in await ada.sees()
    await ada.person.closes()
    assert "Known already?" in await ada.presses("template_install")
    await ada.types("huge")
    menu = next(
        each for each in (await ada.view())["blocks"] if "options" in each.get("element", {})
    )
    page = {"Title": LONGEST, "Choice": menu["element"]["options"][99]["value"]}
    page |= {"E0": EVIL, "E1": "l" * 3_000, "E3": EVIL * 20, "E5": "\n" * 2_000 + EVIL}
    await ada.sends(**page)
    for _ in range(3):
        assert (await ada.view())["submit"]["text"] in {"Next", "Preview"}
        fields = dict.fromkeys(await ada.labels(), EVIL)
        await ada.sends(**fields)
    assert "Create the page" in await ada.sees()
    await check_words(ada)
    await ada.presses("dialog_change")
    assert (await ada.labels())["Title"]
    await ada.person.closes()
    await ada.person.closes(everything=True)


async def test_a_conversation_of_the_longest_words(stage, ada):
    source = source_of("huge", f"utterances: [be huge]\n{dedent(huge(6))}")
    await installed(stage, source, title="Huge" * 12)
    await ada.says("be huge")
    assert "Which one?" in await ada.answers(LONGEST)
    await ada.button("dialog_field")
    await ada.answers("Label 099 " + "y" * 80)
    for _ in range(6):
        assert "Why?" in await ada.heard()
        await ada.answers("help")
        await ada.answers(EVIL * 30)
    await ada.answers("what's left")
    await ada.answers("back")
    await check_words(ada)
    await ada.presses("dialog_to_form")
    assert await ada.labels()
    await ada.person.closes(everything=True)
    for _ in range(12):
        if "Create the page" not in await ada.heard():
            await ada.answers("skip")
    assert "Create the page" in await ada.heard()
    await ada.presses("dialog_confirm")
    assert ":white_check_mark:" in await ada.heard()
    await check_words(ada)


@pytest.fixture
async def wide():
    """A stage on which nobody's share of what Confluence grants runs out."""
    async with staged(person_points=30_000) as stage:
        await stage.connect_to_write()
        yield stage


async def test_fifty_writes_are_all_shown_and_all_done(wide):
    stage, ada = wide, Runner(wide)
    await installed(stage, source_of("loop", LOOP))
    names = [f"Page {n:02} {EVIL}"[:58] for n in range(50)]
    await ada.types("loop")
    preview = await ada.sends(Names="\n".join(names))
    assert "50." in preview
    assert "Page 49" in preview
    done = await ada.saves()
    assert "Done." in done
    assert len(await ada.pages(names[49])) == 1
    await check_words(ada)


async def test_hostile_templates_stay_words_on_every_page(stage, ada):
    note = (
        """\
        entities:
          - {name: title, type: text, prompt: "PROMPT", help: "HELP", label: "LABEL"}
        steps:
          - create: {space: ENG, title: "{{ title }}", body: "{{ title }}"}
        preview: "EVIL {{ title }}"
        reply: {text: "EVIL {{ title }}"}
    """.replace("PROMPT", EVIL)
        .replace("HELP", EVIL)
        .replace("LABEL", EVIL[:60])
    )
    said = f'utterances:\n  - say {{title}}\nowner: "{EVIL}"\nchange_note: "{EVIL}"\n'
    source = source_of("evil", said + dedent(note.replace("EVIL", EVIL)))
    source = source.replace("name: Evil", f'name: "{EVIL[:50]}"', 1)
    source = source.replace("Tries evil out.", "|\n" + indent(EVIL, "  "), 1)
    await installed(stage, source, title=EVIL[:50])
    await ada.types("templates evil")
    await check_words(ada)
    for action in ("template_details", "template_install"):
        await ada.presses(action)
        await check_words(ada)
    await ada.saves({"word": {"value": "second"}})
    await check_words(ada)
    for action in ("task_details", "task_uninstall"):
        await ada.presses(action)
        await check_words(ada)
    await ada.person.closes(everything=True)
    await ada.says(f"say {EVIL}")
    await check_words(ada)
    await ada.person.opens_home()
    await check_words(ada)
    await ada.types(f'evil title="{EVIL}"')
    await check_words(ada)
    await ada.saves()
    await check_words(ada)
    await ada.person.mentions("nothing of the kind")
    await check_words(ada)
