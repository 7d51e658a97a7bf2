"""Dialog tasks by conversation: in the app's messages, one question at a time."""

import itertools
import json
import time
from textwrap import dedent

import pytest

from bot.principal import Principal
from sandbox.person import words
from tests.attacks.scene import deliveries
from tests.handlers.admin_stage import ACME
from tests.handlers.dialog_stage import NOTE, Runner, installed, source_of

SAID = "utterances:\n  - write a note in {space} about {title}\n  - write a note\n"
CHOOSING = """\
    entities:
      - {name: area, type: choice, prompt: Which area?, choices: [Dome, Mirror, Motor]}
      - {name: day, type: date, prompt: Which day?}
      - {name: page, type: page, prompt: Which page?}
      - {name: section, type: choice, prompt: Which section?,
         choices_from: {source: sections, of: page}}
      - {name: kinds, type: choices, prompt: Which kinds?, choices: [a, b, c, d, e, f, g]}
      - {name: who, type: person, prompt: Who?, default: "{{ me }}", ask: always}
      - {name: sure, type: boolean, prompt: Are you sure?}
    steps: [{let: {x: "{{ area }}"}}]
    reply: {text: "{{ area }}, {{ day }}, {{ page.title }}, {{ section }}, {{ kinds }}, {{ who }}"}
"""
FILES = """\
    entities:
      - {name: page, type: page, prompt: Which page?}
      - {name: files, type: attachment, many: true, prompt: Which files?}
    steps:
      - for_each: files
        steps:
          - attach: {page: "{{ page }}", file: "{{ item }}"}
    reply: {text: Attached.}
"""


CHOOSE = source_of("choosing", f"utterances: [choose]\n{dedent(CHOOSING)}", scopes="")
SAID_NOTE = source_of("note", SAID + dedent(NOTE))


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


async def note(stage):
    await installed(stage, SAID_NOTE)


async def test_a_sentence_begins_it_and_what_it_said_is_not_asked(stage, ada):
    await note(stage)
    began = await ada.says("Write a note in ENG about Dusty mirror")
    assert "*Space*: Engineering" in began
    assert "*Title*: Dusty mirror" in began
    assert "*What does it say?*" in began
    assert "Anything else? (optional)" in await ada.answers("It is dusty.\n• really")
    preview = await ada.answers("skip")
    assert "Create the page “Dusty mirror” in Engineering (ENG)" in preview
    assert "only the button confirms" in await ada.answers("yes")
    assert await ada.pages("Dusty mirror") == []
    await ada.presses("dialog_confirm")
    assert "Written: Dusty mirror." in await ada.heard()
    await ada.presses("dialog_undo")
    assert "was taken back" in str(await ada.person.thread(ada.began))
    assert await ada.pages("Dusty mirror") == []


async def test_people_ask_go_back_skip_and_change(stage, ada):
    await note(stage)
    await ada.says("write a note")
    told = await ada.answers("help")
    assert "Its key or its name." in told
    assert "`what's left`" in told
    assert "I can't see a space “NOPE”" in await ada.answers("NOPE")
    assert "What is it called?" in await ada.answers("ENG")
    left = await ada.answers("what's left?")
    assert "Still to come: Title, Body and Remark (optional)." in left
    assert "This one is needed" in await ada.answers("skip")
    assert "What does it say?" in await ada.answers("Dusty")
    back = await ada.answers("back")
    assert "What is it called?" in back
    assert "Now: Dusty" in back
    assert "What does it say?" in await ada.clicks("dialog_skip"), "it is kept"
    assert "Anything else?" in await ada.answers("It says this")
    changed = await ada.answers("space should be OPS")
    assert (
        "*Space* is Operations now. If that was meant as the answer to this, say it in" in changed
    )
    assert "Anything else?" in changed, "and the question at hand again"
    preview = await ada.answers("remark: nothing, title: Very dusty")
    assert "Create the page “Very dusty” in Operations (OPS)" in preview
    assert "Create the page “Less dusty”" in await ada.answers("title should be Less dusty")
    assert "Cancelled. Nothing more is written." in await ada.answers("cancel")
    assert "has ended" in await ada.answers("title should be X")


