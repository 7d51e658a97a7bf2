"""How dialogs end, or don't: unclear steps, resumption, presses that come late or from others."""

from dataclasses import replace
from datetime import timedelta
from textwrap import dedent

import pytest

from bot.principal import Principal
from bot.task import MINE
from sandbox.person import words
from tests.handlers.admin_stage import ACME
from tests.handlers.dialog_stage import NOTE, Runner, installed, source_of
from tests.time_passed import arrived

ADA = Principal(ACME, "U0ADA")
COMMENTS = "delete:comment:confluence, read:comment:confluence, write:comment:confluence"
COMMENT = """\
    entities:
      - {name: page, type: page, prompt: Which page?}
      - {name: what, type: text, prompt: What is there to say?}
    steps: [{comment: {page: "{{ page }}", body: "{{ what }}"}}]
    reply: {text: "Said: {{ what }}."}
"""
SAYING = 'utterances: [write a note, "write a note in {space} about {title}"]\n'
TALK = source_of("note", SAYING + dedent(NOTE))


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


async def unclear(stage, ada, what):
    """Confirm a comment to which Confluence never answers."""
    await stage.post(
        "atlassian/faults", {"kind": "drop-after", "method": "POST", "path": "comment"}
    )
    await ada.types(f'note page="Observatory handbook" what="{what}"')
    if "Connect" in await ada.sees():
        await ada.consents()
        await ada.person.closes(everything=True)
        await ada.types(f'note page="Observatory handbook" what="{what}"')
    return await ada.saves()


async def comments(stage, what):
    return [each for each in await stage.get("atlassian/writes") if "comment" in each["path"]]


async def test_an_unclear_step_is_asked_about_and_never_repeated_unasked(stage, ada):
    await installed(stage, source_of("note", COMMENT, COMMENTS))
    asked = await unclear(stage, ada, "First")
    assert "Confluence didn't say what became of this" in asked
    assert "open it in Confluence" in asked
    assert "Said: First." in await ada.presses("dialog_is_done")
    assert sum(each["done"] for each in await comments(stage, "First")) == 1
    await ada.person.closes(everything=True)
    await unclear(stage, ada, "Second")
    too_early = await ada.presses("dialog_do_it")
    assert "may still arrive" in too_early
    assert "didn't say what became of this" in too_early
    assert sum(each["done"] for each in await comments(stage, "Second")) == 2
    await arrived(stage.stores, ADA)
    assert "Said: Second." in await ada.presses("dialog_do_it")
    assert sum(each["done"] for each in await comments(stage, "Second")) == 3
    await ada.person.closes(everything=True)
    await unclear(stage, ada, "Third")
    stopped = await ada.presses("dialog_stop")
    assert "Said: Third." not in stopped
    assert "stopped" in stopped
    assert "dialog_do_it" not in str(await ada.view())


async def test_what_waits_is_resumed_from_home_by_word_and_elsewhere(stage, ada):
    await installed(stage, TALK)
    await ada.says("write a note")
    await ada.answers("ENG")
    assert "waits for an answer" in await ada.types("resume")
    await ada.person.opens_home()
    await stage.quiet()
    assert "Go on where you left off" in words(await ada.person.home())
    await ada.person.presses("dialog_resume", container="home")
    await stage.quiet()
    assert "*Space*: Engineering" in await ada.sees()
    await ada.sends(Title="Resumed", Body="Text")
    await ada.person.closes(everything=True)
    await ada.types("resume")
    assert "Create the page “Resumed”" in await ada.presses("dialog_resume")
    assert "Written: Resumed." in await ada.saves()
    await ada.person.closes(everything=True)
    assert "No dialog of yours is open." in await ada.types("resume")


async def test_a_plan_that_was_changed_since_writes_nothing(stage, ada):
    await installed(stage, TALK)
    await ada.says("write a note")
    for said in ("ENG", "Older", "Text", "skip"):
        await ada.answers(said)
    old = (await ada.person.thread(ada.began))[-1]
    assert "Create the page “Newer”" in await ada.answers("title should be Newer")
    at = {"channel": old["channel"], "ts": old["ts"]}
    await ada.person.presses("dialog_confirm", container=at)
    await stage.quiet()
    assert await ada.pages("Older") == await ada.pages("Newer") == []
    assert "Create the page “Newer”" in await ada.heard(), "it is shown as it is now"
    assert "what you pressed has changed since" in await ada.heard()
    await ada.presses("dialog_confirm")
    assert len(await ada.pages("Newer")) == 1
    await ada.person.presses("dialog_confirm", container=at)
    await stage.quiet()
    assert len(await ada.pages("Newer")) == 1


