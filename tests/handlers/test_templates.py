"""Templates from chat: explored, tried, installed, looked after, removed."""

import pytest

from bot.task import Audience, DialogTask, Reach, TaskId
from bot.template import TemplateId, Version
from bot.written import write
from sandbox.person import words
from tests.handlers.admin_stage import ACME
from tests.handlers.dialog_stage import NOTE, Runner, installed, keep, source_of


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


def newer(source, version="1.1.0"):
    more = "  - {name: mood, type: text, prompt: How is it?, required: false}\nsteps:"
    later = source.replace("version: 1.0.0", f"version: {version}").replace("steps:", more, 1)
    return later.replace("category:", "change_note: Asks for the mood.\ncategory:", 1)


async def test_the_list_is_searched_by_words_by_enter_and_by_category(stage, ada):
    listed = await ada.types("templates")
    assert listed.index("Write\n") < listed.index("Meet and decide\n")
    assert "Decision record" in listed
    await ada.saves({"words": {"templates_search": "decide"}})
    assert "Decision record" in await ada.sees()
    assert "Quick note" not in await ada.sees()
    await ada.presses("templates_search", "nothing fits this")
    assert "Nothing fits that" in await ada.sees()
    await ada.presses("templates_search", "")
    only = await ada.presses("templates_category", "Keep order")
    assert "Label pages" in only
    assert "Decision record" not in only
    await ada.saves({"words": {"templates_search": "stale"}})
    both = await ada.sees()
    assert "Stale pages" in both
    assert "Label pages" not in both
    assert "Space overview" not in both, "it is of another category"
    await ada.presses("template_details")
    await ada.presses("template_install")
    await ada.presses("template_details")
    assert await ada.presses("templates_list") == both, "the way back leads to what was looked for"


async def test_whatever_is_looked_for_fits_into_its_field(stage, ada):
    assert "Nothing fits that" in await ada.types(f"templates {'q' * 3_000}")


