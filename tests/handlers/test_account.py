"""Connecting again after an end, and disconnecting while a tab is still open."""

from dataclasses import replace
from datetime import timedelta

from bot.pending import Obtained, PendingConnection, Step
from bot.principal import Digest, Principal, Tenant
from bot.profile import SYSTEM
from sandbox.person import words

ADA = Principal(Tenant("T0ACME"), "U0ADA")


async def test_an_ended_connection_is_not_called_a_connection(stage):
    ada = await stage.connect()
    connection = await stage.stores.connections.find(ADA, SYSTEM)
    assert await stage.stores.connections.end(connection, connection.connected_at)
    await ada.types("/confluence connect")
    await stage.quiet()
    offered = words(await ada.last())
    assert "Your consent has ended at Atlassian. Connect again to go on." in offered
    assert "You are connected as" not in offered


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
