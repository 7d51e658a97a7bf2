"""Our app installed in a tenant."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from bot.principal import Tenant


@dataclass(frozen=True, slots=True)
class Installation:
    """What one tenant's install gave us.

    *team_id* and *enterprise_id* are Slack's words for where it was installed; the
    tenant is the enterprise for an organisation install, the team otherwise.
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

    def houses(self, team_id: str | None, enterprise_id: str | None) -> bool:
        """Tell whether a person of that team or organisation belongs to this tenant."""
        if self.enterprise_id and self.team_id is None:
            return self.enterprise_id in {team_id, enterprise_id}
        return team_id == self.team_id


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """Somebody as Slack describes them to one tenant's bot."""

    user_id: str
    name: str
    team_id: str | None = None
    enterprise_id: str | None = None
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_deleted: bool = False
