"""What the core needs from the outside, in the core's own words.

Absence is ``None`` where it is ordinary (``find_*``) and an error where it isn't.
Every method that touches what we remember takes a tenant or something that holds one.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import SecretStr

from bot.connection import Connection, Grant, Preferences
from bot.content import (
    Account,
    CloudId,
    Hits,
    Page,
    PageId,
    PageText,
    Site,
    Space,
    SpaceId,
)
from bot.document import Document
from bot.installation import Installation, SlackPerson
from bot.pending import Obtained, Parked, PendingConnection, Step
from bot.principal import Digest, Principal, Tenant
from bot.receipt import Decision, DecisionId, Draft, DraftId, Receipt

Clock = Callable[[], datetime]
"""The time, in UTC and aware of it."""


class Installations(Protocol):
    """Where our app is installed."""

    @abstractmethod
    async def find(self, tenant: Tenant) -> Installation | None:
        """Return the newest installation of *tenant*."""

    @abstractmethod
    async def save(self, installation: Installation) -> None:
        """Keep *installation*; an older one never replaces a newer."""

    @abstractmethod
    async def remove(self, tenant: Tenant, *, before: datetime) -> bool:
        """Forget the installation if it was made before *before* (promise 15)."""


class Connections(Protocol):
    """The standing connections of every tenant."""

    @abstractmethod
    async def find(self, principal: Principal, profile: str) -> Connection | None:
        """Return the connection, or ``None`` if it was never made or is gone."""

    @abstractmethod
    async def save(self, connection: Connection) -> None:
        """Keep *connection* in place of the principal's last one under that profile."""

    @abstractmethod
    async def remove(self, principal: Principal, profile: str) -> Connection | None:
        """Delete the connection and return what was deleted."""

    @abstractmethod
    async def claim_refresh(self, connection: Connection, lasts: timedelta) -> str | None:
        """Claim the one refresh of this generation until now + *lasts* by the store's clock.

        Returns the claim, or ``None`` if another claim stands, the generation has moved
        on, the connection has ended or is gone.
        """

    @abstractmethod
    async def replace_grant(self, connection: Connection, claim: str, grant: Grant) -> bool:
        """Swap in *grant* only under *claim* and the generation of *connection*.

        Never an upsert: a connection that was removed meanwhile stays removed.
        """

    @abstractmethod
    async def release_refresh(self, connection: Connection, claim: str) -> None:
        """Give *claim* back unused, so that the next in line needn't wait for its end."""

    @abstractmethod
    async def end(self, connection: Connection, at: datetime) -> bool:
        """Mark the connection as ended if its generation is still the stored one.

        ``True`` only for whoever ended it, so that the person is told once.
        """

    @abstractmethod
    async def find_account(self, tenant: Tenant, user_id: str, profile: str) -> Account | None:
        """Return whose account that person connected, for ``by:@someone``."""


class PendingConnections(Protocol):
    """Consent that was asked for and not yet given; sealed, short-lived, single-use."""

    @abstractmethod
    async def save(self, pending: PendingConnection) -> None:
        """Keep one step, unique by tenant, step and key, in place of itself.

        A step that was used up stays used up: saving it again does nothing.
        """

    @abstractmethod
    async def find(self, tenant: Tenant, step: Step, key: Digest) -> PendingConnection | None:
        """Return the step for showing, also if it has expired or was consumed (24 h long)."""

    @abstractmethod
    async def consume(
        self, tenant: Tenant, step: Step, key: Digest, now: datetime
    ) -> PendingConnection | None:
        """Use the step up: returned whole to one caller, once, and only before it expires."""

    @abstractmethod
    async def find_code(self, principal: Principal, now: datetime) -> PendingConnection | None:
        """Spend one try and return the principal's newest live CODE step, if tries are left."""

    @abstractmethod
    async def forget_obtained(self, principal: Principal) -> None:
        """Delete the principal's steps that hold a grant in waiting: CHOICE and CODE."""


class ParkedRequests(Protocol):
    """What each principal was doing when consent was missing: the latest only."""

    @abstractmethod
    async def save(self, principal: Principal, parked: Parked, until: datetime) -> None:
        """Park *parked* in place of whatever was parked before."""

    @abstractmethod
    async def consume(self, principal: Principal, now: datetime) -> Parked | None:
        """Take it back, once, before its time is up."""

    @abstractmethod
    async def forget(self, principal: Principal) -> None:
        """Drop it: the person has gone on to something else."""


class PreferencesStore(Protocol):
    """What each principal chose."""

    @abstractmethod
    async def find(self, principal: Principal) -> Preferences:
        """Return the choices; empty ones where nothing was chosen."""

    @abstractmethod
    async def choose_site(self, principal: Principal, site: CloudId | None) -> None:
        """Remember the site in use; ``None`` forgets it."""

    @abstractmethod
    async def add_recent_space(self, principal: Principal, site: CloudId, space: Space) -> None:
        """Put *space* first among the recent ones (ten are kept, each once)."""

    @abstractmethod
    async def remove(self, principal: Principal) -> None:
        """Forget all of it."""


