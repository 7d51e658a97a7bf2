"""Make of a form exactly what will be written, to be shown before it is."""

import re
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from pydantic import SecretStr

from bot.act import Acting, Actor
from bot.connection import Need
from bot.content import CloudId, Page, PageId, Space, SpaceId, SpaceKey
from bot.document import Document, Mention
from bot.errors import BadInput, NotFound
from bot.frozen import frozen
from bot.mentions import each_of, with_people
from bot.ports import Clock, Confluence, Drafts
from bot.principal import Principal, mint_token
from bot.receipt import Act, Decision, DecisionId, Draft, DraftId

DRAFT_LASTS = timedelta(hours=24)
"""For so long a refused text can be had back."""

PREVIEW_LASTS = timedelta(hours=1)
"""For so long a preview can be confirmed: what it shows may not be true for ever."""

LONGEST_TITLE = 255

NO_DRAFT_LENT = (
    "A draft would be the organisation's account's, and you couldn't see it. Nothing was written: "
    "go back and publish it, or connect an account of your own."
)

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@frozen
class Form:
    """What a person filled in. *names* are the display names of whom the text mentions."""

    site: CloudId
    space: Space
    title: str
    body: Document
    act: Act
    parent: PageId | None = None
    response_url: SecretStr | None = None
    names: Mapping[str, str] = field(default_factory=dict)


@frozen
class Composed:
    """A draft of the decision; *taken* is the page that has its title already, if any."""

    draft: Draft
    taken: Page | None = None


class Composer:
    """Prepares decisions. Nothing is written to Confluence here."""

    def __init__(self, actor: Actor, confluence: Confluence, drafts: Drafts, clock: Clock) -> None:
        self._actor = actor
        self._confluence = confluence
        self._drafts = drafts
        self._clock = clock

    async def compose(self, principal: Principal, form: Form) -> Composed:
        """Check *form* against Confluence and keep the decision that it amounts to."""

        async def prepare(acting: Acting) -> tuple[Decision, Page | None]:
            body = await self._with_people(acting, form)
            _check_act(acting, form.act)
            parent_title = await self._parent_title(acting, form)
            taken = await self._taken(acting, form)
            decision = Decision(
                id=DecisionId(mint_token(principal.tenant)),
                act=form.act,
                principal=principal,
                profile=acting.connection.profile,
                account=acting.connection.account,
                site=acting.site,
                space=form.space,
                title=form.title,
                body=body,
                parent_id=form.parent,
                parent_title=parent_title,
                provider=acting.connection.provider,
                asker=_asker(acting),
            )
            return decision, taken

        need = need_of(form.act)
        decision, taken = await self._actor.run(principal, need, prepare, site=form.site)
        draft = await self._kept(decision, form.response_url, self._clock())
        return Composed(draft, taken)

    async def retitle(self, draft: Draft) -> Composed:
        """Try the same under “title (2)”, or the next number that is free."""
        decision = draft.decision

        async def free(acting: Acting) -> str:
            for number in range(2, 10):
                title = _numbered(decision.title, number)
                where = acting.connection, acting.site, decision.space.id
                if await self._confluence.find_page_by_title(*where, title) is None:
                    return title
            raise BadInput("The next eight numbers are taken as well. Choose another title.")

        site = decision.site.cloud_id
        need = need_of(decision.act)
        title = await self._actor.run(decision.principal, need, free, site=site)
        return Composed(await self._again(draft, replace(decision, title=title)))

    async def append_instead(self, draft: Draft) -> Composed:
        """Turn the new page into more text at the end of the page that has its title."""
        decision = draft.decision

        async def found(acting: Acting) -> Page:
            where = acting.connection, acting.site, decision.space.id
            page = await self._confluence.find_page_by_title(*where, decision.title)
            if page is None:
                raise NotFound(
                    "The page with that title isn't visible to you, so nothing can be added to it. "
                    "Your text is safe: go back and choose another title."
                )
            return page

        site = decision.site.cloud_id
        page = await self._actor.run(decision.principal, Need.PUBLISH, found, site=site)
        changed = replace(
            decision,
            act=Act.APPEND,
            title=page.title,
            page_id=page.id,
            page_url=page.url,
            base_version=page.version,
            parent_id=None,
            parent_title="",
        )
        return Composed(await self._again(draft, changed))

    async def find(self, principal: Principal, draft: DraftId) -> Draft:
        """Return the principal's own draft.

        Raises:
            NotFound: it has expired, or isn't theirs.
        """
        found = await self._drafts.find(principal, draft)
        if found is None:
            raise NotFound("That text isn't kept here any more; nothing was written.")
        return found

    async def discard(self, principal: Principal, draft: DraftId) -> None:
        """Drop the principal's own draft, which must not have been confirmed."""
        await self._drafts.remove(principal, draft)

    def is_too_old(self, draft: Draft) -> bool:
        """Tell whether the preview has been standing for too long to be confirmed."""
        return self._clock() > draft.expires_at - DRAFT_LASTS + PREVIEW_LASTS

    async def _again(self, draft: Draft, decision: Decision) -> Draft:
        fresh = replace(decision, id=DecisionId(mint_token(decision.principal.tenant)))
        return await self._kept(fresh, draft.response_url, draft.response_url_at or self._clock())

    async def _kept(
        self, decision: Decision, response_url: SecretStr | None, at: datetime
    ) -> Draft:
        draft = Draft(
            DraftId(decision.id),
            decision,
            self._clock() + DRAFT_LASTS,
            response_url,
            at if response_url else None,
        )
        await self._drafts.save(draft)
        return draft

    async def _with_people(self, acting: Acting, form: Form) -> Document:
        """Mention people by the account that they connected, or by the name given."""

        async def known(member: str) -> Mention:
            account = await self._actor.find_account(acting, member)
            if account is None:
                return Mention(name=form.names.get(member, ""), member=member)
            return Mention(account.id, account.name, member)

        people = await each_of(form.body, known)
        return with_people(form.body, people)

    async def _parent_title(self, acting: Acting, form: Form) -> str:
        if form.parent is None:
            return ""
        parent = await self._confluence.get_page_head(acting.connection, acting.site, form.parent)
        if parent.space_id != form.space.id:
            raise BadInput(
                f"The parent page “{parent.title}” is in another space than {form.space.name}. "
                "Nothing was written: go back and choose a parent in the same space, or none."
            )
        return parent.title

    async def _taken(self, acting: Acting, form: Form) -> Page | None:
        where = acting.connection, acting.site, form.space.id
        return await self._confluence.find_page_by_title(*where, form.title)


