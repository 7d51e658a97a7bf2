"""Writing a page: the form, its preview, the confirmed write and its receipt."""

from contextlib import suppress
from dataclasses import replace

import structlog
from pydantic import SecretStr

from bot.act import Acting, Actor
from bot.compose import LONGEST_TITLE, Composed, Composer, Form, space_of, title_in
from bot.connection import Need
from bot.content import CloudId, PageId, Space
from bot.course import TakenUp
from bot.document import Document
from bot.documents import from_mrkdwn, from_rich_text, is_empty, text_of
from bot.errors import BotError, NotFound, SiteRequired, Unavailable
from bot.frozen import frozen
from bot.integration import ChannelDefaults
from bot.mentions import each_of
from bot.ports import Confluence, Notes, Receipts, SlackPeople, Voice
from bot.publish import Publisher
from bot.receipt import Act, DecisionId, Draft, DraftId, Receipt
from bot.whereabouts import Whereabouts, split_site
from handlers import forms, receipts
from handlers.ask import Ack, Ask, Block, Kind, Modal, Reply, Route, Suggestions, View
from handlers.channel import place_in_words, why_unseen
from handlers.drafts import RecentDrafts
from handlers.home import CREATE
from handlers.offers import CONTINUE_CREATE
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)

WRITING = "Writing to Confluence… You can close this: the receipt comes by message as well."
UNDER_WAY = "That is being written already. The receipt will come by message."
LATER = (
    "I can't tell yet how this ended. It is looked up, and nothing is written twice; "
    "your text is safe. The receipt will come by message in a few minutes."
)


@frozen
class CreateParts:
    """What writing works with."""

    actor: Actor
    confluence: Confluence
    composer: Composer
    publisher: Publisher
    receipts: Receipts
    notes: Notes
    voice: Voice
    people: SlackPeople
    slack: SlackApi
    whereabouts: Whereabouts
    tenants: Tenants
    recent: RecentDrafts