async def test_one_task_switched_off_is_not_begun_and_what_is_open_ends(stage, ada):
    await installed(stage, TALK)
    await ada.says("write a note")
    task = (await stage.stores.tasks.list_all("T0ACME"))[0]
    bob = Runner(stage, "U0BOB")
    await bob.types("tasks")
    await ada.types("tasks")
    await ada.presses("task_details")
    assert "Switched off" in await ada.presses("task_switch_off")
    assert "is switched off for now" in await bob.types("run note")
    await ada.person.closes(everything=True)
    assert "What is it called?" in await ada.answers("ENG")
    assert task.is_on


async def switched_off(stage, task):
    await stage.stores.tasks.replace(task, replace(task, is_on=False))


async def uninstalled(stage, task):
    await stage.stores.tasks.remove(task)


async def for_somebody_else(stage, task):
    await stage.stores.tasks.replace(task, replace(task, owner="U0BOB", audience=MINE))


async def read_only(stage, task):
    seen = await stage.stores.integrations.find(task.tenant)
    policy = replace(seen.policy, is_read_only=True)
    await stage.stores.integrations.replace(seen, replace(seen, policy=policy))


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        (switched_off, "switched off for now, so nothing more was written"),
        (uninstalled, "isn't installed any more, so nothing more was written"),
        (for_somebody_else, "somebody's own, so nothing more was written"),
        (read_only, "switched writing off, so nothing was written"),
    ],
)
async def test_nothing_is_written_for_whom_it_is_not_any_more(stage, ada, meanwhile, told):
    task = await installed(stage, TALK)
    await ada.says("write a note in ENG about Later")
    await ada.answers("All that I wrote")
    assert "Create the page “Later”" in await ada.answers("skip")
    await ada.types("note space=ENG title=Form body=Text remark=none")
    await meanwhile(stage, await stage.stores.tasks.find(task.tenant, task.id))
    assert told in await ada.saves()
    assert "dialog_change" in str(await ada.view()), "what was answered is there"
    await ada.person.closes(everything=True)
    where, block = await ada.button("dialog_confirm")
    await ada.person.presses("dialog_confirm", container=where, block_id=block)
    await stage.quiet()
    assert told in await ada.heard()
    assert await ada.pages("Later") == await ada.pages("Form") == []
    assert "All that I wrote" in str((await ada.clicks("dialog_change"), await ada.view()))


async def test_what_was_switched_off_goes_on_once_it_is_on(stage, ada):
    task = await installed(stage, TALK)
    await ada.says("write a note in ENG about Later")
    await ada.answers("Text")
    await switched_off(stage, task)
    assert "switched off" in await ada.answers("skip"), "it isn't even shown what would be written"
    off = await stage.stores.tasks.find(task.tenant, task.id)
    await stage.stores.tasks.replace(off, replace(off, is_on=True))
    assert "Create the page “Later”" in await ada.clicks("dialog_again")
    assert "Written: Later." in await ada.clicks("dialog_confirm")


async def test_what_stood_for_too_long_is_shown_anew_and_says_so(stage, ada):
    await installed(stage, TALK)
    told = "Nothing was written: what you pressed has changed since, or had been standing"
    await ada.says("write a note in ENG about Old")
    await ada.answers("Text")
    await ada.answers("skip")
    await ada.types("note space=ENG title=Older body=Text remark=none")
    kept = stage.stores.dialogs._kept  # noqa: SLF001 - time alone does it
    for key, dialog in [*kept.items()]:
        kept[key] = replace(dialog, touched_at=dialog.touched_at - timedelta(hours=2))
    assert told in await ada.saves()
    assert "Create the page “Older”" in await ada.sees()
    assert "Written: Older." in await ada.saves()
    await ada.person.closes(everything=True)
    assert told in await ada.clicks("dialog_confirm")
    assert await ada.pages("Old") == []
    assert "Written: Old." in await ada.clicks("dialog_confirm")


async def test_confluence_away_loses_nothing_and_says_so(stage, ada):
    await installed(stage, TALK)
    await ada.types("note")
    fields = await ada.labels()
    await ada.offers("Space", "ENG")
    for name, value in {"Space": "ENG", "Title": "Kept", "Body": "Text"}.items():
        await ada.person.presses("dialog_field", value, block_id=fields[name])
    await stage.post("atlassian/faults", {"kind": "503", "times": 50})
    assert "Confluence" in await ada.saves()
    await stage.post("atlassian/faults/clear", {})
    await ada.person.closes()
    assert "Create the page “Kept”" in await ada.saves(), "the form waited beneath"


