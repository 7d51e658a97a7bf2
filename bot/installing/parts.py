"""What installing works with, and the words that it refuses in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from bot.audit import Auditor
from bot.catalogue import Catalogue, Shelf
from bot.frozen import frozen
from bot.ports import Clock, Dialogs, Tasks, Templates
from bot.roles import Roles
from bot.task import MINE, Audience, DialogTask, TemplateVersion
from bot.template import ActionTemplate
from bot.written import Written

NOT_FOR_OTHERS: Final = (
    "Your workspace lets only certain people install templates for others, and you aren't among "
    "them, so nothing was changed. Install it for yourself, or ask an admin of the workspace."
)
NOT_YOURS: Final = (
    "Only its owner or an admin of the workspace may change that, so nothing was changed. "
    "Ask one of them."
)
MOST_BROUGHT: Final = 100
"""Versions that one person brings: all that a tenant has are looked through together."""
MOST_BYTES_BROUGHT: Final = 2_000_000
TOO_MANY: Final = (
    f"You have brought {MOST_BROUGHT} versions of templates, or files of "
    f"{MOST_BYTES_BROUGHT // 1_000_000} MB together, which is as much as is kept of one person, so "
    "this one wasn't. Ask an admin of the workspace to bring it."
)
NO_TEMPLATE: Final = "That template isn't here any more, so nothing was changed."
ANOTHER: Final = (
    "Another template was kept here under this id and version before, so nothing was changed. "
    "Ask an admin of the workspace to look at both."
)
NO_TASK: Final = "That dialog task isn't installed any more, so nothing was changed."
CHANGED: Final = "Somebody else has changed it meanwhile, so nothing was changed now. Look again."
NEEDS_APPROVAL: Final = (
    "This version makes REST calls that change something in Confluence, so an admin of the "
    "workspace has to approve it first. Nothing was installed. Ask one of them to look at it."
)


@frozen
class Wish:
    """How a template is to be installed; *approves* its REST calls that change something."""

    word: str
    title: str = ""
    aliases: tuple[str, ...] = ()
    audience: Audience = MINE
    defaults: tuple[tuple[str, Written], ...] = ()
    lends: bool = False
    spaces: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    approves: bool = False


@frozen
class Offer:
    """A template that can be installed; *kept* is the tenant's own version of it.

    *tasks* are those of the tenant that are made of it.
    """

    template: ActionTemplate
    source: str
    kept: TemplateVersion | None = None
    tasks: tuple[DialogTask, ...] = ()

    @property
    def is_own(self) -> bool:
        """Tell whether somebody of the tenant brought it."""
        return self.kept is not None and self.kept.is_own

    def seen_by(self, user_id: str) -> "Offer":
        """Return it without the tasks that are somebody else's own."""
        seen = (each for each in self.tasks if each.audience != MINE or each.owner == user_id)
        return replace(self, tasks=tuple(seen))


@frozen
class Books:
    """What installing reads and keeps."""

    templates: Templates
    tasks: Tasks
    dialogs: Dialogs
    catalogue: Catalogue
    shelf: Shelf


@frozen
class Aides:
    """Whom it asks and tells. *built_in* are the command's own words, *mint* makes ids."""

    roles: Roles
    auditor: Auditor
    clock: Clock
    built_in: Sequence[str]
    mint: Callable[[], str]
