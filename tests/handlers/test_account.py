"""Connecting again after an end, and disconnecting while a tab is still open."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.integration import AuthorizationType, Credential, Policy, Role
from bot.pending import Obtained, PendingConnection, Step
from bot.principal import Digest, Principal, Tenant
from bot.profile import SYSTEM
from handlers.offers import site_menu
from sandbox.person import words

ELSE = dict.fromkeys(("read", "write"), Credential.OWN_ELSE_ORGANISATION)
ADA = Principal(Tenant("T0ACME"), "U0ADA")


async def test_an_ended_connection_is_not_called_a_connection(stage):
    ada = await stage.connect()
    connection = await stage.stores.connections.find(ADA, SYSTEM)
    assert await stage.stores.connections.end(connection, connection.connected_at)
    await ada.types("/confluence connect")
    await stage.quiet()
    offered = words(await ada.last())
    assert "Your consent has ended. Connect again to go on." in offered
    assert "You are connected as" not in offered


async def test_a_grant_that_has_become_another_accounts_ends_when_it_is_looked_at(stage):
    ada = await stage.connect()
    connection = await stage.stores.connections.find(ADA, SYSTEM)
    stranger = replace(connection.account, id="another")
    await stage.stores.connections.save(replace(connection, account=stranger))
    await ada.types("/confluence status")
    await stage.quiet()
    assert "Your consent has ended there" in words(await ada.last())
    assert (await stage.stores.connections.find(ADA, SYSTEM)).ended_at is not None


async def test_a_token_that_expired_early_is_renewed_before_it_is_called_ended(stage):
    ada = await stage.connect()
    await stage.post("atlassian/expire-access", {"account": "ada"})
    await ada.types("/confluence status")
    await stage.quiet()
    assert "✓ works" in words(await ada.last())


async def test_disconnecting_drops_what_an_open_tab_waits_to_keep(stage):
    ada = await stage.connect()
    connection = await stage.stores.connections.find(ADA, SYSTEM)
    obtained = Obtained(connection.grant, connection.account, connection.sites)
    waiting = PendingConnection(
        ADA.tenant,
        Step.CHOICE,
        Digest("a"),
        "flow",
        ADA,
        SYSTEM,
        connection.grant.scopes,
        connection.connected_at + timedelta(minutes=10),
        obtained=obtained,
    )
    await stage.stores.pending.save(waiting)
    await stage.stores.pending.save(replace(waiting, step=Step.CODE))
    await ada.types("/confluence disconnect")
    await stage.quiet()
    await ada.presses("disconnect")
    await stage.quiet()
    for step in (Step.CHOICE, Step.CODE):
        assert await stage.stores.pending.find(ADA.tenant, step, waiting.key) is None
    assert await stage.stores.connections.find(ADA, SYSTEM) is None


async def test_a_connection_of_a_profile_that_was_left_can_be_deleted(stage):
    ada = await stage.connect()
    integrations = stage.stores.integrations
    seen = await integrations.find(ADA.tenant)
    assert await integrations.replace(seen, replace(seen, people_profile="another"))
    await ada.types("/confluence disconnect")
    await stage.quiet()
    assert "Disconnect *Ada Lindqvist*?" in words(await ada.last())


async def lend(stage, **policy):
    """Have the organisation's connection used, by whoever has none unless *policy* says more."""
    seen = await stage.stores.integrations.find(ADA.tenant)
    lending = replace(
        seen,
        authorization=AuthorizationType.PRE_AUTHORIZED,
        organisation_profile="robot",
        policy=Policy(**{**ELSE, **policy}),
    )
    assert await stage.stores.integrations.replace(seen, lending)


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        ({}, "read and write"),
        ({"is_read_only": True}, "read"),
        ({"roles": ((Role.PUBLISH, ("U0ADA",)),)}, "read"),
    ],
)
async def test_status_promises_nobody_what_they_may_not_do(stage, policy, may):
    await lend(stage, **policy)
    bob = stage.person("U0BOB")
    await bob.types("/confluence status")
    await stage.quiet()
    assert f"To {may}, the organisation's account is used" in words(await bob.last())


@pytest.mark.parametrize(
    ("policy", "told", "own"),
    [
        ({}, "", ""),
        ({"read": Credential.ORGANISATION}, "to read, the", "to write, yours"),
        ({"write": Credential.ORGANISATION}, "to write, the", "to read, yours"),
        (dict.fromkeys(ELSE, Credential.ORGANISATION), "to read and write, the", ""),
        ({"read": Credential.ORGANISATION, "is_read_only": True}, "to read, the", ""),
    ],
)
async def test_status_says_for_what_ones_own_account_is_not_used(stage, policy, told, own):
    ada = await stage.connect()
    await lend(stage, **policy)
    await ada.types("/confluence status")
    await stage.quiet()
    shown = words(await ada.last())
    assert "Ada Lindqvist" in shown
    assert told in shown
    assert ("the organisation's account" in shown) is bool(told)
    assert own in shown
    assert ("yours" in shown) is bool(own)


@pytest.mark.parametrize(("user", "is_lent"), [("U0BOB", True), ("U0GUS", False)])
async def test_the_start_tells_whose_account_is_used(stage, user, is_lent):
    await lend(stage)
    person = stage.person(user)
    await person.types("/confluence")
    await stage.quiet()
    shown = words(await person.last())
    assert ("with the organisation's account" in shown) is is_lent
    assert ("You aren't connected yet." in shown) is not is_lent


@pytest.mark.parametrize(
    ("count", "told"),
    [(25, ""), (26, "One more site has no button"), (40, "15 more sites have no button")],
)
def test_a_menu_of_many_sites_says_how_the_others_are_reached(count, told):
    menu = site_menu("Which?", tuple((f"id{each}", f"Site {each}") for each in range(count)))
    buttons = [block["elements"] for block in menu.blocks if block["type"] == "actions"]
    assert [len(each) for each in buttons] == [25]
    shown = words({"blocks": list(menu.blocks)})
    assert told in shown
    assert ("site:name" in shown) is bool(told)
