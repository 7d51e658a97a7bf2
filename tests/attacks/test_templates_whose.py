"""Dialogs, plans and tasks are their person's own, once, and as long as they may."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.dialog import Phase
from bot.ports import KNOWN_FOR
from bot.principal import Principal, Tenant
from bot.recent import Recent
from bot.task import Audience, Reach
from tests.attacks.installing import ACME, Author, template
from tests.attacks.scene import press, submit, suggest

pytestmark = pytest.mark.usefixtures("unhurt")

WORKSPACE = Audience(Reach.WORKSPACE)
TITLE = "Osprey plan"
ASKS = """
utterances: [tell osprey]
entities:
  - {name: page, type: page, prompt: Which page?}
  - {name: remark, type: text, prompt: What is there to say?}
steps:
  - label: {page: "{{ page }}", add: ["{{ remark }}"]}
"""
CONSENT = """
steps:
  - id: made
    create: {space: ENG, title: x, body: x}
  - label: {page: "{{ made }}", add: [a]}
"""
BUTTONS = [
    *("dialog_skip", "dialog_back", "dialog_cancel", "dialog_talk"),
    *("dialog_to_form", "dialog_resume", "dialog_again", "dialog_change", "dialog_undo"),
    *("dialog_is_done", "dialog_do_it", "dialog_stop", "dialog_confirm", "dialog_answer_0"),
]


async def page_of(stage, title=TITLE):
    asked = {"space": "ENG", "account": "bob", "title": title, "body": "<p>Kingfisher.</p>"}
    return str((await stage.post("atlassian/pages/create", asked))["id"])


async def labels_of(stage, page):
    [found] = await stage.get(f"atlassian/pages?id={page}")
    return found["labels"]


async def connected(stage, user):
    """Somebody who has consented to all that these templates do."""
    author = Author(stage, user)
    await author.consents("/confluence consents")
    return author


@pytest.fixture
async def ada(stage):
    author = Author(stage, "U0ADA")
    await author.installs(template(CONSENT, "consents"), audience=WORKSPACE)
    await author.installs(template(ASKS), audience=WORKSPACE)
    return author


@pytest.fixture
async def bob(stage, ada):
    return await connected(stage, "U0BOB")


@pytest.fixture
async def cy(stage, ada):
    return await connected(stage, "U0CY")


async def shown(stage, bob, remark="kingfisher"):
    """Bob at his preview; return the dialog as it is kept."""
    page = await page_of(stage)
    await bob.types(f"/confluence try-out page={page} remark={remark}")
    dialogs = await bob.dialogs()
    assert dialogs, await bob.sees()
    [dialog] = [each for each in dialogs if each.word == "try-out"]
    assert dialog.phase is Phase.CONFIRMING, await bob.sees()
    return dialog, page


def value(dialog, **more):
    held = {"d": dialog.id, "e": "remark", "v": "x", "k": "0", "p": dialog.plan.id}
    return json.dumps(held | more)


class TestSomebodyElses:
    async def test_buttons_do_nothing_and_tell_nothing(self, stage, bob, cy):
        dialog, page = await shown(stage, bob)
        before = await stage.stores.dialogs.find(bob.principal, dialog.id)
        for action in BUTTONS:
            await press(stage, "U0CY", action, value(dialog))
        for form in ("dialog_form", "dialog_confirm"):
            values = {f"{dialog.id}/remark/": {"dialog_field": typed("stolen")}}
            await submit(stage, "U0CY", form, value(dialog), values=values)
        options = await suggest(stage, "U0CY", "dialog_field", "", block_id=f"{dialog.id}/page/")
        seen = await cy.screen()
        assert TITLE not in seen
        assert "kingfisher" not in seen
        assert TITLE not in options["body"]
        assert await stage.stores.dialogs.find(bob.principal, dialog.id) == before
        assert await labels_of(stage, page) == []

    async def test_what_was_written_is_undone_by_nobody_else(self, stage, bob, cy):
        dialog, page = await shown(stage, bob)
        await bob.submits()
        assert await labels_of(stage, page) == ["kingfisher"]
        await press(stage, "U0CY", "dialog_undo", value(dialog))
        assert await labels_of(stage, page) == ["kingfisher"]
        assert "isn't yours" in await cy.screen()
        await press(stage, "U0BOB", "dialog_undo", value(dialog))
        assert await labels_of(stage, page) == []

    async def test_thread_takes_no_answer_of_mine(self, stage, bob, cy):
        begun = await bob.person.says("tell osprey")
        await stage.quiet()
        [dialog] = [each for each in await bob.dialogs() if each.word == "try-out"]
        for who in ("U0CY", "U0ADA", "U0GUS", "U0EVE"):
            await said(stage, who, "1", begun["ts"], {})
        assert await stage.stores.dialogs.find(bob.principal, dialog.id) == dialog
        assert await cy.dialogs() == []

    async def test_tenant_is_another_world(self, stage, bob):
        dialog, page = await shown(stage, bob)
        other = Principal(Tenant("T0OTHER"), bob.user)
        assert await stage.stores.dialogs.find(other, dialog.id) is None
        assert not await stage.stores.dialogs.confirm(other, dialog.id, dialog.plan.id)
        team = {"team": {"id": "T0OTHER"}, "user": {"id": bob.user, "team_id": "T0OTHER"}}
        await press(stage, "U0BOB", "dialog_confirm", value(dialog), **team)
        await submit(stage, "U0BOB", "dialog_confirm", value(dialog), **team)
        assert await labels_of(stage, page) == []


def typed(text):
    return {"type": "plain_text_input", "value": text}


async def said(stage, who, text, thread, more):
    """Deliver a message of *who* in the app's messages, as Slack would tell of it."""
    event = {
        "type": "message",
        "channel_type": "im",
        "channel": "D0BOB",
        "user": who,
        "text": text,
        "ts": f"{time.time():.6f}",
        "thread_ts": thread,
    } | more
    return await delivered(stage, event, who)


