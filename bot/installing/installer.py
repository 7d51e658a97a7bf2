"""Installing templates as dialog tasks, and what becomes of those."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bot.checking import too_near
from bot.cutting import cut
from bot.entities.typed import line
from bot.errors import BadInput, Changed, NotAllowed, NotFound
from bot.installing.differences import Difference, between
from bot.installing.offers import Offers
from bot.installing.parts import (
    ANOTHER,
    CHANGED,
    NEEDS_APPROVAL,
    NO_TASK,
    NO_TEMPLATE,
    NOT_FOR_OTHERS,
    NOT_YOURS,
    Aides,
    Books,
    Offer,
    Wish,
)
from bot.integration import Role
from bot.principal import Principal, Tenant
from bot.task import (
    LONGEST_TITLE,
    MOST_ALIASES,
    MOST_HISTORY,
    MOST_OWN,
    MOST_TASKS,
    Audience,
    DialogTask,
    Event,
    Reach,
    TaskId,
    TemplateVersion,
)
from bot.template import (
    ActionTemplate,
    Credentials,
    HttpStep,
    TemplateId,
    Version,
    is_slug,
    walk,
)
from bot.trail import Action, Entry
from bot.written import Written


class Installer:
    """Installs, changes, upgrades and uninstalls dialog tasks."""

    def __init__(self, books: Books, aides: Aides, offers: Offers) -> None:
        self._books = books
        self._aides = aides
        self._offers = offers

    async def install(
        self, principal: Principal, template: TemplateId, version: Version, wish: Wish
    ) -> DialogTask:
        """Make a task of that version.

        Raises:
            BadInput: a word of it is taken or too like another; its field is ``word``.
            NotAllowed: it is for others, and they may install for themselves alone; or its
                REST calls have to be approved first.
            NotFound: there is no such template.
        """
        offer = await self._offers.get(principal, template, version)
        tasks = await self._books.tasks.list_all(principal.tenant)
        _require_room(principal, wish, tasks)
        task = DialogTask(
            id=TaskId(self._aides.mint()),
            tenant=principal.tenant,
            word="",
            title="",
            template=template,
            version=Version(offer.template.version),
            owner=principal.user_id,
        )
        task = await self._as_wished(principal, task, offer, wish, tasks)
        await self._keep_version(principal, offer, approves=wish.approves)
        task = task.after(Event.INSTALLED, principal.user_id, self._aides.clock())
        if not await self._books.tasks.add(task):
            raise BadInput(_taken(task.word), field="word")
        self._record(principal, Action.INSTALL_TASK, task)
        return task

    async def edit(self, principal: Principal, task: DialogTask, wish: Wish) -> DialogTask:
        """Change how a task is installed. Raises like `install`, and ``Changed``."""
        await self._require_owner(principal, task)
        offer = await self._offers.get(principal, task.template, task.version)
        tasks = [each for each in await self._all(principal) if each.id != task.id]
        changed = await self._as_wished(principal, task, offer, wish, tasks)
        return await self._replaced(principal, task, changed, Event.EDITED)

    async def switch(self, principal: Principal, task: DialogTask, *, is_on: bool) -> DialogTask:
        """Let it be run, or not for now. Raises ``NotAllowed``, ``Changed``."""
        await self._require_owner(principal, task)
        event = Event.SWITCHED_ON if is_on else Event.SWITCHED_OFF
        return await self._replaced(principal, task, replace(task, is_on=is_on), event)

    async def find_upgrade(self, principal: Principal, task: DialogTask) -> Difference | None:
        """Return what the newest version would change; ``None`` if it has that already.

        See `Offers.find_newer`.
        """
        newest = await self._offers.find_newer(principal, task)
        if newest is None:
            return None
        return between(await self._template(principal, task.version, task), newest)

    async def find_way_back(self, principal: Principal, task: DialogTask) -> Difference | None:
        """Return what the version before would change; ``None`` if there was none."""
        if not task.past:
            return None
        now = await self._template(principal, task.version, task)
        return between(now, await self._template(principal, task.past[-1], task))

    async def upgrade(
        self, principal: Principal, task: DialogTask, version: Version, *, approves: bool = False
    ) -> DialogTask:
        """Pin the task to a newer *version*; dialogs that are open end on theirs.

        It no longer uses the organisation's connection unless an admin upgrades it.

        Raises:
            NotAllowed: they may not, or its REST calls have to be approved first.
            Changed: somebody else has changed the task.
            NotFound: there is no such version.
        """
        await self._require_owner(principal, task)
        await self._require_role(principal, task.audience)
        offer = await self._offers.get(principal, task.template, version)
        await self._keep_version(principal, offer, approves=approves)
        changed = await self._pinned(principal, task, offer)
        past = (*(each for each in task.past if each != version), task.version)
        return await self._replaced(principal, task, replace(changed, past=past), Event.UPGRADED)

    async def roll_back(self, principal: Principal, task: DialogTask) -> DialogTask:
        """Pin the task to the version before. Raises like `upgrade`."""
        await self._require_owner(principal, task)
        if not task.past:
            raise BadInput("There is no version to go back to, so nothing was changed.")
        offer = await self._kept_offer(principal, task.past[-1], task)
        changed = await self._pinned(principal, task, offer)
        return await self._replaced(
            principal, task, replace(changed, past=task.past[:-1]), Event.ROLLED_BACK
        )

    async def uninstall(self, principal: Principal, task: DialogTask) -> int:
        """Remove the task; return how many dialogs are open, which may end on their version."""
        await self._require_owner(principal, task)
        left = await self._books.dialogs.count_open(principal.tenant, task.id)
        if not await self._books.tasks.remove(task):
            raise NotFound(NO_TASK)
        self._record(principal, Action.UNINSTALL_TASK, task)
        return left

    async def get(self, principal: Principal, task: TaskId) -> DialogTask:
        """Return the task, if *principal* may see it. Raises ``NotFound``."""
        found = await self._books.tasks.find(principal.tenant, task)
        if found is None or not await self._sees(principal, found):
            raise NotFound(NO_TASK)
        return found

    async def list_tasks(self, principal: Principal) -> Sequence[DialogTask]:
        """Return the tasks that *principal* may see: all but what is somebody else's own."""
        return [each for each in await self._all(principal) if await self._sees(principal, each)]

    async def move_channel(self, tenant: Tenant, old: str, new: str) -> None:
        """Follow a channel whose id has changed: tasks that are run there, or lend there."""
        for task in await self._books.tasks.list_all(tenant):
            moved = task.in_channel(old, new)
            if moved != task:
                await self._books.tasks.replace(task, moved)

    async def may_change(self, principal: Principal, task: DialogTask) -> bool:
        """Tell whether they own it, or are an admin."""
        if task.owner == principal.user_id:
            return True
        return await self._aides.roles.may_administer(principal)

    async def _sees(self, principal: Principal, task: DialogTask) -> bool:
        return task.audience.reach is not Reach.ME or task.owner == principal.user_id

    async def _all(self, principal: Principal) -> Sequence[DialogTask]:
        return await self._books.tasks.list_all(principal.tenant)

    async def _as_wished(
        self,
        principal: Principal,
        task: DialogTask,
        offer: Offer,
        wish: Wish,
        others: Iterable[DialogTask],
    ) -> DialogTask:
        await self._require_role(principal, wish.audience)
        words = self._checked_words(wish, [word for each in others for word in each.words])
        by_admin = await self._aides.roles.may_administer(principal)
        wanted = replace(
            task,
            word=words[0],
            aliases=words[1:],
            title=cut(line(wish.title), LONGEST_TITLE) or offer.template.name,
            audience=wish.audience,
            defaults=_of_its_entities(wish.defaults, offer.template),
            by_admin=by_admin,
            spaces=wish.spaces,
            channels=wish.channels,
        )
        return _lending(wanted, lends=wish.lends and by_admin and can_lend(offer))

    async def _pinned(self, principal: Principal, task: DialogTask, offer: Offer) -> DialogTask:
        by_admin = await self._aides.roles.may_administer(principal)
        lends = task.lends and by_admin and can_lend(offer)
        return replace(
            _lending(task, lends=lends),
            version=Version(offer.template.version),
            defaults=_of_its_entities(task.defaults, offer.template),
            by_admin=by_admin,
        )

    def _checked_words(self, wish: Wish, taken: Collection[str]) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(each.strip().casefold() for each in (wish.word, *wish.aliases)))
        words = tuple(word for word in words if word)
        if not words or len(words) > MOST_ALIASES + 1:
            raise BadInput(
                f"Give it one word to be called by, and at most {MOST_ALIASES} others.",
                field="word",
            )
        for word in words:
            if not is_slug(word):
                raise BadInput(
                    f"“{word}” can't be typed as a word: use small letters, digits and hyphens, "
                    "as in decision-record.",
                    field="word",
                )
            near = too_near(word, [*self._aides.built_in, *taken])
            if near is not None:
                raise BadInput(_taken(word, near), field="word")
        for place, word in enumerate(words):
            near = too_near(word, words[:place])
            if near is not None:
                raise BadInput(_taken(word, near), field="word")
        return words

    async def _require_role(self, principal: Principal, audience: Audience) -> None:
        if audience.reach is Reach.ME:
            return
        if not await self._aides.roles.may(principal, Role.INSTALL):
            raise NotAllowed(NOT_FOR_OTHERS)

    async def _require_owner(self, principal: Principal, task: DialogTask) -> None:
        if not await self.may_change(principal, task):
            raise NotAllowed(NOT_YOURS)

    async def _keep_version(self, principal: Principal, offer: Offer, *, approves: bool) -> None:
        """Keep the version in the tenant, so that it stays as it is; see to its approval."""
        template = offer.template
        kept = offer.kept or TemplateVersion(
            principal.tenant,
            TemplateId(template.id),
            Version(template.version),
            offer.source,
            "",
            self._aides.clock(),
        )
        if offer.kept is None:
            await self._books.templates.add(kept)
        found = await self._books.templates.find(kept.tenant, kept.id, kept.version)
        if found is None or found.source != offer.source:  # what is kept is what will run
            raise BadInput(ANOTHER)
        if not changes_by_call(template):
            return
        if found.approved_by:
            return
        if not approves or not await self._aides.roles.may_administer(principal):
            raise NotAllowed(NEEDS_APPROVAL)
        await self._offers.approve(principal, kept.id, kept.version)

    async def _template(
        self, principal: Principal, version: Version, task: DialogTask
    ) -> ActionTemplate:
        return (await self._kept_offer(principal, version, task)).template

    async def _kept_offer(self, principal: Principal, version: Version, task: DialogTask) -> Offer:
        """Return a version that the task has or had, whoever may find it by now."""
        kept = await self._books.templates.find(principal.tenant, task.template, version)
        if kept is None:
            raise NotFound(NO_TEMPLATE)
        return Offer(await self._books.shelf.parsed(kept), kept.source, kept)

    async def _replaced(
        self, principal: Principal, seen: DialogTask, changed: DialogTask, event: Event
    ) -> DialogTask:
        told = changed.after(event, principal.user_id, self._aides.clock())
        stored = await self._books.tasks.replace(seen, told)
        if stored is None:
            raise Changed(CHANGED)
        self._record(principal, Action.CHANGE_TASK, stored)
        return stored

    def _record(self, principal: Principal, action: Action, task: DialogTask) -> None:
        entry = Entry.by(principal, action)
        self._aides.auditor.record(entry.of("task", f"{task.word}, {task.template} {task.version}"))