async def test_people_speak_as_they_do(stage, ada):
    await note(stage)
    began = await ada.says("Could you write a note in ENG about Dusty mirrors, please?")
    assert "*Title*: Dusty mirrors" in began
    assert "What is it called?" in await ada.answers("ok, go back")
    changed = await ada.answers("Rusty mirrors")
    assert "*Title* is Rusty mirrors now." in changed
    assert "in quotes" not in changed, "it was asked for"
    assert "Still to come: Body and Remark (optional)." in await ada.answers("What is missing?")
    assert "Answer the question, or say `back`" in await ada.answers("Help me, please")
    assert "Anything else?" in await ada.answers("It is what it is")
    preview = await ada.answers("no thanks")
    assert "*Remark* is left out." in preview
    assert "Create the page “Rusty mirrors”" in preview
    assert "Anything else?" in await ada.answers("back")
    assert "About Rusty mirrors no" in await ada.answers("“no”"), "in quotes it is the answer"
    assert "Only the button writes it." in await ada.answers("what?")
    assert "Now: Rusty mirrors" in await ada.answers("no, the title is wrong")
    assert "Create the page “Dry mirrors”" in await ada.answers("Dry mirrors")
    assert "in Operations (OPS)" in await ada.answers("sorry, space should be in OPS")
    assert "Cancelled." in await ada.answers("Forget it!")


async def test_a_third_wrong_answer_offers_the_form(stage, ada):
    await note(stage)
    await ada.says("write a note")
    for wrong in ("nope", "nowhere"):
        await ada.answers(wrong)
        assert "'primary'" not in str((await ada.person.thread(ada.began))[-1])
    await ada.answers("not there either")
    last = (await ada.person.thread(ada.began))[-1]
    first = last["blocks"][-1]["elements"][0]
    assert first["text"]["text"] == "Use the form"
    assert first["style"] == "primary"
    assert "Which space?" in await ada.presses("dialog_to_form")


async def test_buttons_menus_days_and_type_ahead(stage, ada):
    await installed(stage, CHOOSE)
    assert "Which area?" in await ada.says("choose")
    assert "Which day?" in await ada.clicks("dialog_answer_1")
    assert "*Area*: Mirror" in str(await ada.person.thread(ada.began)), "the question is settled"
    assert "Which page?" in await ada.clicks("dialog_field", "2026-12-03")
    where, _ = await ada.button("dialog_field", "external_select")
    found = await ada.person.suggests("dialog_field", "Observatory handbook", container=where)
    assert "Which section?" in await ada.clicks("dialog_field", found[0]["value"], "external")
    assert "Which kinds?" in await ada.answers("rollout")
    assert "Who?" in await ada.answers("a, c")
    assert "Now: Ada Lovelace" in await ada.heard()
    assert "Are you sure?" in await ada.answers("@bob")
    done = await ada.clicks("dialog_answer_0")
    assert "Mirror, 2026-12-03, Observatory handbook, Rollout, a, c, @Bob Babbage" in done


async def test_a_press_on_an_answered_question_changes_nothing(stage, ada):
    await installed(stage, CHOOSE)
    await ada.says("choose")
    old = (await ada.person.thread(ada.began))[-1]
    await ada.answers("Dome")
    await ada.person.presses(
        "dialog_answer_2", container={"channel": old["channel"], "ts": old["ts"]}
    )
    await stage.quiet()
    heard = await ada.heard()
    assert "That has its answer already" in heard
    assert "Which day?" in heard
    assert "*Area*: Dome" in str(await ada.person.thread(ada.began))


async def test_an_edited_answer_counts_and_a_changed_nothing_says_nothing(stage, ada):
    await note(stage)
    await ada.says("write a note in ENG about Dusty")
    said = await ada.person.says("It is dusty", ada.began)
    await stage.quiet()
    message = next(m for m in await ada.person.thread(ada.began) if m["ts"] == said["ts"])
    await ada.person.edits(message, "It is *very* dusty")
    await stage.quiet()
    assert "*Body* is It is very dusty now." in await ada.heard()
    before = len(await ada.person.thread(ada.began))
    await ada.person.edits(message, "It is *very* dusty")
    await stage.quiet()
    assert len(await ada.person.thread(ada.began)) == before


async def test_another_task_in_between_and_back(stage, ada):
    await note(stage)
    await ada.says("write a note in ENG about First")
    first = ada.began
    await ada.says("write a note in OPS about Second")
    assert "Anything else?" in await ada.answers("The second text")
    ada.began = first
    assert "Anything else?" in await ada.answers("The first text")
    assert "Create the page “First” in Engineering" in await ada.answers("skip")


async def test_several_that_may_be_meant_are_asked_and_nothing_is_guessed(stage, ada):
    await note(stage)
    other = SAID_NOTE.replace("note\n", "memo\n", 1).replace("Note", "Memo")
    await installed(stage, other)
    await ada.says("write a note in ENG about Dusty")
    asked = words((await ada.person.messages("@app"))[-1])
    assert "nothing was begun. Which one?" in asked
    await ada.presses("task_run_1")
    assert {"Memo", "Note"} >= {(await ada.view())["title"]["text"]}
    assert "*Title*: Dusty" in await ada.sees()


async def test_what_nobody_understands_is_said_so(stage, ada):
    await note(stage)
    await ada.person.says("good morning")
    await stage.quiet()
    last = (await ada.person.messages("@app"))[-1]
    assert "I don't know what to do with that, so nothing was done." in words(last)
    assert "Which space?" in await ada.presses("task_run_menu", "note")


