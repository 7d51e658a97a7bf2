"""What the pages of templates work with."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

from bot.dialogs import DialogDesk
from bot.documents import from_mrkdwn, text_of
from bot.entities import Context
from bot.frozen import frozen
from bot.installing import Installer, Offers
from bot.ports import Clock, Dialogs, Files, SlackPeople
from bot.principal import Principal
from bot.roles import Roles
from handlers.ask import Ask, Modal, View
from handlers.dialogs.names import carried_by, in_channel
from handlers.dialogs.stage import Stage
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants


@frozen
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


def words_of(ask: Ask) -> str:
    """Return what was typed behind the command's word, which Slack escapes."""
    return text_of(from_mrkdwn(ask.text)).strip()


LOOKED_FOR: Final = ("words", "category")
"""What the list was narrowed to: its way back leads to the same."""


def shown(ask: Ask, view: View) -> Modal:
    """Show *view*, which goes on knowing where its person is, and what they looked for."""
    before = carried_by(ask)
    kept = {name: before[name] for name in LOOKED_FOR if name in before}
    held = json.loads(view.get("private_metadata") or "{}")
    metadata = json.dumps({**kept, **held}, separators=(",", ":"))
    return Modal(in_channel({**view, "private_metadata": metadata}, ask))
