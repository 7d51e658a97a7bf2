"""Installing templates as dialog tasks, and looking after those."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.entities import Context, WrongAnswer, suggest
from bot.entities import read as read_entity
from bot.entities import shown as shown_entity
from bot.errors import BadInput, NotFound
from bot.frozen import frozen
from bot.installing import Wish, changes_by_call
from bot.integration import Role
from bot.principal import Principal
from bot.task import Audience, DialogTask, Reach, TaskId
from bot.template import ActionTemplate, Version
from bot.values import text_of_value
from bot.written import Written, read, write
from handlers import blocks
from handlers.ask import Ack, Ask, Block, Kind, Modal, Route, Suggestions, View
from handlers.dialogs import fields
from handlers.dialogs import names as dialog_names
from handlers.dialogs.names import channel_of
from handlers.dialogs.parts import outside
from handlers.offers import TASKS
from handlers.templates import install_views as views
from handlers.templates import names
from handlers.templates.checking import checked
from handlers.templates.parts import TemplateParts, shown, words_of

MOST_NARROWED: Final = 50
"""Spaces, or channels, to which a task is narrowed."""
# What comes in a form needn't have been offered there.
_GROUP: Final = re.compile(r"S[A-Z0-9]{1,30}", re.ASCII)
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{1,30}", re.ASCII)
LATELY: Final = timedelta(days=30)


@frozen
class Install:
    """The forms of installing, and the pages of what is installed."""

    parts: TemplateParts

    def routes(self) -> tuple[Route | Suggestions, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.COMMAND, "tasks", self.find_tasks, opens=_opens),
            Route(Kind.PRESS, TASKS, self.list_tasks, opens=_opens, opens_if=outside),
            Route(Kind.PRESS, names.TASK, self.show_task, opens=_opens, opens_if=outside),
            Route(Kind.PRESS, names.INSTALL, self.show_form),
            Route(Kind.SUBMISSION, names.INSTALL_FORM, self.install, submitted=_judged),
            Route(Kind.PRESS, names.EDIT, self.show_edit),
            Route(Kind.SUBMISSION, names.EDIT_FORM, self.edit, submitted=_judged),
            Route(Kind.PRESS, names.UPGRADE, self.show_upgrade),
            Route(Kind.PRESS, names.UPGRADE_NOW, self.upgrade),
            Route(Kind.PRESS, names.ROLL_BACK, self.show_way_back),
            Route(Kind.PRESS, names.ROLL_BACK_NOW, self.roll_back),
            Route(Kind.PRESS, names.SWITCH_ON, self.switch_on),
            Route(Kind.PRESS, names.SWITCH_OFF, self.switch_off),
            Route(Kind.PRESS, names.UNINSTALL, self.show_leaving),
            Route(Kind.PRESS, names.UNINSTALL_NOW, self.uninstall),
            Suggestions(names.DEFAULT, self.suggest),
        )

    async def list_tasks(self, ask: Ask) -> Modal:
        """List what is installed."""
        return await self._list(ask)

    async def find_tasks(self, ask: Ask) -> Modal:
        """List what is installed and fits what was typed."""
        return await self._list(ask, words=words_of(ask))

    async def _list(self, ask: Ask, told: str = "", *, words: str = "") -> Modal:
        tasks = await self.parts.installer.list_tasks(ask.principal)
        found = [each for each in tasks if _fits(each, words)]
        listed = views.Listed(found, await self._runnable(ask, found), words)
        return shown(ask, views.task_list(listed, self.parts.command, told))

    async def _runnable(self, ask: Ask, tasks: Sequence[DialogTask]) -> frozenset[TaskId]:
        found = await self.parts.desk.choose_tasks(ask.principal, tasks, channel_of(ask))
        return frozenset(each.id for each in found)

    async def show_task(self, ask: Ask) -> Modal:
        """Show the page of one task."""
        return await self._page(ask, await self._task(ask))

    async def show_form(self, ask: Ask) -> Modal:
        """Show how it would be installed, to be changed."""
        template, version = names.template_in(ask.value)
        offer = await self.parts.offers.get(ask.principal, template, version)
        word = offer.template.id
        is_taken = any(word in task.words for task in offer.tasks)
        standing = views.Standing("" if is_taken else word, offer.template.name)
        chances = await self._chances(ask)
        metadata = names.of_template(offer.template.id, offer.template.version)
        return shown(
            ask, views.install_form(offer, chances, standing, names.INSTALL_FORM, metadata)
        )

    async def install(self, ask: Ask) -> Modal:
        """Install it, and check whether it would work for whoever did."""
        metadata = ask.view.metadata if ask.view else ""
        template, version = names.template_in(metadata)
        offer = await self.parts.offers.get(ask.principal, template, version)
        if version is None:
            raise BadInput(names.OUT_OF_DATE)
        wish = await self._wish(ask, offer.template)
        task = await self.parts.installer.install(ask.principal, template, version, wish)
        context = await self.parts.context_of(ask.principal)
        report = await checked(offer.template, task, context)
        return shown(ask, views.installed(task, report, self.parts.command))

    async def suggest(self, ask: Ask) -> list[Block]:
        """Return what an entity may hold once for all."""
        metadata = ask.view.metadata if ask.view else ""
        template = await self._template(ask.principal, metadata)
        _, name = dialog_names.read_block(str(ask.action.get("block_id", "")))
        entity = template.entity(name)
        if entity is None:
            return []
        context = await self.parts.context_of(ask.principal)
        return [fields.option(each) for each in await suggest(entity, ask.text, context)]

    async def _template(self, principal: Principal, metadata: str) -> ActionTemplate:
        """Return the template that a form is about, to be installed or installed already."""
        template, version = names.template_in(metadata)
        task = names.task_in(metadata)
        if task:
            found = await self.parts.installer.get(principal, task)
            template, version = found.template, found.version
        return (await self.parts.offers.get(principal, template, version)).template

    async def show_edit(self, ask: Ask) -> Modal:
        """Show how it is installed, to be changed."""
        task = await self._task(ask)
        offer = await self.parts.offers.get(ask.principal, task.template, task.version)
        standing = views.Standing(
            task.word,
            task.title,
            task.aliases,
            task.audience,
            dict(task.defaults),
            task.lends,
            task.spaces,
            task.channels,
        )
        chances = await self._chances(ask, task.audience)
        metadata = dialog_names.of_task(task.id)
        return shown(ask, views.install_form(offer, chances, standing, names.EDIT_FORM, metadata))

    async def edit(self, ask: Ask) -> Modal:
        """Change how it is installed."""
        metadata = ask.view.metadata if ask.view else ""
        task = await self.parts.installer.get(ask.principal, names.task_in(metadata))
        offer = await self.parts.offers.get(ask.principal, task.template, task.version)
        wish = await self._wish(ask, offer.template, task)
        changed = await self.parts.installer.edit(ask.principal, task, wish)
        return await self._page(ask, changed, "Saved.")

    async def show_upgrade(self, ask: Ask) -> Modal:
        """Show what the newer version changes."""
        task = await self._task(ask)
        found = await self.parts.installer.find_upgrade(ask.principal, task)
        if found is None:
            return await self._page(ask, task, "That is the newest version already.")
        newest = Version(found.newer)
        newer = await self.parts.offers.get(ask.principal, task.template, newest)
        label = f"Upgrade to {found.newer}"
        is_open = newer.kept is None or not newer.kept.approved_by
        approves = changes_by_call(newer.template) and is_open
        return shown(
            ask,
            views.difference(task, found, action=names.UPGRADE_NOW, label=label, approves=approves),
        )

    async def upgrade(self, ask: Ask) -> Modal:
        """Pin it to the version that was shown."""
        task = await self._task(ask)
        version = names.version_in(ask.value)
        changed = await self.parts.installer.upgrade(ask.principal, task, version, approves=True)
        told = f"Upgraded to {changed.version}."
        if task.lends and not changed.lends:
            told += " It no longer uses the organisation's connection: an admin can let it again."
        return await self._page(ask, changed, told)

    async def show_way_back(self, ask: Ask) -> Modal:
        """Show what the version before changes."""
        task = await self._task(ask)
        found = await self.parts.installer.find_way_back(ask.principal, task)
        if found is None:
            return await self._page(ask, task, "There is no version to go back to.")
        label = f"Back to {found.newer}"
        return shown(
            ask,
            views.difference(task, found, action=names.ROLL_BACK_NOW, label=label, approves=False),
        )

    async def roll_back(self, ask: Ask) -> Modal:
        """Pin it to the version before."""
        changed = await self.parts.installer.roll_back(ask.principal, await self._task(ask))
        return await self._page(ask, changed, f"It is at {changed.version} again.")

    async def switch_on(self, ask: Ask) -> Modal:
        """Let it be run."""
        task = await self._task(ask)
        changed = await self.parts.installer.switch(ask.principal, task, is_on=True)
        return await self._page(ask, changed, "Switched on.")

    async def switch_off(self, ask: Ask) -> Modal:
        """Let nobody begin it for now."""
        task = await self._task(ask)
        changed = await self.parts.installer.switch(ask.principal, task, is_on=False)
        told = (
            "Switched off: nobody begins it for now, and dialogs that are open write nothing until "
            "it is switched on. What was answered in them is kept."
        )
        return await self._page(ask, changed, told)

    async def show_leaving(self, ask: Ask) -> Modal:
        """Say what uninstalling does."""
        task = await self._task(ask)
        number = await self.parts.dialogs.count_open(ask.principal.tenant, task.id)
        return shown(ask, views.leaving(task, number))

    async def uninstall(self, ask: Ask) -> Modal:
        """Remove it."""
        task = await self._task(ask)
        left = await self.parts.installer.uninstall(ask.principal, task)
        told = f"`{task.word}` is uninstalled."
        if left:
            number = "One open dialog writes" if left == 1 else f"{left} open dialogs write"
            told += f" {number} nothing more; what was answered is kept."
        return await self._list(ask, told)

    async def _task(self, ask: Ask) -> DialogTask:
        return await self.parts.installer.get(ask.principal, names.task_in(ask.value))

    async def _page(self, ask: Ask, task: DialogTask, left: str = "") -> Modal:
        return shown(
            ask,
            views.task_page(task, await self._life(ask, task), self.parts.command, left),
        )

    async def _life(self, ask: Ask, task: DialogTask) -> views.Life:
        principal, since = ask.principal, self.parts.clock() - LATELY
        tenant = principal.tenant
        try:
            offer = await self.parts.offers.get(principal, task.template, task.version)
            template: ActionTemplate | None = offer.template
            upgrade = await self.parts.installer.find_upgrade(principal, task)
        except NotFound:
            template, upgrade = None, None
        return views.Life(
            template,
            await self.parts.dialogs.list_users(tenant, task.id, since),
            await self.parts.dialogs.count_open(tenant, task.id),
            upgrade,
            task.id in await self._runnable(ask, [task]),
            await self.parts.installer.may_change(principal, task),
        )

    async def _chances(self, ask: Ask, standing: Audience | None = None) -> views.Chances:
        """Return what may be chosen: the channel is where it was begun, or where it is run."""
        is_channel = standing is not None and standing.reach is Reach.CHANNEL
        channel_id = standing.id if standing is not None and is_channel else _channel_of(ask)
        may_for_others = await self.parts.roles.may(ask.principal, Role.INSTALL)
        installation = await self.parts.tenants.get(ask.principal.tenant)
        groups = (
            await self.parts.people.list_groups(installation, ask.team_id)
            if may_for_others and installation is not None
            else ()
        )
        return views.Chances(
            channel_id=channel_id,
            groups=tuple(groups),
            may_for_others=may_for_others,
            is_admin=await self.parts.roles.may_administer(ask.principal),
            command=self.parts.command,
        )

    async def _wish(
        self, ask: Ask, template: ActionTemplate, task: DialogTask | None = None
    ) -> Wish:
        """Read the form; defaults are read in the name of whoever sends it."""
        context = await self.parts.context_of(ask.principal)
        channels = fields.given_in(ask.element(views.CHANNELS)).value
        return Wish(
            word=ask.typed(views.WORD),
            title=ask.typed(views.CALLED),
            aliases=tuple(ask.typed(views.ALIASES).replace(",", " ").split()),
            audience=await self._audience(ask, task),
            defaults=await _defaults(ask, template, context),
            lends=ask.chosen(views.CREDENTIALS)[0] == "lends",
            spaces=_few(ask.typed(views.SPACES).replace(",", " ").upper().split()),
            channels=_few(filter(_CHANNEL.fullmatch, map(text_of_value, channels)))
            if isinstance(channels, tuple)
            else (),
            approves=bool(fields.given_in(ask.element(views.APPROVES)).value),
        )

    async def _audience(self, ask: Ask, task: DialogTask | None) -> Audience:
        chosen = ask.chosen(views.AUDIENCE)[0]
        reach = Reach(chosen) if chosen in set(Reach) else Reach.ME
        if reach is Reach.GROUP:
            group, label = ask.chosen(views.GROUP)
            if not _GROUP.fullmatch(group):
                raise BadInput("Choose the user group below. Nothing was changed.")
            return Audience(reach, group, label)
        if reach is Reach.CHANNEL:
            held = task.audience.id if task and task.audience.reach is Reach.CHANNEL else ""
            channel = held or _channel_of(ask)
            if not channel:
                raise BadInput("Type the command in that channel, then install it from there.")
            return Audience(reach, channel, await self._name_of(ask.principal, channel))
        return Audience(reach)

    async def _name_of(self, principal: Principal, channel: str) -> str:
        """Return how a channel is called where Slack won't make a link of it."""
        installation = await self.parts.tenants.get(principal.tenant)
        name = await self.parts.slack.find_name(installation, channel) if installation else ""
        return f"#{name}" if name else "where it was installed"


