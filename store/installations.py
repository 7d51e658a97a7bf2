"""Installations: one bot a tenant, and one record for each person who installed it there.

The newest wins: what was installed earlier never replaces it, and an event that tells of
an earlier end never removes it (facts: events about an uninstall come late, in any order).
"""

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.bot import Bot
from slack_sdk.oauth.installation_store.models.installation import (
    Installation as SlackInstallation,
)

from bot.frozen import frozen
from bot.installation import BotTokens, Installation, is_place
from bot.ports import Installations
from bot.principal import Tenant
from store.collection import Stored
from store.database import Database
from store.database_time import has_passed, later
from store.sealing import Vault
from store.shape import (
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    FieldType,
    Shape,
    embedded,
    index,
    sealed,
    unique,
)

# By the ids of workspaces, which nobody knows beforehand.
_ACCESS: Final[FieldType] = {
    "bsonType": "object",
    "additionalProperties": embedded(granted=FLAG, at=TIME),
}

SHAPE: Final = Shape(
    "installations",
    {
        "tenant": TEXT,
        "kind": TEXT,
        "user_id": TEXT,
        "installed_at": TIME,
        "sealed": sealed("installation", "kind"),
    },
    {
        "generation": NUMBER,
        "claim": embedded(by=TEXT, until=TIME),
        "broken_at": TIME,
        "access": _ACCESS,
    },
    indexes=(unique("tenant", "kind", "user_id"), index("tenant", "kind", "installed_at")),
)
_BOT: Final = "bot"
_INSTALLER: Final = "installer"
_NEWEST: Final = [("installed_at", -1)]
# What an installer's record takes over from the tenant's newest bot.
_BOTS_OWN: Final = (
    "bot_id",
    "bot_user_id",
    "bot_token",
    "bot_scopes",
    "bot_refresh_token",
    "bot_token_expires_at",
)


@frozen
class _Kept:
    """The fields of one of Slack's own records, as JSON."""

    fields: SecretStr


def tenant_of(
    enterprise_id: str | None, team_id: str | None, *, is_enterprise_install: bool
) -> Tenant | None:
    """Return the tenant of an install: the organisation of an organisation's, else the team."""
    tenant = enterprise_id if is_enterprise_install or team_id is None else team_id
    return Tenant(tenant) if tenant else None


