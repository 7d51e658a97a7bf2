"""From a grant in waiting to a connection, by way of a question or a code where it takes one."""

import hmac
from dataclasses import replace

import structlog
from pydantic import SecretStr

from bot.connect.ends import End, Ended
from bot.connect.outcome import (
    CodeShown,
    Connected,
    Decided,
    Done,
    Next,
    Question,
    ToChoose,
)
from bot.connect.parts import Services, Stores
from bot.connect.proof import Proof, is_browser, require_browser
from bot.connect.steps import CODE_LASTS, Steps, code_key, mint_code
from bot.connection import Connection
from bot.content import Account, Site
from bot.errors import BadInput, BotError
from bot.pending import Obtained, PendingConnection, Step
from bot.ports import Clock
from bot.principal import Digest, Principal

logger = structlog.get_logger(__name__)


class Settling:
    """Asks what must be asked, and keeps what was obtained."""

    def __init__(
        self, stores: Stores, services: Services, steps: Steps, proof: Proof, clock: Clock
    ) -> None:
        self._stores = stores
        self._on_connected = services.on_connected
        self._steps = steps
        self._proof = proof
        self._clock = clock

    async def ask_or_settle(self, pending: PendingConnection, obtained: Obtained) -> Next:
        """Go on with what was obtained: nobody's first site is taken for them."""
        waiting = replace(pending, verifier=None, obtained=obtained)
        if len(obtained.sites) > 1 or await self._other_account(waiting):
            return ToChoose(await self._steps.open(Step.CHOICE, waiting))
        return await self._settle(waiting, obtained.sites[0])

    async def look_at_choice(self, token: str, browser: Digest | None) -> Question:
        """Return what must be decided, to the browser that consented."""
        pending = await self._steps.look(Step.CHOICE, token)
        require_browser(pending, browser)
        obtained = _obtained(pending)
        chosen = await self._stores.preferences.find(pending.principal)
        return Question(
            token,
            pending.person,
            pending.workspace,
            obtained.account,
            await self._other_account(pending),
            obtained.sites,
            chosen.site,
        )

    async def choose(self, token: str, browser: Digest | None, decided: Decided) -> Next:
        """Act on the decision; a form without a site in it doesn't use the step up."""
        seen = await self._steps.look(Step.CHOICE, token)
        if is_browser(seen, browser) and not decided.keeps_other:
            _pick(_obtained(seen), decided)
        pending = await self._steps.take(Step.CHOICE, token)
        require_browser(pending, browser)
        if decided.keeps_other:
            raise Ended(End.KEPT, pending)
        other = await self._other_account(pending)
        if other is not None and other.id != decided.instead_of:
            # Another tab has connected an account that this page didn't name.
            return ToChoose(await self._steps.open(Step.CHOICE, pending))
        return await self._settle(pending, _pick(_obtained(pending), decided))

    async def confirm_code(self, principal: Principal, typed: str) -> Connected | None:
        """Make a connection of what *typed* stands for; ``None`` where no code waits.

        Raises:
            BadInput: it isn't that code; a try is spent.
        """
        pending = await self._steps.find_code(principal)
        if pending is None:
            return None
        if not hmac.compare_digest(pending.key, code_key(principal, typed)):
            raise BadInput("That isn't the code on the page in your browser. Please look again.")
        if not await self._steps.take_code(pending):
            return None
        return await self._finish(pending, _obtained(pending).sites[0])

    async def _settle(self, pending: PendingConnection, site: Site) -> CodeShown | Done:
        """Make it a connection, unless its person has yet to prove themselves in Slack."""
        installation = await self._proof.installation(pending)
        if self._proof.is_possible:
            return Done(await self._finish(pending, site), installation)
        return await self._show_code(pending, site)

    async def _show_code(self, pending: PendingConnection, site: Site) -> CodeShown:
        obtained = _obtained(pending)
        code = mint_code()
        # The chosen site stands first: that is how the code's step remembers it.
        others = tuple(each for each in obtained.sites if each.cloud_id != site.cloud_id)
        chosen = replace(obtained, sites=(site, *others))
        await self._steps.keep_code(replace(pending, obtained=chosen), code)
        return CodeShown(
            SecretStr(code), CODE_LASTS, pending.person, pending.workspace, obtained.account, site
        )

    async def _finish(self, pending: PendingConnection, site: Site) -> Connected:
        principal = pending.principal
        connection = await self._connection(pending, _obtained(pending))
        await self._stores.connections.save(connection)
        await self._stores.preferences.choose_site(principal, site.cloud_id)
        parked = await self._stores.parked.consume(principal, self._clock())
        reply_url = await self._steps.take_reply(pending)
        connected = Connected(connection, site, parked, reply_url)
        try:
            await self._on_connected(connected)
        except BotError as error:
            # The connection stands all the same; its person sees it in the browser.
            logger.warning("connected_untold", code=error.code)
        return connected

    async def _connection(self, pending: PendingConnection, obtained: Obtained) -> Connection:
        before = await self._stores.connections.find(pending.principal, pending.profile)
        return Connection(
            principal=pending.principal,
            profile=pending.profile,
            account=obtained.account,
            sites=obtained.sites,
            grant=obtained.grant,
            connected_at=self._clock(),
            generation=before.generation + 1 if before else 1,
        )

    async def _other_account(self, pending: PendingConnection) -> Account | None:
        """Return the account that would be replaced, if it is another one."""
        before = await self._stores.connections.find(pending.principal, pending.profile)
        if before is None or before.account.id == _obtained(pending).account.id:
            return None
        return before.account


def _obtained(pending: PendingConnection) -> Obtained:
    if pending.obtained is None:
        raise Ended(End.UNKNOWN, pending)
    return pending.obtained


def _pick(obtained: Obtained, decided: Decided) -> Site:
    if decided.site is None and len(obtained.sites) == 1:
        return obtained.sites[0]
    for site in obtained.sites:
        if site.cloud_id == decided.site:
            return site
    raise BadInput("Please choose a site.", field="site")
