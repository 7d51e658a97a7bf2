"""What `store.preparation` changes in a database that an earlier version wrote.

Each may be cut off at any line and is then run again.
"""

from store.collection import answering
from store.database import Database
from store.database_time import NOW


async def number_data_keys(database: Database) -> None:
    """Let a tenant have several data keys: the one that there was is its first."""
    keys = database.raw["data_keys"]
    with answering():
        first = [{"$set": {"number": 1, "made_at": NOW}}]
        await keys.update_many({"number": {"$exists": False}}, first)
        if "tenant_1" in await keys.index_information():
            await keys.drop_index("tenant_1")


async def begin_reports(database: Database) -> None:
    """Have the accounts that are connected reported, as from now on every new one is."""
    with answering():
        connected = database.raw["connections"].find({}, ["tenant", "profile"])
        seen = {(each["tenant"], each["profile"]) async for each in connected}
        for tenant, profile in sorted(seen):
            due = {"tenant": tenant, "kind": "report", "id": profile}
            begun = [{"$set": {"at": {"$ifNull": ["$at", NOW]}}}]
            await database.raw["due_work"].update_one(due, begun, upsert=True)
