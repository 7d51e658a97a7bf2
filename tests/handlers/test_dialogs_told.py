"""Runs that come to where they wait for their person, who isn't looking, or whose bot died."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.dialog import Phase
from bot.errors import Unavailable
from bot.ports import RUN
from bot.principal import Principal
from sandbox.person import words
from tests.e2e.trip import until
from tests.handlers.admin_stage import ACME
from tests.handlers.dialog_stage import Runner, installed, source_of

ADA = Principal(ACME, "U0ADA")
TWICE = """\
    entities:
      - {name: title, type: text, prompt: What is it called?}
    steps:
      - id: page
        create: {space: ENG, title: "{{ title }}", body: Hello.}
      - append: {page: "{{ page }}", body: "It is at {{ page.url }}."}
    reply: {text: "Written: {{ title }}."}
"""
ASKS = """\
    entities:
      - {name: title, type: text, prompt: What is it called?}
      - {name: more, type: text, prompt: What else is there?}
    steps:
      - id: page
        create: {space: ENG, title: "{{ title }}", body: Hello.}
      - ask: [more]
      - append: {page: "{{ page }}", body: "{{ more }}"}
    reply: {text: "Written: {{ title }}."}
"""
SAYING = '    utterances: ["note {title}"]\n'
ONCE = TWICE.partition("      - append")[0] + '    reply: {text: "Written: {{ title }}."}\n'
ON = {TWICE: "This will be written", ASKS: "What else is there?"}


@pytest.fixture
async def ada(stage):
    await stage.connect_to_write()
    return Runner(stage)


async def hanging(stage):
    return (await stage.get("atlassian/faults"))["hanging"]


async def at_once(_seconds):
    await asyncio.sleep(0)


async def told(ada, part):
    """How many messages of the app's hold *part*."""
    screen = await ada.person.screen()
    found = [m for c in screen["channels"] for m in c["messages"] if not m["deleted"]]
    return len([each for each in found if part in words(each)])


@pytest.mark.parametrize("template", ON)
async def test_who_has_closed_the_modal_is_asked_on_by_message_once(stage, ada, template):
    stage.outside.slack._sleep = at_once  # noqa: SLF001 - it looks for the modal for a while
    await installed(stage, source_of("twice", template))
    await ada.types('twice title="Closed early"')
    await stage.post("atlassian/faults", {"kind": "hang-before", "method": "PUT", "path": "pages"})
    await ada.person.submits()
    await ada.person.closes(everything=True)
    await until(lambda: hanging(stage))
    await stage.post("atlassian/faults/release", {})
    await stage.quiet()
    assert await told(ada, ON[template]) == 1
    await an_errand_later(stage)
    assert await told(ada, ON[template]) == 1


async def test_who_looks_on_sees_it_in_the_modal_alone(stage, ada):
    await installed(stage, source_of("twice", TWICE))
    await ada.types('twice title="Looked on"')
    assert "This will be written" in await ada.saves()
    await an_errand_later(stage)
    assert await told(ada, "This will be written") == 0
    assert "Written: Looked on." in await ada.saves()


@pytest.mark.parametrize("template", ON)
async def test_whose_bot_died_before_it_asked_on_is_asked_by_another_once(stage, ada, template):
    await installed(stage, source_of("twice", template))
    await ada.types('twice title="Died early"')
    await ada.saves()
    [dialog] = await stage.stores.dialogs.list_open(ADA)
    assert dialog.phase in {Phase.ASKING, Phase.CONFIRMING}
    await stage.stores.dialogs.replace(dialog, replace(dialog, is_told=False))
    for _ in range(2):
        await an_errand_later(stage)
    assert await told(ada, ON[template]) == 1


@pytest.mark.parametrize("template", [TWICE, ONCE])
async def test_whom_slack_takes_no_message_for_hears_of_it_later_and_nothing_untrue(
    stage, ada, template
):
    await installed(stage, source_of("twice", SAYING + template))
    await ada.says("note Unheard")
    await stage.post("slack/faults", {"method": "chat.postMessage", "kind": "500", "times": 9})
    await ada.clicks("dialog_confirm")
    await stage.post("slack/faults", {"clear": True})
    assert await told(ada, "othing was changed") == 0
    await an_errand_later(stage)
    part = "Written: Unheard." if template is ONCE else "This will be written"
    assert await told(ada, part) == 1


async def test_who_presses_again_hears_nothing_untrue_while_the_database_is_away(stage, ada):
    await installed(stage, source_of("twice", SAYING + ONCE))
    await ada.says("note Twice")
    dialogs = stage.stores.dialogs
    [dialog] = await dialogs.list_open(ADA)
    assert await dialogs.confirm(ADA, dialog.id, dialog.plan.id)  # by a process that died then
    find = dialogs.find

    async def fails_once(*_):
        dialogs.find = find
        raise Unavailable("the database")

    dialogs.find = fails_once
    await ada.clicks("dialog_confirm")
    assert await told(ada, "othing was changed") == 0
    assert await told(ada, "nothing is written twice") == 1
    await an_errand_later(stage)
    assert await told(ada, "Written: Twice.") == 1


async def an_errand_later(stage):
    """Let a minute pass for the one dialog, and see what is due."""
    kept = stage.stores.dialogs._kept  # noqa: SLF001 - time alone does it
    [(key, dialog)] = kept.items()
    kept[key] = replace(dialog, touched_at=utc_now() - timedelta(seconds=61))
    for due in await stage.stores.due.list_due(RUN, utc_now() + timedelta(hours=1), 9):
        await stage.stores.due.replace(due, utc_now())
    await stage.bot.errands.run_due()
    await stage.quiet()
