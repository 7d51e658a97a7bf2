"""Acts for a run's person: under one connection, at one site, within the run's limits."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.act import Acting, Actor
from bot.audit import Auditor
from bot.connection import IDENTITY, READ, Connection, Need
from bot.content import Account, CloudId, Site
from bot.credentials import Limits
from bot.errors import ConsentRequired, OrganisationLacks, ScopeMissing
from bot.frozen import frozen
from bot.ports import Clock, Confluence, Files
from bot.principal import Principal
from bot.profile import Provider

T = TypeVar("T")


@frozen
class Tools:
    """What a run is done with."""

    actor: Actor
    confluence: Confluence
    files: Files
    auditor: Auditor
    clock: Clock


@frozen
class Facts:
    """Whose account a run uses, and where.

    *asker* is its person's name where the account is the organisation's, *own* their own account
    there, as far as it is known.
    """

    connection: Connection
    site: Site
    is_lent: bool
    asker: str
    own: str

    @property
    def account(self) -> Account:
        """The account in whose name it is written."""
        return self.connection.account


class Hands:
    """Runs work in a run's name."""

    def __init__(
        self,
        tools: Tools,
        principal: Principal,
        limits: Limits,
        scopes: frozenset[str],
        site: CloudId | None,
    ) -> None:
        self.tools = tools
        self.principal = principal
        self.limits = limits
        self._scopes = scopes | READ
        self._site = site
        self._facts: dict[Need, Facts] = {}

    async def facts(self, need: Need = Need.READ) -> Facts:
        """Return whose account it is for *need*, and where. Raises what `Actor.run` does."""
        if need not in self._facts:
            self._facts[need] = await self.run(need, _facts_of)
            self._site = self._facts[need].site.cloud_id
        return self._facts[need]

    async def writer(self) -> Facts:
        """Return whose account writes: the tenant's policy may lend one only for reading."""
        return await self.facts(Need.WRITE)

    async def run(self, need: Need, work: Callable[[Acting], Awaitable[T]]) -> T:
        """Do *work*. All that the template takes is asked for together, before anything.

        Raises:
            ConsentRequired, ScopeMissing: it names all scopes of the template.
        """
        is_exact = False

        async def checked(acting: Acting) -> T:
            nonlocal is_exact
            is_exact = True
            self._require_scopes(acting.connection)
            return await work(acting)

        try:
            return await self.tools.actor.run(
                self.principal, need, checked, self._site, limits=self.limits
            )
        except ConsentRequired as error:
            if not is_exact:
                error.scopes |= self._scopes - self._given(need, error)
            raise

    @staticmethod
    def _given(need: Need, error: ConsentRequired) -> frozenset[str]:
        """Return what is given already, as far as *error*, which came of *need*, tells."""
        return need.scopes - error.scopes if isinstance(error, ScopeMissing) else frozenset()

    def _require_scopes(self, connection: Connection) -> None:
        granted = connection.grant.scopes
        if connection.provider is not Provider.CLOUD or not granted:
            return
        lacking = self._scopes - IDENTITY - granted
        if not lacking:
            return
        missing = ScopeMissing(connection.profile, lacking)
        if connection.lent is not None:
            raise OrganisationLacks(missing) from missing
        raise missing


async def _facts_of(acting: Acting) -> Facts:
    connection, lent = acting.connection, acting.connection.lent
    if lent is None:
        return Facts(connection, acting.site, is_lent=False, asker="", own=connection.account.id)
    name = lent.name or lent.asker.user_id
    return Facts(connection, acting.site, is_lent=True, asker=name, own=lent.account or "")


ON_ANOTHER_SITE: Final = (
    "That is on another site than the rest of this run, and a run keeps to one site. Nothing was "
    "written there: choose things of one site."
)
