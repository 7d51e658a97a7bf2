"""What the audit holds: who did what, in whose name, under which credential, and the outcome.

Rows are sealed and chained: each link of a tenant's chain is an HMAC over the link before and
the row's digest, under a key that isn't in the database.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from pydantic import SecretStr

from bot.connection import ORGANISATION, Connection
from bot.content import Account, CloudId, PageId, Site, Space, SpaceKey
from bot.errors import BotError, ConsentRequired, Unclear, UserError
from bot.frozen import frozen
from bot.principal import Principal, Tenant

OPERATOR: Final = Tenant("operator")
"""Stands for no tenant, but for whoever runs the bot; Slack's own ids are upper case."""

RowId = NewType("RowId", str)
PersonId = NewType("PersonId", str)
"""Random; it leads to a person while their key is there, and nowhere afterwards."""

Link = NewType("Link", str)
"""HMAC-SHA256 in hex."""

_KEY_BYTES: Final = 32
_NO_SITE: Final = CloudId("")
_NO_SPACE: Final = SpaceKey("")
_NO_PAGE: Final = PageId("")


class Action(StrEnum):
    """What was done."""

    SEARCH = "search"
    READ = "read"
    PUBLISH = "publish"
    DRAFT = "draft"
    APPEND = "append"
    UPDATE = "update"
    RESTORE_VERSION = "restore_version"
    COMMENT = "comment"
    REPLY = "reply"
    LABEL = "label"
    ATTACH = "attach"
    MOVE = "move"
    COPY = "copy"
    RESTRICT = "restrict"
    WATCH = "watch"
    TRASH = "trash"
    RESTORE = "restore"
    CALL = "call"
    UNDO = "undo"
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    REVOKE = "revoke"  # somebody else's connection, by an admin
    GRANT_ENDED = "grant_ended"
    CONNECT_ORGANISATION = "connect_organisation"
    DISCONNECT_ORGANISATION = "disconnect_organisation"
    CHANGE_INTEGRATION = "change_integration"
    CHANGE_POLICY = "change_policy"
    CHANGE_CHANNEL = "change_channel"
    SAVE_PROFILE = "save_profile"
    REMOVE_PROFILE = "remove_profile"
    INSTALL = "install"
    UNINSTALL = "uninstall"
    BRING_TEMPLATE = "bring_template"
    APPROVE_TEMPLATE = "approve_template"
    INSTALL_TASK = "install_task"
    CHANGE_TASK = "change_task"
    UNINSTALL_TASK = "uninstall_task"
    DELETE_TENANT = "delete_tenant"
    FORGET = "forget"
    ROTATE_KEYS = "rotate_keys"
    RETIRE_KEY = "retire_key"
    EXPORT_AUDIT = "export_audit"


class Outcome(StrEnum):
    """What became of it."""

    BEGUN = "begun"  # recorded before it was sent; another row has what became of it
    DONE = "done"
    REFUSED = "refused"  # somebody has to ask or decide differently
    FAILED = "failed"
    UNCLEAR = "unclear"


class Used(StrEnum):
    """Whose connection an action used."""

    NONE = "none"
    OWN = "own"
    ORGANISATION = "organisation"


class Role(StrEnum):
    """As what somebody is named in a row; each is sealed under that person's own key."""

    ACTOR = "actor"
    ACCOUNT = "account"
    SUBJECT = "subject"


@frozen
class Person:
    """Somebody in Slack, as the audit names them."""

    user_id: str
    name: str = ""


@frozen
class Entry:
    """What is to be recorded, or was.

    *action*, *outcome* and *credential* are `Action`, `Outcome` and `Used`, or another version's.
    Without an *actor* the bot did it by itself. *account* is in whose name it was done at the
    provider, and *account_of* the Slack user to whom it belongs, where that isn't the actor.
    *subject* is whom it was done to. *kind* says what *title* is the title of. Where *key* is
    given, the same is recorded once, however often it is told.
    """

    tenant: Tenant
    action: str
    actor: Person | None = None
    outcome: str = Outcome.DONE
    code: str = ""
    credential: str = Used.NONE
    profile: str = ""
    account: Account | None = None
    account_of: str = ""
    subject: Person | None = None
    kind: str = ""
    title: str = ""
    site: CloudId = _NO_SITE
    site_name: str = ""
    space: SpaceKey = _NO_SPACE
    page: PageId = _NO_PAGE
    correlation: str = ""
    key: str = ""

    @staticmethod
    def by(principal: Principal, action: Action, name: str = "") -> "Entry":
        """Begin an entry: *principal*, called *name*, did *action*."""
        return Entry(principal.tenant, action, Person(principal.user_id, name))

    def under(self, connection: Connection) -> "Entry":
        """Return it with the connection that was used."""
        is_organisations = connection.is_organisations
        owner = connection.owner or ORGANISATION
        whose = owner if is_organisations else connection.principal.user_id
        return replace(
            self,
            credential=Used.ORGANISATION if is_organisations else Used.OWN,
            profile=connection.profile,
            account=connection.account,
            account_of="" if self.actor is not None and self.actor.user_id == whose else whose,
        )

    def on(
        self, site: Site, space: Space | SpaceKey | None = None, page: PageId | None = None
    ) -> "Entry":
        """Return it with the place where it was done."""
        key = space.key if isinstance(space, Space) else space
        return replace(
            self,
            site=site.cloud_id,
            site_name=site.name,
            space=key or _NO_SPACE,
            page=page or _NO_PAGE,
        )

    def of(self, kind: str, title: str = "") -> "Entry":
        """Return it with what was acted on, as in ``("page", "Release checklist")``.

        The title is sealed under the key of whom it was done to, else of the actor: whoever
        else is named in it is named until those are forgotten.
        """
        return replace(self, kind=kind, title=title)

    def to(self, user_id: str, name: str = "") -> "Entry":
        """Return it with whom it was done to."""
        return replace(self, subject=Person(user_id, name))

    def ended(self, error: BotError | None = None, page: PageId | None = None) -> "Entry":
        """Return it with its outcome: done, or what *error* says; and the page that it made."""
        page = page or self.page
        if error is None:
            return replace(self, outcome=Outcome.DONE, page=page)
        return replace(self, outcome=outcome_of(error), code=error.code, page=page)


