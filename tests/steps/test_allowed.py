"""What a run may: what was consented to, what the workspace allows, and on which site."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.connection import COMMENT, LABEL, READ, WRITE
from bot.integration import Policy, Role
from sandbox.person import words
from tests.attacks.installing import ACME, Author, template
from tests.stage import link_in, staged
from tests.steps.scene import CLOUD, opened

MAKES = """
entities: [{name: title, type: text, prompt: Title?}]
steps:
  - id: made
    create: {space: ENG, title: "{{ title }}", body: x}
  - label: {page: "{{ made }}", add: [mine]}
  - comment: {page: "{{ made }}", body: Done}
"""


@pytest.fixture
async def scene():
    async with opened(CLOUD) as scene:
        yield scene


@pytest.fixture
async def stage():
    async with staged() as stage:
        yield stage


async def decides(stage, **policy):
    seen = await stage.stores.integrations.find(ACME)
    changed = replace(seen, policy=replace(Policy(), **policy))
    assert await stage.stores.integrations.replace(seen, changed)


async def test_all_scopes_are_asked_for_in_one_consent_before_anything_is_done(stage):
    bob = Author(stage, "U0BOB")
    await stage.connect("U0BOB")
    await bob.installs(template(MAKES, "make-it"))
    calls = len(await stage.get("atlassian/writes"))
    told = await bob.types("/confluence make-it title=Plenty")
    assert "Connect" in told, told
    link = link_in(await bob.person.screen())
    walked = await stage.walk(link, "U0BOB")
    asked = next(
        each["url"]
        for each in walked["pages"]
        if "scope=openid" not in each["url"] and "scope=" in each["url"]
    )
    for scope in (WRITE | LABEL | COMMENT) - READ:
        assert scope.replace(":", "%3A") in asked or scope in asked
    await stage.quiet()
    assert len(await stage.get("atlassian/writes")) == calls
    await bob.clears()
    assert "This will be written" in await bob.types("/confluence make-it title=Plenty")
    assert "Done." in await bob.submits()


async def test_what_was_narrowed_before_it_was_confirmed_is_asked_for_and_goes_on(scene):
    shown = await scene.begins(MAKES, "title=Narrowed")
    assert "This will be written" in shown
    scopes = sorted(READ | {"offline_access"})
    await scene.stage.post("atlassian/narrow", {"account": "ada", "scopes": scopes})
    end = await scene.submits()
    assert not await scene.all(title="Narrowed", status="current")
    link = link_in(await scene.person.screen())
    assert link, end
    await scene.stage.walk(link)
    await scene.stage.quiet()
    shown = await scene.hears()
    assert "Create the page “Narrowed”" in shown
    await scene.clears()
    await scene.person.presses("dialog_confirm")
    await scene.stage.quiet()
    page = await scene.one(title="Narrowed", status="current")
    assert page["labels"] == ["mine"]


async def test_a_workspace_that_only_reads_writes_nothing(scene):
    await decides(scene.stage, is_read_only=True)
    told = await scene.begins(MAKES, "title=Never")
    assert "This will be written" not in told
    assert "read" in told
    assert not await scene.writes()
    listing = "steps: [{id: found, list_spaces: {}}]\nreply: {text: '{{ found|count }} spaces'}"
    assert "spaces" in await scene.begins(listing)


@pytest.mark.parametrize("role", [Role.WRITE, Role.PUBLISH])
async def test_who_may_not_write_is_told_before_anything_is_confirmed(scene, role):
    await decides(scene.stage, roles=((role, ("U0CY",)),))
    told = await scene.begins(MAKES, "title=Never")
    assert "This will be written" not in told, told
    assert not await scene.writes()


async def test_a_role_that_is_lost_before_confirming_writes_nothing(scene):
    shown = await scene.begins(MAKES, "title=Never")
    await decides(scene.stage, roles=((Role.PUBLISH, ("U0CY",)),))
    assert "This will be written" in shown
    end = await scene.submits()
    assert "Done." not in end
    assert not await scene.writes()


async def test_a_site_is_asked_for_and_everything_is_on_it(stage):
    dee = Author(stage, "U0BOB")
    await dee.installs(
        template(
            """
entities:
  - {name: place, type: site, prompt: Which site?}
  - {name: space, type: space, prompt: Which space?}
steps: [{id: found, list_spaces: {}}]
reply: {text: "{{ site.name }}: {{ found|join }}, not {{ space.key }} of {{ place }}"}
""",
            "where-to",
        )
    )
    await stage.connect("U0BOB", atlassian_account="dee", site="acme2")
    told = await dee.types("/confluence where-to place=acme2 space=LAB")
    assert "acme2: " in " ".join(told.split()), told
    assert "LAB of acme2" in " ".join(told.split())
    wrong = await dee.types("/confluence where-to place=acme2 space=ENG")
    assert "ENG" in wrong
    assert "acme2: " not in wrong


async def test_undo_is_refused_after_ten_minutes(scene):
    page = await scene.page("Gone for good")
    done = await scene.does(f'steps: [{{trash: {{page: "{page}"}}}}]')
    assert "Undo" in done.end
    stored = scene.stage.stores.dialogs
    [dialog] = [each for each in stored._kept.values() if each.journal]  # noqa: SLF001
    long_ago = utc_now() - timedelta(minutes=10)
    journal = tuple(replace(each, at=long_ago) for each in dialog.journal)
    assert await stored.replace(dialog, replace(dialog, journal=journal))
    await scene.clears()
    await scene.person.presses("dialog_undo")
    assert "can't be undone from here any more; nothing was changed" in await scene.sees()
    assert (await scene.one(id=page))["status"] == "trashed"


@pytest.mark.parametrize("what", ["uninstalled", "withdrawn", "forbidden"])
async def test_what_was_confirmed_goes_by_what_holds_when_it_is_done(scene, what):
    shown = await scene.begins(MAKES, f"title={what}")
    assert "This will be written" in shown
    [task] = await scene.stage.stores.tasks.list_all(ACME)
    if what == "uninstalled":
        await scene.installer.uninstall(scene.principal, task)
    if what == "withdrawn":
        await scene.installer.uninstall(scene.principal, task)
        await scene.offers.withdraw(scene.principal, task.template, task.version)
    if what == "forbidden":
        await scene.stage.post(
            "atlassian/spaces/permit", {"space": "ENG", "account": "ada", "rights": ["read"]}
        )
        await scene.stage.post("atlassian/groups", {"group": "all-staff", "remove": ["ada"]})
    end = await scene.submits()
    made = await scene.all(title=what, status="current")
    assert made == []
    assert "stopped" in end
    if what == "forbidden":
        assert "may not" in end or "not allowed" in end or "doesn't let" in end, end
    else:
        assert "isn't installed any more, so nothing more was written" in end


async def test_who_disconnects_before_confirming_is_asked_to_connect(scene):
    await scene.begins(MAKES, "title=Later")
    await scene.stage.stores.connections.remove(scene.principal, "system")
    await scene.submits()
    assert not await scene.all(title="Later", status="current")
    link = link_in(await scene.person.screen())
    assert link
    await scene.stage.walk(link)
    await scene.stage.quiet()
    told = words(await scene.person.last("@app"))
    assert "Later" in told
