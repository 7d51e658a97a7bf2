"""The list of connections; pure."""

import json
from collections.abc import Sequence
from typing import Final

from bot.administration import ConnectionPage, Listed, Revoked, Standing
from bot.administration.connections import remains
from bot.errors import BadInput
from bot.mrkdwn import escape
from bot.profile import SYSTEM
from handlers import blocks
from handlers.admin import kit, names
from handlers.ask import Block, View

_SIGNS: Final = {
    Standing.LIVE: ":large_green_circle: live",
    Standing.FAILING: ":large_yellow_circle: failing",
    Standing.ENDED: ":red_circle: ended",
    Standing.ORPHANED: ":ghost: orphaned",
}
_LONGEST_NAME: Final = 100
_MOST_TOLD: Final = 20


def connections_view(found: ConnectionPage) -> View:
    """Return twenty connections, each with the way to end it."""
    totals = ", ".join(f"{count} {each}" for each, count in found.totals.items())
    shown = [blocks.section(f"*Connections:* {totals}")]
    shown += [blocks.section(_row(each), _revoke(each, found.number)) for each in found.rows]
    turns = []
    if found.number:
        turns.append(blocks.button("Previous", f"{names.CONNECTIONS}:back", str(found.number - 1)))
    if found.number + 1 < found.pages:
        turns.append(blocks.button("Next", f"{names.CONNECTIONS}:on", str(found.number + 1)))
    if found.rows:
        turns.append(_revoke_all(sum(found.totals.values())))
    return kit.page(shown, *turns)


def _row(listed: Listed) -> str:
    connection = listed.connection
    sites = ", ".join(escape(site.name) for site in connection.sites[:3])
    if len(connection.sites) > 3:  # noqa: PLR2004 - as many as are named
        sites += f" and {len(connection.sites) - 3} more"
    user_id = connection.owner if connection.is_organisations else connection.principal.user_id
    whose = kit.mention(user_id) if user_id else "nobody"
    if connection.is_organisations:
        name = escape(connection.name[:_LONGEST_NAME] or "without a name")
        whose = f"*the organisation's*, “{name}”, owned by {whose}"
    version = "" if connection.profile == SYSTEM else f", version {connection.profile_version}"
    why = f" ({escape(listed.why)})" if listed.why else ""
    since = connection.ended_at or connection.failing_since or connection.connected_at
    return (
        f"{whose} as *{escape(connection.account.name[:_LONGEST_NAME])}* on {sites}\n"
        f"{_SIGNS[listed.standing]}{why} since {kit.day(since)} · "
        f"{escape(listed.profile[:_LONGEST_NAME])}{version}"
    )


def _revoke(listed: Listed, number: int) -> Block:
    connection = listed.connection
    value = json.dumps(
        [connection.principal.user_id, connection.profile, number], separators=(",", ":")
    )
    return blocks.confirmed(
        blocks.button("Revoke", names.REVOKE, value, style="danger"),
        "Revoke this connection?",
        "Its tokens are deleted here, and its person is told privately. Pages stay as they are.",
        "Revoke",
    )


def read_revoke(value: str) -> tuple[str, str, int]:
    """Return whose connection, under which profile, and the page that it was on."""
    try:
        user_id, profile, number = json.loads(value)
        return str(user_id), str(profile), int(number)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadInput("That button is out of date. Open the list again.") from None


def _revoke_all(count: int) -> Block:
    return blocks.confirmed(
        blocks.button("Revoke all", names.REVOKE_ALL, style="danger"),
        f"Revoke all {count}?",
        "Everybody's tokens are deleted here, the organisation's too. Everybody is told privately.",
        "Revoke all",
    )


def revoked_view(revoked: Revoked | None, number: int) -> View:
    """Say what was deleted, and what remains."""
    if revoked is None:
        words = "That connection was gone already, so there was nothing to delete."
    else:
        account = escape(revoked.ended.connection.account.name)
        told = "They were told." if revoked.is_told else "They couldn't be told."
        words = f"Deleted here: the tokens of *{account}*. {told}\n{remains(revoked.ended)}"
    return kit.page([blocks.section(words)], back=names.CONNECTIONS, value=str(number))


def all_revoked_view(done: Sequence[Revoked]) -> View:
    """Say of all what was deleted, and of each what remains."""
    untold = sum(1 for each in done if not each.is_told)
    lines = [f"Deleted here: the tokens of {kit.plural(len(done), 'connection')}."]
    if untold:
        lines.append(f"{untold} of them couldn't be told.")
    shown = [blocks.section(" ".join(lines))]
    by_words: dict[str, list[str]] = {}
    for each in done:
        account = escape(each.ended.connection.account.name)
        by_words.setdefault(remains(each.ended), []).append(account)
    for words, accounts in by_words.items():
        named = ", ".join(accounts[:_MOST_TOLD])
        more = f" and {len(accounts) - _MOST_TOLD} more" if len(accounts) > _MOST_TOLD else ""
        shown.append(blocks.section(f"*{named}*{more}: {words}"))
    return kit.page(shown, back=names.CONNECTIONS)
