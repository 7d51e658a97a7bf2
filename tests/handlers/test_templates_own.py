"""Templates of people's own: pasted, given as files, shared, approved, exported, withdrawn."""

from dataclasses import replace

import pytest

from tests.handlers.admin_stage import ACME
from tests.handlers.dialog_stage import NOTE, PAGES, Runner, keep, source_of

SOURCE = source_of("jot-down", NOTE)
CALLS = """\
    entities:
      - {name: page, type: page, prompt: Which page?}
    steps:
      - http:
          method: POST
          path: /wiki/rest/api/content/{{ page.id }}/label
          body: '[{"name": "seen"}]'
          does: Labels it as seen
    reply: {text: Done.}
"""


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


async def pastes(runner, source):
    await runner.types("templates")
    await runner.presses("template_bring")
    return await runner.saves({"source": {"source": source}})


async def test_a_pasted_template_is_kept_tried_installed_and_run(stage, ada):
    kept = await pastes(ada, SOURCE)
    assert "*Jot-down* 1.0.0 is here. Only you and the workspace's admins see it" in kept
    await ada.presses("template_try")
    assert "This was a trial" in await ada.sends(Space="ENG", Title="Trial", Body="Text")
    assert len((await ada.person.screen())["modal"]) == 3
    assert await ada.pages("Trial") == []
    await ada.person.closes()
    assert "is here" in await ada.sees()
    await ada.presses("template_install")
    assert "`/confluence jot-down` runs it" in await ada.saves()
    await ada.presses("task_run_0")
    preview = await ada.sends(Space="ENG", Title="Real", Body="Text")
    assert "Create the page “Real”" in preview
    await ada.saves()
    assert len(await ada.pages("Real")) == 1


async def test_a_newer_version_leads_to_the_task_that_it_is_for(stage, ada):
    await pastes(ada, SOURCE)
    await ada.presses("template_install")
    await ada.saves()
    await ada.person.closes(everything=True)
    kept = await pastes(ada, SOURCE.replace("1.0.0", "1.1.0").replace("Tries", "Does"))
    assert "Upgrade “Jot-down”" in kept
    assert "(1.1.0 is there)" in await ada.presses("task_details")


async def test_mistakes_are_told_at_their_lines_and_the_text_is_kept(stage, ada):
    wrong = SOURCE.replace("type: text", "type: txet").replace("{{ title }}.", "{{ titel }}.")
    told = await pastes(ada, wrong)
    line = next(n for n, each in enumerate(wrong.splitlines(), 1) if "txet" in each)
    assert f"*Line {line}*" in told
    assert wrong.splitlines()[line - 1] in told, "the field that holds it shows no numbers"
    assert "did you mean “text”?" in told
    assert "your file is safe" in told
    await ada.person.closes()
    state = (await ada.view())["state"]["values"]
    assert state["source"]["source"]["value"] == wrong
    told = await ada.saves({"source": {"source": SOURCE.replace("{{ title }}.", "{{ titel }}.")}})
    assert "titel" in told
    assert "*Line " in told
    await ada.person.closes()
    assert "is here" in await ada.saves({"source": {"source": SOURCE}})


async def test_who_has_none_begins_with_an_example_that_works(stage, ada):
    await ada.types("templates")
    await ada.presses("template_bring")
    await ada.presses("template_example")
    held = (await ada.view())["blocks"][1]["element"]["initial_value"]
    assert held.startswith("id: last-change")
    assert "is here" in await ada.saves({"source": {"template_example": held}})
    await ada.presses("template_try")
    [page, *_] = await ada.offers("Page", "Observatory handbook")
    block = (await ada.labels())["Page"]
    assert "@Ada Lindqvist changed" in await ada.saves({block: {"dialog_field": page}})


async def test_a_file_is_taken_where_the_app_may_read_files(stage, ada):
    await ada.types("templates")
    await ada.presses("template_bring")
    await ada.presses("template_upload")
    file = await ada.person.uploads("jot-down.yml", SOURCE)
    assert "is here" in await ada.saves({"file": {"file": [file["id"]]}})
    await ada.person.closes(everything=True)
    await ada.types("templates")
    await ada.presses("template_bring")
    await ada.presses("template_upload")
    junk = await ada.person.uploads("junk.yml", b"\xff\xfe\x00binary")
    told = await ada.saves({"file": {"file": [junk["id"]]}})
    assert "is here" not in told
    assert "UTF-8" in told


async def test_without_the_scope_for_files_pasting_is_left(stage):
    held = await stage.stores.installations.find(ACME)
    await stage.stores.installations.save(
        replace(held, scopes=held.scopes - {"files:read"}), by="U0ADA"
    )
    stage.bot.tenants.forget(ACME)
    ada = Runner(stage)
    await ada.types("templates")
    shown = await ada.presses("template_bring")
    assert "the app needs the scope `files:read`" in shown
    assert "Give it as a file" not in shown


async def test_sharing_lets_others_find_it_and_withdrawing_hides_it(stage, ada):
    bob, cy = Runner(stage, "U0BOB"), Runner(stage, "U0CY")
    await pastes(bob, SOURCE)
    assert "Jot-down" not in await cy.types("templates")
    await bob.presses("template_details")
    assert "Stop sharing" in await bob.presses("template_share")
    assert "Your workspace's own" in await cy.types("templates")
    assert "Jot-down" in await cy.sees()
    await cy.types("templates jot-down")
    await cy.presses("template_details")
    shown = str(await cy.view())
    assert "template_withdraw" not in shown
    assert "template_share" not in shown
    exported = await bob.presses("template_export")
    assert "yaml-language-server" not in exported
    assert "What is it called?" in exported or "What is it called?" in str(await bob.view())
    await bob.presses("template_details")
    assert "is withdrawn" in await bob.presses("template_withdraw")
    assert "Jot-down" not in await cy.types("templates")


async def test_calls_that_change_something_wait_for_an_admin(stage, ada):
    source = source_of("caller", CALLS, f"{PAGES}, read:label:confluence, write:label:confluence")
    bob = Runner(stage, "U0BOB")
    await pastes(bob, source)
    page = await bob.presses("template_details")
    assert "It makes REST calls of its own that change something." in page
    assert "An admin has to approve them first." in page
    assert "template_approve" not in str(await bob.view())
    await bob.presses("template_install")
    assert "an admin of the workspace has to approve it first" in await bob.saves()
    await ada.types("templates caller")
    await ada.presses("template_details")
    assert "An admin has approved them." in await ada.presses("template_approve")
    await bob.person.closes()
    assert "is installed" in await bob.saves()


async def test_the_same_version_with_other_words_is_refused(stage, ada):
    await keep(stage, SOURCE)
    told = await pastes(ada, SOURCE.replace("What is it called?", "What's its name?"))
    assert "version" in told
    assert "is here" not in told
