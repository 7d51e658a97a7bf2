"""Dialog tasks by form: begun every way, filled on several pages, confirmed, taken back."""

import asyncio

import pytest

from bot.task import Audience, Reach
from bot.written import write
from sandbox.person import words
from tests.handlers.dialog_stage import NOTE, Runner, installed, source_of

LONG = "\n".join(
    f"      - {{name: e{n}, type: text, prompt: 'Number {n}?', required: false}}"
    for n in range(1, 24)
)
MANY = f"""\
    entities:
      - {{name: title, type: text, prompt: What is it called?}}
{LONG}
    steps:
      - create: {{space: ENG, title: "{{{{ title }}}}", body: "{{{{ e23 or 'none' }}}}"}}
    reply: {{text: Written.}}
"""
BY_KIND = """\
    entities:
      - {name: kind, type: choice, prompt: Which kind?, choices: [fault, wish]}
      - {name: since, type: date, prompt: Since when?, when: "kind == 'fault'"}
      - {name: page, type: page, prompt: Which page?}
      - {name: section, type: choice, prompt: Which section?,
         choices_from: {source: sections, of: page}, required: false}
    steps: [{let: {x: "{{ kind }}"}}]
    reply: {text: "A {{ kind }} of {{ since|date if since else 'no day' }}, {{ section }}."}
"""
PAGE_ONLY = """\
    entities:
      - {name: title, type: text, prompt: What is it called?}
    steps:
      - create: {space: ENG, title: "{{ title }}", body: "It says so."}
    reply:
      text: Written.
      buttons:
        - {label: Another, task: page-only, values: {title: "{{ title }} again"}}
        - {label: Nowhere, task: not-installed}
"""


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


async def test_a_form_asks_previews_writes_once_and_takes_it_back(stage, ada):
    await installed(stage, source_of("note", NOTE))
    form = await ada.types("note")
    assert "Which space? Its key or its name." in form
    preview = await ada.sends(Space="ENG", Title="Dusty mirror", Body="It is dusty.")
    assert "As *Ada Lindqvist*, your own account on *acme*." in preview
    assert "1. Create the page “Dusty mirror” in Engineering (ENG)" in preview
    assert preview.index("Create the page") < preview.index("About Dusty mirror")
    done = await ada.saves()
    assert "Written: Dusty mirror." in done
    assert len(await ada.pages("Dusty mirror")) == 1
    assert "Written: Dusty mirror." in await ada.told(), "the receipt comes by message as well"
    await ada.person.closes(everything=True)
    await ada.presses("dialog_undo")
    assert "*Note* was taken back" in await ada.told()
    assert await ada.pages("Dusty mirror") == []


async def test_it_is_taken_back_in_the_modal_too(stage, ada):
    await installed(stage, source_of("page-only", PAGE_ONLY))
    await ada.types("page-only title=Again")
    await ada.saves()
    assert "*Page-only* was taken back" in await ada.presses("dialog_undo")
    assert (await ada.view())["title"]["text"] == "Page-only"
    assert await ada.pages("Again") == []


