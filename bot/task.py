"""A dialog task: a template installed in a tenant at one version, for somebody to run."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from bot.connection import ORGANISATION
from bot.frozen import frozen
from bot.principal import Tenant
from bot.template_id import TemplateId, Version
from bot.written import Written

TaskId = NewType("TaskId", str)

MOST_TASKS: Final = 200
"""As many as one tenant has: a list of them is read whole."""
MOST_OWN: Final = 25
"""As many of them as one person has for themselves alone: nobody uses up what all have."""
LONGEST_TITLE: Final = 50
MOST_ALIASES: Final = 5
MOST_HISTORY: Final = 50


@frozen
class TemplateVersion:
    """One version of a template as a tenant keeps it; it never changes but in what is decided.

    *source* is its file. *is_own* says that somebody of the tenant brought it: *by*, as long as
    they aren't forgotten, and *by_admin* that they were an admin then. *is_shared* says that
    others of the tenant find it, *is_withdrawn* that nobody does any more; *approved_by* is the
    admin who approved that it may make REST calls that change something.
    """

    tenant: Tenant
    id: TemplateId
    version: Version
    source: str
    by: str
    added_at: datetime
    is_own: bool = False
    by_admin: bool = False
    is_shared: bool = False
    approved_by: str = ""
    is_withdrawn: bool = False
    generation: int = 1

    def without(self, user_id: str) -> "TemplateVersion":
        """Return it with nobody of that id in it; what they approved stays so."""
        return replace(
            self,
            by="" if self.by == user_id else self.by,
            approved_by=ORGANISATION if self.approved_by == user_id else self.approved_by,
        )


class Reach(StrEnum):
    """Who may run a task."""

    ME = "me"  # its owner alone
    CHANNEL = "channel"  # whoever runs it there
    GROUP = "group"  # a user group of Slack's
    WORKSPACE = "workspace"


@frozen
class Audience:
    """Who may run a task; *id* and *name* are the channel's or the group's."""

    reach: Reach = Reach.ME
    id: str = ""
    name: str = ""


MINE: Final = Audience()


class Event(StrEnum):
    """What was done to a task."""

    INSTALLED = "installed"
    EDITED = "edited"
    UPGRADED = "upgraded"
    ROLLED_BACK = "rolled_back"
    SWITCHED_ON = "switched_on"
    SWITCHED_OFF = "switched_off"


@frozen
class Happened:
    """One line of a task's history."""

    event: Event
    by: str
    at: datetime
    version: Version


@frozen
class DialogTask:
    """An installed template.

    *word* is what people type, *aliases* other words for it. *owner* may change it, as an admin
    may. *by_admin* says that whoever installed this version was one: only then may it use the
    organisation's connection, and only if *lends* says so too, in *spaces* (keys) and *channels*
    (ids); none means all that the policy allows. *lent* are versions before this one for which
    it did, too. *defaults* are (entity, value). *past* are the versions it had, the last one last.
    """

    id: TaskId
    tenant: Tenant
    word: str
    title: str
    template: TemplateId
    version: Version
    owner: str
    audience: Audience = MINE
    aliases: tuple[str, ...] = ()
    defaults: tuple[tuple[str, Written], ...] = ()
    by_admin: bool = False
    lends: bool = False
    spaces: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    lent: tuple[Version, ...] = ()
    is_on: bool = True
    past: tuple[Version, ...] = ()
    history: tuple[Happened, ...] = ()
    generation: int = 1

    def in_channel(self, old: str, new: str) -> "DialogTask":
        """Return it with the id *new* wherever it names the channel *old*."""
        channels = tuple(new if each == old else each for each in self.channels)
        audience = self.audience
        if (audience.reach, audience.id) == (Reach.CHANNEL, old):
            audience = replace(audience, id=new)
        return replace(self, channels=channels, audience=audience)

    def without(self, user_id: str) -> "DialogTask":
        """Return it with nobody of that id in it, for whoever else may run it."""
        history = tuple(
            replace(each, by="") if each.by == user_id else each for each in self.history
        )
        owner = "" if self.owner == user_id else self.owner
        return replace(self, owner=owner, history=history)

    @property
    def words(self) -> tuple[str, ...]:
        """All by which it is called."""
        return (self.word, *self.aliases)

    def lends_to(self, version: str) -> bool:
        """Tell whether a dialog on *version* may use the organisation's connection."""
        return self.by_admin and self.lends and version in {self.version, *self.lent}

    def after(self, event: Event, by: str, at: datetime) -> "DialogTask":
        """Return it with *event* in its history."""
        line = Happened(event, by, at, self.version)
        return replace(self, history=(*self.history, line)[-MOST_HISTORY:])