async def test_installed_tasks_are_found_by_words_and_run_from_their_list(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await installed(stage, "decision-record", Audience(Reach.GROUP, "S0WRITERS", "@writers"))
    cy = Runner(stage, "U0CY")
    listed = await cy.types("tasks")
    assert "looked after by <@U0ADA>" in listed
    shown = (await cy.view())["blocks"]
    runs = [str(each) for each in shown if "task_run_0" in str(each)]
    assert ["note" in each for each in runs] == [True], "the other is for a group"
    await cy.presses("task_details", block_id=shown[1]["block_id"])
    assert "task_run_0" not in str(await cy.view())
    await cy.person.closes()
    assert "Decision" not in await cy.types("tasks NOTE")
    assert "No dialog task fits “&lt;b&gt;”." in await cy.types("tasks <b>")
    assert "Decision" in await cy.presses("tasks_list")
    await cy.presses("task_run_0")
    assert "I need your consent" in await cy.sees()


async def test_a_template_is_looked_at_installed_and_run(stage, ada):
    await ada.types("templates decision")
    page = await ada.presses("template_details")
    assert "• Context (rich text)" in page
    assert ":pencil2: Makes a page" in page
    assert "“write a decision record about ‹title›”" in page
    assert "create and change pages" in page
    picture = await ada.presses("template_look")
    assert "Nothing that you type here is used." in picture
    await ada.person.closes()
    form = await ada.presses("template_install")
    assert "People type it after /confluence" in form
    done = await ada.saves({"audience": {"value": "workspace"}})
    assert "`/confluence decision-record` runs it, for everybody in the workspace." in done
    assert "Your consent doesn't cover this yet" in done
    asked = await ada.presses("task_run_0")
    assert "rights that you haven't given yet: to set labels" in asked


async def test_a_word_that_is_taken_or_too_near_is_refused_and_the_form_waits(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await ada.types("templates decision")
    await ada.presses("template_details")
    await ada.presses("template_install")
    for word, why in (("search", "search"), ("note", "note"), ("notes", "note")):
        assert why in await ada.saves({"word": {"value": word}})
        assert "is installed" not in await ada.sees()
        await ada.person.closes()
        assert "People type it after" in await ada.sees()
    await ada.saves({"word": {"value": "two words"}})
    assert ada.answer["errors"] == {"word": "One word; others go below."}
    assert "is installed" in await ada.saves({"word": {"value": "adr"}})


async def test_defaults_and_a_group_are_kept(stage, ada):
    await keep(stage, source_of("note", NOTE))
    await ada.types("templates note")
    await ada.presses("template_details", block_id=await block_of(ada, "*Note*"))
    await ada.presses("template_install")
    blocks = await ada.labels()
    await ada.person.suggests("task_default", "ENG", block_id=blocks["Space"])
    values = {
        "audience": {"value": "group"},
        "group": {"value": "S0WRITERS"},
        blocks["Space"]: {"task_default": "ENG"},
        blocks["Remark"]: {"task_default": "Always"},
    }
    done = await ada.saves(values)
    assert "The space `ENG` is there, and you see it." in done
    page = await ada.presses("task_details")
    assert "<!subteam^S0WRITERS>" in page
    assert "Filled in already: Space, Remark" in page
    bob, cy = Runner(stage, "U0BOB"), Runner(stage, "U0CY")
    assert "is for the group @writers alone" in await cy.types("run note")
    assert "I need your consent" in await bob.types("note"), "what is filled in is read for them"


async def test_another_ones_own_task_shows_nowhere_and_its_word_is_not_proposed(stage, ada):
    await installed(stage, "decision-record", Audience(Reach.ME), owner="U0BOB")
    assert "_installed_" not in await ada.types("templates decision")
    page = await ada.presses("template_details")
    assert "installed as" not in page
    assert "task_run_0" not in str(await ada.view())
    await ada.presses("template_install")
    held = {each.get("block_id"): each.get("element") for each in (await ada.view())["blocks"]}
    assert "initial_value" not in held["word"]


async def test_a_group_must_be_chosen(stage, ada):
    await ada.types("templates decision")
    await ada.presses("template_details")
    await ada.presses("template_install")
    assert "Choose the user group" in await ada.saves({"audience": {"value": "group"}})


async def test_members_install_for_others_only_as_the_policy_says(stage, ada):
    await ada.opens("admin_people")
    await ada.saves({"groups_install": {"groups_install": ["S0EDITORS"]}})
    await ada.person.closes(everything=True)
    bob = Runner(stage, "U0BOB")
    await bob.types("templates decision")
    await bob.presses("template_details")
    form = await bob.presses("template_install")
    assert "Only me" in form
    assert "lets only certain people install for others" in form
    assert "Everybody in the workspace" not in form
    assert "Whose connection" not in form
    assert "for you alone" in await bob.saves()
    cy = Runner(stage, "U0CY")
    assert "is somebody's own" in await cy.types("run decision-record")
    assert "Decision record" not in await cy.types("tasks")


async def test_a_task_is_edited_switched_off_and_on(stage, ada):
    await installed(stage, source_of("note", NOTE), defaults=(("remark", write("Always")),))
    assert "for everybody in the workspace" in await ada.types("tasks")
    await ada.presses("task_details")
    await ada.presses("task_edit")
    assert "Always" in str(await ada.view())
    values = {"aliases": {"value": "memo jot"}, "audience": {"value": "channel"}}
    page = await ada.saves(values)
    assert "Saved." in page
    assert "`/confluence memo`, `/confluence jot` — for whoever runs it in <#C0GENERAL>" in page
    assert "changed how it is installed" in page
    assert "Switched off" in await ada.presses("task_switch_off")
    assert "task_run_0" not in str(await ada.view())
    assert "Switched on." in await ada.presses("task_switch_on")
    await ada.person.closes()
    assert await ada.person.modal() is None
    assert "*Remark*: Always" in await ada.types("jot")


async def test_a_task_is_upgraded_with_its_difference_and_rolled_back(stage, ada):
    source = source_of("note", NOTE)
    await installed(stage, source)
    await ada.types("note space=ENG")
    await ada.person.closes(everything=True)
    await keep(stage, newer(source))
    await ada.types("tasks")
    assert "(1.1.0 is there)" in await ada.presses("task_details")
    told = await ada.presses("task_upgrade")
    assert "from 1.0.0 to 1.1.0" in told
    assert "_Asks for the mood._" in told
    assert "It asks for *Mood*." in told
    assert "Dialogs that are open end on the version with which they began." in told
    assert "Upgraded to 1.1.0." in await ada.presses("task_upgrade_now")
    assert "How is it?" in await ada.presses("task_run_0")
    await ada.person.closes(everything=True)
    await ada.types("resume")
    assert "How is it?" not in await ada.presses("dialog_resume"), "it ends on its version"
    await ada.person.closes(everything=True)
    await ada.types("tasks")
    await ada.presses("task_details")
    assert "It no longer asks for *Mood*." in await ada.presses("task_roll_back")
    back = await ada.presses("task_roll_back_now")
    assert "It is at 1.0.0 again." in back
    assert "went back a version (1.0.0)" in back


async def test_an_upgrade_that_needs_more_asks_for_consent_at_the_next_run(stage, ada):
    source = source_of("note", NOTE)
    await installed(stage, source)
    labels = '\n  - label: {page: "{{ page }}", add: [noted]}\npreview:'
    more = (
        newer(source)
        .replace("\npreview:", labels)
        .replace("delete:page", "read:label:confluence, write:label:confluence, delete:page", 1)
    )
    await keep(stage, more)
    await ada.types("tasks")
    await ada.presses("task_details")
    told = await ada.presses("task_upgrade")
    assert "It needs the right to *read labels*, *set labels*." in told
    assert "asked for it at their next run" in told
    await ada.presses("task_upgrade_now")
    await ada.person.closes(everything=True)
    asked = await ada.types("note space=ENG title=Noted body=Text remark=none mood=fine")
    assert "rights that you haven't given yet: to set labels and read labels" in asked
    await ada.consents()
    await ada.person.closes(everything=True)
    await ada.presses("task_run_line")
    assert "the label “noted”" in await ada.sees()


async def test_uninstalling_says_what_happens_to_open_dialogs(stage, ada):
    await installed(stage, source_of("note", NOTE))
    await ada.types("note space=ENG")
    await ada.person.closes(everything=True)
    await ada.types("tasks")
    await ada.presses("task_details")
    told = await ada.presses("task_uninstall")
    assert "One dialog is open: nothing more is written there" in told
    told = await ada.presses("task_uninstall_now")
    assert "`note` is uninstalled. One open dialog writes nothing more" in told
    await ada.person.closes(everything=True)
    await ada.types("resume")
    await ada.presses("dialog_resume")
    ended = await ada.sends(Title="Last", Body="Text")
    assert "isn't installed any more, so nothing more was written" in ended
    assert not await ada.pages("Last")
    await ada.person.closes(everything=True)
    assert "No dialog task is called “note”" in await ada.types("run note")


async def test_nobody_looks_after_another_ones_task(stage, ada):
    await installed(stage, source_of("note", NOTE))
    bob = Runner(stage, "U0BOB")
    await bob.types("tasks")
    page = await bob.presses("task_details")
    assert "Run now" in page
    shown = str(await bob.view())
    assert "task_edit" not in shown
    assert "task_uninstall" not in shown


async def test_a_hundred_tasks_fit_into_every_list(stage, ada):
    await keep(stage, source_of("note", NOTE))
    for number in range(100):
        tens, ones = divmod(number, 10)
        word = f"{'abcdefghij'[tens] * 4}-{'abcdefghij'[ones] * 4}"  # no slip from one to another
        await installed_as(stage, word, "Very long name of a task " * 2)
    assert "and 70 more" in await ada.types("tasks")
    await ada.types("run")
    assert "Which space?" in await ada.presses("task_run_menu", "jjjj-jjjj")
    await ada.person.closes(everything=True)
    await ada.person.opens_home()
    await stage.quiet()
    assert "Dialog tasks" in words(await ada.person.home())
    await ada.person.presses("task_details", container="home")
    await stage.quiet()
    assert "Nobody has run it" in await ada.sees()


async def installed_as(stage, word, title):
    task = DialogTask(
        TaskId(word), ACME, word, title[:50], TemplateId("note"), Version("1.0.0"), "U0ADA",
        Audience(Reach.WORKSPACE),
    )  # fmt: skip
    assert await stage.stores.tasks.add(task)


async def block_of(runner, part):
    shown = (await runner.view())["blocks"]
    return next(each["block_id"] for each in shown if part in str(each.get("text")))
