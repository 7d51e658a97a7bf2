"""``confab keys``: what is said of keys to whoever keeps them, and what is refused."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.audit import Auditor
from bot.errors import BotError
from bot.trail import Entry, Outcome
from store.data_keys import KeptKey
from store.key_rotation import KEPT_FOR, KeyRotation, Report
from store.resealing import Use

Say = Callable[[str], None]

_ROTATE: Final = "`confab keys rotate`"
_LOSS: Final = {
    "connections": "they connect again",
    "drafts": "their previews are gone",
    "installations": "the app is installed anew",
    "receipts": "nobody settles or undoes these writes",
}


async def show(rotation: KeyRotation, say: Say) -> bool:
    """Say which keys there are; ``False`` if one that is needed is missing."""
    report = await rotation.report()
    for line in (*_ring(report), *_data_keys(report), *_orphans(report)):
        say(line)
    return not (report.lost_ids or report.orphans)


async def rotate(rotation: KeyRotation, say: Say) -> bool:
    """Rotate; ``False`` if something is left that can't be, or not now."""
    rotated = await rotation.rotate(say)
    left = rotated.resealed.broken
    if rotated.lost or left:
        say(
            f"{rotated.lost} data keys and {left} sealed values can't be opened, and stay as they "
            "are: `confab keys status` says whose."
        )
    if not rotated.is_settled:
        say(
            "Some bot goes on sealing under earlier keys: does each of them run this version? "
            f"Then {_ROTATE} again."
        )
    if rotated.is_settled and not left:
        say("Everything is sealed under the new data keys.")
    return rotated.is_settled and not (rotated.lost or left)


async def retire(rotation: KeyRotation, key_id: str, now: datetime, say: Say) -> bool:
    """Delete what isn't needed any more; ``False``, with the reasons, if *key_id* still is."""
    report = await rotation.report()
    if key_id == report.active_id:
        say(f"{key_id} is the active key: put another before it in CONFAB_KEYS first.")
        return False
    removed = await rotation.remove_unused(report, now)
    if removed:
        say(f"{len(removed)} earlier data keys sealed nothing any more, and were deleted.")
    standing = [key for key in report.wrapped_by(key_id) if key not in removed]
    if standing:
        say(f"{key_id} can't go: it wraps {_count(standing)}.")
        for line in _needed(report, standing):
            say(line)
        return False
    if key_id in report.ring_ids:
        say(
            f"{key_id} wraps nothing: take it out of CONFAB_KEYS and replace the bots. Keep a copy "
            "for as long as you keep backups from before today."
        )
    else:
        say(f"{key_id} wraps nothing, and isn't in CONFAB_KEYS.")
    return True


async def recorded(auditor: Auditor, entry: Entry, work: Callable[[], Awaitable[bool]]) -> bool:
    """Do *work*, with *entry* recorded beforehand and as it ended: killed, it was begun.

    Raises:
        BotError: it can't be recorded, and nothing was done; or the work's own.
    """
    begun = await auditor.begin(entry)
    ended = replace(begun, outcome=Outcome.UNCLEAR)
    try:
        is_well = await work()
        ended = replace(begun, outcome=Outcome.DONE if is_well else Outcome.REFUSED)
    except BotError as error:
        ended = begun.ended(error)
        raise
    finally:
        await auditor.write(ended)
    return is_well


def _ring(report: Report) -> Iterator[str]:
    yield "Key-encryption keys:"
    for ring_id in report.ring_ids:
        wrapped = report.wrapped_by(ring_id)
        if ring_id == report.active_id:
            yield f"  {ring_id}  active; wraps {_count(wrapped)}"
        elif wrapped:
            yield f"  {ring_id}  in use; wraps {_count(wrapped)}: {_ROTATE} moves them"
        else:
            yield f"  {ring_id}  not in use: it may be taken out of CONFAB_KEYS"
    for ring_id in report.lost_ids:
        wrapped = report.wrapped_by(ring_id)
        yield f"  {ring_id}  MISSING; wraps {_count(wrapped)}, which open nothing without it:"
        yield from _needed(report, wrapped)


def _data_keys(report: Report) -> Iterator[str]:
    earlier = report.replaced_at
    yield f"Data keys: {len(report.keys) - len(earlier)} current, {len(earlier)} earlier."
    by_collection: Counter[str] = Counter()
    for key in earlier:
        by_collection.update(report.use(key).documents)
    if report.rotating_since:
        began = f"{report.rotating_since:%Y-%m-%d %H:%M} UTC"
        yield f"  A rotation that began {began} isn't finished: {_ROTATE} goes on with it."
    if by_collection:
        yield f"  Documents that are still sealed under earlier ones, which {_ROTATE} mends:"
        yield from (f"    {name}  {count}" for name, count in sorted(by_collection.items()))
    elif earlier:
        last = max(earlier.values()) + KEPT_FOR
        yield (
            "  Nothing is sealed under earlier ones. `confab keys retire` deletes them, the last "
            f"of them from {last:%Y-%m-%d %H:%M} UTC."
        )


def _needed(report: Report, keys: Sequence[KeptKey]) -> Iterator[str]:
    """Say what *keys* are for, a line for each workspace and collection."""
    for key in sorted(keys, key=lambda each: (each.tenant, each.number)):
        which = "an earlier key"
        if key not in report.replaced_at:
            which = "its current key, without which the bot answers nobody there"
        use = report.use(key)
        yield f"    {key.tenant}: {which}; it seals " + ("this:" if use.documents else "nothing.")
        yield from _of_use(use)


def _orphans(report: Report) -> Iterator[str]:
    """Say what is sealed under keys of which nothing is known."""
    orphans = report.orphans
    if orphans:
        yield "Sealed under data keys that aren't in the database, and can't be opened:"
    for (tenant, key_id), use in sorted(orphans.items()):
        yield f"    {tenant}: {f'data key {key_id}' if key_id else 'of no form that we write'}:"
        yield from _of_use(use)


def _of_use(use: Use) -> Iterator[str]:
    for name, count in sorted(use.documents.items()):
        people = ", ".join(sorted(use.people[name]))
        loss = f"; if it is lost, {_LOSS[name]}" if name in _LOSS else ""
        yield f"      {name}  {count}" + (f" ({people})" if people else "") + loss


def _count(keys: Sequence[KeptKey]) -> str:
    tenants = len({key.tenant for key in keys})
    return f"{len(keys)} data keys of {tenants} workspaces"
