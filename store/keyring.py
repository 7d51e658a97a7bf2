"""Key-encryption keys, and the form of what they and the data keys seal.

A sealed value is ``version ‖ length of key id ‖ key id ‖ nonce ‖ ciphertext and tag``
(AES-256-GCM, NIST SP 800-38D, random 96-bit nonces); header and binding are authenticated.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from bot.errors import ProviderFault
from bot.principal import Tenant

KEY_BYTES: Final = 32
_VERSION: Final = 1
_NONCE_BYTES: Final = 12
_MOST_ID_BYTES: Final = 64


class SealBroken(ProviderFault):
    """A sealed value can't be opened: its key is unknown, or it isn't what was sealed here."""

    code = "seal_broken"


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a sealed value belongs; it opens nowhere else."""

    tenant: Tenant
    user_id: str
    purpose: str
    record: str = ""

    def encoded(self) -> bytes:
        """Return the four, each behind its length, so that no two bindings read the same."""
        parts = (
            part.encode("utf-8", "surrogatepass")
            for part in (self.tenant, self.user_id, self.purpose, self.record)
        )
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal(key: AESGCM, key_id: str, binding: Binding, plain: bytes) -> bytes:
    """Encrypt *plain* for *binding* under *key*, naming it by *key_id*."""
    name = key_id.encode("ascii")
    if not 0 < len(name) <= _MOST_ID_BYTES:
        raise ValueError("a key id is 1 to 64 ASCII characters")
    header = bytes((_VERSION, len(name))) + name
    nonce = os.urandom(_NONCE_BYTES)
    return header + nonce + key.encrypt(nonce, plain, header + binding.encoded())


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that *sealed* says it needs.

    Raises:
        SealBroken: it has no such form.
    """
    try:
        version, length = sealed[0], sealed[1]
        name = sealed[2 : 2 + length].decode("ascii")
    except (IndexError, UnicodeDecodeError):
        raise SealBroken("not a sealed value") from None
    if version != _VERSION or len(name) != length:
        raise SealBroken("not a sealed value")
    return name


def unseal(key: AESGCM, binding: Binding, sealed: bytes) -> bytes:
    """Decrypt *sealed*.

    Raises:
        SealBroken: it was tampered with, or sealed for another binding or by another key.
    """
    start = 2 + len(key_id_of(sealed))
    header, nonce = sealed[:start], sealed[start : start + _NONCE_BYTES]
    try:
        return key.decrypt(nonce, sealed[start + _NONCE_BYTES :], header + binding.encoded())
    except (InvalidTag, ValueError):
        raise SealBroken("a sealed value doesn't open where it was found") from None


class KeyRing:
    """The operator's keys, which seal nothing but data keys; the active one seals new ones."""

    def __init__(self, active_id: str, keys: Mapping[str, SecretStr]) -> None:
        """Take *keys*, each 32 bytes in base64 under its id; *active_id* is one of them."""
        self.active_id = active_id
        self._keys = {key_id: AESGCM(_key_bytes(text)) for key_id, text in keys.items()}
        if active_id not in self._keys:
            raise ValueError("the active key is none of the keys")

    @classmethod
    def parse(cls, text: SecretStr) -> "KeyRing":
        """Read ``k2=<base64 of 32 bytes>,k1=…``; the first is the active one.

        Raises:
            ValueError: it isn't of that form. The message holds no key.
        """
        entries = [entry.strip().partition("=") for entry in text.get_secret_value().split(",")]
        keys = {key_id: SecretStr(key) for key_id, _, key in entries}
        if len(keys) != len(entries):
            raise ValueError("a key id stands twice in the ring")
        return cls(entries[0][0], keys)

    @property
    def retired_ids(self) -> frozenset[str]:
        """The ids of the keys that still open what they sealed, and seal nothing new."""
        return frozenset(self._keys) - {self.active_id}

    def wrap(self, binding: Binding, data_key: bytes) -> bytes:
        """Seal *data_key* under the active key."""
        return seal(self._keys[self.active_id], self.active_id, binding, data_key)

    def unwrap(self, binding: Binding, wrapped: bytes) -> bytes:
        """Open *wrapped*, whichever of the keys sealed it.

        Raises:
            SealBroken: none of the keys did, or it isn't what was sealed.
        """
        key = self._keys.get(key_id_of(wrapped))
        if key is None:
            raise SealBroken("sealed under a key that isn't on the ring")
        return unseal(key, binding, wrapped)


def _key_bytes(text: SecretStr) -> bytes:
    try:
        key = base64.b64decode(text.get_secret_value(), validate=True)
    except binascii.Error:
        raise ValueError("a key isn't base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError("a key isn't 32 bytes long")
    return key
