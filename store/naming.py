"""What names people in a row of the audit: a part for each, sealed under that person's key."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.content import Account, AccountId, SpaceKey
from bot.errors import SealBroken
from bot.frozen import frozen
from bot.principal import Principal, Tenant
from bot.trail import AuditRow, Entry, Part, Person, PersonId, Role, RowId, SealedRow
from store.codec import Unreadable, dump, load
from store.keyring import Binding, SealingKey


@frozen
class _Actor:
    """Who did it, and what they may have named after somebody."""

    user_id: str = ""
    name: str = ""
    title: str = ""
    site_name: str = ""
    space: str = ""


@frozen
class _Account:
    """In whose name."""

    account_id: str
    name: str
    belongs_to: str = ""


@frozen
class _Subject:
    """To whom; what was acted on is then theirs."""

    user_id: str
    name: str = ""
    title: str = ""


_Inside = _Actor | _Account | _Subject
_KINDS: Final[Mapping[str, type[_Inside]]] = {
    Role.ACTOR: _Actor,
    Role.ACCOUNT: _Account,
    Role.SUBJECT: _Subject,
}
_NOBODY: Final = "bot"
"""Has the key of what names nobody in Slack, but may be named after somebody."""


def people_of(entry: Entry) -> Mapping[Role, Principal]:
    """Return under whose keys what *entry* names is sealed."""
    people = {}
    actor = entry.actor.user_id if entry.actor else ""
    if actor or entry.title or entry.site_name or is_personal(entry.space):
        people[Role.ACTOR] = Principal(entry.tenant, actor or _NOBODY)
    if entry.account is not None:
        belongs_to = entry.account_of or actor or _NOBODY
        people[Role.ACCOUNT] = Principal(entry.tenant, belongs_to)
    if entry.subject is not None:
        people[Role.SUBJECT] = Principal(entry.tenant, entry.subject.user_id)
    return people


def is_personal(space: SpaceKey) -> bool:
    """Tell whether it is somebody's own, whose key names them."""
    return space.startswith("~")


def seal_row(row: AuditRow, keys: Mapping[Role, SealingKey]) -> SealedRow:
    """Return *row* with a part sealed under each of *keys*, those of `people_of` it."""
    entry = row.entry
    parts = []
    for role, key in keys.items():
        person = PersonId(key.id)
        binding = _binding(entry.tenant, person, row.id, role)
        parts.append(Part(role, person, key.seal(binding, dump(_inside(entry, role)))))
    return SealedRow(
        tenant=entry.tenant,
        id=row.id,
        at=row.at,
        action=str(entry.action),
        outcome=str(entry.outcome),
        credential=str(entry.credential),
        code=entry.code,
        profile=entry.profile,
        kind=entry.kind,
        site=entry.site,
        space=SpaceKey("") if is_personal(entry.space) else entry.space,
        page=entry.page,
        correlation=entry.correlation,
        parts=tuple(parts),
    )


def open_row(sealed: SealedRow, keys: Mapping[PersonId, SealingKey | None]) -> AuditRow:
    """Return what *sealed* says to whoever has *keys*; ``None`` is one that can't be opened."""
    forgotten, broken = set(), set()
    entry = _plain(sealed)
    for part in sealed.parts:
        if part.person not in keys:
            forgotten.add(part.role)
            continue
        try:
            entry = _with(entry, _opened(sealed, part, keys[part.person]))
        except (SealBroken, Unreadable):
            broken.add(part.role)
    gone = frozenset(forgotten), frozenset(broken)
    return AuditRow(entry, sealed.id, sealed.at, sealed.number, *gone)


def _opened(sealed: SealedRow, part: Part, key: SealingKey | None) -> _Inside:
    if key is None or part.role not in _KINDS:
        raise SealBroken("what names a person can't be opened")
    binding = _binding(sealed.tenant, part.person, sealed.id, part.role)
    return load(_KINDS[part.role], key.open(binding, part.cipher))


def _binding(tenant: Tenant, person: PersonId, row: RowId, role: str) -> bytes:
    return Binding(tenant, person, f"audit-{role}", row).encoded()


def _inside(entry: Entry, role: Role) -> _Inside:
    if role is Role.ACCOUNT and entry.account is not None:
        return _Account(entry.account.id, entry.account.name, entry.account_of)
    if role is Role.SUBJECT and entry.subject is not None:
        return _Subject(entry.subject.user_id, entry.subject.name, entry.title)
    actor = entry.actor or Person("")
    space = entry.space if is_personal(entry.space) else ""
    title = "" if entry.subject is not None else entry.title
    return _Actor(actor.user_id, actor.name, title, entry.site_name, space)


def _plain(sealed: SealedRow) -> Entry:
    return Entry(
        tenant=sealed.tenant,
        action=sealed.action,
        outcome=sealed.outcome,
        code=sealed.code,
        credential=sealed.credential,
        profile=sealed.profile,
        kind=sealed.kind,
        site=sealed.site,
        space=sealed.space,
        page=sealed.page,
        correlation=sealed.correlation,
    )


def _with(entry: Entry, inside: _Inside) -> Entry:
    match inside:
        case _Actor():
            return replace(
                entry,
                actor=Person(inside.user_id, inside.name) if inside.user_id else None,
                title=inside.title or entry.title,
                site_name=inside.site_name,
                space=SpaceKey(inside.space) if inside.space else entry.space,
            )
        case _Account():
            account = Account(AccountId(inside.account_id), inside.name)
            return replace(entry, account=account, account_of=inside.belongs_to)
        case _Subject():
            subject = Person(inside.user_id, inside.name)
            return replace(entry, subject=subject, title=inside.title or entry.title)