@frozen
class AuditRow:
    """An entry as it was recorded; *number* is its place in the chain, ``None`` until it has one.

    What named a person who is *forgotten* by now isn't in its entry, nor what somebody changed
    so that it doesn't open (*broken*).
    """

    entry: Entry
    id: RowId
    at: datetime
    number: int | None = None
    forgotten: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()

    @property
    def title_role(self) -> Role:
        """Under whose key its title is sealed."""
        gone = self.forgotten | self.broken
        is_theirs = self.entry.subject is not None or Role.SUBJECT in gone
        return Role.SUBJECT if is_theirs else Role.ACTOR

    @property
    def place(self) -> "Place":
        """Where it stands among the tenant's rows by time."""
        return Place(self.at, self.id)


@frozen
class Place:
    """A place among a tenant's rows."""

    at: datetime
    id: RowId


@frozen
class Wanted:
    """Which rows to list: those that name *user_id*, of *action*, *since* and before *until*."""

    user_id: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@frozen
class Part:
    """What names one person in a row, sealed under their key."""

    role: str
    person: PersonId
    cipher: bytes


@frozen
class SealedRow:
    """A row as it is kept. *proof* is its writer's: without the chain's key nobody makes one.

    *space* is empty where it is somebody's own: its key names them.
    """

    tenant: Tenant
    id: RowId
    at: datetime
    action: str
    outcome: str
    credential: str
    code: str
    profile: str
    kind: str
    site: CloudId
    space: SpaceKey
    page: PageId
    correlation: str
    parts: tuple[Part, ...] = ()
    proof: str = ""
    number: int | None = None


@frozen
class Links:
    """A stretch of a tenant's chain: the row and the link of each number from *first* on."""

    tenant: Tenant
    first: int
    rows: tuple[RowId, ...]
    links: tuple[Link, ...]

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + len(self.rows) - 1

    @property
    def newest(self) -> Link:
        """The link of its last row."""
        return self.links[-1]


class ChainKey:
    """The key of every tenant's chain; it proves who wrote a row and links it to the one before."""

    def __init__(self, secret: SecretStr) -> None:
        """Take 32 bytes in base64.

        Raises:
            ValueError: it isn't that. The message holds nothing of it.
        """
        try:
            key = base64.b64decode(secret.get_secret_value(), validate=True)
        except ValueError:  # not ASCII, or not base64
            raise ValueError("the audit's key isn't base64") from None
        if len(key) != _KEY_BYTES:
            raise ValueError("the audit's key isn't 32 bytes long")
        self._key = key

    def prove(self, row: SealedRow) -> str:
        """Return the proof of whoever writes *row*."""
        return self._sign(b"row", digest_of(row))

    def has_proven(self, row: SealedRow) -> bool:
        """Tell whether *row* is as whoever has this key wrote it."""
        return hmac.compare_digest(self.prove(row).encode(), row.proof.encode("utf-8", "replace"))

    def origin(self, tenant: Tenant) -> Link:
        """Return what the tenant's first link follows."""
        return Link(self._sign(b"origin", tenant.encode()))

    def link(self, before: Link, row: SealedRow) -> Link:
        """Return the link of *row*, which follows the one *before*."""
        return Link(self._sign(b"link", before.encode("utf-8", "surrogatepass"), digest_of(row)))

    def extend(self, tenant: Tenant, last: Links | None, rows: Sequence[SealedRow]) -> Links:
        """Return the stretch of *rows* that follows *last*."""
        before = self.origin(tenant) if last is None else last.newest
        links: list[Link] = []
        for row in rows:
            before = self.link(before, row)
            links.append(before)
        first = 1 if last is None else last.last + 1
        return Links(tenant, first, tuple(row.id for row in rows), tuple(links))

    def _sign(self, *parts: bytes) -> str:
        # Each behind its length, so that no two messages read the same.
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def digest_of(row: SealedRow) -> bytes:
    """Return the SHA-256 of all that was recorded, its sealed parts as they are sealed.

    A key that seals them may be sealed anew without a change here, or be destroyed.
    """
    text: Mapping[str, object] = {
        "tenant": row.tenant,
        "id": row.id,
        "at": row.at.isoformat(timespec="milliseconds"),
        "action": row.action,
        "outcome": row.outcome,
        "credential": row.credential,
        "code": row.code,
        "profile": row.profile,
        "kind": row.kind,
        "site": row.site,
        "space": row.space,
        "page": row.page,
        "correlation": row.correlation,
        "parts": [[part.role, part.person, part.cipher.hex()] for part in row.parts],
    }
    whole = json.dumps({name: held for name, held in text.items() if held}, sort_keys=True)
    return hashlib.sha256(whole.encode("ascii")).digest()


def outcome_of(error: BotError) -> Outcome:
    """Return what became of an action that *error* ended."""
    if isinstance(error, Unclear):
        return Outcome.UNCLEAR
    if isinstance(error, UserError | ConsentRequired):
        return Outcome.REFUSED
    return Outcome.FAILED
