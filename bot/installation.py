"""Our app installed in a tenant, what it takes to get there, and the people in it."""

import re
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from bot.frozen import frozen
from bot.principal import Digest, Tenant

_PLACE: Final = re.compile(r"[TE][A-Z0-9]{2,30}", re.ASCII)


def is_place(unverified_id: str) -> bool:
    """Tell whether that can be the id of a workspace or of an organisation."""
    return _PLACE.fullmatch(unverified_id) is not None


@frozen
class BotTokens:
    """What a renewal of the bot's token gives: it lives until *expires_at*, if it ends at all.

    https://docs.slack.dev/authentication/using-token-rotation
    """

    bot_token: SecretStr
    refresh_token: SecretStr | None = None
    expires_at: datetime | None = None


@frozen
class Installation:
    """What one tenant's install gave us.

    *team_id* and *enterprise_id* are Slack's words for where it was installed; the
    tenant is the enterprise for an organisation install, the team otherwise.

    A bot token that rotates has a *refresh_token* and an end; *generation* counts its
    renewals. *broken_at* is when Slack refused to renew it. *barred* are an organisation's
    workspaces from which its admins have taken the app away again.
    """

    tenant: Tenant
    team_id: str | None
    enterprise_id: str | None
    name: str
    bot_token: SecretStr
    bot_id: str
    bot_user_id: str
    app_id: str
    scopes: frozenset[str]
    installed_at: datetime
    refresh_token: SecretStr | None = None
    token_expires_at: datetime | None = None
    generation: int = 0
    broken_at: datetime | None = None
    barred: frozenset[str] = frozenset()

    @property
    def is_organisations(self) -> bool:
        """Tell whether a whole organisation installed us, rather than one workspace."""
        return bool(self.enterprise_id) and self.team_id is None

    @property
    def rotates(self) -> bool:
        """Tell whether its bot token has an end, and can be renewed before it."""
        return self.refresh_token is not None and self.token_expires_at is not None

    def lives(self, now: datetime, margin: timedelta = timedelta(0)) -> bool:
        """Tell whether the bot token is good at *now* + *margin*, as far as its end tells."""
        return self.token_expires_at is None or now + margin < self.token_expires_at

    def houses(self, team_id: str | None, enterprise_id: str | None) -> bool | None:
        """Tell whether a person of that team or organisation belongs to this tenant.

        ``None`` where these don't tell: an organisation's person may be named by whichever
        of its workspaces, and what a payload says of its organisation is where something was
        said, not who said it. Then Slack is asked, and `welcomes` judges.
        """
        if not self.is_organisations:
            return team_id == self.team_id
        named = {team_id, enterprise_id} - {None, ""}
        organisations = {each for each in named if str(each).startswith("E")}
        return False if not named or organisations - {self.enterprise_id} else None

    def welcomes(self, person: "SlackPerson") -> bool:
        """Tell whether *person*, as Slack describes them, is one of this tenant's own."""
        if person.is_bot or person.is_stranger or person.is_deleted:
            return False
        if self.is_organisations:
            return person.enterprise_id == self.enterprise_id
        return self.team_id in {person.team_id, *person.teams}


@frozen
class SlackPerson:
    """Somebody as Slack describes them to one tenant's bot.

    *teams* are the workspaces of an organisation that they belong to. *is_admin* is an admin
    or owner of what the tenant is: of an organisation where the organisation installed us.
    *zone* is the name of their time zone, as in Europe/London.
    """

    user_id: str
    name: str
    team_id: str | None = None
    enterprise_id: str | None = None
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_deleted: bool = False
    is_admin: bool = False
    teams: frozenset[str] = frozenset()
    zone: str = ""


@frozen
class UserGroup:
    """A user group of a workspace: *handle* is how people mention it."""

    id: str
    handle: str
    name: str


@frozen
class PendingInstall:
    """An install that a browser has begun. Whose tenant it will be, nobody knows yet.

    *key* is the digest of the ``state``, *browser* that of the browser's cookie.
    """

    key: Digest
    browser: Digest
    expires_at: datetime
    consumed_at: datetime | None = None