async def _defaults(
    ask: Ask, template: ActionTemplate, context: Context
) -> tuple[tuple[str, Written], ...]:
    """Read what was filled in once for all. Raises ``BadInput`` with the first that is wrong."""
    found: list[tuple[str, Written]] = []
    for entity in template.entities:
        given = fields.given_in(ask.element(f"{views.DEFAULT}/{entity.name}/"))
        if given.is_empty or not views.takes_default(entity):
            continue
        values = {name: read(value) for name, value in found}
        try:
            value = await read_entity(entity, given, replace(context, values=values))
        except WrongAnswer as wrong:
            raise BadInput(f"{entity.title}: {wrong} Nothing was changed.") from None
        if shown_entity(entity, value):
            found.append((entity.name, write(value)))
    return tuple(found)


def _fits(task: DialogTask, words: str) -> bool:
    told = " ".join((task.title, *task.words, task.template)).casefold()
    return all(word in told for word in words.casefold().split())


def _channel_of(ask: Ask) -> str:
    """Return the channel in which the modal was opened; none of direct messages."""
    channel = channel_of(ask)
    return channel if _CHANNEL.fullmatch(channel) else ""


def _few(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MOST_NARROWED]


def _opens(_: Ask) -> View:
    return blocks.modal(names.TASKS_TITLE, [blocks.section("One moment…")])


async def _judged(ask: Ask) -> Ack:
    missing = [each for each in (views.WORD, views.CALLED) if not ask.typed(each).strip()]
    if missing:
        return Ack(errors=dict.fromkeys(missing, "This one is needed."))
    if len(ask.typed(views.WORD).split()) > 1:
        return Ack(errors={views.WORD: "One word; others go below."})
    return Ack(view=blocks.modal(names.TITLE, [blocks.section("Checking…")]), push=True)