class Create:
    """The words, shortcuts, buttons and forms of writing a page."""

    def __init__(self, parts: CreateParts) -> None:
        self._parts = parts

    def routes(self) -> tuple[Route | Suggestions, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.COMMAND, "create", self.show_form, opens=_opens),
            Route(Kind.PRESS, CREATE, self.show_form, opens=_opens, resumes=_title_of),
            Route(Kind.PRESS, CONTINUE_CREATE, self.show_form, opens=_opens, resumes=_title_of),
            Route(Kind.SHORTCUT, "create_page", self.show_form, opens=_opens, resumes=_title_of),
            Route(
                Kind.SHORTCUT,
                "create_page_from_message",
                self.show_form,
                opens=_opens,
                resumes=_title_of,
            ),
            Route(Kind.PRESS, receipts.EDIT_AGAIN, self.edit_again, opens=_opens),
            Route(Kind.SUBMISSION, forms.FORM, self.show_preview, submitted=self.check_form),
            Route(
                Kind.SUBMISSION,
                forms.CONFIRM,
                self.write,
                submitted=self.claim,
                unsure=forms.maybe_recorded,
            ),
            Route(Kind.CLOSED, forms.CONFIRM, self.preview_closed),
            Route(Kind.PRESS, forms.RETITLE, self.retitle),
            Route(Kind.PRESS, forms.APPEND, self.append_instead),
            Route(Kind.PRESS, receipts.UNDO, self.undo),
            Suggestions(forms.SPACE, self.suggest_spaces),
            Suggestions(forms.PARENT, self.suggest_parents),
        )

    async def show_form(self, ask: Ask) -> Modal:
        """Fill the modal that was opened at once."""
        return await self._form(ask, _prefilled(ask))

    async def edit_again(self, ask: Ask) -> Modal:
        """Open the form with a text that was refused before."""
        draft = await self._parts.composer.find(ask.principal, DraftId(ask.value))
        return await self._form(ask, forms.from_decision(draft.decision))

    async def check_form(self, ask: Ask) -> Ack:
        """Judge the form by itself; its preview is prepared after the ack."""
        errors = _errors(ask)
        if errors:
            return Ack(errors=errors)
        return Ack(view=forms.working("Preparing the preview…"), push=True)

    async def show_preview(self, ask: Ask) -> Modal:
        """Show what will be written, or the ways round a title that exists."""
        form = await self._read(ask)
        return self._composed(await self._parts.composer.compose(ask.principal, form))

    async def retitle(self, ask: Ask) -> Modal:
        """Preview the same page under the next free title."""
        draft = await self._parts.composer.find(ask.principal, DraftId(ask.value))
        return self._composed(await self._parts.composer.retitle(draft))

    async def append_instead(self, ask: Ask) -> Modal:
        """Preview the text as an addition to the page that has the title."""
        draft = await self._parts.composer.find(ask.principal, DraftId(ask.value))
        return self._composed(await self._parts.composer.append_instead(draft))

    async def claim(self, ask: Ask) -> Ack:
        """Write the decision down before the ack says that it is under way."""
        draft = await self._previewed(ask)
        try:
            claimed = draft and await self._parts.publisher.claim(draft, ask.correlation)
        except Unavailable:
            return Ack(view=forms.maybe_recorded(), push=True, goes_on=False)
        if not claimed:
            return Ack(view=await self._claimed_before(ask), goes_on=False)
        self._parts.recent.forget(ask.principal, DraftId(_draft_id(ask)))
        return Ack(view=forms.working(WRITING))

    async def write(self, ask: Ask) -> Modal:
        """Settle the claimed decision, tell its person, and show the receipt."""
        try:
            receipt = await self._settled(ask)
        except TakenUp:
            return Modal(forms.working(UNDER_WAY))
        except BotError as error:
            # It is claimed, and may be written: an apology that nothing was changed may be untrue.
            log.warning("unsettled", code=error.code)
            return Modal(forms.working(LATER))
        # Untold, it is found by the job that settles; this modal needn't wait for that.
        with suppress(BotError):
            await self.tell(receipt)
        return Modal(self._receipt_view(receipt))

    async def tell(self, receipt: Receipt) -> None:
        """Say privately what became of the decision, once."""
        can_undo = self._parts.publisher.can_undo(receipt)
        reply = receipts.receipt_reply(receipt, can_undo=can_undo)
        await self._parts.voice.tell(
            receipt.decision.principal,
            reply.text,
            reply.blocks,
            response_url=receipt.response_url,
        )
        await self._parts.publisher.mark_told(receipt)

    async def preview_closed(self, ask: Ask) -> None:
        """Forget a preview that its person has closed, unless its claim may stand already."""
        if await self._receipt(ask) is not None:
            return
        draft = DraftId(_draft_id(ask))
        self._parts.recent.forget(ask.principal, draft)
        await self._parts.composer.discard(ask.principal, draft)

    async def undo(self, ask: Ask) -> Reply:
        """Move the page to the trash, if nobody has touched it."""
        undone = await self._parts.publisher.undo(ask.principal, DecisionId(ask.value))
        return receipts.undone(undone)

    async def suggest_spaces(self, ask: Ask) -> list[Block]:
        """Return spaces for what was typed; the recent ones before anything is."""
        words = ask.text.strip()
        # A single letter finds everything: what was used lately is more use.
        typed = words if len(words) > 1 else ""

        async def find(acting: Acting) -> list[Space]:
            recent = [] if typed else forms.recent_spaces(acting)
            found = await self._parts.confluence.suggest_spaces(
                acting.connection, acting.site, typed
            )
            return list({space.id: space for space in (*recent, *found)}.values())

        spaces = await self._parts.actor.run(
            ask.principal, Need.WRITE, find, site=_site_in(ask), prefers=not typed
        )
        return [forms.space_option(space) for space in spaces[:10]]

    async def suggest_parents(self, ask: Ask) -> list[Block]:
        """Return pages of the chosen space."""
        value, label = ask.chosen("space")
        space = space_of(value, label)
        if space is None:
            return []

        async def find(acting: Acting) -> list[Block]:
            pages = await self._parts.confluence.suggest_pages(
                acting.connection, acting.site, space, ask.text.strip()
            )
            return [forms.page_option(page) for page in pages[:10]]

        return await self._parts.actor.run(ask.principal, Need.WRITE, find, site=_site_in(ask))

    async def _form(self, ask: Ask, prefilled: forms.Prefilled) -> Modal:
        url = ask.response_url.get_secret_value() if ask.response_url else ""
        note = await self._parts.notes.seal(ask.principal, url) if url else ""
        if prefilled.site is None:
            return await self._form_for_channel(ask, prefilled, note)

        async def filled(acting: Acting) -> Modal:
            return Modal(forms.form(acting, prefilled, note))

        run = self._parts.actor.run
        with suppress(SiteRequired):
            return await run(ask.principal, Need.WRITE, filled, site=prefilled.site)
        prefilled = prefilled.elsewhere()  # the consent doesn't open that site any more
        return await run(ask.principal, Need.WRITE, filled)

    async def _form_for_channel(self, ask: Ask, prefilled: forms.Prefilled, note: str) -> Modal:
        """Begin at the site that was named, or where the channel writes by default."""
        whereabouts = self._parts.whereabouts
        named, title = split_site(prefilled.title)
        defaults = None if named else await whereabouts.defaults(ask.principal, ask.channel_id)
        site = await whereabouts.site_by(ask.principal, Need.WRITE, named, defaults)
        begun = replace(prefilled, title=title)

        async def filled(acting: Acting) -> Modal:
            if defaults is None:
                return Modal(forms.form(acting, begun, note))
            surprise = await self._surprise(acting, ask, defaults)
            if surprise:
                return Modal(forms.form(acting, begun, note, surprise))
            led = replace(
                begun,
                space=Space(defaults.space_id, defaults.space_key, defaults.space_name),
                parent=PageId(defaults.parent_id) if defaults.parent_id else None,
                parent_title=defaults.parent_title,
            )
            words = f"This channel writes to {place_in_words(defaults)}: change it if you like."
            return Modal(forms.form(acting, led, note, words))

        return await self._parts.actor.run(ask.principal, Need.WRITE, filled, site=site)

    async def _surprise(self, acting: Acting, ask: Ask, defaults: ChannelDefaults) -> str:
        """Say why the channel's default isn't used, where it would surprise; else nothing."""
        unseen = await why_unseen(self._parts.confluence, acting, defaults)
        if unseen:
            return f"This channel writes {unseen}: choose a space."
        installation = await self._parts.tenants.get(ask.principal.tenant)
        if installation is None:
            return ""
        channel = await self._parts.slack.find_channel(installation, ask.channel_id)
        if channel.has_strangers:
            return (
                "This channel is shared with another organisation, or I can't see it, so its "
                "default isn't used: choose a space."
            )
        return ""

    async def _read(self, ask: Ask) -> Form:
        metadata = forms.read_metadata(ask.view.metadata if ask.view else "")
        space = space_of(*ask.chosen("space"))
        if space is None:
            raise NotFound("The form came back without a space. Go back and choose one.")
        url = await self._parts.notes.open(ask.principal, str(metadata.get("note", "")))
        parent, body = ask.chosen("parent")[0], _body(ask)
        return Form(
            site=CloudId(str(metadata.get("site", ""))),
            space=space,
            title=title_in(ask.typed("title")),
            body=body,
            act=Act.DRAFT if ask.chosen("act")[0] == Act.DRAFT else Act.PUBLISH,
            parent=PageId(parent) if parent else None,
            response_url=SecretStr(url) if url else None,
            names=await self._names(ask, body),
        )

    async def _names(self, ask: Ask, body: Document) -> dict[str, str]:
        """Return the names of whom the text mentions, so that no Slack id is published."""
        installation = await self._parts.tenants.get(ask.principal.tenant)
        if installation is None:
            return {}

        async def name_of(member: str) -> str:
            # A name isn't worth a preview: without one, it is somebody.
            with suppress(BotError):
                return (await self._parts.people.get(installation, member)).name
            return ""

        return await each_of(body, name_of)

    def _composed(self, composed: Composed) -> Modal:
        if composed.taken is not None:
            return Modal(forms.clash(composed.draft, composed.taken))
        self._parts.recent.keep(composed.draft)
        return Modal(forms.preview(composed.draft))

    async def _previewed(self, ask: Ask) -> Draft | None:
        """Return what was previewed, if it may still be confirmed.

        From memory where this process showed it.
        """
        draft_id = DraftId(_draft_id(ask))
        draft = self._parts.recent.find(ask.principal, draft_id)
        if draft is None:
            with suppress(NotFound):
                draft = await self._parts.composer.find(ask.principal, draft_id)
        return None if draft is None or self._parts.composer.is_too_old(draft) else draft

    async def _claimed_before(self, ask: Ask) -> View:
        """Show what became of it: the receipt outlives the draft."""
        receipt = await self._receipt(ask)
        if receipt is None:
            return forms.too_old()
        if receipt.stage.is_final:
            return self._receipt_view(receipt)
        return forms.working(UNDER_WAY)

    async def _settled(self, ask: Ask) -> Receipt:
        receipt = await self._receipt(ask)
        if receipt is None:
            raise TakenUp
        return await self._parts.publisher.settle(receipt)

    def _receipt_view(self, receipt: Receipt) -> View:
        can_undo = self._parts.publisher.can_undo(receipt)
        return receipts.receipt_view(receipt, can_undo=can_undo)

    async def _receipt(self, ask: Ask) -> Receipt | None:
        decision = DecisionId(_draft_id(ask))
        return await self._parts.receipts.find(ask.principal, decision)