class MongoInstallations(Installations, AsyncInstallationStore):
    """Installations in our words, and in Slack's for whoever speaks them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._records = database.collection(SHAPE)
        self._vault = vault

    async def find(self, tenant: Tenant) -> Installation | None:
        """See `Installations.find`."""
        stored = await self._find_stored(tenant)
        return None if stored is None else _in_our_words(stored, Bot(**await self._open(stored)))

    async def save(self, installation: Installation, *, by: str = "") -> None:
        """See `Installations.save`. Two operations, where it is known who made it."""
        if by:
            await self._save(_INSTALLER, by, _made(installation, by))
        await self.async_save_bot(_in_slacks_words(installation))

    async def remove(self, tenant: Tenant, *, before: datetime) -> bool:
        """See `Installations.remove`. Two operations."""
        removed = await self._records.remove(
            {"tenant": tenant, "kind": _BOT, "installed_at": {"$lt": before}}
        )
        await self._records.remove_all({"tenant": tenant, "installed_at": {"$lt": before}})
        return removed

    async def find_installer(self, tenant: Tenant) -> str | None:
        """See `Installations.find_installer`. One operation."""
        stored = await self._records.find(
            {"tenant": tenant, "kind": _INSTALLER}, order=_NEWEST, fields=("user_id",)
        )
        return None if stored is None else str(stored["user_id"])

    async def claim_refresh(self, installation: Installation, lasts: timedelta) -> str | None:
        """See `Installations.claim_refresh`. One operation."""
        claim = secrets.token_hex(16)
        free = {**_as_seen(installation), "broken_at": None, **has_passed("claim.until")}
        taken = [{"$set": {"claim": {"by": claim, "until": later(lasts)}}}]
        return claim if await self._records.update(free, taken) else None

    async def replace_tokens(
        self, installation: Installation, claim: str, tokens: BotTokens
    ) -> bool:
        """See `Installations.replace_tokens`. One operation."""
        held = {**_as_seen(installation), "claim.by": claim}
        renewed = _in_slacks_words(
            replace(
                installation,
                bot_token=tokens.bot_token,
                refresh_token=tokens.refresh_token,
                token_expires_at=tokens.expires_at,
            )
        )
        change = {
            "$set": {"sealed": await self._seal(held, renewed)},
            "$inc": {"generation": 1},
            "$unset": {"claim": ""},
        }
        return await self._records.update(held, change)

    async def release_refresh(self, installation: Installation, claim: str) -> None:
        """See `Installations.release_refresh`. One operation."""
        held = {**_as_seen(installation), "claim.by": claim}
        await self._records.update(held, {"$unset": {"claim": ""}})

    async def mark_broken(self, installation: Installation, claim: str, at: datetime) -> bool:
        """See `Installations.mark_broken`. One operation."""
        held = {**_as_seen(installation), "claim.by": claim, "broken_at": None}
        return await self._records.update(
            held, {"$set": {"broken_at": at}, "$unset": {"claim": ""}}
        )

    async def set_access(
        self, tenant: Tenant, team_id: str, *, granted: bool, at: datetime
    ) -> bool:
        """See `Installations.set_access`. One operation."""
        if not is_place(team_id):  # it becomes a field's name
            return False
        field = f"access.{team_id}"
        earlier = {
            "tenant": tenant,
            "kind": _BOT,
            "user_id": "",
            "installed_at": {"$lt": at},
            "$or": [{field: None}, {f"{field}.at": {"$lt": at}}],
        }
        return await self._records.update(
            earlier, {"$set": {field: {"granted": granted, "at": at}}}
        )

    @property
    def logger(self) -> logging.Logger:
        """Where Bolt says what it does with installations."""
        return logging.getLogger(__name__)

    async def async_save(self, installation: SlackInstallation) -> None:
        """Keep who installed, and the bot if there is one. Two operations."""
        await self._save(_INSTALLER, installation.user_id, installation)
        if installation.bot_token:
            await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep *bot*, unless a newer one is kept."""
        await self._save(_BOT, "", bot)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """Return the tenant's bot."""
        tenant = tenant_of(
            enterprise_id, team_id, is_enterprise_install=bool(is_enterprise_install)
        )
        return None if tenant is None else await self._find_bot(tenant)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> SlackInstallation | None:
        """Return that person's installation, or the tenant's newest. Up to two operations.

        It carries the newest bot's token, whoever installed that one.
        """
        tenant = tenant_of(
            enterprise_id, team_id, is_enterprise_install=bool(is_enterprise_install)
        )
        found = tenant and await self._find_installer(tenant, user_id)
        if not tenant or not found:
            return None
        if user_id is not None or not found.bot_token:
            _lend_bot(await self._find_bot(tenant), found)
        return found

    async def async_delete_bot(
        self, *, enterprise_id: str | None, team_id: str | None, before: datetime | None = None
    ) -> None:
        """Forget the tenant's bot, unless it was installed at or after *before*."""
        tenant = tenant_of(enterprise_id, team_id, is_enterprise_install=False)
        if tenant:
            await self._records.remove({"tenant": tenant, "kind": _BOT, **_earlier(before)})

    async def async_delete_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        before: datetime | None = None,
    ) -> None:
        """Forget that person's installation, or everybody's, unless made at or after *before*."""
        tenant = tenant_of(enterprise_id, team_id, is_enterprise_install=False)
        whose = {} if user_id is None else {"user_id": user_id}
        if tenant:
            await self._records.remove_all(
                {"tenant": tenant, "kind": _INSTALLER, **whose, **_earlier(before)}
            )

    async def async_delete_all(
        self, *, enterprise_id: str | None, team_id: str | None, before: datetime | None = None
    ) -> None:
        """Forget all of the tenant's, unless made at or after *before*."""
        tenant = tenant_of(enterprise_id, team_id, is_enterprise_install=False)
        if tenant:
            await self._records.remove_all({"tenant": tenant, **_earlier(before)})

    async def _save(self, kind: str, user_id: str, record: Bot | SlackInstallation) -> None:
        tenant = tenant_of(
            record.enterprise_id,
            record.team_id,
            is_enterprise_install=bool(record.is_enterprise_install),
        )
        if tenant is None:
            raise ValueError("an installation without a team and an organisation")
        key = {"tenant": tenant, "kind": kind, "user_id": user_id}
        at = datetime.fromtimestamp(record.installed_at, UTC)
        document = {**key, "installed_at": at, "sealed": await self._seal(key, record)}
        await self._records.save({**key, "installed_at": {"$lte": at}}, document)

    async def _seal(self, key: Mapping[str, Any], record: Bot | SlackInstallation) -> bytes:
        kept = _Kept(SecretStr(json.dumps(vars(record))))
        return await self._vault.seal(SHAPE.binding("sealed", key), kept)

    async def _find_stored(self, tenant: Tenant) -> Stored | None:
        return await self._records.find({"tenant": tenant, "kind": _BOT, "user_id": ""})

    async def _find_bot(self, tenant: Tenant) -> Bot | None:
        stored = await self._find_stored(tenant)
        return None if stored is None else Bot(**await self._open(stored))

    async def _find_installer(
        self, tenant: Tenant, user_id: str | None
    ) -> SlackInstallation | None:
        whose = {} if user_id is None else {"user_id": user_id}
        stored = await self._records.find(
            {"tenant": tenant, "kind": _INSTALLER, **whose}, order=_NEWEST
        )
        return None if stored is None else SlackInstallation(**await self._open(stored))

    async def _open(self, stored: Stored) -> dict[str, Any]:
        kept = await self._vault.open(SHAPE.binding("sealed", stored), _Kept, stored["sealed"])
        fields: dict[str, Any] = json.loads(kept.fields.get_secret_value())
        return fields