async def delivered(stage, event, who, event_id=None):
    body = {
        "type": "event_callback",
        "team_id": "T0ACME",
        "api_app_id": "A0CONFAB",
        "event_id": event_id or f"Ev{time.time_ns()}",
        "event_time": int(time.time()),
        "authorizations": [{"team_id": "T0ACME", "user_id": "U0BOT", "is_bot": True}],
        "event": event,
    }
    answer = await stage.post(
        "slack/deliver", {"body": json.dumps(body), "content_type": "application/json"}
    )
    await stage.quiet()
    return answer


FORGED = {
    "a bot's": {"bot_id": "B0EVIL"},
    "an app's": {"app_id": "A0EVIL"},
    "deleted": {"subtype": "message_deleted"},
    "of a channel": {"channel_type": "channel", "channel": "C0GENERAL"},
    "of a group": {"channel_type": "group"},
    "of several": {"channel_type": "mpim"},
    "me": {"subtype": "me_message"},
    "nobody's": {"user": None},
    "of wrong types": {"text": {"a": 1}, "thread_ts": 7, "blocks": "x", "files": {"a": 1}},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_what_nobody_said_is_no_answer(stage, bob, forged):
    begun = await bob.person.says("tell osprey")
    await stage.quiet()
    [dialog] = [each for each in await bob.dialogs() if each.word == "try-out"]
    await said(stage, "U0BOB", "1", begun["ts"], forged)
    assert await stage.stores.dialogs.find(bob.principal, dialog.id) == dialog


async def test_an_answer_that_slack_tells_again_counts_once(stage, bob):
    page = await page_of(stage)
    begun = await bob.person.says("tell osprey")
    await stage.quiet()
    event = {
        "type": "message",
        "channel_type": "im",
        "channel": "D0BOB",
        "user": "U0BOB",
        "text": page,
        "ts": f"{time.time():.6f}",
        "thread_ts": begun["ts"],
    }
    for event_id in ("Ev1", "Ev1", "Ev2"):
        await delivered(stage, event, "U0BOB", event_id)
    [dialog] = [each for each in await bob.dialogs() if each.word == "try-out"]
    assert [each.entity for each in dialog.answers] == ["page"]
    assert dialog.wrong == 0


async def test_an_edit_of_somebody_elses_changes_nothing(stage, bob):
    page = await page_of(stage)
    begun = await bob.person.says("tell osprey")
    await stage.quiet()
    mine = await bob.person.says(page, begun["ts"])
    await stage.quiet()
    [dialog] = [each for each in await bob.dialogs() if each.word == "try-out"]
    for who in ("U0CY", "U0EVE"):
        message = {
            "type": "message",
            "user": who,
            "text": "2",
            "ts": mine["ts"],
            "thread_ts": begun["ts"],
            "edited": {"user": who, "ts": "1.1"},
        }
        event = {
            "type": "message",
            "subtype": "message_changed",
            "channel": "D0BOB",
            "channel_type": "im",
            "message": message,
            "ts": f"{time.time():.6f}",
        }
        await delivered(stage, event, who)
    assert await stage.stores.dialogs.find(bob.principal, dialog.id) == dialog


class TestConfirming:
    async def test_twice_writes_once(self, stage, bob):
        dialog, page = await shown(stage, bob)
        await asyncio.gather(
            *(submit(stage, "U0BOB", "dialog_confirm", value(dialog)) for _ in range(3)),
            *(press(stage, "U0BOB", "dialog_confirm", value(dialog)) for _ in range(3)),
        )
        await stage.quiet()
        assert await labels_of(stage, page) == ["kingfisher"]
        await submit(stage, "U0BOB", "dialog_confirm", value(dialog))
        found = [each for each in await stage.get("atlassian/writes") if "/label" in each["path"]]
        assert [(each["done"], each["refused"]) for each in found] == [(1, 0)]

    async def test_what_was_cancelled_writes_nothing(self, stage, bob):
        dialog, page = await shown(stage, bob)
        await press(stage, "U0BOB", "dialog_cancel", value(dialog))
        await submit(stage, "U0BOB", "dialog_confirm", value(dialog))
        await press(stage, "U0BOB", "dialog_confirm", value(dialog))
        assert await labels_of(stage, page) == []

    async def test_what_was_changed_meanwhile_writes_nothing_of_before(self, stage, bob):
        dialog, page = await shown(stage, bob)
        values = {f"{dialog.id}/remark/": {"dialog_field": typed("heron")}}
        await submit(stage, "U0BOB", "dialog_form", json.dumps({"d": dialog.id}), values=values)
        await submit(stage, "U0BOB", "dialog_confirm", value(dialog))
        assert await labels_of(stage, page) == []
        [now] = [each for each in await bob.dialogs() if each.word == "try-out"]
        assert (now.phase, now.plan.id == dialog.plan.id) == (Phase.CONFIRMING, False)
        await submit(stage, "U0BOB", "dialog_confirm", value(now))
        assert await labels_of(stage, page) == ["heron"]

    async def test_what_was_shown_long_ago_writes_nothing(self, stage, bob, monkeypatch):
        dialog, page = await shown(stage, bob)
        old = replace(dialog, touched_at=dialog.touched_at - timedelta(hours=2))
        kept = stage.stores.dialogs._kept  # noqa: SLF001 - time alone does it
        [key] = [key for key, each in kept.items() if each.id == dialog.id]
        kept[key] = old
        await submit(stage, "U0BOB", "dialog_confirm", value(dialog))
        assert await labels_of(stage, page) == []

    @pytest.mark.parametrize("how", [submit, press])
    async def test_a_trial_writes_nothing(self, stage, ada, bob, how):
        page = await page_of(stage)
        await bob.installs(template(f'steps:\n  - trash: {{page: "{page}"}}', "trial"))
        await bob.types("/confluence templates")
        await press(stage, "U0BOB", "template_try", '{"t":"trial","v":"1.0.0"}')
        [trial] = [each for each in await bob.dialogs() if each.is_trial]
        assert trial.phase is Phase.CONFIRMING
        await how(stage, "U0BOB", "dialog_confirm", value(trial))
        for move in BUTTONS:
            await press(stage, "U0BOB", move, value(trial))
        [found] = await stage.get(f"atlassian/pages?id={page}")
        assert found["status"] == "current"

    @pytest.mark.parametrize("plan", ["", "T0ACME.x", "x" * 300, "\u0000"])
    async def test_a_guessed_plan_writes_nothing(self, stage, bob, plan):
        dialog, page = await shown(stage, bob)
        await submit(stage, "U0BOB", "dialog_confirm", value(dialog, p=plan))
        await press(stage, "U0BOB", "dialog_confirm", value(dialog, p=plan))
        assert await labels_of(stage, page) == []


VALUES = [
    *("", "{}", "[]", "null", "7", "x", '{"d":', '{"d":{}}', '{"d":""}', '{"t":[],"k":[]}'),
    *('{"t":"try-out","k":[]}', '{"t":{"a":1},"k":{}}', "[" * 1_900, '{"d":"\\u0000","p":"x"}'),
    *('{"k":"\\ud800","v":"x"}', '{"t":"../../etc","v":"1.0.0"}', '{"t":"a","v":"9.9.9"}'),
]


@pytest.mark.parametrize("forged", VALUES, ids=range(len(VALUES)))
async def test_a_forged_value_is_answered_in_words(stage, bob, forged):
    names = [
        *BUTTONS,
        *(f"template_{each}" for each in ("details", "look", "try", "install", "export", "share")),
        *(f"task_{each}" for each in ("details", "edit", "upgrade", "roll_back", "uninstall")),
        *("task_run_0", "task_run_menu"),
    ]
    before = await bob.dialogs()
    for name in names:
        await press(stage, "U0BOB", name, forged)
    for form in ("dialog_form", "dialog_confirm", "template_install_form", "task_edit_form"):
        await submit(stage, "U0BOB", form, forged)
    await suggest(stage, "U0BOB", "dialog_field", forged, block_id=forged[:255])
    assert await bob.dialogs() == before


async def test_a_field_that_no_form_has_is_no_answer(stage, bob):
    dialog, _ = await shown(stage, bob)
    values = {
        f"{dialog.id}/{name}/": {"dialog_field": typed("x")}
        for name in ("me", "site", "now", "connections", "__class__", "", "a/b", "0")
    }
    await submit(stage, "U0BOB", "dialog_form", json.dumps({"d": dialog.id}), values=values)
    now = await stage.stores.dialogs.find(bob.principal, dialog.id)
    assert {each.entity for each in now.answers} <= {"page", "remark"}


class TestWhoMayNot:
    @pytest.mark.parametrize("who", ["U0GUS", "U0EVE"])
    async def test_guests_and_strangers_begin_nothing(self, stage, ada, who):
        team = {} if who == "U0GUS" else {"user": {"id": who, "team_id": "T0OTHER"}}
        begin = json.dumps({"t": "try-out", "k": {}})
        for action in ("task_run_0", "task_run_menu", "template_try", "template_install"):
            await press(stage, who, action, begin, **team)
        if who == "U0GUS":
            await said(stage, who, "tell osprey", "", {"channel": "D0GUS"})
        event = {"type": "app_mention", "user": who, "text": "<@U0BOT> tell osprey"}
        channel = "C0GENERAL" if who == "U0GUS" else "C0PARTNERS"
        event |= {"channel": channel, "ts": "1.1", **({} if not team else {"user_team": "T0OTHER"})}
        await delivered(stage, event, who)
        person = Principal(ACME, who)
        assert list(await stage.stores.dialogs.list_open(person)) == []

    async def test_what_is_switched_off_is_begun_by_nobody(self, stage, ada, bob):
        [task] = [e for e in await stage.stores.tasks.list_all(ACME) if e.word == "try-out"]
        await ada.installer.switch(ada.principal, task, is_on=False)
        assert "switched off" in await bob.types("/confluence try-out")
        await press(stage, "U0BOB", "task_run_0", json.dumps({"t": "try-out", "k": {}}))
        await bob.person.says("tell osprey")
        await stage.quiet()
        assert [each for each in await bob.dialogs() if each.word == "try-out"] == []

    async def test_whoever_left_the_group_begins_nothing(self, stage, ada, bob):
        group = Audience(Reach.GROUP, "S0WRITERS", "@writers")
        await ada.installs(template(ASKS, "for-writers"), audience=group)
        assert "Which page?" in await bob.types("/confluence for-writers")
        before = await bob.dialogs()
        await stage.post("slack/groups", {"group": "S0WRITERS", "users": ["U0CY"]})
        people = stage.outside.people
        people._members = Recent(utc_now, KNOWN_FOR)  # noqa: SLF001 - time alone does it
        told = await bob.types("/confluence for-writers")
        assert "for the group" in told
        assert await bob.dialogs() == before

    async def test_a_channels_task_is_begun_there_alone(self, stage, ada, bob):
        there = Audience(Reach.CHANNEL, "C0ENG", "<#C0ENG>")
        await ada.installs(template(ASKS, "for-eng"), audience=there)
        before = await bob.dialogs()
        assert "alone" in await bob.types("/confluence for-eng", "general")
        await press(
            stage, "U0BOB", "task_run_0", json.dumps({"t": "for-eng", "k": {}}), channel="C0GENERAL"
        )
        assert await bob.dialogs() == before
        await bob.clears()
        assert "Which page?" in await bob.types("/confluence for-eng", "eng")


async def test_what_is_typed_after_forgetting_goes_nowhere(stage, ada, bob):
    begun = await bob.person.says("tell osprey")
    await stage.quiet()
    dialog = (await bob.dialogs())[0]
    await stage.stores.forgetting.forget(bob.principal)
    assert await bob.dialogs() == []
    await bob.person.says("1", begun["ts"])
    await stage.quiet()
    assert "I don't know what to do with that" in await bob.hears()
    for action in BUTTONS:
        await press(stage, "U0BOB", action, json.dumps({"d": dialog.id, "e": "page", "v": "1"}))
    values = {f"{dialog.id}/remark/": {"dialog_field": typed("kept")}}
    await submit(stage, "U0BOB", "dialog_form", json.dumps({"d": dialog.id}), values=values)
    assert await bob.dialogs() == []
