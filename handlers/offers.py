"""What is offered where something is missing: consent, or a site; and how work goes on after it."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

import structlog
from pydantic import SecretStr

from bot.connect import Connect, Connected, SecretKept, Wanted
from bot.connection import Connection, Need
from bot.documents import from_mrkdwn, text_of
from bot.errors import BotError, ConsentRequired, ScopeMissing, SiteRequired
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.pending import Parked, Purpose
from bot.ports import Clock, ParkedRequests, SlackPeople, Voice
from bot.principal import Principal
from handlers import blocks, replies
from handlers.ask import Answer, Ask, Block, Kind, Reply
from handlers.edge import Table
from handlers.home import EXPLORE, Home
from handlers.running import mint_correlation
from handlers.tasks import Tasks
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)

CONNECT_OPENED = "connect_opened"
CHOOSE_SITE = "choose_site"
MOST_SITES = 25
"""The most buttons that Slack takes in one block."""
CONTINUE_CREATE = "continue_create"
RUN_LINE = "task_run_line"
"""The button that runs a task with what was typed behind its name."""
TASKS = "tasks_list"
"""The button that lists the dialog tasks that are installed."""
ADMINISTRATION = "admin_open"
"""The button that opens the admin's modal: its value is a page of it, or a profile's id."""
ADMINISTRATION_AUTHORIZATION = "admin_authorization"
ADMINISTRATION_POLICY = "policy"
EXPLORE_NOT = "explore_not"


class Invitations:
    """Makes connect links for whoever asks, with words that say why."""

    def __init__(self, connect: Connect, tenants: Tenants, people: SlackPeople) -> None:
        self._connect = connect
        self._tenants = tenants
        self._people = people

    async def invite(
        self, principal: Principal, wanted: Wanted, words: str, parked: Parked | None = None
    ) -> Reply:
        """Return a private answer with the one button that leads to the start page."""
        installation = await self._tenants.get(principal.tenant)
        person, workspace = principal.user_id, ""
        if installation is not None:
            person = (await self._people.get(installation, principal.user_id)).name
            workspace = installation.name
        invitation = await self._connect.start(principal, person, workspace, wanted, parked)
        button = blocks.link_button(
            "Connect to Confluence",
            CONNECT_OPENED,
            invitation.link,
            invitation.flow,
            style="primary",
        )
        small = "The link is for you alone, works once and for ten minutes."
        shown = (blocks.section(words), blocks.actions(button), blocks.context(small))
        return Reply("Connect to Confluence", shown)


class Offers:
    """Turns an error into what would mend it, and keeps the request for afterwards."""

    def __init__(
        self,
        invitations: Invitations,
        parked: ParkedRequests,
        clock: Clock,
        parked_for: timedelta,
    ) -> None:
        self._invitations = invitations
        self._parked = parked
        self._clock = clock
        self._parked_for = parked_for

    async def recover(self, ask: Ask, error: BotError) -> Answer:
        """Return the offer for *error*, or ``None`` where there is none to make."""
        match error:
            case ConsentRequired():
                parked = self._parking(ask, error)
                words = f"{_why(error)} {_onward(ask, parked)}"
                wanted = Wanted(_need_of(error), missing=error.scopes)
                return await self._invitations.invite(ask.principal, wanted, words, parked)
            case SiteRequired():
                return await self._ask_for_site(ask, error)
            case _:
                return None

    def _parking(self, ask: Ask, error: ConsentRequired | SiteRequired) -> Parked | None:
        words = error.resumes or ask.parks.strip()
        return Parked(words, ask.channel_id, self._clock()) if words else None

    async def _ask_for_site(self, ask: Ask, error: SiteRequired) -> Reply:
        parked = self._parking(ask, error)
        if parked is not None:
            until = parked.asked_at + self._parked_for
            await self._parked.save(ask.principal, parked, until)
        return site_menu(str(error), error.choices)


def site_menu(words: str, sites: tuple[tuple[str, str], ...], chosen: str = "") -> Reply:
    """Return the buttons to choose a site with; each is (cloud id, name)."""
    buttons = [
        blocks.button(
            name,
            f"{CHOOSE_SITE}:{place}",
            cloud_id,
            style="primary" if cloud_id == chosen else None,
        )
        for place, (cloud_id, name) in enumerate(sites[:MOST_SITES])
    ]
    shown = [blocks.section(escape(words)), blocks.actions(*buttons)]
    left = len(sites) - MOST_SITES
    if left > 0:
        others = "One more site has" if left == 1 else f"{left} more sites have"
        small = f"{others} no button: name it, as in `search site:name words`."
        shown.append(blocks.context(small))
    return Reply(words, tuple(shown))


def _need_of(error: ConsentRequired) -> Need:
    """Return the least need whose scopes hold what is missing."""
    return next((need for need in Need if need.scopes >= error.scopes), Need.WRITE)


_RIGHTS = {
    "write:page:confluence": "create and change pages",
    "delete:page:confluence": "move pages to the trash (*Undo* does)",
    "write:comment:confluence": "write comments",
    "delete:comment:confluence": "delete comments (*Undo* does)",
    "read:comment:confluence": "read comments",
    "write:attachment:confluence": "attach files",
    "read:attachment:confluence": "read attached files",
    "write:label:confluence": "set labels",
    "read:label:confluence": "read labels",
    "read:template:confluence": "read page templates",
    "write:content.restriction:confluence": "restrict who may see or change a page",
    "read:group:confluence": "look up groups",
    "write:watcher:confluence": "watch pages",
    "read:watcher:confluence": "see what you watch",
    "WRITE": "write",
    "search:confluence": "search",
    "read:page:confluence": "read pages",
}
"""What scopes allow, in words."""


def _why(error: ConsentRequired) -> str:
    if isinstance(error, ScopeMissing):
        missing = _listed(
            [_RIGHTS.get(each, f"`{escape(each)}`") for each in sorted(error.scopes, reverse=True)]
        )
        if error.narrowed:
            return (
                f"Confluence no longer lets me {missing}, although you had allowed it: the same "
                "account was connected elsewhere with fewer rights, and the last consent counts "
                "everywhere. Nothing was done."
            )
        return (
            f"For that I need rights that you haven't given yet: to {missing}. "
            "Nothing was done, and what you could do before stays."
        )
    if error.ended:
        return "Your consent has ended, so I can't act in your name just now. Nothing was done."
    return "To act in your own name in Confluence, I need your consent."


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _onward(ask: Ask, parked: Parked | None) -> str:
    onward = "I'll go on with what you asked" if parked else "then do that again"
    if ask.modal or (ask.view is not None and ask.view.is_modal):
        place = ", in a message of mine" if parked else ""
        return f"Connect, and {onward}{place}. You can close this."
    return f"Connect, and {onward}."


@frozen
class Afterwards:
    """What follows a success: what concerns the whole tenant, and whether its person may go on.

    *require_member* raises ``NotAllowed`` for guests: nothing that is resumed passes the edge.
    """

    announce: Callable[[Principal], Awaitable[Principal | None]]
    tidy: Callable[[Connection], Awaitable[None]]
    require_member: Callable[[Principal], Awaitable[None]]


class Resumption:
    """Says that somebody is connected, and goes on with what they were doing."""

    def __init__(
        self,
        table: Callable[[], Table],
        voice: Voice,
        tasks: Tasks,
        home: Home,
        afterwards: Afterwards,
    ) -> None:
        self._table = table
        self._voice = voice
        self._tasks = tasks
        self._home = home
        self._afterwards = afterwards

    async def connected(self, connected: Connected) -> None:
        """Replace the private message, or send one, and resume the parked request."""
        self._tasks.start(self._safely(self._go_on(connected)))

    async def secret_kept(self, kept: SecretKept) -> None:
        """Say so to whoever typed it, with the way to try it."""
        self._tasks.start(self._safely(self._say_kept(kept)))

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except BotError as error:
            log.warning("untold", code=error.code)
        except Exception:  # a task has nobody else to catch it
            log.exception("untold")

    async def _go_on(self, connected: Connected) -> None:
        person = connected.person
        if connected.purpose is Purpose.ORGANISATION:
            await self._tidy(connected.connection)
        now = said(connected)
        await self._voice.tell(
            person, now.text, now.blocks, response_url=connected.reply_url, replace=True
        )
        await self._home.refresh(person)
        await self._announce(person)
        if connected.parked:
            await self.resume(person, connected.parked, connected.reply_url)

    async def _tidy(self, connection: Connection) -> None:
        try:
            await self._afterwards.tidy(connection)
        except BotError as error:  # what was replaced stands among the connections, for an admin
            log.warning("not tidied", code=error.code)

    async def _announce(self, person: Principal) -> None:
        admin = await self._afterwards.announce(person)
        if admin is not None:
            first = first_time()
            await self._voice.tell(admin, first.text, first.blocks)

    async def _say_kept(self, kept: SecretKept) -> None:
        name = escape(kept.profile.name)
        words = f"The client secret of *{name}* is kept, and never shown again. Next: try it."
        button = _administration("Go on", kept.profile.id)
        shown = [blocks.section(words), blocks.actions(button)]
        await self._voice.tell(
            kept.person, "The client secret is kept.", shown,
            response_url=kept.reply_url, replace=True,
        )  # fmt: skip

    async def resume(
        self, principal: Principal, parked: Parked, url: SecretStr | None = None
    ) -> None:
        """Answer what was asked before: a read at once, a write by a button."""
        word, _, text = parked.command.partition(" ")
        correlation = mint_correlation()
        structlog.contextvars.bind_contextvars(correlation=correlation)
        ask = Ask(
            principal,
            correlation,
            command=word,
            text=text,
            channel_id=parked.channel_id,
            response_url=url,
        )
        reply = await self._answered(ask)
        if reply is not None:
            shown = blocks.shown(reply)
            await self._voice.tell(principal, reply.text, shown, response_url=url)

    async def _answered(self, ask: Ask) -> Reply | None:
        route = await self._table().find(Kind.COMMAND, ask.command)
        if route is None:
            return None
        if route.opens is not None:
            return _continue(ask)
        try:
            if not route.for_guests:
                await self._afterwards.require_member(ask.principal)
            answer = await route.listener(ask)
        except BotError as error:
            log.info("answered", code=error.code)
            return replies.apology(error, ask.correlation)
        except Exception as error:  # as for a request that comes from Slack
            log.exception("unexpected", route=ask.command)
            return replies.apology(error, ask.correlation)
        return answer if isinstance(answer, Reply) else None


def first_time() -> Reply:
    """Say that it works, to an admin, with what can be done now."""
    words = (
        ":tada: *Integration successful.* Confluence answers, and people can search, read and "
        "write from here."
    )
    buttons = (
        blocks.button("Explore templates", EXPLORE, style="primary"),
        blocks.button("Skip for now", EXPLORE_NOT),
    )
    shown = (blocks.section(words), blocks.actions(*buttons))
    return Reply("Integration successful", shown)


def _administration(label: str, page: str = "") -> Block:
    return blocks.button(label, ADMINISTRATION, page)


def said(connected: Connected) -> Reply:
    """Return what to say of it, by what it was for."""
    connection, site = connected.connection, connected.site.name
    account = connection.account.name
    lost = _lost(connected)
    match connected.purpose:
        case Purpose.ORGANISATION:
            name = escape(connection.name or "The organisation's connection")
            words = (
                f"*{name}* works, as *{escape(account)}* on *{escape(site)}*. It shows nothing "
                f"yet but in the spaces that are allowed under *Policy*.{lost}{_lacked(connection)}"
            )
            shown = (
                blocks.section(words),
                blocks.actions(_administration("Set the policy", ADMINISTRATION_POLICY)),
            )
            return Reply(f"The organisation is connected as {account} to {site}.", shown)
        case Purpose.TRIAL:
            profile = connected.profile
            name, page = (profile.name, profile.id) if profile else ("", "")
            words = (
                f"*{escape(name)}* works: it gave access as *{escape(account)}* to "
                f"*{escape(site)}*. Nothing of that was kept. The profile can be used now."
            )
            shown = (blocks.section(words), blocks.actions(_administration("Go on", page)))
            return Reply(f"{name} works.", shown)
        case _:
            words = f"Connected as *{escape(account)}* to *{escape(site)}*.{lost}"
            return Reply(f"Connected as {account} to {site}.", (blocks.section(words),))


def _lacked(connection: Connection) -> str:
    """Say what lending takes and the grant hasn't: a service account's scopes are set elsewhere."""
    lacking = connection.lacking(Need.LEND)
    if not lacking:
        return ""
    named = ", ".join(f"`{escape(each)}`" for each in sorted(lacking))
    return (
        f"\nIt lacks {named}: what takes those doesn't work, and without the check of permissions "
        "nothing is shown. Add them where the account was made, then authorize anew."
    )


def _lost(connected: Connected) -> str:
    """Say what the consent before this one opened, and this one doesn't."""
    lost = []
    if connected.lost_sites:
        names = ", ".join(f"*{escape(site.name)}*" for site in connected.lost_sites)
        lost.append(f"the site {names}")
    rights = sorted(_RIGHTS.get(each, f"`{escape(each)}`") for each in connected.lost_scopes)
    if rights:
        lost.append(f"the right to {', '.join(rights)}")
    if not lost:
        return ""
    return f"\nThis consent no longer gives {' and '.join(lost)}. Connect again to get it back."


def _run_again(ask: Ask) -> Reply:
    """Say how to go on with a dialog task, with all that was typed."""
    button = blocks.button("Go on", RUN_LINE, ask.text[:2_000], style="primary")
    word, _, more = ask.text.strip().partition(" ")
    words = f"You were about to run `{escape(word)}`."
    words += " All that you typed is kept." if more else ""
    return Reply("Go on", (blocks.section(words), blocks.actions(button)))


def _continue(ask: Ask) -> Reply:
    """Say how to go on with what opens a form: Slack lets that be done on a press alone."""
    if ask.command == "run":
        return _run_again(ask)
    if ask.command != "create":
        again = f"You were about to use `{escape(ask.command)}`. Type it again where you typed it."
        return Reply(again, (blocks.section(again),))
    # What was typed came escaped from Slack.
    named = text_of(from_mrkdwn(ask.text)).strip()
    title = f"“{escape(named)}”" if named else "a page"
    words = f"You were about to write {title}."
    button = blocks.button("Go on writing", CONTINUE_CREATE, ask.text[:1_000], style="primary")
    return Reply("Go on writing", (blocks.section(words), blocks.actions(button)))
