"""Notes: sealed like what we keep, though Slack keeps them for us.

They can't be sealed anew. They live for minutes, and the key that sealed them opens them for a
day after it was replaced (`store.key_rotation.KEPT_FOR`).
"""

import base64
import binascii

from bot.errors import SealBroken
from bot.ports import Notes
from bot.principal import Principal
from store.keyring import Binding
from store.sealing import Vault


class SealedNotes(Notes):
    """See `Notes`. No operation, once the tenant's key is in memory."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def seal(self, principal: Principal, note: str) -> str:
        """See `Notes.seal`."""
        plain = note.encode("utf-8", "surrogatepass")
        sealed = await self._vault.seal_bytes(_binding(principal), plain)
        return base64.urlsafe_b64encode(sealed).decode("ascii")

    async def open(self, principal: Principal, sealed: str) -> str | None:
        """See `Notes.open`."""
        try:
            given = base64.b64decode(sealed.encode(), altchars=b"-_", validate=True)
            plain = await self._vault.open_bytes(_binding(principal), given)
        except (SealBroken, binascii.Error, UnicodeEncodeError):
            return None
        return plain.decode("utf-8", "surrogatepass")


def _binding(principal: Principal) -> Binding:
    return Binding(principal.tenant, principal.user_id, "note")
