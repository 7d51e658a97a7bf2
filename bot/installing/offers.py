"""Templates to be installed: the catalogue's, and those that people of the tenant brought."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bot.catalogue import Shipped, ranked
from bot.checking import read_checked
from bot.errors import BadInput, Changed, NotAllowed, NotFound, TemplateRefused
from bot.installing.parts import (
    CHANGED,
    MOST_BROUGHT,
    MOST_BYTES_BROUGHT,
    NO_TEMPLATE,
    NOT_FOR_OTHERS,
    NOT_YOURS,
    TOO_MANY,
    Aides,
    Books,
    Offer,
)
from bot.integration import Role
from bot.principal import Principal
from bot.task import DialogTask, TemplateVersion
from bot.template import ActionTemplate, TemplateId, Version, order_of
from bot.trail import Action, Entry


class Offers:
    """What there is to install, and bringing templates of one's own."""

    def __init__(self, books: Books, aides: Aides) -> None:
        self._books = books
        self._aides = aides

    async def list_all(self, principal: Principal, words: str = "") -> Sequence[Offer]:
        """Return what *principal* may install, the catalogue's first; by *words*, the best."""
        shipped = await self._books.catalogue.list_all()
        own = await self._own(principal)
        found = [*shipped, *(Shipped(offer.template, offer.source) for offer in own)]
        kept = {offer.template.id: offer for offer in own}
        tasks = await self._books.tasks.list_all(principal.tenant)
        chosen = ranked(found, words) if words.strip() else found
        return [
            replace(kept.get(each.template.id, Offer(each.template, each.source)),
                    tasks=_made_of(each.template.id, tasks))
            for each in chosen
        ]  # fmt: skip

    async def get(
        self, principal: Principal, template: TemplateId, version: Version | None = None
    ) -> Offer:
        """Return one of them, in *version* or the newest that there is. Raises ``NotFound``."""
        tasks = _made_of(template, await self._books.tasks.list_all(principal.tenant))
        kept = await self._kept(principal, template, version)
        shipped = await self._books.catalogue.find(template)
        if shipped is not None and version in {None, shipped.template.version}:
            newest = kept if kept and kept.version == shipped.template.version else None
            return Offer(shipped.template, shipped.source, newest, tasks)
        if kept is None:
            raise NotFound(NO_TEMPLATE)
        return Offer(await self._books.shelf.parsed(kept), kept.source, kept, tasks)

    async def find_newer(self, principal: Principal, task: DialogTask) -> ActionTemplate | None:
        """Return the newest version that goes on with the one that *task* has, if there is one.

        What somebody else wrote under the same id goes on with nobody's but an admin's does.
        """
        shipped = await self._books.catalogue.find(task.template)
        found = [shipped.template] if shipped is not None else []
        if shipped is None:
            kept = await self._books.templates.list_versions(principal.tenant, task.template)
            now = next((each for each in kept if each.version == task.version), None)
            going_on = [each for each in kept if now is not None and _goes_on(each, now)]
            seen = [each for each in going_on if await self._sees(principal, each)]
            newest = max(seen, key=lambda each: order_of(each.version), default=None)
            found = [] if newest is None else [await self._books.shelf.parsed(newest)]
        return next(
            (each for each in found if order_of(each.version) > order_of(task.version)), None
        )

    async def bring(self, principal: Principal, source: str | bytes, name: str) -> Offer:
        """Keep a template of *principal*'s own; a version once brought never changes.

        Raises:
            TemplateRefused: it wouldn't work, with every problem by its line.
            BadInput: the catalogue, or somebody else, has a template of that id; that version
                was brought before, and says something else; or they brought too many.
        """
        # Beside the loop: a file may take its time.
        template = await asyncio.to_thread(read_checked, source, name, self._aides.built_in)
        await self._require_free(principal, template)
        text = source.decode() if isinstance(source, bytes) else source
        version = TemplateVersion(
            principal.tenant,
            TemplateId(template.id),
            Version(template.version),
            text,
            principal.user_id,
            self._aides.clock(),
            is_own=True,
            by_admin=await self._aides.roles.may_administer(principal),
        )
        await self._require_room(version)
        if not await self._books.templates.add(version):
            version = await self._same(template, version)
        entry = Entry.by(principal, Action.BRING_TEMPLATE)
        self._aides.auditor.record(entry.of("template", _named(template)))
        return Offer(template, text, version)

    async def share(
        self, principal: Principal, template: TemplateId, version: Version, *, is_shared: bool
    ) -> Offer:
        """Let others of the tenant find it, or no longer.

        Raises:
            NotAllowed: it isn't theirs to decide, or they may not install for others.
            NotFound: there is no such version of somebody's own.
            Changed: somebody else has decided something of it meanwhile.
        """
        offer = await self._get_own(principal, template, version)
        if is_shared and not await self._aides.roles.may(principal, Role.INSTALL):
            raise NotAllowed(NOT_FOR_OTHERS)
        return await self._decided(offer, is_shared=is_shared)

    async def approve(self, principal: Principal, template: TemplateId, version: Version) -> Offer:
        """Approve that this very version makes REST calls that change something.

        Raises:
            NotAllowed: *principal* is no admin.
            NotFound: there is no such version.
            Changed: somebody else has decided something of it meanwhile.
        """
        if not await self._aides.roles.may_administer(principal):
            raise NotAllowed(NOT_YOURS)
        kept = await self._books.templates.find(principal.tenant, template, version)
        if kept is None or kept.is_withdrawn:
            raise NotFound(NO_TEMPLATE)
        offer = Offer(await self._books.shelf.parsed(kept), kept.source, kept)
        approved = await self._decided(offer, approved_by=principal.user_id)
        entry = Entry.by(principal, Action.APPROVE_TEMPLATE)
        self._aides.auditor.record(entry.of("template", _named(offer.template)))
        return approved

    async def withdraw(self, principal: Principal, template: TemplateId, version: Version) -> None:
        """Have nobody find a version any more. Raises like `share`, and ``BadInput``.

        It is kept: dialogs that are open end on it, and nothing else ever goes by its number.
        """
        offer = await self._get_own(principal, template, version)
        using = [each for each in offer.tasks if version in {each.version, *each.past}]
        if using:
            raise BadInput(
                f"“{using[0].title}” is made of this version, so it stays. "
                "Uninstall that first, then try again."
            )
        await self._decided(offer, is_withdrawn=True, is_shared=False)

    async def _own(self, principal: Principal) -> Sequence[Offer]:
        """Return the newest version of each that *principal* may see."""
        newest: dict[str, TemplateVersion] = {}
        for kept in await self._books.templates.list_own(principal.tenant):
            if not await self._sees(principal, kept):
                continue
            other = newest.get(kept.id)
            if other is None or order_of(kept.version) > order_of(other.version):
                newest[kept.id] = kept
        offers = []
        for kept in newest.values():
            with suppress(TemplateRefused):  # an earlier version of the bot took it
                offers.append(Offer(await self._books.shelf.parsed(kept), kept.source, kept))
        return offers

    async def _kept(
        self, principal: Principal, template: TemplateId, version: Version | None
    ) -> TemplateVersion | None:
        if version is not None:
            kept = await self._books.templates.find(principal.tenant, template, version)
            return kept if kept is not None and await self._sees(principal, kept) else None
        versions = await self._books.templates.list_versions(principal.tenant, template)
        seen = [each for each in versions if await self._sees(principal, each)]
        return max(seen, key=lambda each: order_of(each.version), default=None)

    async def _sees(self, principal: Principal, kept: TemplateVersion) -> bool:
        if kept.is_withdrawn:
            return False
        if not kept.is_own or kept.is_shared or kept.by == principal.user_id:
            return True
        return await self._aides.roles.may_administer(principal)

    async def _get_own(self, principal: Principal, template: TemplateId, version: Version) -> Offer:
        """Return a version that *principal* may decide about."""
        offer = await self.get(principal, template, version)
        if offer.kept is None or not offer.kept.is_own:
            raise NotFound(NO_TEMPLATE)
        is_theirs = offer.kept.by == principal.user_id
        if not is_theirs and not await self._aides.roles.may_administer(principal):
            raise NotAllowed(NOT_YOURS)
        return offer

    async def _decided(self, offer: Offer, **decided: object) -> Offer:
        kept = offer.kept
        if kept is None:
            raise NotFound(NO_TEMPLATE)
        changed = replace(kept, **decided)  # type: ignore[arg-type]  # fields of TemplateVersion
        if not await self._books.templates.replace(kept, changed):
            raise Changed(CHANGED)
        return replace(offer, kept=replace(changed, generation=kept.generation + 1))

    async def _require_free(self, principal: Principal, template: ActionTemplate) -> None:
        if await self._books.catalogue.find(TemplateId(template.id)) is not None:
            raise BadInput(
                f"The catalogue has a template with the id “{template.id}” already, so this one "
                "wasn't taken. Give it an id of its own, then try again."
            )
        versions = await self._books.templates.list_versions(
            principal.tenant, TemplateId(template.id)
        )
        # One of somebody who was forgotten is nobody else's to go on with.
        others = [each for each in versions if each.by != principal.user_id]
        if others and not await self._aides.roles.may_administer(principal):
            raise BadInput(
                f"Somebody else here has a template with the id “{template.id}”, so this one "
                "wasn't taken. Give it an id of its own, then try again."
            )

    async def _require_room(self, version: TemplateVersion) -> None:
        brought = await self._books.templates.list_own(version.tenant)
        theirs = [each for each in brought if each.by == version.by]
        known = {(each.id, each.version) for each in theirs}
        size = sum(len(each.source) for each in (*theirs, version))
        is_much = len(theirs) >= MOST_BROUGHT or size > MOST_BYTES_BROUGHT
        if is_much and (version.id, version.version) not in known:
            raise BadInput(TOO_MANY)

    async def _same(self, template: ActionTemplate, version: TemplateVersion) -> TemplateVersion:
        kept = await self._books.templates.find(version.tenant, version.id, version.version)
        if kept is None or kept.source != version.source:
            raise BadInput(
                f"Version {version.version} of “{version.id}” was brought before and says "
                "something else: a version never changes, so nothing was kept. Raise the "
                "number behind version:, then try again."
            )
        if not kept.is_withdrawn:
            return kept
        brought = await self._decided(Offer(template, kept.source, kept), is_withdrawn=False)
        return brought.kept or kept


def _goes_on(version: TemplateVersion, other: TemplateVersion) -> bool:
    """Tell whether *version* is of whoever brought the *other*, or of an admin."""
    return version.by_admin or bool(version.by and version.by == other.by)


def _made_of(template: str, tasks: Sequence[DialogTask]) -> tuple[DialogTask, ...]:
    return tuple(task for task in tasks if task.template == template)


def _named(template: ActionTemplate) -> str:
    return f"{template.id} {template.version}"
