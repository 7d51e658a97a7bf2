"""``refresh_storm``: how often tokens are renewed when everybody comes back at once.

1,000 actions of 50 people, whose access tokens have all expired, on four processes. The action
is `status`: it takes a fresh token, and asks Atlassian with it which sites it opens.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from benches.line import Line
from benches.load import send_all, signed_command
from benches.searches import PATIENCE, Hooks, taking_answers
from bot.connection import READ, Connection, Grant
from bot.content import Account, AccountId, CloudId, Site
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM
from sandbox.atlassian.people import BY_NAME
from sandbox.atlassian.sites import ACME
from sandbox.server import Plan, Sandbox
from store.database import open_database
from store.keyring import KeyRing
from store.stores import Stores, mongo_stores

PEOPLE: Final = 50
ACTIONS: Final = 20
"""Of each person; as many at each process."""
WORD: Final = "status"
WORKS: Final = "✓ works"
PROCESSES: Final = 4
AT_ONCE: Final = 125
LIKE: Final = "U0BOB"
"""Whom everybody is like, but for their id."""
ACCOUNT: Final = BY_NAME["bob"]
"""Whose consents theirs are: each of them a grant with refresh tokens of its own."""


async def refresh_storm(
    home: Path, people: int = PEOPLE, actions: int = ACTIONS, processes: int = PROCESSES
) -> list[Line]:
    """Have everybody act as often, at all processes at once.

    Raises:
        RuntimeError: somebody isn't answered that their connection works.
    """
    async with AsyncExitStack() as stack:
        hooks = await stack.enter_async_context(taking_answers())
        plan = Plan(home, bots=processes, settings={"CONFAB_SLACK_HOOKS_URL": hooks.url})
        sandbox = await stack.enter_async_context(Sandbox(plan))
        everybody = [f"U0STORM{number}" for number in range(people)]
        await _connect(sandbox, everybody)
        before = len(sandbox.atlassian.grants.refresh)
        await _storm(sandbox, everybody, actions, hooks)
        renewed = len(sandbox.atlassian.grants.refresh) - before
    return [Line("refresh_storm", renewed, people, "", 1.0)]


async def _storm(sandbox: Sandbox, everybody: Sequence[str], actions: int, hooks: Hooks) -> None:
    secret, bots = sandbox.bot_settings()["CONFAB_SLACK_SIGNING_SECRET"], sandbox.bots.all
    sending = []
    for number, bot in enumerate(bots):
        times = range(number, actions, len(bots))
        requests = [
            signed_command(bot.port, secret, WORD, user, hooks.url)
            for _ in times
            for user in everybody
        ]
        sending.append(send_all(bot.port, requests, AT_ONCE))
    await asyncio.gather(*sending)
    for _ in range(len(everybody) * actions):
        async with asyncio.timeout(PATIENCE):
            _, answer = await hooks.answered.get()
        if WORKS not in str(answer):
            raise RuntimeError(f"an action failed: {answer}")


async def _connect(sandbox: Sandbox, everybody: Sequence[str]) -> None:
    """Let everybody be in the workspace, with a connection whose access token has expired."""
    people = sandbox.slack.workspace.state.people
    async with stores_of(sandbox.bot_settings()) as stores:
        for user in everybody:
            people[user] = {**people[LIKE], "id": user}
            await stores.connections.save(connection_of(sandbox, user))
    sandbox.atlassian.grants.expire_access(ACCOUNT.account_id)


def connection_of(sandbox: Sandbox, user: str) -> Connection:
    """Return a connection of *user* by a new consent, whose access token has expired."""
    issued = _consented(sandbox)
    now = datetime.now(UTC)  # noqa: TID251 - a bench has no Clock
    grant = Grant(
        SecretStr(issued["access_token"]),
        SecretStr(issued["refresh_token"]),
        now - timedelta(hours=1),
        READ,
    )
    site = Site(CloudId(ACME), "Acme", f"{sandbox.url}/atlassian/acme")
    account = Account(AccountId(ACCOUNT.account_id), "Bob Babbage")
    return Connection(Principal(Tenant("T0ACME"), user), SYSTEM, account, (site,), grant, now)


def _consented(sandbox: Sandbox) -> dict[str, Any]:
    """Return what one more consent of the account gives, without a browser."""
    client, grants = sandbox.atlassian.client, sandbox.atlassian.grants
    whose = client.client_id, ACCOUNT.account_id
    grants.consent(*whose, sorted(READ), [ACME], "account")
    code = grants.issue_code(*whose, client.redirect_uri)
    return grants.trade_code(client.client_id, code, client.redirect_uri)


@asynccontextmanager
async def stores_of(settings: dict[str, str]) -> AsyncIterator[Stores]:
    """Open the stores of a bot that has those *settings*."""
    database = open_database(settings["CONFAB_MONGODB_URI"])
    try:
        ring = KeyRing.parse(SecretStr(settings["CONFAB_KEYS"]))
        yield mongo_stores(database, ring, lambda: datetime.now(UTC))  # noqa: TID251 - is the Clock
    finally:
        database.close()