def _lending(task: DialogTask, *, lends: bool) -> DialogTask:
    """Return it lending or not; for versions for which it never lent, it doesn't afterwards."""
    lent = (*task.lent, task.version) if lends and task.lends else ()
    return replace(task, lends=lends, lent=tuple(dict.fromkeys(lent))[-MOST_HISTORY:])


def _require_room(principal: Principal, wish: Wish, tasks: Sequence[DialogTask]) -> None:
    """Raise ``BadInput`` where there are as many tasks as there may be."""
    own = [each for each in tasks if each.audience.reach is Reach.ME]
    theirs = [each for each in own if each.owner == principal.user_id]
    if wish.audience.reach is Reach.ME and len(theirs) >= MOST_OWN:
        raise BadInput(
            f"You have installed {MOST_OWN} dialog tasks for yourself, which is as many as one "
            "person has. Nothing was installed: uninstall one first."
        )
    if len(tasks) >= MOST_TASKS:
        raise BadInput(
            f"{MOST_TASKS} dialog tasks are installed, which is as many as a workspace has. "
            "Nothing was installed: uninstall one first."
        )


def can_lend(offer: Offer) -> bool:
    """Tell whether the organisation's connection may come into question at all.

    What a member wrote runs on the runner's own alone, and so does what makes REST calls.
    """
    asks = offer.template.policy.credentials is Credentials.ORGANISATION
    calls = any(isinstance(step, HttpStep) for step in walk(offer.template.steps))
    by_member = offer.kept is not None and offer.kept.is_own and not offer.kept.by_admin
    return asks and not calls and not by_member


def changes_by_call(template: ActionTemplate) -> bool:
    """Tell whether it makes REST calls that change something."""
    return any(isinstance(step, HttpStep) and step.writes for step in walk(template.steps))


def _of_its_entities(
    defaults: Iterable[tuple[str, Written]], template: ActionTemplate
) -> tuple[tuple[str, Written], ...]:
    return tuple((name, value) for name, value in defaults if template.entity(name) is not None)


def _taken(word: str, near: str = "") -> str:
    if not near or near.casefold() == word:
        return f"“{word}” is taken already, so nothing was changed. Choose another word."
    return (
        f"“{word}” is too easily taken for “{near}”, so nothing was changed. Choose another word."
    )
