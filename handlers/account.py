"""Who I am in Confluence: start, connect, status, site, disconnect, and the home tab."""

from collections.abc import Mapping
from contextlib import suppress

from bot.act import Actor
from bot.audit import Auditor
from bot.authorize import Authorizer, TokenRefused
from bot.connect import APPS_URL, Connect, Wanted
from bot.connection import Connection, Need
from bot.content import Site
from bot.credentials import Choice, CredentialPolicy
from bot.errors import BotError, ConsentRequired, NotAllowed, ScopeMissing
from bot.frozen import frozen
from bot.mrkdwn import escape, link
from bot.ports import (
    Clock,
    Connections,
    ConsentServer,
    ParkedRequests,
    PreferencesStore,
)
from bot.principal import Principal
from bot.profiles import ProfileBook
from bot.trail import Action, Entry
from handlers import blocks
from handlers.ask import Answer, Ask, Block, Kind, Reply, Route
from handlers.home import Home
from handlers.offers import (
    CHOOSE_SITE,
    CONNECT_OPENED,
    MOST_SITES,
    Invitations,
    Resumption,
    said,
    site_menu,
)

CODE_LENGTH = 8
REMAINS_AT_ATLASSIAN = (
    "What remains at Atlassian: your consent itself, unused. Only you can remove it, under "
    f"{link(APPS_URL, 'Connected apps')}."
)
REMAINS_SOMEWHERE = (
    "What remains where you consented: the consent itself, unused. Only you can remove it there."
)


@frozen
class AccountParts:
    """What the account's commands work with."""

    connections: Connections
    preferences: PreferencesStore
    parked: ParkedRequests
    consent: ConsentServer
    profiles: ProfileBook
    credentials: CredentialPolicy
    authorizer: Authorizer
    connect: Connect
    invitations: Invitations
    resumption: Resumption
    home: Home
    actor: Actor
    auditor: Auditor
    clock: Clock
    command: str