async def test_a_mention_leaves_only_a_private_link_in_the_channel(stage, ada):
    await note(stage)
    await ada.person.mentions("write a note in ENG about Dusty", "general")
    await stage.quiet()
    last = (await ada.person.messages("general"))[-1]
    assert last["ephemeral"]
    assert "goes on" in words(last)
    bobs = stage.person("U0BOB")
    assert "goes on" not in str(await bobs.messages("general"))
    tab = (await ada.person.messages("@app"))[-1]
    ada.began = tab["thread_ts"]
    assert "What does it say?" in words(tab)
    assert "Anything else?" in await ada.answers("Text")


async def test_files_are_dropped_into_the_conversation(stage, ada):
    scopes = "read:attachment:confluence, write:attachment:confluence"
    await installed(stage, source_of("files", f"utterances: [attach]\n{dedent(FILES)}", scopes))
    await ada.says("attach")
    assert "rights that you haven't given yet" in await ada.told()
    await ada.consents()
    await ada.says("attach")
    assert "Which files?" in await ada.answers("Observatory handbook")
    assert "a file" in await ada.answers("this one")
    file = await ada.person.uploads("plan.txt", "All of it")
    preview = await ada.answers("here", [file])
    assert "plan.txt" in preview
    await ada.presses("dialog_confirm")
    assert "Attached." in await ada.heard()


async def test_consent_that_is_missing_is_asked_for_and_it_begins(stage):
    await note(stage)
    ada = Runner(stage)
    await ada.says("write a note in ENG about Dusty")
    assert "I need your consent" in await ada.told()
    await ada.consents()
    await ada.presses("task_run_line")
    assert "*Title*: Dusty" in await ada.sees()


# Beyond what the sandbox tells again by itself: what is signed twice in one second is refused.
_LATER = itertools.count(60)


async def tells_again(stage, event, why="connection_failed"):
    """Deliver an event once more, as Slack does with what wasn't taken."""
    body = {"body": json.dumps(event), "content_type": "application/json"}
    body |= {"timestamp": str(int(time.time()) + next(_LATER))}
    headers = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": why}
    await stage.post("slack/deliver", body | {"headers": headers})
    await stage.quiet()


async def told_of(stage, said):
    """The event that told of a message."""
    events = await deliveries(stage, "event_callback")
    return next(each for each in events if each["event"].get("ts") == said["ts"])


class Died(Exception):
    """The process isn't there any more."""


@pytest.mark.parametrize("is_kept", [False, True])
async def test_what_a_process_did_not_live_to_begin_is_begun_once(stage, ada, monkeypatch, is_kept):
    await note(stage)
    dialogs, begin = stage.stores.dialogs, stage.stores.dialogs.begin

    async def dies(dialog):
        if is_kept:
            await begin(dialog)
        raise Died

    monkeypatch.setattr(dialogs, "begin", dies)
    said = await ada.person.says("write a note in ENG about Dusty")
    await stage.quiet()
    ada.began = said["ts"]
    event = await told_of(stage, said)
    monkeypatch.setattr(dialogs, "begin", begin)
    await tells_again(stage, event)
    assert "What does it say?" in await ada.heard()
    before = len(await ada.person.messages("@app")), len(await ada.person.thread(ada.began))
    for why in ("http_timeout", "http_error"):
        await tells_again(stage, event, why)
    now = len(await ada.person.messages("@app")), len(await ada.person.thread(ada.began))
    assert now == before, "whoever began it lives"
    assert "Anything else?" in await ada.answers("Text")
    assert len(await dialogs.list_open(Principal(ACME, "U0ADA"))) == 1


async def test_what_means_nothing_is_told_once(stage, ada):
    await note(stage)
    said = await ada.person.says("good morning")
    await stage.quiet()
    event = await told_of(stage, said)
    before = len(await ada.person.messages("@app"))
    await tells_again(stage, event, "http_timeout")
    assert len(await ada.person.messages("@app")) == before


async def test_the_words_that_began_it_may_be_edited(stage, ada):
    await note(stage)
    said = await ada.person.says("write a note in ENG about Dutsy")
    await stage.quiet()
    ada.began = said["ts"]
    await ada.answers("Some text")
    message = next(m for m in await ada.person.messages("@app") if m["ts"] == said["ts"])
    await ada.person.edits(message, "write a note in ENG about Dusty")
    await stage.quiet()
    heard = await ada.heard()
    assert "*Title* is Dusty now." in heard
    assert "Anything else?" in heard
    await ada.answers("space should be OPS")
    await ada.person.edits(message, "write a note in ENG about Rusty")
    await stage.quiet()
    assert "*Title* is Rusty now." in await ada.heard()
    assert "Create the page “Rusty” in Operations (OPS)" in await ada.answers("skip")
