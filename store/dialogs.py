"""Dialogs: sealed whole, beside what finds them and what one confirmation alone may change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.dialog import DIALOG_LASTS, PLAN_LASTS, Dialog, DialogId, Phase, PlanId
from bot.ports import Clock, Dialogs, Due, DueWork, running_of
from bot.principal import Principal, Tenant
from bot.task import TaskId
from store.collection import Stored
from store.database import Database
from store.database_time import NOW, was_left, was_within
from store.keeping import confirmed, is_awaited, latest_of_each
from store.sealing import Vault
from store.shape import FLAG, NUMBER, TEXT, TIME, Shape, expiring, index, sealed, unique

SHAPE: Final = Shape(
    "dialogs",
    {
        "tenant": TEXT,
        "user_id": TEXT,
        "dialog": TEXT,
        "task": TEXT,
        "phase": TEXT,
        "is_open": FLAG,
        "generation": NUMBER,
        "touched_at": TIME,
        "expires_at": TIME,
        "sealed": sealed("dialog", "dialog"),
    },
    {"plan": TEXT, "thread": TEXT, "confirmed_at": TIME, "is_run": FLAG},
    indexes=(
        unique("tenant", "user_id", "dialog"),
        # The embedded database (0.7.0b3) uses an index for a change only if it has every field.
        index("tenant", "user_id", "dialog", "generation"),
        index("tenant", "user_id", "thread"),
        index("tenant", "user_id", "is_open", "touched_at"),
        index("tenant", "task", "touched_at"),
        expiring("expires_at"),
    ),
)
MOST_OPEN: Final = 20
MOST_RUNS: Final = 100
_LATEST: Final = [("touched_at", -1)]


class MongoDialogs(Dialogs):
    """See `Dialogs`. Each method is one operation; two where a run becomes due."""

    def __init__(
        self, database: Database, vault: Vault, due: DueWork, clock: Clock, first_check: timedelta
    ) -> None:
        self._dialogs = database.collection(SHAPE)
        self._vault = vault
        self._due = due
        self._clock = clock
        self._first_check = first_check

    async def begin(self, dialog: Dialog) -> bool:
        """See `Dialogs.begin`."""
        await self._put_on_the_list(None, dialog)
        times = {"touched_at": dialog.touched_at, "expires_at": dialog.expires_at}
        return await self._dialogs.insert({**await self._written(dialog), **times})

    async def find(self, principal: Principal, dialog: DialogId) -> Dialog | None:
        """See `Dialogs.find`."""
        return await self._found(_key(principal, dialog))

    async def find_in_thread(
        self, principal: Principal, channel: str, thread: str
    ) -> Dialog | None:
        """See `Dialogs.find_in_thread`."""
        return await self._found({**_theirs(principal), "thread": f"{channel}/{thread}"})

    async def list_open(self, principal: Principal) -> Sequence[Dialog]:
        """See `Dialogs.list_open`."""
        where = {**_theirs(principal), "is_open": True}
        found = await self._dialogs.find_several(where, order=_LATEST, most=MOST_OPEN)
        now = self._clock()
        return [await self._opened(stored) for stored in found if stored["expires_at"] > now]

    async def replace(self, seen: Dialog, changed: Dialog) -> Dialog | None:
        """See `Dialogs.replace`."""
        await self._put_on_the_list(seen, changed)
        return await self._replaced(seen, changed, {})

    async def take_up(self, seen: Dialog, left_alone: timedelta) -> Dialog | None:
        """See `Dialogs.take_up`."""
        return await self._replaced(seen, seen, was_left("touched_at", left_alone))

    async def _replaced(
        self, seen: Dialog, changed: Dialog, also: Mapping[str, Any]
    ) -> Dialog | None:
        """Replace *seen*, where *also* is so."""
        now = self._clock()
        kept = replace(
            changed,
            generation=seen.generation + 1,
            touched_at=now,
            expires_at=now + DIALOG_LASTS,
        )
        written = await self._written(kept)
        literally = {name: {"$literal": value} for name, value in written.items()}
        gone = [name for name in ("plan", "thread") if name not in written]
        # Not read back: opening it again would cost as much as all the rest of a turn's keeping.
        is_kept = await self._dialogs.update(
            {**_key(seen.principal, seen.id), "generation": seen.generation, **also},
            [
                {"$set": {**literally, "touched_at": NOW, "expires_at": kept.expires_at}},
                *([{"$unset": gone}] if gone else []),
            ],
        )
        return kept if is_kept else None

    async def confirm(self, principal: Principal, dialog: DialogId, plan: PlanId) -> bool:
        """See `Dialogs.confirm`."""
        return await self._dialogs.update(
            {
                **_key(principal, dialog),
                "phase": Phase.CONFIRMING.value,
                "plan": plan,
                **was_within("touched_at", PLAN_LASTS),
            },
            [
                {
                    "$set": {
                        "phase": Phase.RUNNING.value,
                        "generation": {"$add": ["$generation", 1]},
                        "touched_at": NOW,
                        "confirmed_at": NOW,
                    }
                },
                {"$unset": ["plan"]},
            ],
        )

    async def find_due(self, due: Due) -> Dialog | None:
        """See `Dialogs.find_due`."""
        user_id, _, dialog = due.id.partition("/")
        return await self.find(Principal(due.tenant, user_id), DialogId(dialog))

    async def list_users(
        self, tenant: Tenant, task: TaskId, since: datetime
    ) -> Sequence[tuple[str, datetime]]:
        """See `Dialogs.list_users`. It looks at the last hundred runs."""
        where = {"tenant": tenant, "task": task, "touched_at": {"$gte": since}, "is_run": True}
        found = await self._dialogs.find_several(
            where, order=_LATEST, most=MOST_RUNS, only=("user_id", "touched_at")
        )
        return latest_of_each((stored["user_id"], stored["touched_at"]) for stored in found)

    async def count_open(self, tenant: Tenant, task: TaskId) -> int:
        """See `Dialogs.count_open`."""
        return await self._dialogs.count({"tenant": tenant, "task": task, "is_open": True})

    async def remove(self, principal: Principal, dialog: DialogId) -> None:
        """See `Dialogs.remove`."""
        await self._dialogs.remove(_key(principal, dialog))

    async def _found(self, where: dict[str, Any]) -> Dialog | None:
        stored = await self._dialogs.find(where)
        if stored is None or stored["expires_at"] <= self._clock():
            return None
        return await self._opened(stored)

    async def _put_on_the_list(self, seen: Dialog | None, changed: Dialog) -> None:
        now = self._clock()
        if is_awaited(seen, changed, now):
            at = now + self._first_check
            await self._due.add(running_of(changed.principal, changed.id, at))

    async def _written(self, dialog: Dialog) -> dict[str, Any]:
        key = _key(dialog.principal, dialog.id)
        is_confirmable = dialog.phase is Phase.CONFIRMING and not dialog.is_trial
        fields = {
            **key,
            "task": dialog.task,
            "phase": dialog.phase.value,
            "is_open": dialog.is_open,
            "is_run": dialog.is_used and not dialog.is_trial,
            "generation": dialog.generation,
            "thread": f"{dialog.channel}/{dialog.thread}" if dialog.thread else None,
            "plan": dialog.plan.id if dialog.plan and is_confirmable else None,
            "sealed": await self._vault.seal(SHAPE.binding("sealed", key), dialog),
        }
        return {name: value for name, value in fields.items() if value is not None}

    async def _opened(self, stored: Stored) -> Dialog:
        binding = SHAPE.binding("sealed", stored)
        dialog = await self._vault.open(binding, Dialog, stored["sealed"])
        if stored["phase"] == Phase.RUNNING.value and dialog.phase is Phase.CONFIRMING:
            dialog = confirmed(dialog, stored["confirmed_at"])
        return replace(
            dialog,
            generation=stored["generation"],
            touched_at=stored["touched_at"],
            expires_at=stored["expires_at"],
        )


def _theirs(principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id}


def _key(principal: Principal, dialog: DialogId) -> dict[str, Any]:
    return {**_theirs(principal), "dialog": dialog}
