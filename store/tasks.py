"""Dialog tasks: sealed whole, but for the digests of the words by which they are called.

Beside the digests of the words stand those of what each shares with every word near to it
(`bot.alike.slips`): so the unique index holds near words apart that come at the same moment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.alike import slips
from bot.ports import Tasks
from bot.principal import Tenant, digest
from bot.task import MOST_TASKS, DialogTask, TaskId
from store.collection import Stored
from store.database import Database
from store.sealing import Vault
from store.shape import NUMBER, TEXT, People, Shape, array_of, sealed, unique

SHAPE: Final = Shape(
    "tasks",
    {
        "tenant": TEXT,
        "task": TEXT,
        "words": array_of(TEXT),
        "generation": NUMBER,
        "sealed": sealed("task", "task"),
    },
    indexes=(unique("tenant", "task"), unique("tenant", "words")),
    people=People.NAMED,
)
_NEAR: Final = 24


class MongoTasks(Tasks):
    """See `Tasks`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._tasks = database.collection(SHAPE)
        self._vault = vault

    async def add(self, task: DialogTask) -> bool:
        """See `Tasks.add`."""
        return await self._tasks.insert(await self._written(task))

    async def find(self, tenant: Tenant, task: TaskId) -> DialogTask | None:
        """See `Tasks.find`."""
        stored = await self._tasks.find({"tenant": tenant, "task": task})
        return None if stored is None else await self._opened(stored)

    async def find_by_word(self, tenant: Tenant, word: str) -> DialogTask | None:
        """See `Tasks.find_by_word`."""
        stored = await self._tasks.find({"tenant": tenant, "words": _known(tenant, word)})
        return None if stored is None else await self._opened(stored)

    async def list_all(self, tenant: Tenant) -> Sequence[DialogTask]:
        """See `Tasks.list_all`."""
        found = await self._tasks.find_several(
            {"tenant": tenant},
            order=[("task", 1)],
            most=MOST_TASKS,
            only=("tenant", "task", "generation", "sealed"),
        )
        tasks = [await self._opened(stored) for stored in found]
        return sorted(tasks, key=lambda task: task.word)

    async def replace(self, seen: DialogTask, changed: DialogTask) -> DialogTask | None:
        """See `Tasks.replace`."""
        stored = replace(changed, generation=seen.generation + 1)
        where = {"tenant": seen.tenant, "task": seen.id, "generation": seen.generation}
        written = await self._written(stored)
        is_stored = await self._tasks.change_unless_taken(where, {"$set": written})
        return stored if is_stored else None

    async def remove(self, task: DialogTask) -> bool:
        """See `Tasks.remove`."""
        return await self._tasks.remove({"tenant": task.tenant, "task": task.id})

    async def _written(self, task: DialogTask) -> dict[str, Any]:
        key = {"tenant": task.tenant, "task": task.id}
        return {
            **key,
            "words": [*_known_by(task)],
            "generation": task.generation,
            "sealed": await self._vault.seal(SHAPE.binding("sealed", key), task),
        }

    async def _opened(self, stored: Stored) -> DialogTask:
        binding = SHAPE.binding("sealed", stored)
        task = await self._vault.open(binding, DialogTask, stored["sealed"])
        return replace(task, generation=stored["generation"])


def _known_by(task: DialogTask) -> Iterator[str]:
    yield from (_known(task.tenant, word) for word in task.words)
    near = frozenset().union(*map(slips, task.words))
    # Half a digest is enough where a word of a few hundred is meant.
    yield from (digest(f"{task.tenant}~{each}")[:_NEAR] for each in near)


def _known(tenant: Tenant, word: str) -> str:
    return digest(f"{tenant}.{word.casefold()}")