class Account:
    """The commands and buttons about one's own connection."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's words, buttons and events."""
        return (
            Route(Kind.COMMAND, "", self.start, for_guests=True),
            Route(Kind.COMMAND, "connect", self.connect, for_guests=True),
            Route(Kind.COMMAND, "status", self.status, for_guests=True),
            Route(Kind.COMMAND, "disconnect", self.ask_to_disconnect, for_guests=True),
            Route(Kind.COMMAND, "site", self.site, for_guests=True),
            Route(Kind.PRESS, CONNECT_OPENED, self.link_opened, for_guests=True),
            Route(Kind.PRESS, "connect", self.connect, for_guests=True),
            Route(Kind.PRESS, "reconnect", self.connect, for_guests=True),
            Route(Kind.PRESS, "status", self.status, for_guests=True),
            Route(Kind.PRESS, "switch_site", self.site, for_guests=True),
            Route(Kind.PRESS, "disconnect", self.disconnect, for_guests=True),
            *(
                Route(Kind.PRESS, f"{CHOOSE_SITE}:{place}", self.choose_site, for_guests=True)
                for place in range(MOST_SITES)
            ),
        )

    async def start(self, ask: Ask) -> Reply:
        """Say who this is here, and what they can do next."""
        return Reply("Confluence from Slack", await self._parts.home.start(ask.principal))

    async def connect(self, ask: Ask) -> Answer:
        """Offer the link; or, where people type a code from the browser, take it."""
        typed = "".join(ask.text.split()).replace("-", "")
        if len(typed) == CODE_LENGTH:
            done = await self._parts.connect.confirm_code(ask.principal, typed)
            return Reply(said(done).text)
        connection = await self._parts.credentials.find_own(ask.principal)
        words = _invitation(connection)
        writes = connection is not None and not connection.lacking(Need.WRITE)
        need = Need.WRITE if writes else Need.READ
        return await self._parts.invitations.invite(ask.principal, Wanted(need), words)

    async def link_opened(self, ask: Ask) -> None:
        """Keep how to replace the message whose link was pressed."""
        if ask.response_url is not None and ask.value:
            await self._parts.connect.remember_reply(ask.principal, ask.value, ask.response_url)

    async def status(self, ask: Ask) -> Reply:
        """Say who, where, with which rights, since when, and whether it works."""
        connection = await self._parts.credentials.find_own(ask.principal)
        if connection is None:
            return await self._lent_status(ask.principal)
        preferences = await self._parts.preferences.find(ask.principal)
        health, works = await self._health(connection)
        site = connection.site(preferences.site) if preferences.site else None
        where = link(site.wiki_url, site.name) if site else "not chosen yet"
        since = _date(connection)
        rights = "read and search" if connection.lacking(Need.WRITE) else "read, search and write"
        lines = [
            f"*Account*  {escape(connection.account.name)}",
            f"*Site*  {where}",
            f"*Rights*  {rights}",
            f"*Connected*  {since}",
            f"*Health*  {health}",
            *_used(await self._uses(ask.principal)),
        ]
        buttons = [
            blocks.button("Reconnect", "reconnect", style=None if works else "primary"),
            _disconnect_button(),
        ]
        if len(connection.sites) > 1:
            buttons.insert(0, blocks.button("Switch site", "switch_site"))
        text = f"Connected as {connection.account.name}"
        return Reply(text, (blocks.section("\n".join(lines)), blocks.actions(*buttons)))

    async def _lent_status(self, principal: Principal) -> Reply:
        """Say what somebody without a connection may do with the organisation's."""
        may = _lent_ones(await self._uses(principal))
        if not may:
            reads = await self._parts.credentials.choose(principal, Need.READ)
            raise ConsentRequired(reads.profile)
        words = (
            f"You have no connection of your own here. To {' and '.join(may)}, the organisation's "
            "account is used, in the spaces that your workspace's admins chose; what it writes "
            "carries your name. With an account of your own you see what you may see in Confluence."
        )
        button = blocks.button("Connect an account of your own", "connect")
        shown = (blocks.section(words), blocks.actions(button))
        return Reply("You use the organisation's account", shown)

    async def _uses(self, principal: Principal) -> dict[str, Choice]:
        """Return whose connection reads and writes for them, as far as they may."""
        uses = {}
        for word, need in (("read", Need.READ), ("write", Need.PUBLISH)):
            with suppress(NotAllowed):  # read-only, or others alone publish
                uses[word] = await self._parts.credentials.choose(principal, need)
        return uses

    async def _health(self, connection: Connection) -> tuple[str, bool]:
        try:
            sites = await self._parts.authorizer.call(
                connection.principal, Need.READ, self._look, connection.profile
            )
        except ScopeMissing:
            return "✗ Your consent doesn't even cover reading. Reconnect to mend it.", False
        except ConsentRequired:
            return "✗ Your consent has ended there. Reconnect to go on.", False
        except BotError as error:
            return f"? I couldn't find out just now ({error.code}). Nothing was changed.", True
        granted = {site.cloud_id for site in sites}
        gone = [site.name for site in connection.sites if site.cloud_id not in granted]
        if gone:
            return f"✗ No longer granted: {escape(', '.join(gone))}. Reconnect to mend it.", False
        return "✓ works", True

    async def _look(self, fresh: Connection) -> tuple[Site, ...]:
        """Return what the grant opens; one that has become another account's ends (promise 3)."""
        tenant = fresh.principal.tenant
        profile = await self._parts.profiles.get(tenant, fresh.profile, fresh.profile_version)
        try:
            return await self._parts.consent.list_sites(profile, fresh)
        except TokenRefused:
            raise
        except ConsentRequired as error:
            if error.ended:
                await self._parts.authorizer.end(fresh)
            raise

    async def site(self, ask: Ask) -> Reply:
        """Offer the sites that they can read, with whichever connection."""
        known = await self._sites(ask.principal)
        preferences = await self._parts.preferences.find(ask.principal)
        sites = tuple((site.cloud_id, site.name) for site in known)
        if len(sites) == 1:
            return Reply(f"There is one site for you: {known[0].name}.")
        now = next((site for site in known if site.cloud_id == preferences.site), None)
        words = "Which Confluence site do you work in?"
        if now is not None:
            words += f" Now it is {now.name}."
        return site_menu(words, sites, preferences.site or "")

    async def choose_site(self, ask: Ask) -> Reply:
        """Remember the site, and go on with what was waiting for it."""
        known = await self._sites(ask.principal)
        site = next((each for each in known if each.cloud_id == ask.value), None)
        if site is None:
            raise NotAllowed("Your consent doesn't open that site. Reconnect to add it.")
        await self._parts.preferences.choose_site(ask.principal, site.cloud_id)
        await self._parts.home.refresh(ask.principal)
        parked = await self._parts.parked.consume(ask.principal, self._parts.clock())
        if parked is not None:
            await self._parts.resumption.resume(ask.principal, parked, ask.response_url)
        return Reply(f"You now work on {site.name}.", replace=True)

    async def _sites(self, principal: Principal) -> tuple[Site, ...]:
        """Return the sites that they can read; those of their own connection, if they have one."""
        sites = await self._parts.actor.list_sites(principal, Need.READ)
        if not sites:
            await self._connection(principal)
        return sites

    async def ask_to_disconnect(self, ask: Ask) -> Reply:
        """Say what disconnecting does, before it does it."""
        theirs = await self._parts.connections.list_of(ask.principal)
        if not theirs:
            theirs = [await self._connection(ask.principal)]
        # Those of a profile that the workspace has left are theirs to delete as well.
        names = ", ".join(dict.fromkeys(each.account.name for each in theirs))
        words = (
            f"Disconnect *{escape(names)}*? I'll delete your tokens and your "
            "chosen site here. Pages that you wrote stay in Confluence."
        )
        text = f"Disconnect {names}?"
        return Reply(text, (blocks.section(words), blocks.actions(_disconnect_button())))

    async def disconnect(self, ask: Ask) -> Reply:
        """Delete what we hold, and say what remains elsewhere (promise 5)."""
        await self._parts.connect.forget(ask.principal)
        removed = await self._removed(ask.principal)
        await self._parts.preferences.remove(ask.principal)
        await self._parts.parked.forget(ask.principal)
        await self._parts.home.refresh(ask.principal)
        if not removed:
            return Reply("You weren't connected, so there was nothing to delete.", replace=True)
        names = ", ".join(dict.fromkeys(each.account.name for each, _ in removed))
        words = (
            f"Deleted here: the tokens for *{escape(names)}*, your chosen site and "
            "recent spaces. I can't act in your name any more.\n"
            f"{' '.join(dict.fromkeys(remains for _, remains in removed))} Pages that you wrote "
            "stay in Confluence, and a record of what was written stays here for 90 days."
        )
        return Reply(f"Disconnected {names}.", (blocks.section(words),), replace=True)

    async def _removed(self, principal: Principal) -> list[tuple[Connection, str]]:
        """Delete every connection of theirs; return each, and what remains at its provider."""
        removed = []
        for each in await self._parts.connections.list_of(principal):
            if await self._parts.connections.remove(principal, each.profile) is None:
                continue
            entry = Entry.by(principal, Action.DISCONNECT).under(each)
            self._parts.auditor.record(entry)
            removed.append((each, await self._remains(each)))
        return removed

    async def _remains(self, removed: Connection) -> str:
        """Have the provider forget the grant where it can be told; say what remains there."""
        tenant, version = removed.principal.tenant, removed.profile_version
        try:
            profile = await self._parts.profiles.get(tenant, removed.profile, version)
            is_revoked = await self._parts.consent.revoke(profile, removed.grant)
        except BotError:
            return REMAINS_SOMEWHERE
        if is_revoked:
            return f"{escape(profile.name)} was told to forget your consent, and said that it has."
        if profile.mechanism.is_typed:
            return (
                "The token or password that you typed still works where you made it: take it back "
                "there if you don't need it for anything else."
            )
        return REMAINS_AT_ATLASSIAN if profile.is_atlassians else REMAINS_SOMEWHERE

    async def _connection(self, principal: Principal) -> Connection:
        profile = await self._parts.credentials.people_profile(principal.tenant)
        connection = await self._parts.connections.find(principal, profile)
        if connection is None:
            raise ConsentRequired(profile)
        return connection


