"""The operator's work on keys, while bots serve: what is in use, a rotation, a retirement.

A rotation wraps every data key under the active key-encryption key, makes a new data key for
every tenant, and seals anew under it whatever an earlier one has sealed. It can be killed at
any line: how far it is stands in the database, and whoever rotates next goes on from there.
Several may do so at once, since every step is a compare-and-set.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from bot.errors import SealBroken
from bot.frozen import frozen
from bot.ports import KeyEncryption
from bot.principal import Tenant
from store.data_keys import KEY_AGE, DataKeys, KeptKey
from store.database import Database
from store.database_time import NOW
from store.resealing import Resealed, Resealing, Use
from store.shape import NUMBER, TEXT, TIME, People, Shape

SHAPE: Final = Shape(
    "key_rotations",
    {"started_at": TIME, "round": NUMBER},
    {"collection": TEXT, "after": {}, "finished_at": TIME},
    id_type=TEXT,
    people=People.NONE,
)
KEPT_FOR: Final = timedelta(hours=24)
"""For so long an earlier data key opens what isn't in the database: notes at Slack, which live
for minutes, and what a bot was just about to write."""

_ID: Final = "data-keys"
_MOST_ROUNDS: Final = 5


@frozen
class Rotated:
    """What a rotation came to, in what this process did of it."""

    wrapped: int
    lost: int
    """Data keys that stay wrapped under a key that isn't there."""
    made: int
    resealed: Resealed
    is_settled: bool
    """A round that began after every bot had noticed the new keys found nothing to do."""


@frozen
class Report:
    """Which keys there are, and what each is for."""

    active_id: str
    ring_ids: Sequence[str]
    keys: Sequence[KeptKey]
    uses: dict[tuple[Tenant, str], Use]
    rotating_since: datetime | None

    @property
    def lost_ids(self) -> Sequence[str]:
        """The ids of the key-encryption keys that are needed and not there."""
        return sorted({key.ring_id for key in self.keys} - set(self.ring_ids))

    def wrapped_by(self, ring_id: str) -> Sequence[KeptKey]:
        """Return the data keys that the key-encryption key wraps."""
        return [key for key in self.keys if key.ring_id == ring_id]

    def use(self, key: KeptKey) -> Use:
        """Return what *key* seals."""
        return self.uses.get((key.tenant, key.id), Use())

    @property
    def replaced_at(self) -> dict[KeptKey, datetime]:
        """The earlier data keys, each with the time at which its successor was made."""
        ordered = sorted(self.keys, key=lambda key: (key.tenant, key.number))
        return {
            one: other.made_at for one, other in pairwise(ordered) if one.tenant == other.tenant
        }

    @property
    def orphans(self) -> dict[tuple[Tenant, str], Use]:
        """What is sealed under data keys that there aren't any more, or isn't sealed at all."""
        known = {(key.tenant, key.id) for key in self.keys}
        return {name: use for name, use in self.uses.items() if name not in known}


@dataclass(slots=True)
class _Progress:
    """How far a rotation is: in which round, and up to which document of which collection."""

    started_at: datetime
    is_new: bool
    round: int = 1
    collection: str = ""
    after: object = None
    resealed: Resealed = field(default_factory=Resealed)

    @property
    def key(self) -> dict[str, Any]:
        """Where it is stored, as long as nobody has begun another."""
        return {"_id": _ID, "started_at": self.started_at}

    def come_to(self, number: int, collection: str = "", after: object = None) -> None:
        """Be in the round of that *number*, at its beginning or *after* a document."""
        self.round, self.collection, self.after = number, collection, after