async def test_wrong_answers_are_told_at_their_fields_and_nothing_typed_is_lost(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await ada.types("note")
    told = await ada.sends(Space="ENG", Title="Mi", Body="It *is* dusty.", Remark="Really")
    assert "One answer needs another look. The others are kept." in told
    view = await ada.view()
    held = {each["label"]["text"]: each for each in view["blocks"] if "label" in each}
    assert "at least 3" in held["⚠️ Title"]["hint"]["text"]
    assert held["⚠️ Title"]["element"]["initial_value"] == "Mi"
    assert held["Space"]["element"]["initial_option"]["value"] == "ENG"
    assert "It *is* dusty." in str(held["Body"]["element"]["initial_value"])
    assert held["Remark"]["element"]["initial_value"] == "Really"
    assert "Create the page “Mirror”" in await ada.sends(Title="Mirror")


async def test_a_long_form_comes_in_pages_over_each_other(stage, ada):
    await installed(stage, source_of("many", MANY))
    await ada.types("many")
    assert next(iter(await ada.labels())) == "Title"
    assert len(await ada.labels()) == 10
    assert (await ada.view())["submit"]["text"] == "Next"
    await ada.sends(Title="All of it", E3="three")
    assert next(iter(await ada.labels())) == "E10"
    assert (await ada.view())["close"]["text"] == "Back"
    await ada.sends()
    assert list(await ada.labels()) == ["E20", "E21", "E22", "E23"]
    assert "three" in await ada.sees(), "what is known is listed"
    assert "Create the page “All of it”" in await ada.sends(E23="last")
    assert len((await ada.person.screen())["modal"]) == 3, "Slack takes no more"
    await ada.person.closes()
    assert "E10" in await ada.labels(), "the page before waits beneath"


async def test_fields_come_and_go_with_what_they_depend_on(stage, ada):
    await installed(stage, source_of("by-kind", BY_KIND, scopes=""))
    await ada.types("by-kind")
    fields = await ada.labels()
    assert "Since" not in fields
    await ada.person.presses("dialog_field", "fault", block_id=fields["Kind"])
    await stage.quiet()
    assert "Since" in await ada.labels()
    await ada.person.presses("dialog_field", "wish", block_id=(await ada.labels())["Kind"])
    await stage.quiet()
    assert "Since" not in await ada.labels()
    page = next(iter(await ada.offers("Page", "Observatory handbook")))
    await ada.person.presses("dialog_field", page, block_id=(await ada.labels())["Page"])
    await stage.quiet()
    [rollout] = await ada.offers("Section", "roll")
    await ada.person.presses("dialog_field", rollout, block_id=(await ada.labels())["Section"])
    assert "A wish of no day, Rollout." in await ada.saves()


async def test_a_command_says_all_some_or_none_of_it(stage, ada):
    await installed(stage, source_of("note", NOTE), aliases=("n", "memo"))
    assert "Which space?" in await ada.types("run note")
    some = await ada.types('memo title="Dusty mirror" space=ENG')
    assert "*Space*: Engineering" in some
    assert "*Title*: Dusty mirror" in some
    assert list(await ada.labels()) == ["Body", "Remark"]
    line = 'run n title="Dusty mirror" space=ENG body="It is *so* dusty" remark=now'
    assert "Create the page “Dusty mirror”" in await ada.types(line)
    assert "Written" in await ada.saves()
    assert "There is no “titel” here" in await ada.types("note titel=x")
    assert "No dialog task is called “nothing”" in await ada.types("run nothing")


async def test_what_was_filled_in_for_all_is_not_asked_and_can_be_changed(stage, ada):
    defaults = (("remark", write("Always")), ("title", write("Same")))
    await installed(stage, source_of("note", NOTE), defaults=defaults)
    assert "*Remark*: Always" in await ada.types("note")
    assert "Title" not in await ada.labels()
    await ada.presses("dialog_change")
    assert {"Title", "Remark", "Space", "Body"} == set(await ada.labels())
    preview = await ada.sends(Title="Another", Space="ENG", Body="Text")
    assert "Create the page “Another”" in preview
    await ada.presses("dialog_change")
    assert "Create the page “A third”" in await ada.sends(Title="A third")


async def test_two_presses_at_once_write_one_page(stage, ada):
    async def at_once(_seconds):
        """Slack shows nothing of the other presses, so there is nothing to wait for."""

    stage.outside.slack._sleep = at_once  # noqa: SLF001
    await installed(stage, source_of("page-only", PAGE_ONLY))
    await ada.types("page-only title=Once")
    view = (await ada.view())["id"]
    await asyncio.gather(*(ada.person.submits({}, view) for _ in range(3)))
    await stage.quiet()
    assert len(await ada.pages("Once")) == 1
    assert (await ada.told()).count("Written.") == 1


async def test_what_the_template_offers_next_begins_with_what_it_knows(stage, ada):
    await installed(stage, source_of("page-only", PAGE_ONLY))
    await ada.types("page-only title=Once")
    await ada.saves()
    assert "Nowhere" not in await ada.sees(), "no button for what isn't installed"
    await ada.presses("task_run_0")
    assert "Create the page “Once again”" in await ada.sees()


async def test_a_form_goes_on_as_a_conversation_and_back(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await ada.types("note space=ENG")
    fields = await ada.labels()
    await ada.person.presses("dialog_field", "Dusty", block_id=fields["Title"])
    await ada.presses("dialog_talk")
    assert "*Note* goes on" in await ada.sees()
    await ada.person.closes(everything=True)
    tab = await ada.told()
    assert "*Title*: Dusty" in tab
    assert "What does it say?" in tab
    ada.began = (await ada.person.messages("@app"))[-1]["thread_ts"]
    assert "Anything else?" in await ada.answers("Very")
    await ada.presses("dialog_to_form")
    assert "*Body*: Very" in await ada.sees()
    assert list(await ada.labels()) == ["Remark"]


async def test_a_channels_task_is_run_there_by_every_way(stage, ada):
    here = Audience(Reach.CHANNEL, "C0GENERAL", "#general")
    await installed(stage, source_of("note", NOTE), here)
    await stage.connect_to_write("U0BOB")
    bob = Runner(stage, "U0BOB")
    assert "is run in the channel #general alone" in await bob.types("run note", "partners")
    await bob.types("run")
    assert "Which space?" in await bob.presses("task_run_menu", "note")
    assert "What does it say?" in await bob.types("note")
    await bob.person.closes(everything=True)
    await bob.person.types("The mirror is *dusty*")
    said = (await bob.person.messages())[-1]
    await bob.person.uses_shortcut("run_task_on_message", said)
    await stage.quiet()
    assert "*Body*: The mirror is dusty" in await bob.sees(), "the only task begins at once"
    await bob.types("tasks")
    assert "Run now" in await bob.presses("task_details")
    assert "Which space?" in await bob.presses("task_run_0")


async def test_a_message_goes_whole_into_the_task_that_is_chosen(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await installed(stage, source_of("page-only", PAGE_ONLY))
    text = "The mirror is dusty. " * 150
    await ada.person.types(text)
    said = (await ada.person.messages())[-1]
    await ada.person.uses_shortcut("run_task_on_message", said)
    await stage.quiet()
    assert "Which one?" in await ada.sees()
    await ada.saves({"task": "note"})
    await ada.sends(Space="ENG", Title="Dust")
    await ada.saves()
    [page] = await ada.pages("Dust")
    assert str(page["versions"][-1]).count("The mirror is dusty.") == 150


async def test_a_word_that_is_no_tasks_leads_to_those_that_there_are(stage, ada):
    await installed(stage, source_of("note", NOTE))
    told = await ada.types("run nte <b>")
    assert "No dialog task is called “nte”, so nothing was begun." in told
    assert "Did you mean this?" in told
    assert "Which space?" in await ada.presses("task_run_0")


async def test_a_global_shortcut_and_home_begin_tasks(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await ada.person.uses_shortcut("run_task")
    await stage.quiet()
    assert "Which space?" in await ada.presses("task_run_menu", "note")
    await ada.person.closes(everything=True)
    await ada.person.opens_home()
    await stage.quiet()
    home = await ada.person.home()
    assert "for everybody in the workspace" in words(home)
    assert "Go on where you left off" not in words(home), "a form that was only looked at"
    await ada.person.presses("task_run_0", container="home")
    await stage.quiet()
    assert "Which space?" in await ada.sees()


async def test_a_trial_says_what_it_would_do_and_does_nothing(stage, ada):
    await installed(stage, source_of("page-only", PAGE_ONLY))
    await ada.types("templates page-only")
    await ada.presses("template_details")
    await ada.presses("template_try")
    said = await ada.sends(Title="Never")
    assert "This was a trial: nothing was written" in said
    assert "1. Create the page “Never”" in said
    assert not (await ada.view())["submit"]
    assert await ada.pages("Never") == []
    await ada.person.closes()
    await ada.person.closes()
    assert "Install" in await ada.sees(), "back to the template"


async def test_a_failure_keeps_every_answer_and_is_mended(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await ada.types('note space=ENG title="Fire drill" body=Text remark=none')
    assert "Create the page “Fire drill”" in await ada.sees()
    made = {"space": "ENG", "account": "bob", "title": "Fire drill", "body": "<p>theirs</p>"}
    await stage.post("atlassian/pages/create", made)
    failed = await ada.saves()
    assert "Everything that you answered is kept" in failed
    await ada.presses("dialog_change")
    assert "Text" in str(await ada.view())
    assert "Create the page “Fire drill 2”" in await ada.sends(Title="Fire drill 2")
    await ada.saves()
    assert len(await ada.pages("Fire drill 2")) == 1
