"""``/confluence here``: where a channel's people write unless they choose otherwise."""

import json
from contextlib import suppress
from typing import Final

from bot.act import Acting, Actor
from bot.audit import Auditor
from bot.compose import space_of
from bot.connection import Need
from bot.content import CloudId, PageId, Site, Space
from bot.errors import BadInput, NotAllowed, NotFound, SiteRequired
from bot.frozen import frozen
from bot.integration import ChannelDefaults
from bot.mrkdwn import escape
from bot.ports import Clock, Confluence, Integrations
from bot.principal import Principal
from bot.trail import Action, Entry
from bot.whereabouts import Whereabouts, split_site
from handlers import blocks, forms
from handlers.ask import Ack, Ask, Block, Kind, Modal, Route, View
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants

FORM: Final = "here_form"
FORGET: Final = "here_forget"
NOT_HERE: Final = (
    "A default is for a channel of your own workspace, so nothing was changed. Direct messages "
    "have none, and a channel that is shared with another organisation, or that I can't see, could "
    "surprise people. If it is a private channel of yours, invite me first."
)


@frozen
class ChannelParts:
    """What choosing a channel's default works with."""

    actor: Actor
    confluence: Confluence
    integrations: Integrations
    whereabouts: Whereabouts
    slack: SlackApi
    tenants: Tenants
    auditor: Auditor
    clock: Clock


class Channel:
    """The word and the form of a channel's default."""

    def __init__(self, parts: ChannelParts) -> None:
        self._parts = parts

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.COMMAND, "here", self.show, opens=_opens),
            Route(Kind.SUBMISSION, FORM, self.save, submitted=_judged),
            Route(Kind.PRESS, FORGET, self.forget),
        )

    async def show(self, ask: Ask) -> Modal:
        """Fill the modal with what holds, and the form to change it."""
        await self._require_channel(ask, ask.channel_id)
        named, _ = split_site(ask.text)
        standing = await self._parts.whereabouts.defaults(ask.principal, ask.channel_id)
        site = await self._parts.whereabouts.site_by(ask.principal, Need.WRITE, named, standing)

        unseen = await self._unseen(ask.principal, standing) if standing else ""

        async def filled(acting: Acting) -> Modal:
            return Modal(_form(acting.site, ask.channel_id, standing, unseen))

        return await self._parts.actor.run(ask.principal, Need.WRITE, filled, site=site)

    async def save(self, ask: Ask) -> Modal:
        """Keep what was chosen, once it was looked up in the chooser's own name."""
        metadata = forms.read_metadata(ask.view.metadata if ask.view else "")
        channel_id = str(metadata.get("channel", ""))
        await self._require_channel(ask, channel_id)
        chosen = space_of(*ask.chosen("space"))
        if chosen is None:
            raise BadInput("The form came back without a space. Nothing was changed.")
        parent = ask.chosen("parent")[0]

        async def keep(acting: Acting) -> ChannelDefaults:
            where = acting.connection, acting.site
            space = await self._parts.confluence.get_space(*where, chosen.id)
            title = await self._parent_title(acting, space, PageId(parent)) if parent else ""
            return ChannelDefaults(
                tenant=ask.principal.tenant,
                channel_id=channel_id,
                site=acting.site.cloud_id,
                site_name=acting.site.name,
                space_id=space.id,
                space_key=space.key,
                space_name=space.name,
                set_by=ask.principal.user_id,
                set_at=self._parts.clock(),
                parent_id=parent,
                parent_title=title,
            )

        site = CloudId(str(metadata.get("site", "")))
        defaults = await self._parts.actor.run(ask.principal, Need.WRITE, keep, site=site)
        await self._parts.integrations.save_channel(defaults)
        entry = Entry.by(ask.principal, Action.CHANGE_CHANNEL).of("channel", channel_id)
        site_of = Site(defaults.site, defaults.site_name, "")
        self._parts.auditor.record(entry.on(site_of, defaults.space_key))
        words = f"From now on, pages from <#{channel_id}> go to {place_in_words(defaults)}."
        small = "Everybody sees that before they write, and can choose another place."
        return Modal(_said(words, small))

    async def forget(self, ask: Ask) -> Modal:
        """Forget the channel's default."""
        metadata = forms.read_metadata(ask.view.metadata if ask.view else "")
        channel_id = str(metadata.get("channel", ""))
        await self._require_channel(ask, channel_id)

        async def may_write(_: Acting) -> None:
            return None

        site = CloudId(str(metadata.get("site", "")))
        await self._parts.actor.run(ask.principal, Need.WRITE, may_write, site=site)
        await self._parts.integrations.remove_channel(ask.principal.tenant, channel_id)
        entry = Entry.by(ask.principal, Action.CHANGE_CHANNEL).of("channel", channel_id)
        self._parts.auditor.record(entry)
        return Modal(_said(f"<#{channel_id}> has no default any more.", "No page was changed."))

    async def _unseen(self, principal: Principal, standing: ChannelDefaults) -> str:
        async def judged(acting: Acting) -> str:
            return await why_unseen(self._parts.confluence, acting, standing)

        run = self._parts.actor.run
        with suppress(SiteRequired):
            return await run(principal, Need.WRITE, judged, site=standing.site)
        return _elsewhere(standing)

    async def _parent_title(self, acting: Acting, space: Space, parent: PageId) -> str:
        where = acting.connection, acting.site
        page = await self._parts.confluence.get_page_head(*where, parent)
        if page.space_id != space.id:
            raise BadInput(
                f"The parent page “{page.title}” is in another space than {space.name}. Nothing "
                "was changed: go back and choose a parent in the same space, or none."
            )
        return page.title

    async def _require_channel(self, ask: Ask, channel_id: str) -> None:
        """Raise unless it is a channel of this workspace's own people."""
        installation = await self._parts.tenants.get(ask.principal.tenant)
        if installation is None or channel_id[:1] not in {"C", "G"}:
            raise NotAllowed(NOT_HERE)
        channel = await self._parts.slack.find_channel(installation, channel_id)
        if channel.has_strangers:
            raise NotAllowed(NOT_HERE)


