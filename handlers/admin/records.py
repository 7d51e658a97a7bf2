"""Listeners of the pages *Connections*, *Audit* and *Keys*."""

from bot.administration import Kept
from bot.audit import Auditor
from bot.errors import BadInput
from bot.ports import TenantKeys
from handlers import audit, blocks
from handlers.admin import connection_views as views
from handlers.admin import names
from handlers.admin.gate import Gate
from handlers.admin.links import Links
from handlers.admin.root_views import keys_view
from handlers.ask import Ask, Modal, Route

FORMATS = {"csv": "Export CSV", "jsonl": "Export JSON Lines"}


class Records:
    """What is kept: connections, the audit, keys."""

    def __init__(self, kept: Kept, auditor: Auditor, keys: TenantKeys, links: Links) -> None:
        self._kept = kept
        self._auditor = auditor
        self._keys = keys
        self._links = links

    def routes(self, gate: Gate) -> tuple[Route, ...]:
        """Claim the pages' buttons and menus."""
        return (
            gate.press(names.CONNECTIONS, self.show_connections),
            gate.press(f"{names.CONNECTIONS}:back", self.show_connections),
            gate.press(f"{names.CONNECTIONS}:on", self.show_connections),
            gate.press(names.REVOKE, self.revoke),
            gate.press(names.REVOKE_ALL, self.revoke_all),
            gate.press(names.AUDIT, self.show_audit),
            gate.press(audit.NEXT, self.turn),
            gate.press(audit.PREVIOUS, self.turn),
            gate.press(audit.EVERYBODY, self.turn),
            gate.press(audit.PERSON, self.narrow),
            gate.press(audit.ACTION, self.narrow),
            *(gate.press(f"{names.EXPORT}:{each}", self.export) for each in FORMATS),
            gate.press(names.KEYS, self.show_keys),
        )

    async def show_connections(self, ask: Ask) -> Modal:
        """Show twenty connections."""
        number = int(ask.value) if ask.value.isdecimal() else 0
        return Modal(views.connections_view(await self._kept.page(ask.principal.tenant, number)))

    async def revoke(self, ask: Ask) -> Modal:
        """End one connection."""
        user_id, profile, number = views.read_revoke(ask.value)
        revoked = await self._kept.revoke(ask.principal, user_id, profile)
        return Modal(views.revoked_view(revoked, number))

    async def revoke_all(self, ask: Ask) -> Modal:
        """End every connection."""
        return Modal(views.all_revoked_view(await self._kept.revoke_all(ask.principal)))

    async def show_audit(self, ask: Ask) -> Modal:
        """Show the newest rows."""
        return await self._audit(ask, audit.AuditTurn())

    async def turn(self, ask: Ask) -> Modal:
        """Show the page that the button leads to."""
        return await self._audit(ask, audit.AuditTurn.read(ask.value))

    async def narrow(self, ask: Ask) -> Modal:
        """Show what the menus say."""
        return await self._audit(ask, audit.AuditTurn.chosen(ask))

    async def _audit(self, ask: Ask, turn: audit.AuditTurn) -> Modal:
        rows = self._auditor.list_newest(ask.principal.tenant, turn.wanted, turn.after)
        view = audit.audit_view(await audit.page_of(rows), turn)
        exports = (
            blocks.button(label, f"{names.EXPORT}:{each}", each) for each, label in FORMATS.items()
        )
        row = blocks.actions(*exports, blocks.button("Back", names.ROOT))
        return Modal(view | {"title": blocks.plain("Audit", 24), "blocks": [*view["blocks"], row]})

    async def export(self, ask: Ask) -> Modal:
        """Hand out the link to a copy of the audit."""
        if ask.value not in FORMATS:
            raise BadInput("That button is out of date. Open the audit again.")
        return await self._links.export(ask.principal, ask.value)

    async def show_keys(self, ask: Ask) -> Modal:
        """Show the state of the keys."""
        keys = await self._keys.list_of(ask.principal.tenant)
        return Modal(keys_view(keys, self._keys.active_id))