class KeyRotation:
    """What ``confab keys`` does, over all tenants."""

    def __init__(
        self,
        database: Database,
        ring: KeyEncryption,
        shapes: Sequence[Shape],
        age: timedelta = KEY_AGE,
    ) -> None:
        """Take the *shapes* of all collections, and the *age* up to which bots trust their keys."""
        self._progress = database.collection(SHAPE).across_tenants()
        self._ring = ring
        self._keys = DataKeys(database, ring, age)
        self._resealing = Resealing(database, self._keys, shapes)
        self._age = age.total_seconds()

    async def report(self) -> Report:
        """Return what there is; it reads everything that is sealed."""
        stored = await self._progress.find({"_id": _ID}) or {"finished_at": None}
        # Before the keys: a key that is made meanwhile has no use yet, and nothing lacks its key.
        uses = await self._resealing.uses()
        return Report(
            active_id=self._ring.active_id,
            ring_ids=self._ring.ids,
            keys=[key async for key in self._keys.list_all()],
            uses=uses,
            rotating_since=None if "finished_at" in stored else stored["started_at"],
        )

    async def rotate(self, tell: Callable[[str], None]) -> Rotated:
        """Rotate, or go on with a rotation that isn't finished; *tell* how far it is.

        Raises:
            Unavailable: the database or whoever holds the keys doesn't answer; rotate again.
        """
        wrapped, lost = await self._rewrap()
        tell(f"{wrapped} data keys were wrapped under {self._ring.active_id}.")
        progress = await self._begin()
        if not progress.is_new:
            tell(f"Going on with the rotation that began {progress.started_at:%Y-%m-%d %H:%M} UTC.")
        made = await self._succeed(progress.started_at)
        tell(f"{made} new data keys were made.")
        is_settled = await self._reseal(progress, tell)
        await self._progress.update(progress.key, [{"$set": {"finished_at": NOW}}])
        return Rotated(wrapped, lost, made, progress.resealed, is_settled)

    async def remove_unused(self, report: Report, now: datetime) -> Sequence[KeptKey]:
        """Delete the earlier data keys that sealed nothing and were replaced a day ago."""
        unused = [
            key
            for key, replaced_at in report.replaced_at.items()
            if not report.use(key).documents and replaced_at + KEPT_FOR <= now
        ]
        for key in unused:
            await self._keys.remove(key)
        return unused

    async def _rewrap(self) -> tuple[int, int]:
        """Return how many data keys were wrapped anew, and how many can't be."""
        wrapped = lost = 0
        async for key in self._keys.list_all():
            if key.ring_id == self._ring.active_id:
                continue
            try:
                wrapped += await self._keys.rewrap(key)
            except SealBroken:
                lost += 1
        return wrapped, lost

    async def _begin(self) -> _Progress:
        stored = await self._progress.find({"_id": _ID})
        is_new = stored is None or "finished_at" in stored
        if stored is None:
            # Of two that begin at once, the second goes on with what the first began.
            begun = {"started_at": {"$ifNull": ["$started_at", NOW]}, "round": 1}
            await self._progress.put({"_id": _ID}, [{"$set": begun}])
        elif is_new:
            seen = {"_id": _ID, "finished_at": stored["finished_at"]}
            anew = {"started_at": NOW, "round": 1}
            over = {"$unset": ["collection", "after", "finished_at"]}
            await self._progress.update(seen, [{"$set": anew}, over])
        stored = await self._progress.find({"_id": _ID}) or {}
        progress = _Progress(stored["started_at"], is_new)
        progress.come_to(stored["round"], stored.get("collection", ""), stored.get("after"))
        return progress

    async def _succeed(self, since: datetime) -> int:
        """Make a new key for every tenant whose newest is older than the rotation."""
        made = 0
        async for key in self._keys.list_all():
            newest = await self._keys.find_newest(key.tenant) if key.made_at < since else None
            if newest is not None and newest.made_at < since:
                made += await self._keys.succeed(newest)
        return made

    async def _reseal(self, progress: _Progress, tell: Callable[[str], None]) -> bool:
        """Go over everything until nothing is left to do; ``False`` if there always is."""
        # Twice: what was sealed just before they noticed may still be on its way.
        noticed_at = time.monotonic() + 2 * self._age
        for _ in range(_MOST_ROUNDS):
            is_whole = not progress.collection
            done = await self._round(progress)
            tell(f"{done.moved} sealed values were sealed anew.")
            if progress.round > 1 and is_whole and not (done.moved or done.missed):
                return True
            if progress.round == 1:
                wait = max(0.0, noticed_at - time.monotonic())
                tell(f"Waiting {wait:.0f} s, until every bot has noticed the new keys.")
                await asyncio.sleep(wait)
            progress.come_to(progress.round + 1)
            await self._save(progress)
        return False

    async def _round(self, progress: _Progress) -> Resealed:
        done = Resealed()
        async for batch in self._resealing.round(progress.collection, progress.after):
            progress.come_to(progress.round, batch.collection, batch.last)
            await self._save(progress)
            done += batch.resealed
        progress.resealed.moved += done.moved
        progress.resealed.broken = done.broken
        return done

    async def _save(self, progress: _Progress) -> None:
        place = {"collection": progress.collection, "after": progress.after}
        await self._progress.update(progress.key, {"$set": {"round": progress.round, **place}})