def _invitation(connection: Connection | None) -> str:
    if connection is None:
        return (
            "Connect your Confluence account: I'll act in your own name and with your own "
            "rights, and ask for reading and searching first."
        )
    if connection.ended_at is not None:
        return "Your consent has ended. Connect again to go on."
    return (
        f"You are connected as *{escape(connection.account.name)}*. "
        "Connect again to renew your consent or to change the account."
    )


def _disconnect_button() -> Block:
    return blocks.confirmed(
        blocks.button("Disconnect", "disconnect", style="danger"),
        "Disconnect?",
        "Your tokens and choices here are deleted. Pages stay in Confluence.",
        "Disconnect",
    )


def _date(connection: Connection) -> str:
    at = connection.connected_at
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{at:%Y-%m-%d}>"


def _lent_ones(uses: Mapping[str, Choice]) -> list[str]:
    return [word for word, choice in uses.items() if choice.lent]


def _used(uses: Mapping[str, Choice]) -> list[str]:
    """Say for what their own account isn't used; nothing where it is for all."""
    lent = _lent_ones(uses)
    if not lent:
        return []
    own = [word for word in uses if word not in lent]
    yours = f"; to {own[0]}, yours" if own else ""
    where = f"in the spaces that your workspace's admins chose{yours}"
    return [f"*Used*  to {' and '.join(lent)}, the organisation's account, {where}"]
