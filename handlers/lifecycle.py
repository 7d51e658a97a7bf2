"""What Slack tells us about the app itself, and about who and what comes and goes around it.

Events come late, twice and in any order. One that ends something is held against the time of
the installation (promise 15); one that says how things are now makes us ask Slack anew.
Each is done before its ack, so that Slack sends again what failed.
https://docs.slack.dev/reference/events
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.errors import NotAllowed
from bot.frozen import frozen
from bot.installation import Installation
from bot.ports import (
    Departures,
    Installations,
    OnChannelMoved,
    OnUninstalled,
    SlackInstalls,
    SlackPeople,
)
from bot.principal import Principal
from handlers.ask import Ask, Kind, Route
from handlers.payloads import text_at
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)


@frozen
class Hearers:
    """Who hears of what has happened, one after the other."""

    uninstalled: Sequence[OnUninstalled] = ()
    left: Sequence[Departures] = ()
    channel_moved: Sequence[OnChannelMoved] = ()


@frozen
class LifecycleParts:
    """What the events touch. *installations* are the stored ones: none is renewed for its end."""

    installations: Installations
    tenants: Tenants
    people: SlackPeople
    slack: SlackInstalls
    hearers: Hearers = Hearers()


class Lifecycle:
    """The events that aren't anybody's request."""

    def __init__(self, parts: LifecycleParts) -> None:
        self._installations = parts.installations
        self._tenants = parts.tenants
        self._people = parts.people
        self._slack = parts.slack
        self._hearers = parts.hearers

    def routes(self) -> tuple[Route, ...]:
        """Claim the events."""
        listeners = {
            "app_uninstalled": self.uninstalled,
            "tokens_revoked": self.tokens_revoked,
            "team_access_granted": self.access_granted,
            "team_access_revoked": self.access_revoked,
            "user_change": self.user_changed,
            "team_join": self.joined,
            "channel_id_changed": self.channel_moved,
        }
        return tuple(
            Route(Kind.EVENT, name, listener, before_ack=True)
            for name, listener in listeners.items()
        )

    async def uninstalled(self, ask: Ask) -> None:
        """Forget the installation, unless it is newer than the event.

        What ends for one workspace of an organisation may be named by both, and so Slack is
        asked whether the organisation's token still works.
        """
        tenant, before = ask.principal.tenant, _time_of(ask)
        installation = await self._installations.find(tenant)
        if installation is not None and installation.installed_at < before:
            if installation.is_organisations and await self._slack.is_good(installation):
                log.info("uninstalled from a workspace alone")
                return
            # They hear of it first: Slack sends again what fails here, and then finds it still.
            for hear in self._hearers.uninstalled:
                await hear(tenant, before)
        removed = await self._installations.remove(tenant, before=before)
        self._tenants.forget(tenant)
        log.info("uninstalled", removed=removed)

    async def tokens_revoked(self, ask: Ask) -> None:
        """Forget the installation if its bot's token is what was revoked.

        ``tokens.bot`` holds the ids of the users whose tokens they were. Of a token that rotates
        an older one may be meant, and so Slack is asked whether ours still works.
        """
        installation = await self._installations.find(ask.principal.tenant)
        if installation is None or not _names_our_bot(ask.event, installation):
            return
        if installation.rotates and await self._slack.is_good(installation):
            log.info("an older token was revoked")
            return
        await self.uninstalled(ask)

    async def access_granted(self, ask: Ask) -> None:
        """Note the workspaces in which an organisation's people may use us."""
        await self._set_access(ask, granted=True)

    async def access_revoked(self, ask: Ask) -> None:
        """Note the workspaces in which they may do so no more."""
        await self._set_access(ask, granted=False)

    async def user_changed(self, ask: Ask) -> None:
        """Look anew at who somebody is; whoever has left the tenant leaves everything of it."""
        user = ask.event.get("user")
        user_id, tenant = text_at(user, "id"), ask.principal.tenant
        if not user_id:
            return
        self._people.forget(tenant, user_id)
        if isinstance(user, Mapping) and user.get("deleted") is True:
            await self._see_off(Principal(tenant, user_id))

    async def joined(self, ask: Ask) -> None:
        """Look anew at who somebody is, who may have been here before."""
        user_id = text_at(ask.event, "user", "id")
        self._people.forget(ask.principal.tenant, user_id)

    async def channel_moved(self, ask: Ask) -> None:
        """Pass on that a channel goes by another id."""
        old, new = (text_at(ask.event, name) for name in ("old_channel_id", "new_channel_id"))
        for hear in self._hearers.channel_moved if old and new else ():
            await hear(ask.principal.tenant, old, new)

    async def _see_off(self, principal: Principal) -> None:
        """Tell who hears of it that somebody has left, if Slack says so now as well.

        They may be back by the time the event arrives, or be gone from one workspace of an
        organisation and still be in another.
        """
        installation = await self._tenants.get(principal.tenant)
        if installation is None or await self._is_here(installation, principal.user_id):
            return
        for hear in self._hearers.left:
            await hear(principal)
        log.info("left")

    async def _is_here(self, installation: Installation, user_id: str) -> bool:
        now = timedelta(0)
        try:
            person = await self._people.get(installation, user_id, fresh_for=now)
        except NotAllowed:
            return False  # Slack knows nobody of that id, or shows them to us no more
        return not person.is_deleted

    async def _set_access(self, ask: Ask, *, granted: bool) -> None:
        tenant, at = ask.principal.tenant, _time_of(ask)
        for team_id in _strings(ask.event.get("team_ids")):
            changed = await self._installations.set_access(tenant, team_id, granted=granted, at=at)
            log.info("access", granted=granted, changed=changed)
        self._tenants.forget(tenant)


def _time_of(ask: Ask) -> datetime:
    return datetime.fromtimestamp(ask.event_time, UTC)


def _names_our_bot(event: Mapping[str, Any], installation: Installation) -> bool:
    tokens = event.get("tokens")
    revoked = _strings(tokens.get("bot")) if isinstance(tokens, Mapping) else []
    return installation.bot_user_id in revoked


def _strings(listed: object) -> list[str]:
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
