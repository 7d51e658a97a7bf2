"""What both halves of the composition root put the features together from."""

from datetime import UTC, datetime

from bot.act import Actor
from bot.audit import Auditor
from bot.authorize import Authorizer
from bot.connect import Connect
from bot.credentials import CredentialPolicy
from bot.errands import Errand
from bot.forgetting import Forgetter
from bot.frozen import frozen
from bot.ports import DELETE_TENANT, DEPART, FORGET, REPORT, Confluence, Files
from bot.profiles import ProfileBook
from bot.providers.consent import ConsentServers
from bot.providers.outgoing import Outgoing
from bot.providers.slack import SlackDirectory, SlackVoice
from bot.providers.slack_oauth import SlackOAuth
from bot.providers.slack_sign_in import SlackOpenId
from bot.publish import Publisher
from bot.quota import Quota
from bot.reporting import Reporter
from bot.roles import Roles
from bot.rotation import FreshInstallations
from bot.settings import Settings
from bot.uninstalled import TenantEnd
from handlers.home import Home
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants
from store.stores import Stores


def utc_now() -> datetime:
    """Return the time: the one clock of a running bot."""
    return datetime.now(UTC)  # noqa: TID251 - this is the Clock that is passed in


@frozen
class Outside:
    """What talks to other people's servers."""

    outgoing: Outgoing
    consent: ConsentServers
    confluence: Confluence
    quota: Quota
    sign_in: SlackOpenId
    people: SlackDirectory
    voice: SlackVoice
    files: Files
    slack: SlackApi
    slack_oauth: SlackOAuth
    installations: FreshInstallations


@frozen
class Rules:
    """What a tenant's admins decide, as it is read: profiles, roles, whose connection is used."""

    book: ProfileBook
    roles: Roles
    credentials: CredentialPolicy


@frozen
class Core:
    """What the features are built from."""

    settings: Settings
    stores: Stores
    outside: Outside
    tenants: Tenants
    rules: Rules
    authorizer: Authorizer
    actor: Actor
    auditor: Auditor


@frozen
class Ends:
    """What deletes: of people, of tenants, and what Atlassian says has ended."""

    forgetter: Forgetter
    tenant_end: TenantEnd
    reporter: Reporter

    @property
    def errands(self) -> dict[str, Errand]:
        """What of it is done in its time, by kind."""
        return {
            FORGET: self.forgetter.go_on,
            DEPART: self.forgetter.see_off,
            DELETE_TENANT: self.tenant_end.delete,
            REPORT: self.reporter.report,
        }


@frozen
class Firsts:
    """What of the first half the second works with."""

    publisher: Publisher
    connect: Connect
    ends: Ends
    home: Home