def place_in_words(defaults: ChannelDefaults) -> str:
    """Return where a channel writes, in mrkdwn."""
    under = f" under *{escape(defaults.parent_title)}*" if defaults.parent_title else ""
    return f"*{escape(defaults.space_name)}*{under} on *{escape(defaults.site_name)}*"


async def why_unseen(confluence: Confluence, acting: Acting, defaults: ChannelDefaults) -> str:
    """Say where a channel writes, if whoever acts can't see the place; else nothing.

    What its chooser saw there is named to nobody who can't see it.
    """
    if acting.site.cloud_id != defaults.site:
        return _elsewhere(defaults)
    where = acting.connection, acting.site
    try:
        await confluence.get_space(*where, defaults.space_id)
        if defaults.parent_id:
            await confluence.get_page_head(*where, PageId(defaults.parent_id))
    except (NotFound, NotAllowed):
        return "to a place that isn't there any more, or that you may not see"
    return ""


def _elsewhere(defaults: ChannelDefaults) -> str:
    return f"to *{escape(defaults.site_name)}*, which you aren't connected to"


def _opens(_: Ask) -> View:
    return forms.loading("This channel")


async def _judged(ask: Ask) -> Ack:
    if space_of(*ask.chosen("space")) is None:
        return Ack(errors={"space": "Choose a space."})
    return Ack(view=_said("Looking that up…", "One moment."))


def _form(site: Site, channel_id: str, standing: ChannelDefaults | None, unseen: str) -> View:
    now = (
        f"Now pages from <#{channel_id}> go {unseen or f'to {place_in_words(standing)}'}, "
        f"as {_chooser(standing)} chose."
        if standing
        else f"<#{channel_id}> has no default yet: everybody chooses a space for each page."
    )
    is_here = standing is not None and standing.site == site.cloud_id and not unseen
    fits = standing if is_here else None
    metadata = json.dumps({"site": site.cloud_id, "channel": channel_id})
    shown: list[Block] = [
        blocks.section(now),
        blocks.context(
            f"On *{escape(site.name)}*. To choose another site, close this and add its name, as in "
            "`here site:other`."
        ),
        blocks.field("space", "Space", forms.space_menu(_space(fits)), hint="Type two letters."),
        blocks.field(
            "parent",
            "Parent page",
            forms.parent_menu(fits.parent_id if fits else "", fits.parent_title if fits else ""),
            hint="A page of the space chosen above.",
            optional=True,
        ),
    ]
    if standing is not None:
        forget = blocks.button("Have no default", FORGET, style="danger")
        shown.append(blocks.actions(forget))
    view = blocks.modal("This channel", shown, close="Cancel")
    return blocks.form(view, FORM, "Save", metadata)


def _chooser(defaults: ChannelDefaults) -> str:
    return f"<@{defaults.set_by}>" if defaults.set_by else "somebody who is forgotten by now"


def _space(defaults: ChannelDefaults | None) -> Space | None:
    if defaults is None:
        return None
    return Space(defaults.space_id, defaults.space_key, defaults.space_name)


def _said(words: str, small: str) -> View:
    return blocks.modal("This channel", [blocks.section(words), blocks.context(small)])
