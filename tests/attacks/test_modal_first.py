"""Promise 14: a modal opens before anything slow, and too late it is said by message."""

import json

import pytest

from handlers.ask import Kind
from tests.attacks.scene import press, seen_by
from tests.attacks.test_strangers import command

PLACE = json.dumps({"c": "11111111-aaaa-4bbb-8ccc-000000000001", "p": "1"})
BY_COMMAND = ("create", "here", "forget-me", "admin", "run", "tasks", "templates")
BY_PRESS = (
    *("create", "continue_create", "edit_again", "preview", "admin_open"),
    *("explore", "template_look", "template_try", "tasks_list", "task_details"),
    *(f"task_run_{number}" for number in range(5)),
    *("task_run_menu", "task_run_line", "dialog_to_form", "dialog_resume", "dialog_change"),
)
BY_SHORTCUT = ("create_page", "create_page_from_message", "run_task", "run_task_on_message")


async def asked_first(stage):
    """What the bot asked of Slack first, of all that it asked of anybody."""
    calls = (await stage.get("slack/log"))["calls"]
    return calls[0]["method"] if calls else None


async def begin(stage, kind, name):
    if kind is Kind.COMMAND:
        await command(stage, "U0ADA", name, channel_id="C0GENERAL")
    elif kind is Kind.PRESS:
        await press(stage, "U0ADA", name, PLACE)
    else:
        await press(stage, "U0ADA", name, type="shortcut", callback_id=name)


def opening(stage):
    return {(kind, name) for (kind, name), route in stage.bot.table.routes.items() if route.opens}


async def test_these_are_all_that_open_a_modal(stage):
    known = {
        *((Kind.COMMAND, name) for name in BY_COMMAND),
        *((Kind.PRESS, name) for name in BY_PRESS),
        *((Kind.SHORTCUT, name) for name in BY_SHORTCUT),
    }
    assert opening(stage) == known


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((Kind.COMMAND, name) for name in BY_COMMAND),
        *((Kind.PRESS, name) for name in BY_PRESS),
        *((Kind.SHORTCUT, name) for name in BY_SHORTCUT),
    ],
)
async def test_the_modal_is_what_is_asked_for_first(stage, kind, name):
    await stage.connect_to_write()
    stage.forget_people()
    await stage.post("slack/log", {"clear": True})
    await stage.post("atlassian/log/clear", {})
    order = []
    send = stage.outside.outgoing.send

    async def noted(request):
        order.append(request.url)
        opened = [c for c in (await stage.get("slack/log"))["calls"] if c["method"] == "views.open"]
        assert opened, f"{request.url} was asked before the modal"
        return await send(request)

    stage.outside.outgoing.send = noted
    await begin(stage, kind, name)
    assert await asked_first(stage) == "views.open"


async def test_a_slow_confluence_keeps_no_modal_waiting(stage):
    ada = await stage.connect_to_write()
    await stage.post("atlassian/faults", {"kind": "slow", "ms": 1_500, "times": 9})
    await ada.types("/confluence page Release checklist")
    await ada.types("/confluence search release")
    acked = await ada.types("/confluence create")
    assert acked["ack"]["ms"] < 1_000
    modal = await ada.waits_for(lambda screen: screen["modal"], 1)
    assert modal
    await stage.post("atlassian/faults/clear", {})
    await stage.quiet()


@pytest.mark.parametrize("error", ["expired_trigger_id", "trigger_expired", "exchanged_trigger_id"])
async def test_a_trigger_that_came_too_late_is_told_by_message(stage, error):
    ada = await stage.connect_to_write()
    before = len(await ada.messages())
    await stage.post("slack/faults", {"method": "views.open", "times": 1, "error": error})
    await ada.types("/confluence create My plan")
    await stage.quiet()
    assert await ada.modal() is None
    assert len(await ada.messages()) > before
    seen = await seen_by(ada)
    assert "again" in seen
