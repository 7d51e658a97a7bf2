"""Drafts: previewed decisions, sealed whole, until they are confirmed or expire."""

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from bot.frozen import frozen
from bot.ports import Clock, Drafts, DueWork, settling, settling_of
from bot.principal import Principal
from bot.receipt import Decision, Draft, DraftId
from store.database import Database
from store.sealing import Vault
from store.shape import TEXT, TIME, Shape, expiring, sealed, unique

SHAPE: Final = Shape(
    "drafts",
    {
        "tenant": TEXT,
        "user_id": TEXT,
        "draft": TEXT,
        "expires_at": TIME,
        "sealed": sealed("draft", "draft"),
    },
    indexes=(unique("tenant", "user_id", "draft"), expiring("expires_at")),
)


@frozen
class _Inside:
    """The sealed part of a draft."""

    decision: Decision
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None


class MongoDrafts(Drafts):
    """See `Drafts`. Each method is one operation, but for `save` and `remove`, which are two."""

    def __init__(
        self, database: Database, vault: Vault, due: DueWork, clock: Clock, first_check: timedelta
    ) -> None:
        self._drafts = database.collection(SHAPE)
        self._vault = vault
        self._due = due
        self._clock = clock
        self._first_check = first_check

    async def save(self, draft: Draft) -> None:
        """See `Drafts.save`."""
        key = _key(draft.decision.principal, draft.id)
        inside = _Inside(draft.decision, draft.response_url, draft.response_url_at)
        written = await self._vault.seal(SHAPE.binding("sealed", key), inside)
        await self._due.add(settling(draft.decision, self._clock() + self._first_check))
        document = {**key, "expires_at": draft.expires_at, "sealed": written}
        await self._drafts.save(key, document)

    async def find(self, principal: Principal, draft: DraftId) -> Draft | None:
        """See `Drafts.find`."""
        stored = await self._drafts.find(_key(principal, draft))
        if stored is None or stored["expires_at"] <= self._clock():
            return None
        inside = await self._vault.open(SHAPE.binding("sealed", stored), _Inside, stored["sealed"])
        return Draft(
            id=draft,
            decision=inside.decision,
            expires_at=stored["expires_at"],
            response_url=inside.response_url,
            response_url_at=inside.response_url_at,
        )

    async def remove(self, principal: Principal, draft: DraftId) -> None:
        """See `Drafts.remove`."""
        await self._drafts.remove(_key(principal, draft))
        await self._due.remove(settling_of(principal, draft, self._clock()))


def _key(principal: Principal, draft: DraftId) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id, "draft": draft}
