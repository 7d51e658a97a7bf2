"""A bot token that ends, in two processes on one database: renewed once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from store.database import open_database
from store.stores import mongo_stores
from tests.bot.test_rotation import FakeSlackInstalls, FreshInstallations


async def test_ten_uses_in_two_processes_renew_it_once(server, prepared, ring, installation):
    # The database judges claims by its own clock, and so the token ends by the real one.
    def clock():
        return datetime.now(UTC)  # noqa: TID251 - as said above

    async def nobody(_installation):
        raise AssertionError("it isn't broken")

    slack = FakeSlackInstalls(clock, good="xoxe-secret")
    ended = replace(
        installation,
        installed_at=clock().replace(microsecond=0),
        token_expires_at=clock() - timedelta(seconds=1),
    )
    databases = [open_database(server, prepared) for _ in range(2)]
    stores = [mongo_stores(each, ring, clock).installations for each in databases]
    try:
        await stores[0].save(ended)
        processes = [FreshInstallations(each, slack, clock, nobody) for each in stores]
        found = await asyncio.gather(
            *(each.find(ended.tenant) for each in processes for _ in range(5))
        )
    finally:
        for each in databases:
            each.close()
    assert {each.bot_token.get_secret_value() for each in found} == {"xoxb-1"}
    assert {each.generation for each in found} == {1}
    assert slack.renewed == 1