def _earlier(before: datetime | None) -> Mapping[str, Any]:
    return {} if before is None else {"installed_at": {"$lt": before}}


def _lend_bot(bot: Bot | None, installation: SlackInstallation) -> None:
    for name in _BOTS_OWN if bot else ():
        setattr(installation, name, getattr(bot, name))


def _as_seen(installation: Installation) -> dict[str, Any]:
    # What never rotated was stored without a generation, which `None` finds as well.
    generation = installation.generation or {"$in": [0, None]}
    return {
        "tenant": installation.tenant,
        "kind": _BOT,
        "user_id": "",
        "installed_at": installation.installed_at,
        "generation": generation,
    }


def _in_our_words(stored: Stored, bot: Bot) -> Installation:
    ends_at, refresh_token = bot.bot_token_expires_at, bot.bot_refresh_token
    access: Mapping[str, Mapping[str, Any]] = stored.get("access", {})
    return Installation(
        tenant=stored["tenant"],
        team_id=None if bot.is_enterprise_install else bot.team_id,
        enterprise_id=bot.enterprise_id,
        name=bot.team_name or bot.enterprise_name or "",
        bot_token=SecretStr(bot.bot_token),
        bot_id=bot.bot_id,
        bot_user_id=bot.bot_user_id,
        app_id=bot.app_id or "",
        scopes=frozenset(bot.bot_scopes),
        installed_at=datetime.fromtimestamp(bot.installed_at, UTC),
        refresh_token=SecretStr(refresh_token) if refresh_token else None,
        token_expires_at=None if ends_at is None else datetime.fromtimestamp(ends_at, UTC),
        generation=stored.get("generation", 0),
        broken_at=stored.get("broken_at"),
        barred=frozenset(team for team, each in access.items() if not each["granted"]),
    )


def _in_slacks_words(ours: Installation) -> Bot:
    whole_organisation = ours.team_id is None
    ends_at, refresh_token = ours.token_expires_at, ours.refresh_token
    return Bot(
        app_id=ours.app_id,
        enterprise_id=ours.enterprise_id,
        enterprise_name=ours.name if whole_organisation else None,
        team_id=ours.team_id,
        team_name=None if whole_organisation else ours.name,
        bot_token=ours.bot_token.get_secret_value(),
        bot_id=ours.bot_id,
        bot_user_id=ours.bot_user_id,
        bot_scopes=sorted(ours.scopes),
        bot_refresh_token=refresh_token.get_secret_value() if refresh_token else None,
        bot_token_expires_at=None if ends_at is None else int(ends_at.timestamp()),
        is_enterprise_install=whole_organisation,
        installed_at=ours.installed_at.timestamp(),
    )


def _made(ours: Installation, by: str) -> SlackInstallation:
    """Return who made it, without the bot: a second copy of its token would grow old."""
    return SlackInstallation(
        app_id=ours.app_id,
        enterprise_id=ours.enterprise_id,
        team_id=ours.team_id,
        user_id=by,
        is_enterprise_install=ours.team_id is None,
        installed_at=ours.installed_at.timestamp(),
    )
