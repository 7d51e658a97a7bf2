"""Administration where a whole Enterprise organisation has installed the bot."""

import pytest

from bot.integration import Role
from bot.principal import Tenant
from sandbox.person import Person, words
from tests.installing import a_browser, installing

GLOBE = Tenant("E0GLOBE")


@pytest.fixture
async def globe():
    async with installing() as stage, a_browser(stage) as browser:
        assert (await browser.install("W0IRIS", "E0GLOBE")).status < 400
        await stage.post("slack/access", {"team": "E0GLOBE", "grant": ["T0NORTH"]})
        yield stage


async def opened(stage, user):
    person = Person(stage.session, stage.url, user, "T0NORTH")
    await person.types("/confluence admin", channel="C0NORTH")
    await stage.quiet()
    return person


async def test_groups_of_its_workspaces_have_roles(globe):
    iris = await opened(globe, "W0IRIS")
    await iris.presses("admin_people")
    await globe.quiet()
    shown = str(await iris.modal())
    assert "S0NORTHERN" in shown
    assert "S0SOUTHERN" not in shown  # the app isn't in that workspace
    await iris.submits({"groups_administer": {"groups_administer": ["S0NORTHERN"]}})
    await globe.quiet()
    integration = await globe.stores.integrations.find(GLOBE)
    assert integration.policy.members(Role.ADMINISTER) == ("S0NORTHERN",)
    ned = await opened(globe, "U0NED")
    assert "available" in words(await ned.modal())
    # An admin of one workspace is none of the organisation's.
    kim = await opened(globe, "U0KIM")
    assert "Only admins" in words(await kim.modal())
