"""The audit on the command line: is it whole, and all of it in a file."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from bot.chain import Known, Verdict, Verifier
from bot.principal import Tenant

CHAINED: Final = "audit chained"
"""What the log calls a line that has a tenant's newest link."""


async def verify(
    verifier: Verifier,
    tenants: Sequence[Tenant],
    say: Callable[[str], None],
    *,
    since: Known | None = None,
    logged: Mapping[Tenant, Sequence[Known]] | None = None,
) -> bool:
    """Say of each of *tenants*, or of all, what its chain is worth; ``False`` if not all.

    One that *logged* names and of which nothing is left is looked at as well.
    """
    logged = logged or {}
    is_whole = True
    for tenant in tenants or sorted({*await verifier.list_tenants(), *logged}):
        verdict = await verifier.verify(tenant, since, logged.get(tenant, ()))
        for line in words_of(verdict):
            say(line)
        is_whole = is_whole and not verdict.problems
    return is_whole


def words_of(verdict: Verdict) -> Iterable[str]:
    """Yield what *verdict* says, a line each."""
    for problem in verdict.problems:
        yield f"{verdict.tenant}: {problem}"
    whole = "not whole" if verdict.problems else "whole"
    waiting = f"; {verdict.waiting} more not chained yet" if verdict.waiting else ""
    if not verdict.number:
        yield f"{verdict.tenant}: nothing is chained{waiting}."
        return
    at = f"{verdict.at:%Y-%m-%d %H:%M} UTC, " if verdict.at else ""
    yield (
        f"{verdict.tenant}: {whole} up to number {verdict.number} "
        f"({at}{verdict.number}:{verdict.link}){waiting}."
    )


def read_log(lines: Iterable[str]) -> Mapping[Tenant, Sequence[Known]]:
    """Return every link that a log in JSON has, by its tenant; lines of others are passed over."""
    found: dict[Tenant, dict[int, Known]] = {}
    for line in lines:
        if CHAINED not in line:
            continue
        try:
            held = json.loads(line[line.index("{") :])
            if held["event"] != CHAINED:
                continue
            known = Known.parse(f"{held['number']}:{held['link']}")
            found.setdefault(Tenant(str(held["tenant"])), {}).setdefault(known.number, known)
        except (ValueError, KeyError, TypeError):
            continue
    return {tenant: tuple(known.values()) for tenant, known in found.items()}
