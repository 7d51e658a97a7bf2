"""Grants are kept alive by one of three bots, and by another when that one is killed."""

from datetime import timedelta

import pytest

from benches.refresh_storm import connection_of, stores_of
from bot.app import utc_now
from bot.keeping import IDLE, SPREAD
from bot.ports import RENEW, Due
from sandbox.server import Plan
from tests.e2e.test_two_bots import time_passes
from tests.e2e.trip import QUICK, setting_out, until

pytestmark = pytest.mark.crash

PEOPLE = 60
SLOW = {"kind": "slow", "ms": 400, "method": "POST", "path": "/oauth/token", "times": 10_000}


async def test_no_grant_is_lost_and_each_is_renewed_once_although_a_bot_is_killed(tmp_path):
    plan = Plan(tmp_path, bots=3, settings=QUICK)
    async with setting_out(plan) as trip, stores_of(trip.sandbox.bot_settings()) as stores:
        await trip.post("atlassian/faults", SLOW)
        before = await everybodys(trip, stores)
        working = await until(lambda: whoever_works(trip))
        renewed = await generations(stores, before)
        await trip.sandbox.bots.kill([working])
        in_flight = [each for each, generation in renewed.items() if generation == 1]
        assert 0 < len(in_flight) < PEOPLE
        await time_passes(trip)

        await until(lambda: all_renewed(stores, before), 60)

        sent = {user: times_sent(trip, each) for user, each in before.items()}
        assert all(sent[user] == 1 for user in before if user not in in_flight)
        assert all(1 <= sent[user] <= 2 for user in in_flight)
        for each in [await find(stores, each) for each in before.values()]:
            assert each.ended_at is None
            still_good(trip, each)
        await until(lambda: all_put_off(stores))
        listed = await stores.due.list_due(RENEW, utc_now() + 2 * IDLE, 999)
        assert len(listed) == PEOPLE
        assert all(due.at <= utc_now() + IDLE + SPREAD for due in listed)


async def everybodys(trip, stores):
    """Put many connections on the list, due now; return each by its person."""
    made = {}
    for number in range(PEOPLE):
        user = f"U0IDLE{number}"
        made[user] = connection_of(trip.sandbox, user)
        await stores.connections.save(made[user])
    for user, each in made.items():
        await stores.due.add(Due(RENEW, each.principal.tenant, f"{user}/{each.profile}", utc_now()))
    return made


async def whoever_works(trip):
    """Return the bot that has renewed a few."""
    for bot in trip.sandbox.bots.all:
        log = trip.sandbox.plan.home / f"{bot.name}.log"
        if log.read_text().count("event=kept") + log.read_text().count('"kept"') >= 3:
            return bot
    return None


async def find(stores, connection):
    return await stores.connections.find(connection.principal, connection.profile)


async def generations(stores, before):
    return {user: (await find(stores, each)).generation for user, each in before.items()}


async def all_renewed(stores, before):
    return set((await generations(stores, before)).values()) == {2}


async def all_put_off(stores):
    return not await stores.due.list_due(RENEW, utc_now() + IDLE - timedelta(hours=1), 1)


def times_sent(trip, connection):
    token = connection.grant.refresh_token.get_secret_value()
    return len(trip.sandbox.atlassian.grants.refresh[token].children)


def still_good(trip, connection):
    world = trip.sandbox.atlassian
    token = connection.grant.refresh_token.get_secret_value()
    assert world.grants.trade_refresh_token(world.client.client_id, token)["access_token"]