class Drafts(Protocol):
    """Previewed decisions that wait to be confirmed; sealed, looked up under the presser."""

    @abstractmethod
    async def save(self, draft: Draft) -> None:
        """Keep *draft* until it expires, and put its settling on the list of due work.

        The due entry is written first, so that no confirmed decision can be without one.
        """

    @abstractmethod
    async def find(self, principal: Principal, draft: DraftId) -> Draft | None:
        """Return the principal's own draft, unless it has expired."""

    @abstractmethod
    async def remove(self, principal: Principal, draft: DraftId) -> None:
        """Drop it, and its settling from the list: it was closed unconfirmed, or is settled."""


class Receipts(Protocol):
    """What became of each decision; majority writes, primary reads."""

    @abstractmethod
    async def claim(self, receipt: Receipt) -> bool:
        """Insert *receipt*, sealed; ``False`` if (tenant, decision) has one. One insert."""

    @abstractmethod
    async def find(self, principal: Principal, decision: DecisionId) -> Receipt | None:
        """Return the principal's own receipt."""

    @abstractmethod
    async def replace(self, seen: Receipt, changed: Receipt) -> Receipt | None:
        """Store *changed* if *seen* is still the newest generation; return it as stored.

        The generation grows by one and ``touched_at`` becomes the store's own now.
        ``None`` means that somebody else has taken the receipt up.
        """

    @abstractmethod
    async def find_due(self, due: "Due") -> Receipt | None:
        """Return the receipt that a due entry names."""


@dataclass(frozen=True, slots=True)
class Due:
    """One entry of due work: ids and a time, nothing else."""

    kind: str
    tenant: Tenant
    id: str
    at: datetime


SETTLE: Final = "settle"
"""The kind of due work that settles a decision."""


def settling(decision: Decision, at: datetime) -> Due:
    """Return the due entry by which *decision* is settled: its person's id, a slash, its own."""
    principal = decision.principal
    return settling_of(principal, decision.id, at)


def settling_of(principal: Principal, decision: str, at: datetime) -> Due:
    """Return the due entry of the principal's *decision*, named as its draft is."""
    return Due(SETTLE, principal.tenant, f"{principal.user_id}/{decision}", at)


class DueWork(Protocol):
    """Work that has a time, over all tenants: the one exception to promise 16."""

    @abstractmethod
    async def add(self, due: Due) -> None:
        """Put *due* on the list, or move it to another time."""

    @abstractmethod
    async def list_due(self, kind: str, now: datetime, most: int) -> Sequence[Due]:
        """Return what is due by *now*, oldest first, at most *most*."""

    @abstractmethod
    async def remove(self, due: Due) -> None:
        """Take it off the list: it is done."""


class Leases(Protocol):
    """Jobs that exactly one replica runs at a time."""

    @abstractmethod
    async def hold(self, name: str, holder: str, lasts: timedelta) -> bool:
        """Take or extend the lease until now + *lasts* by the store's clock."""

    @abstractmethod
    async def release(self, name: str, holder: str) -> None:
        """Give it up if *holder* has it."""


class Deliveries(Protocol):
    """Which of Slack's events have been seen in the last 24 hours."""

    @abstractmethod
    async def is_first(self, tenant: Tenant, event_id: str, now: datetime) -> bool:
        """Record the event; ``True`` only for the first time. One insert."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Points used in the running window, as all replicas have reported them."""

    app: int
    tenant: int
    remaining: int | None = None
    tenants: int = 1


class QuotaLedger(Protocol):
    """Points spent at a provider, per app (a profile's client) and tenant, in a UTC hour."""

    @abstractmethod
    async def add(self, app: str, tenant: Tenant, points: int, hour: datetime) -> Spent:
        """Add *points* (0 to read only) to the hour's sums and return them."""

    @abstractmethod
    async def correct(self, app: str, remaining: int, hour: datetime) -> None:
        """Record what the provider's headers say is left of the hour."""