async def test_a_channel_never_sees_what_acts(stage, ada):
    await installed(stage, TALK)
    await ada.types("note space=ENG title=Private body=Text remark=none")
    await ada.saves()
    await ada.person.mentions("write a note", "general")
    await stage.quiet()
    bob = Runner(stage, "U0BOB")
    assert "Private" not in await bob.told()
    assert "dialog_" not in str(await bob.person.messages("general"))


async def test_what_waits_is_dropped_where_it_is_listed(stage, ada):
    await installed(stage, TALK)
    for title in ("First", "Second", "Third"):
        await ada.types(f"note title={title}")
        await ada.person.closes(everything=True)
    listed = await ada.types("resume")
    assert all(title in listed for title in ("First", "Second", "Third"))
    await ada.presses("dialog_drop")
    left = words(await ada.person.last())
    assert "Third" not in left
    assert "Second" in left
    await ada.person.opens_home()
    await stage.quiet()
    await ada.person.presses("dialog_drop", container="home")
    await stage.quiet()
    home = words(await ada.person.home())
    assert "Second" not in home
    assert "First" in home
    await ada.presses("dialog_drop")
    assert "Second" not in words(await ada.person.last()), "it was dropped elsewhere before"
    await ada.presses("dialog_drop")
    assert "No dialog of yours is open." in words(await ada.person.last())


async def test_whoever_goes_on_talking_when_all_is_done_is_told_so(stage, ada):
    await installed(stage, TALK)
    await ada.says("write a note in ENG about Talked")
    await ada.answers("Text")
    await ada.answers("skip")
    assert "Written: Talked." in await ada.clicks("dialog_confirm")
    told = await ada.answers("and more")
    assert "This dialog has ended" in told
    assert "Written" not in told
    await ada.clicks("task_run_0")
    assert "Which space?" in await ada.sees()


async def test_a_receipt_in_ones_own_messages_stays(stage, ada):
    await installed(stage, TALK)
    await ada.says("hello")
    await ada.person.presses("task_run_menu", "note")
    await stage.quiet()
    await ada.sends(Space="ENG", Title="Kept", Body="Text")
    await ada.saves()
    receipt = await ada.person.last("@app")
    assert "Written: Kept." in words(receipt)
    assert not receipt["ephemeral"]


async def ends_consent(stage):
    await stage.post("atlassian/revoke", {"account": "ada"})
    await stage.post("atlassian/expire-access", {"account": "ada"})


async def test_what_was_said_as_the_consent_ended_is_taken_in_after_a_new_one(stage, ada):
    await installed(stage, TALK)
    await ada.says("write a note")
    await ends_consent(stage)
    assert "Connect, and I'll go on with what you asked." in await ada.answers("ENG")
    await ada.consents()
    assert "What is it called?" in await ada.heard()
    await ada.answers("Ended")
    await ada.answers("Text")
    await ends_consent(stage)
    assert "Connect" in await ada.answers("skip")
    await ada.consents()
    assert "Create the page “Ended” in Engineering (ENG)" in await ada.heard()
    await ada.presses("dialog_confirm")
    assert len(await ada.pages("Ended")) == 1


async def test_a_form_waits_while_its_person_connects_again(stage, ada):
    await installed(stage, TALK)
    await ada.types("note")
    await ada.offers("Space", "ENG")
    fields = await ada.labels()
    for name, value in {"Space": "ENG", "Title": "Waits", "Body": "Text"}.items():
        await ada.person.presses("dialog_field", value, block_id=fields[name])
    await ends_consent(stage)
    assert "Your consent has ended" in await ada.saves()
    await ada.consents()
    await ada.person.closes()
    assert "Create the page “Waits”" in await ada.saves()


async def test_a_run_asks_at_which_of_several_sites_and_goes_on(stage, ada):
    await installed(stage, TALK)
    await stage.stores.preferences.choose_site(Principal(ACME, "U0ADA"), None)
    asked = await ada.types("note space=ENG title=Where body=Text remark=none")
    assert "globex" in asked
    await ada.presses("choose_site:0")
    await ada.person.closes(everything=True)
    await stage.quiet()
    assert "Create the page “Where”" in await ada.presses("task_run_line")
