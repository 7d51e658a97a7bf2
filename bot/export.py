"""The audit as a file: CSV for spreadsheets, JSON Lines for machines."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Final

from bot.trail import AuditRow, Role

FORGOTTEN: Final = "(forgotten)"
BROKEN: Final = "(unreadable)"
COLUMNS: Final = (
    "number", "at", "action", "outcome", "code", "credential", "profile",
    "actor", "actor_name", "account", "account_name", "subject", "subject_name",
    "kind", "title", "site", "site_name", "space", "page", "correlation", "id",
)  # fmt: skip

_AT_ONCE: Final = 200
# What a spreadsheet takes for a formula: at the beginning of a cell, and behind whatever it may
# take for the end of one (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA: Final = re.compile(
    r"""(^|[,;"\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029])(?=\s*[=+\-@＝＋－＠]| *[\t\r])"""
)
_MARK: Final = "\ufeff"
"""Without it Excel doesn't read a file as UTF-8."""


async def export_csv(rows: AsyncIterator[AuditRow]) -> AsyncIterator[bytes]:
    """Yield *rows* as CSV, a head first (RFC 4180, UTF-8), with no cell that's a formula."""
    yield (_MARK + _csv_line(COLUMNS)).encode()
    async for part in _joined(rows, _csv_row):
        yield part


async def export_jsonl(rows: AsyncIterator[AuditRow]) -> AsyncIterator[bytes]:
    """Yield *rows* as JSON Lines, in ASCII: an object a row, without what it doesn't have."""
    async for part in _joined(rows, _json_line):
        yield part


def cells_of(row: AuditRow) -> dict[str, str]:
    """Return what *row* says by `COLUMNS`; empty where it says nothing."""
    entry = row.entry
    actor, account, subject = entry.actor, entry.account, entry.subject
    gone = {role: _gone(row, role) for role in Role}
    return {
        "number": "" if row.number is None else str(row.number),
        "at": row.at.isoformat(timespec="milliseconds"),
        "action": str(entry.action),
        "outcome": str(entry.outcome),
        "code": entry.code,
        "credential": str(entry.credential),
        "profile": entry.profile,
        "actor": actor.user_id if actor else gone[Role.ACTOR],
        "actor_name": actor.name if actor else gone[Role.ACTOR],
        "account": account.id if account else gone[Role.ACCOUNT],
        "account_name": account.name if account else gone[Role.ACCOUNT],
        "subject": subject.user_id if subject else gone[Role.SUBJECT],
        "subject_name": subject.name if subject else gone[Role.SUBJECT],
        "kind": entry.kind,
        "title": entry.title or gone[row.title_role],
        "site": entry.site,
        "site_name": entry.site_name or gone[Role.ACTOR],
        "space": entry.space,
        "page": entry.page,
        "correlation": entry.correlation,
        "id": row.id,
    }


def harmless(text: str) -> str:
    """Return *text* so that no spreadsheet takes it, or a part of it, for a formula."""
    return _FORMULA.sub(r"\1'", text)


def _gone(row: AuditRow, role: Role) -> str:
    if role in row.forgotten:
        return FORGOTTEN
    return BROKEN if role in row.broken else ""


def _csv_row(row: AuditRow) -> str:
    return _csv_line(tuple(map(harmless, cells_of(row).values())))


def _csv_line(cells: tuple[str, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _json_line(row: AuditRow) -> str:
    cells: dict[str, object] = {name: cell for name, cell in cells_of(row).items() if cell}
    if row.number is not None:
        cells["number"] = row.number
    return json.dumps(cells, separators=(",", ":")) + "\n"


async def _joined(
    rows: AsyncIterator[AuditRow], write: Callable[[AuditRow], str]
) -> AsyncIterator[bytes]:
    """Yield what *write* makes of *rows*, some at a time."""
    lines: list[str] = []
    async for row in rows:
        lines.append(write(row))
        if len(lines) == _AT_ONCE:
            yield "".join(lines).encode("utf-8", "replace")
            lines.clear()
    if lines:
        yield "".join(lines).encode("utf-8", "replace")
