"""Another tenant's admin, under their own roof, with every id that is this tenant's."""

import json
from dataclasses import replace

import pytest

from bot.app import utc_now
from bot.content import CloudId, SpaceId, SpaceKey
from bot.integration import ChannelDefaults, Integration
from bot.principal import Tenant
from bot.profile import SYSTEM, AuthorizationProfile, Mechanism, Provider
from bot.trail import Action, Entry
from handlers.ask import Kind
from tests.attacks.scene import fill, press, rich, submit
from tests.installing import a_browser, installing
from tests.stage import link_in
from tests.ways import ADA

ACME, OTHER = Tenant("T0ACME"), Tenant("T0OTHER")
PROFILE = "k" * 22
MARKS = ("Kingfisher", "wiki.acme.example", "Osprey", "C0GENERAL", "Robot of Acme")
OLA = {"id": "U0OLA", "username": "ola", "name": "ola", "team_id": "T0OTHER"}
THERE = {"user": OLA, "team": {"id": "T0OTHER"}}


@pytest.fixture
async def stage():
    async with installing() as stage:
        async with a_browser(stage) as browser:
            await browser.install("U0ADA", "T0ACME")
            await browser.install("U0OLA", "T0OTHER")
        await settle(stage)
        yield stage


async def settle(stage):
    """Give Acme a profile, a connection, a default, a draft and a row of the audit."""
    stores = stage.stores
    profile = AuthorizationProfile(
        PROFILE, "Kingfisher", Provider.DATA_CENTER, Mechanism.PAT,
        tenant=ACME, base_url="https://wiki.acme.example",
    )  # fmt: skip
    assert await stores.profiles.add(profile)
    seen = await stores.integrations.find(ACME)
    assert await stores.integrations.replace(seen, replace(Integration(ACME)))
    await stores.integrations.save_channel(
        ChannelDefaults(
            ACME, "C0GENERAL", CloudId("c"), "Acme", SpaceId("1"), SpaceKey("ENG"), "Osprey",
            "U0ADA", utc_now(),
        )
    )  # fmt: skip
    await stage.bot.recording.auditor.write(
        Entry.by(ADA, Action.SAVE_PROFILE, "Ada").of("", "Kingfisher")
    )
    ada = await stage.connect_to_write("U0ADA")
    await fill(stage, ada, "Osprey plan", rich("The merger is called Kingfisher"))


async def of_acme(stage):
    """Return all that is Acme's."""
    stores = stage.stores
    return (
        await stores.integrations.find(ACME),
        await stores.integrations.find_channel(ACME, "C0GENERAL"),
        [each async for each in stores.profiles.list_all(ACME)],
        [each async for each in stores.connections.list_all(ACME)],
        [row.entry async for row in stage.bot.recording.auditor.list_newest(ACME)],
    )


async def told(stage):
    """Return what the bot has told Slack since the log was cleared."""
    log = await stage.get("slack/log")
    said = [each["args"] for each in log["calls"]] + [each["body"] for each in log["hooks"]]
    return json.dumps(said, ensure_ascii=False)


def values(draft):
    """Return what a button might carry of Acme's."""
    return (
        PROFILE,
        draft,
        json.dumps(["U0ADA", SYSTEM, 0]),
        json.dumps(["organisation", PROFILE, 0]),
        json.dumps(["U0ADA", "", None, []]),
        json.dumps({"c": "11111111-aaaa-4bbb-8ccc-000000000001", "p": "1"}),
        "T0ACME",
    )


async def pressed_by_ola(stage, action, value):
    workspace = stage.slack.workspace
    ways = {
        "trigger_id": workspace.mint_trigger("U0OLA", home="T0OTHER"),
        "response_url": workspace.mint_hook("U0OLA", "C0SUPPLY", home="T0OTHER"),
    }
    return await press(stage, "U0OLA", action, value, channel="C0SUPPLY", **THERE | ways)


async def test_whoever_administers_another_tenant_presses_in_vain(stage):
    before = await of_acme(stage)
    draft = (await stage.person("U0ADA").modal())["private_metadata"]
    names = [name for kind, name in stage.bot.table.routes if kind is Kind.PRESS]
    await stage.post("slack/log", {"clear": True})
    await pressed_by_ola(stage, "admin_root", "")
    assert "Switch writing off" in await told(stage), "an admin there, and none here"
    for name in names:
        if name.startswith("choose_site") or name == "admin_read_only":
            continue
        for value in values(draft):
            await stage.post("slack/log", {"clear": True})
            answer = await pressed_by_ola(stage, name, value)
            said = answer["body"] + await told(stage)
            assert [mark for mark in MARKS if mark in said] == [], (name, value)
    assert await of_acme(stage) == before
    assert (await stage.stores.integrations.find(OTHER)).policy == Integration(OTHER).policy


@pytest.mark.parametrize("team", ["T0OTHER", "T0ACME"])
async def test_nor_does_a_form_of_theirs_change_anything_here(stage, team):
    before = await of_acme(stage)
    draft = (await stage.person("U0ADA").modal())["private_metadata"]
    metadata = (draft, json.dumps({"id": PROFILE, "seen": "x", "channel": "C0GENERAL", "site": ""}))
    names = [name for kind, name in stage.bot.table.routes if kind is Kind.SUBMISSION]
    user = OLA | {"team_id": team}
    for name in names:
        for each in metadata:
            await stage.post("slack/log", {"clear": True})
            given = {"user": user, "team": {"id": team}}
            answer = await submit(stage, "U0OLA", name, each, **given)
            said = answer["body"] + await told(stage)
            assert [mark for mark in MARKS if mark in said] == [], name
    assert await of_acme(stage) == before


async def test_a_link_of_this_tenant_is_none_of_another(stage):
    ada = stage.person("U0ADA")
    await ada.closes(everything=True)
    await ada.types("/confluence connect")
    await stage.quiet()
    before = await of_acme(stage)
    link = link_in(await ada.screen())
    walked = await stage.walk(link.replace("T0ACME.", "T0OTHER."), "U0OLA", atlassian_account="bob")
    assert walked["pages"][-1]["status"] == 404
    assert await of_acme(stage) == before
    assert [each async for each in stage.stores.connections.list_all(OTHER)] == []
