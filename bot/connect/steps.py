"""The steps of a flow: each is opened once, used up once, and leads to the next."""

import secrets
from dataclasses import replace
from datetime import timedelta

from pydantic import SecretStr

from bot.connect.ends import End, Ended
from bot.pending import PendingConnection, Step
from bot.ports import Clock, PendingConnections
from bot.principal import Digest, Principal, digest, mint_token, unverified_tenant

REPLY_LASTS = timedelta(minutes=30)
"""Slack's response URLs work for as long."""

CODE_LASTS = timedelta(minutes=5)


class Steps:
    """Pending connections, by the tokens that lead to them."""

    def __init__(self, pendings: PendingConnections, clock: Clock, lasts: timedelta) -> None:
        self._pendings = pendings
        self._clock = clock
        self._lasts = lasts

    async def open(self, step: Step, pending: PendingConnection) -> str:
        """Keep *pending* as *step* and return the token that leads to it."""
        token = mint_token(pending.tenant)
        await self._keep(pending, step, digest(token), self._lasts)
        return token

    async def look(self, step: Step, unverified_token: str) -> PendingConnection:
        """Return the live step without using it up.

        Raises:
            Ended: it has expired, was used, or never was.
        """
        pending = await self._find(step, unverified_token)
        if pending.consumed_at is not None:
            raise Ended(End.USED, pending)
        if pending.expires_at <= self._clock():
            raise Ended(End.EXPIRED, pending)
        return pending

    async def take(self, step: Step, unverified_token: str) -> PendingConnection:
        """Use the step up. Raises like *look*."""
        tenant = unverified_tenant(unverified_token)
        if tenant is None:
            raise Ended(End.UNKNOWN)
        key = digest(unverified_token)
        taken = await self._pendings.consume(tenant, step, key, self._clock())
        if taken is None:
            # Somebody may have been faster between these two lines; then it was used.
            raise Ended(End.USED, await self.look(step, unverified_token))
        return taken

    async def _find(self, step: Step, unverified_token: str) -> PendingConnection:
        tenant = unverified_tenant(unverified_token)
        if tenant is None:
            raise Ended(End.UNKNOWN)
        found = await self._pendings.find(tenant, step, digest(unverified_token))
        if found is None:
            raise Ended(End.UNKNOWN)
        return found

    async def keep_reply(self, pending: PendingConnection) -> None:
        """Keep how to replace the flow's private message, under whoever pressed its link."""
        await self._keep(pending, Step.REPLY, _reply_key(pending), REPLY_LASTS)

    async def take_reply(self, pending: PendingConnection) -> SecretStr | None:
        """Take the flow's response URL, if its link was pressed and no message used it yet."""
        reply = await self._pendings.consume(
            pending.tenant, Step.REPLY, _reply_key(pending), self._clock()
        )
        return reply.response_url if reply else None

    async def keep_code(self, pending: PendingConnection, code: str) -> None:
        """Keep what *code*, typed by the principal, will make a connection."""
        await self._keep(pending, Step.CODE, code_key(pending.principal, code), CODE_LASTS)

    async def find_code(self, principal: Principal) -> PendingConnection | None:
        """Spend one try and return what the principal's newest code stands for."""
        return await self._pendings.find_code(principal, self._clock())

    async def take_code(self, pending: PendingConnection) -> bool:
        """Use the code up; ``False`` if somebody was faster."""
        taken = await self._pendings.consume(pending.tenant, Step.CODE, pending.key, self._clock())
        return taken is not None

    async def _keep(
        self, pending: PendingConnection, step: Step, key: Digest, lasts: timedelta
    ) -> None:
        expires_at = self._clock() + lasts
        await self._pendings.save(
            replace(pending, step=step, key=key, expires_at=expires_at, consumed_at=None)
        )


def _reply_key(pending: PendingConnection) -> Digest:
    return digest(f"{pending.principal.user_id}.{pending.flow}")


CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"
"""No vowels, so no words; none of 0 O 1 I, which look alike. 8 of them make 38 bits."""

CODE_LENGTH = 8


def mint_code() -> str:
    """Return a fresh code for a person to type."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def code_key(principal: Principal, typed: str) -> Digest:
    """Return the digest of a code, however it is spaced; nobody else's code has the same."""
    letters = "".join(typed.split()).replace("-", "").upper()
    return digest(f"{principal.tenant}.{principal.user_id}.{letters}")
