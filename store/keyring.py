"""Key-encryption keys, and the form of what they and the data keys seal.

A sealed value is ``version ‖ length of key id ‖ key id ‖ nonce ‖ ciphertext and tag``
(AES-256-GCM, NIST SP 800-38D, random 96-bit nonces); header and binding are authenticated.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from os import urandom
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from bot.errors import SealBroken
from bot.ports import KeyEncryption
from bot.principal import Tenant

KEY_BYTES: Final = 32
_VERSION: Final = 1
_NONCE_BYTES: Final = 12
_MOST_ID_BYTES: Final = 64
_BEFORE: Final = tuple(f"\0\0\0{chr(length)}" for length in range(128))
"""What stands before so many bytes: their number, as four bytes."""


class Binding(NamedTuple):
    """Where a sealed value belongs; it opens nowhere else."""

    tenant: Tenant
    user_id: str
    purpose: str
    record: str = ""

    def encoded(self) -> bytes:
        """Return the four, each behind its length, so that no two bindings read the same."""
        tenant, user_id, purpose, record = self
        try:
            text = (
                f"{_BEFORE[len(tenant)]}{tenant}{_BEFORE[len(user_id)]}{user_id}"
                f"{_BEFORE[len(purpose)]}{purpose}{_BEFORE[len(record)]}{record}"
            )
        except IndexError:
            text = "…"
        # In ASCII a character is a byte: the same as below, in a fifth of its time.
        if text.isascii():
            return text.encode()
        parts = (
            part.encode("utf-8", "surrogatepass") for part in (tenant, user_id, purpose, record)
        )
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class SealingKey:
    """A key under its id; it seals, and opens what it sealed."""

    __slots__ = ("_cipher", "_nonce", "header", "id")

    def __init__(self, key_id: str, key: bytes) -> None:
        """Take *key*, 32 bytes, and its id, 1 to 64 ASCII characters."""
        name = key_id.encode("ascii")
        if not 0 < len(name) <= _MOST_ID_BYTES:
            raise ValueError("a key id is 1 to 64 ASCII characters")
        self.id = key_id
        self.header: Final = bytes((_VERSION, len(name))) + name
        self._nonce: Final = (len(self.header), len(self.header) + _NONCE_BYTES)
        self._cipher = AESGCM(key)

    def seal(self, binding: bytes, plain: bytes) -> bytes:
        """Encrypt *plain* for the encoded *binding*."""
        header, nonce = self.header, urandom(_NONCE_BYTES)
        return header + nonce + self._cipher.encrypt(nonce, plain, header + binding)

    def open(self, binding: bytes, sealed: bytes) -> bytes:
        """Decrypt *sealed*.

        Raises:
            SealBroken: it was tampered with, or sealed for another binding or by another key.
        """
        start, end = self._nonce
        header = self.header
        try:
            if sealed.startswith(header):
                return self._cipher.decrypt(sealed[start:end], sealed[end:], header + binding)
        except (InvalidTag, ValueError):
            pass
        raise SealBroken("a sealed value doesn't open where it was found")


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


class KeyRing(KeyEncryption):
    """The operator's keys, held by the process itself; the active one is the first."""

    def __init__(self, active_id: str, keys: Mapping[str, SecretStr]) -> None:
        """Take *keys*, each 32 bytes in base64 under its id; *active_id* is one of them."""
        self._active_id = active_id
        self._keys = {key_id: SealingKey(key_id, _key_bytes(text)) for key_id, text in keys.items()}
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
    def active_id(self) -> str:
        """See `KeyEncryption.active_id`."""
        return self._active_id

    @property
    def ids(self) -> Sequence[str]:
        """See `KeyEncryption.ids`."""
        return tuple(self._keys)

    async def wrap(self, context: bytes, key: bytes) -> bytes:
        """See `KeyEncryption.wrap`."""
        return self._keys[self._active_id].seal(context, key)

    async def unwrap(self, key_id: str, context: bytes, wrapped: bytes) -> bytes:
        """See `KeyEncryption.unwrap`."""
        key = self._keys.get(key_id)
        if key is None:
            raise SealBroken(f"sealed under {key_id}, a key that isn't on the ring")
        return key.open(context, wrapped)


def _key_bytes(text: SecretStr) -> bytes:
    try:
        key = base64.b64decode(text.get_secret_value(), validate=True)
    except binascii.Error:
        raise ValueError("a key isn't base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError("a key isn't 32 bytes long")
    return key