def _opens(_: Ask) -> View:
    return forms.loading()


def _title_of(ask: Ask) -> str:
    return f"create {_prefilled(ask).title}"


def _draft_id(ask: Ask) -> str:
    return ask.view.metadata if ask.view else ""


def _site_in(ask: Ask) -> CloudId | None:
    site = forms.read_metadata(ask.view.metadata if ask.view else "").get("site")
    return CloudId(site) if isinstance(site, str) and site else None


def _errors(ask: Ask) -> dict[str, str]:
    title = title_in(ask.typed("title"))
    checks = {
        "space": "" if space_of(*ask.chosen("space")) else "Choose a space.",
        "title": "" if title else "A page needs a title.",
        "body": "" if not is_empty(_body(ask)) else "Write a line or two.",
    }
    if len(title) > LONGEST_TITLE:
        checks["title"] = f"A title has {LONGEST_TITLE} characters at most."
    return {field: words for field, words in checks.items() if words}


def _body(ask: Ask) -> Document:
    return from_rich_text(ask.element("body").get("rich_text_value"))


def _prefilled(ask: Ask) -> forms.Prefilled:
    if ask.source is not None:
        return forms.from_message(ask.source)
    # A command's words come escaped, with mentions and links as entities.
    return forms.Prefilled(text_of(from_mrkdwn(ask.text or ask.value)))