def _asker(acting: Acting) -> str:
    """Return who is named in what the organisation's account writes; somebody always is."""
    lent = acting.connection.lent
    return (lent.name or lent.asker.user_id) if lent is not None else ""


def need_of(act: Act) -> Need:
    """Return what *act* takes: a draft is seen by its author alone."""
    return Need.WRITE if act is Act.DRAFT else Need.PUBLISH


def _check_act(acting: Acting, act: Act) -> None:
    if act is Act.DRAFT and acting.connection.lent is not None:
        raise BadInput(NO_DRAFT_LENT)
    if act is Act.DRAFT and not acting.connection.provider.has_drafts:
        raise BadInput(
            f"{acting.site.name} keeps no drafts that its author alone sees. "
            "Nothing was written: go back and choose to publish."
        )


def title_in(typed: str) -> str:
    """Return the title that was typed: one line, without the characters that nobody sees."""
    return _UNSEEN.sub("", " ".join(typed.split()))


def space_value(space: Space) -> str:
    """Return *space* as a menu's value (75 characters at most, so its name isn't in it)."""
    return f"{space.id}:{space.key}"[:75]


def space_of(value: str, name: str) -> Space | None:
    """Read a menu's value back; ``None`` if it isn't one of ours."""
    space_id, colon, key = value.partition(":")
    if not (colon and key and space_id.isascii() and space_id.isalnum()):
        return None
    return Space(SpaceId(space_id), SpaceKey(key), name)


def _numbered(title: str, number: int) -> str:
    suffix = f" ({number})"
    return title[: LONGEST_TITLE - len(suffix)].rstrip() + suffix
