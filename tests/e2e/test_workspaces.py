"""Workspaces that come, whose tokens rotate, and that go, at a bot of its own process.

The bot opens sockets to Slack, as behind a firewall, and people install it by its pages.
"""

import asyncio
import time
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.ports import DELETE_TENANT, REPORT
from bot.principal import Tenant
from sandbox.atlassian.people import BY_NAME
from sandbox.person import Person, words
from sandbox.server import Plan
from store.preparation import SHAPES
from tests.e2e.test_two_bots import LONG_AGO, collection
from tests.e2e.trip import PATIENCE, QUICK, link_in, setting_out, until
from tests.installing import a_browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACME, OTHER, GLOBE = Tenant("T0ACME"), Tenant("T0OTHER"), Tenant("E0GLOBE")
PEOPLE = {ACME: "U0ADA", OTHER: "U0MAX"}
ACCOUNTS = {"U0ADA": "ada", "U0MAX": "bob", "U0OLA": "cy"}


@dataclass(frozen=True)
class Street:
    """Where browsers find the bot and Slack."""

    bot_url: str
    post: object


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trip(tmp_path_factory):
    settings = {**QUICK, "CONFAB_DELETE_AFTER": "1"}
    home = tmp_path_factory.mktemp("workspaces")
    plan = Plan(home, socket_mode=True, installs=True, rotates_tokens=True, settings=settings)
    async with setting_out(plan) as trip:
        yield trip


@pytest_asyncio.fixture(loop_scope="module")
async def living(trip):
    """Both workspaces have the app, and somebody in each is connected."""
    for tenant, user in PEOPLE.items():
        await installs(trip, tenant)
        await connects(trip, user)
    return trip


async def installs(trip, tenant, by=""):
    async with a_browser(Street(trip.sandbox.bot_url, trip.post)) as browser:
        page = await browser.install(by or PEOPLE[tenant], tenant)
        assert page.heading == "Confab is installed", page.text


async def connects(trip, user):
    link = link_in(await asks(trip, user, "connect"))
    asked = {"url": link, "slack_person": user, "atlassian_account": ACCOUNTS[user]}
    walked = await trip.post("walk", asked | {"site": "acme"})
    assert "onnected" in walked["pages"][-1]["text"], walked["pages"][-1]


async def uninstalls(trip, tenant):
    """Take the app away. Slack's events count in seconds; these aren't in that of the install."""
    told = {"team": tenant, "installed": False, "event_time": int(time.time()) + 2}
    await trip.post("slack/install", told)
    await until(lambda: is_listed(trip, DELETE_TENANT, tenant))


async def finds(trip, user):
    """Search, and return what is said."""
    return words(await asks(trip, user, "search release"))


async def asks(trip, user, text):
    """Type it, and return the answer."""
    person = trip.person(user).person
    before = len(await person.messages("general"))
    await person.types(f"/confluence {text}")
    return (await until(lambda: newer(person, before)))[-1]


async def newer(person, than):
    said = await person.messages("general")
    return said if len(said) > than else None


async def is_listed(trip, kind, tenant):
    async with collection(trip, "due_work") as kept:
        return await kept.find_one({"kind": kind, "tenant": tenant})


async def falls_due(trip, kind, tenant):
    async with collection(trip, "due_work") as kept:
        found = {"kind": kind, "tenant": tenant}
        moved = await kept.update_many(found, {"$set": {"at": LONG_AGO}})
        assert moved.matched_count


async def held(trip, tenant):
    """Return the collections that have anything of *tenant*."""
    found = set()
    for shape in SHAPES:
        async with collection(trip, shape.name) as kept:
            if await kept.find_one({"tenant": tenant}):
                found.add(shape.name)
    return found


async def renewals(trip):
    log = await trip.get("slack/log")
    calls = [each["args"] for each in log["calls"] if each["method"] == "oauth.v2.access"]
    return [each for each in calls if each.get("grant_type") == "refresh_token"]