class Confluence(Protocol):
    """The part of Confluence the bot uses, in the name of a connection, at one of its sites.

    Every method raises ``ConsentRequired``, ``ScopeMissing``, ``NotAllowed``,
    ``Unavailable``, ``QuotaSpent`` or ``ProviderFault`` where that is what happened;
    writes raise ``Unclear`` once the request may have reached the provider.
    """

    @abstractmethod
    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        """Run *cql*. Raises ``BadInput`` where Confluence can't read it."""

    @abstractmethod
    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        """Return up to ten people whose display name matches *name*."""

    @abstractmethod
    async def get_page(
        self, connection: Connection, site: Site, page: PageId, *, draft: bool = False
    ) -> PageText:
        """Return the page with its text. Raises ``NotFound``."""

    @abstractmethod
    async def get_page_head(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        trashed: bool = False,
    ) -> Page:
        """Return the page without its text, from the trash too if *trashed*.

        Raises:
            NotFound: it isn't there, or not to be seen.
        """

    @abstractmethod
    async def find_page_by_title(
        self, connection: Connection, site: Site, space: SpaceId, title: str
    ) -> Page | None:
        """Return the current page of that title in that space, in whatever case it is written."""

    @abstractmethod
    async def suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        """Return up to ten spaces whose name or key begins with or contains *words*.

        Without words, the person's favourites come first, then others.
        """

    @abstractmethod
    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        """Return the space of that id. Raises ``NotFound``."""

    @abstractmethod
    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        """Return the space of that key."""

    @abstractmethod
    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        """Return up to ten pages of *space* whose title matches *words*, for choosing a parent."""

    @abstractmethod
    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        """Tell whether the page or an ancestor has read restrictions; unknown counts as yes."""

    @abstractmethod
    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        """Tell whether more than single people may read the space; unknown counts as no.

        A personal space is never open. A group may be a small one: which, isn't told.
        """

    @abstractmethod
    async def create_draft(  # noqa: PLR0913, PLR0917 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        body: Document,
        parent: PageId | None = None,
    ) -> Page:
        """Write a draft that its author alone sees."""

    @abstractmethod
    async def publish_draft(
        self, connection: Connection, site: Site, draft: Page, body: Document, message: str
    ) -> Page:
        """Make *draft* the current page, version 1. Raises ``TitleTaken``, ``Changed``."""

    @abstractmethod
    async def append(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        base: int,
        message: str,
    ) -> Page:
        """Put *body* at the end of version *base*. Raises ``Changed`` if the page has moved on."""

    @abstractmethod
    async def trash_page(
        self, connection: Connection, site: Site, page: PageId, *, draft: bool = False
    ) -> None:
        """Move the page to the trash, or delete the *draft*, which has no trash to go to."""


class ConsentServer(Protocol):
    """The provider's authorization server, under one profile."""

    @abstractmethod
    def consent_url(self, profile: str, scopes: frozenset[str], state: str, verifier: str) -> str:
        """Return where the browser goes to consent."""

    @abstractmethod
    async def redeem(self, profile: str, code: SecretStr, verifier: SecretStr) -> Obtained:
        """Trade the code for a grant, and learn whose it is and which sites it opens.

        Raises:
            NotAllowed: the code is refused.
            NotFound: there are sites, but no Confluence on any.
            ProfileBroken: the client id, secret or callback is refused.
            Unavailable: the server can't answer now.
        """

    @abstractmethod
    async def renew(self, profile: str, grant: Grant) -> Grant | None:
        """Trade the refresh token for a new grant; ``None`` if it is refused for good.

        Raises:
            Unavailable: the server can't answer now; the old grant is untouched.
            ProfileBroken: the client id or secret is refused; the old grant is untouched.
        """

    @abstractmethod
    async def list_sites(self, grant: Grant) -> tuple[Site, ...]:
        """Return the Confluence sites that *grant* opens."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who a browser has proved to be, by Slack's own signature."""

    user_id: str
    team_id: str | None
    enterprise_id: str | None


class SlackSignIn(Protocol):
    """Sign in with Slack (OpenID Connect)."""

    @property
    @abstractmethod
    def is_configured(self) -> bool:
        """Tell whether it can be used; without it, people type a code in Slack instead."""

    @abstractmethod
    def sign_in_url(self, state: str, nonce: str, team_id: str | None) -> str:
        """Return where the browser goes to prove whose it is."""

    @abstractmethod
    async def redeem(self, code: SecretStr, nonce: str) -> Proven:
        """Trade the code for an id_token and verify it whole.

        Raises:
            NotAllowed: the code or the token is refused.
            Unavailable: Slack can't answer now.
        """


class SlackPeople(Protocol):
    """What Slack says about people, kept for a few minutes."""

    @abstractmethod
    async def get(self, installation: Installation, user_id: str) -> SlackPerson:
        """Return the person. Raises ``NotAllowed`` if unknown, ``Unavailable``."""


class Voice(Protocol):
    """Speaking to people unasked, as the bot, in Slack."""

    @abstractmethod
    async def tell(
        self,
        principal: Principal,
        text: str,
        blocks: Sequence[object] = (),
        *,
        response_url: SecretStr | None = None,
        replace: bool = False,
    ) -> None:
        """Say it privately: through *response_url* where that still works, else as a DM.

        *text* is plain beside *blocks*, which then are what is seen; alone it is mrkdwn.

        Raises:
            Unavailable: neither way works now.
        """


class Notes(Protocol):
    """Small secrets that travel through Slack with a form and come back with it, sealed."""

    @abstractmethod
    async def seal(self, principal: Principal, note: str) -> str:
        """Return *note* so that it means nothing to anybody else (a third longer, and 100)."""

    @abstractmethod
    async def open(self, principal: Principal, sealed: str) -> str | None:
        """Return the note, or ``None`` if it wasn't sealed for *principal*."""
