"""What the pages of templates work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.dialogs import DialogDesk
from bot.entities import Context
from bot.installing import Installer, Offers
from bot.ports import Clock, Dialogs, Files, SlackPeople
from bot.principal import Principal
from bot.roles import Roles
from handlers.ask import Ask, Modal, View
from handlers.dialogs.names import in_channel
from handlers.dialogs.stage import Stage
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants


@dataclass(frozen=True, slots=True)
class TemplateParts:
    """What exploring and installing works with.

    *context_of* makes what defaults are read with.
    """

    offers: Offers
    installer: Installer
    desk: DialogDesk
    stage: Stage
    dialogs: Dialogs
    roles: Roles
    people: SlackPeople
    files: Files
    slack: SlackApi
    tenants: Tenants
    context_of: Callable[[Principal], Awaitable[Context]]
    clock: Clock
    command: str


def shown(ask: Ask, view: View) -> Modal:
    """Show *view*, which goes on knowing the channel in which its person is."""
    return Modal(in_channel(view, ask))