async def test_each_workspace_has_its_own_people_and_its_own_bot(living):
    for user in PEOPLE.values():
        assert "Release checklist" in await finds(living, user)
    async with collection(living, "connections") as kept:
        found = {(each["tenant"], each["user_id"]) async for each in kept.find()}
    assert found >= {*PEOPLE.items()}


async def test_an_organisation_has_one_connection_for_each_of_its_people(living):
    await installs(living, GLOBE, "W0IRIS")
    teams = {"team": GLOBE, "grant": ["T0NORTH", "T0SOUTH"]}
    await living.post("slack/access", teams)
    north, south = (
        Person(living.session, living.sandbox.url, "W0PAT", team) for team in teams["grant"]
    )
    await north.types("/confluence connect")
    link = await north.waits_for(link_in, PATIENCE)
    asked = {"url": link, "slack_person": "W0PAT", "atlassian_account": "gus", "site": "acme"}
    walked = await living.post("walk", asked)
    assert "onnected" in walked["pages"][-1]["text"], walked["pages"][-1]

    await south.types("/confluence status")

    await south.waits_for_message("Gus Petit", "general", PATIENCE)
    async with collection(living, "connections") as kept:
        found = [each["tenant"] async for each in kept.find({"user_id": "W0PAT"})]
    assert found == [GLOBE]


async def test_a_token_that_ends_is_renewed_once_for_all_who_ask(living, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sandbox.slack.tokens.EXPIRES_IN", 30)
        await installs(living, OTHER)
    before = len(await renewals(living))

    said = await asyncio.gather(*(finds(living, "U0MAX") for _ in range(5)))

    assert all("Release checklist" in each for each in said)
    assert len(await renewals(living)) == before + 1


async def test_what_is_installed_again_in_time_keeps_everything(living):
    before = await held(living, OTHER)
    await uninstalls(living, OTHER)
    assert "connections" in await held(living, OTHER)

    await installs(living, OTHER)

    assert await is_listed(living, DELETE_TENANT, OTHER) is None
    assert "Release checklist" in await finds(living, "U0MAX")
    assert await held(living, OTHER) >= before - {"due_work"}


async def test_atlassian_is_told_whose_data_is_kept_and_whoever_closed_their_account_goes(living):
    await connects(living, "U0OLA")
    await falls_due(living, REPORT, OTHER)
    await until(lambda: is_put_off(living, REPORT, OTHER))
    reports = living.sandbox.atlassian.privacy.reports
    told = {account for report in reports for account in report["accounts"]}
    assert {BY_NAME["bob"].account_id, BY_NAME["cy"].account_id} <= told

    await living.post("atlassian/accounts/change", {"account": "cy", "status": "closed"})
    await falls_due(living, REPORT, OTHER)

    async with collection(living, "connections") as kept:
        await until(lambda: is_gone(kept, "U0OLA"))
        assert await kept.find_one({"user_id": "U0MAX"})
    await living.person("U0OLA").hears("is closed", "@app")


async def test_after_the_days_of_grace_nothing_is_left_of_whoever_went(living):
    await uninstalls(living, OTHER)
    before = await held(living, ACME)

    await falls_due(living, DELETE_TENANT, OTHER)

    await until(lambda: is_empty(living))
    # The job that chains the audit may have come to it meanwhile.
    assert before <= await held(living, ACME) <= before | {"audit_links"}
    assert "Release checklist" in await finds(living, "U0ADA")
    async with collection(living, "audit_rows") as kept:
        assert await kept.find_one({"tenant": "operator", "action": "delete_tenant"})


async def is_put_off(trip, kind, tenant):
    return (await is_listed(trip, kind, tenant))["at"].year != LONG_AGO.year


async def is_gone(kept, user):
    return await kept.find_one({"user_id": user}) is None


async def is_empty(trip):
    return await held(trip, OTHER) <= {"due_work"}
