"""Whoever is no admin reaches nothing of administration, by whatever they forge."""

import json
from dataclasses import replace

import pytest

from bot.administration import fingerprint_of
from bot.connection import organisation
from bot.integration import Integration
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM, AuthorizationProfile, Mechanism, Provider
from handlers.ask import Kind
from sandbox.person import words
from sandbox.slack import payloads
from tests.attacks.scene import deliver, press, submit
from tests.handlers.admin_stage import Desk
from tests.stage import link_in

pytestmark = pytest.mark.usefixtures("unhurt")

ACME = Tenant("T0ACME")
BOB = Principal(ACME, "U0BOB")
PROFILE = "p" * 22
VALUES = {
    "admin_revoke": json.dumps(["U0BOB", SYSTEM, 0]),
    "admin_read_only": "on",
    "admin_export:csv": "csv",
    "admin_export:jsonl": "jsonl",
    "audit_next": '["","",null,[]]',
    "audit_previous": '["","",null,[]]',
}
FILLED = {
    "type": {"type": {"selected_option": {"value": "users_authorize", "text": {"text": "x"}}}},
    "people_profile": {"p": {"selected_option": {"value": PROFILE, "text": {"text": "x"}}}},
    "lent_profile": {"p": {"selected_option": {"value": SYSTEM, "text": {"text": "x"}}}},
    "name": {"n": {"value": "Mine"}},
    "owner": {"o": {"selected_user": "U0BOB"}},
    "provider": {"p": {"selected_option": {"value": "confluence_data_center", "text": {}}}},
    "mechanism": {"m": {"selected_option": {"value": "pat", "text": {}}}},
    "base_url": {"b": {"value": "https://wiki.example.com"}},
    "read": {"r": {"selected_option": {"value": "organisation", "text": {"text": "x"}}}},
    "write": {"w": {"selected_option": {"value": "organisation", "text": {"text": "x"}}}},
    "people_administer": {"p": {"selected_users": ["U0BOB", "U0GUS", "U0EVE"]}},
}


@pytest.fixture
async def settled(stage):
    """The organisation's connection, a profile, and somebody's own connection."""
    desk = Desk(stage)
    await desk.lends()
    await stage.connect("U0BOB")
    profile = AuthorizationProfile(
        PROFILE,
        "Tokens",
        Provider.DATA_CENTER,
        Mechanism.PAT,
        tenant=ACME,
        base_url="https://wiki.example.com",
    )
    assert await stage.stores.profiles.add(profile)
    return stage


async def everything(stage):
    """All that an admin could have changed, read or handed out."""
    return (
        await stage.stores.integrations.find(ACME),
        [each async for each in stage.stores.profiles.list_all(ACME)],
        [each async for each in stage.stores.connections.list_all(ACME)],
        [each.entry async for each in stage.bot.recording.auditor.list_newest(ACME)],
        dict(stage.stores.pending._kept),  # noqa: SLF001 - a link that was made stands there
    )


def names(stage, kind):
    found = [name for each, name in stage.bot.table.routes if each is kind]
    return [name for name in found if name.startswith(("admin_", "audit_"))]


def seen_of_seal(seen):
    """What the forms carry of what was seen, as it stands."""
    return json.dumps({"seen": seen, "id": PROFILE})


@pytest.mark.parametrize("who", ["U0BOB", "U0GUS", "U0EVE"])
async def test_no_forged_press_does_anything(settled, who):
    before = await everything(settled)
    assert len(names(settled, Kind.PRESS)) > 30
    for action in names(settled, Kind.PRESS):
        await press(settled, who, action, VALUES.get(action, PROFILE), channel="C0PARTNERS")
        assert await everything(settled) == before, action
        modal = await settled.person(who).modal()
        said = words(modal) if modal else str(await settled.person(who).screen())
        assert ("Only admins" in said) or ("Only people of this workspace" in said), action
        assert link_in(modal) is None


@pytest.mark.parametrize("who", ["U0BOB", "U0GUS", "U0EVE"])
async def test_no_forged_form_does_anything(settled, who):
    before = await everything(settled)
    seal = seen_of_seal(fingerprint_of(before[0]))
    assert len(names(settled, Kind.SUBMISSION)) == 6
    for callback in names(settled, Kind.SUBMISSION):
        metadata = json.dumps({"seen": 1, "id": PROFILE}) if "profile" in callback else seal
        await submit(settled, who, callback, metadata, values=FILLED)
        assert await everything(settled) == before, callback


async def test_the_same_form_does_it_for_an_admin(settled):
    before = await everything(settled)
    seal = seen_of_seal(fingerprint_of(before[0]))
    await submit(settled, "U0ADA", "admin_people_form", seal, values=FILLED)
    assert (await settled.stores.integrations.find(ACME)).policy != before[0].policy


@pytest.mark.parametrize("who", ["U0BOB", "U0GUS", "U0EVE", "U0ADA"])
async def test_no_menu_tells_of_spaces_and_groups(settled, who):
    workspace = settled.slack.workspace
    offered = []
    for action in settled.bot.table.menus:
        if not action.startswith("admin_"):
            continue
        payload = payloads.interaction("block_suggestion", workspace.person(who)) | {
            "action_id": action,
            "block_id": "b",
            "value": "e",
            "view": {"type": "modal", "id": "V1", "app_installed_team_id": "T0ACME"},
        }
        answer = await deliver(settled, payload)
        offered.append("text" in str(answer.get("ack") or answer))
    assert len(offered) == 3
    assert any(offered) == (who == "U0ADA")


async def test_an_admins_link_is_of_no_use_to_anybody_else(settled):
    desk = Desk(settled)
    before = await settled.stores.connections.find(organisation(ACME), SYSTEM)
    await desk.opens("admin_authorization", "admin_lend")
    await desk.saves({"name": {"name": "Theirs"}})
    last = await desk.goes(slack_person="U0BOB", atlassian_account="bob")
    assert last["status"] == 403
    assert await settled.stores.connections.find(organisation(ACME), SYSTEM) == before


async def test_an_admin_of_another_workspace_is_none_here(settled):
    before = await everything(settled)
    await press(settled, "U0OLA", "admin_read_only", "on", channel="C0PARTNERS")
    assert await everything(settled) == before


async def test_a_profile_of_another_tenant_isnt_found(settled):
    other = Tenant("T0OTHER")
    theirs = AuthorizationProfile(
        "q" * 22, "Theirs", tenant=other, base_url="https://theirs.example", tried_at=None
    )
    assert await settled.stores.profiles.add(theirs)
    seen = await settled.stores.integrations.find(other)
    assert await settled.stores.integrations.replace(seen, replace(Integration(other)))
    for action in ("admin_profile", "admin_edit_profile", "admin_use_profile", "admin_try_profile"):
        await press(settled, "U0ADA", action, theirs.id)
        said = words(await settled.person("U0ADA").modal())
        assert "isn't there any more" in said
        assert "theirs.example" not in said
