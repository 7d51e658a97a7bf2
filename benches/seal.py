"""``seal``: to seal a value for its place and open it there, beside AES-GCM alone."""

import os
import time
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from benches.line import Line
from benches.machine import on_core
from benches.scene import LOAD, MEASURED
from bot.principal import Tenant
from sandbox.database import start_database
from sandbox.processes import free_port
from store.data_keys import DataKeys
from store.database import open_database
from store.keyring import Binding, KeyRing
from store.preparation import prepare
from store.sealing import Vault

ROUNDS: Final = 21
TIMES: Final = 400
"""For each size, in a round."""
SIZES: Final = (64, 512, 2_048, 8_192, 32_768)
"""Bytes, as of a space's name, an account with its sites, a grant, a page, and a long one."""
TENANT: Final = Tenant("T0ACME")
RING: Final = "k1=" + "QUFB" * 10 + "QUE="


async def seals(home: Path, rounds: int = ROUNDS, times: int = TIMES) -> list[Line]:
    """Measure both in turns, with the tenant's key in memory."""
    port = free_port()
    with on_core(LOAD):
        child = await start_database(home, port)
    database = open_database(f"mongodb://127.0.0.1:{port}/?directConnection=true", "seal")
    try:
        await prepare(database)
        ring = KeyRing.parse(SecretStr(RING))
        vault = Vault(DataKeys(database, ring))
        with on_core(MEASURED):
            found = [await _in_turns(vault, size, rounds, times) for size in SIZES]
    finally:
        database.close()
        await child.stop()
    for size, (ours, bare) in zip(SIZES, found, strict=True):
        print(f"      seal {size} bytes: {1 / ours:.0f}/s, bare {1 / bare:.0f}/s")
    mine, theirs = (len(SIZES) / sum(each) for each in zip(*found, strict=True))
    return [Line("seal", mine, theirs, "/s", 0.5, more_is_better=True)]


async def _in_turns(vault: Vault, size: int, rounds: int, times: int) -> tuple[float, float]:
    """Return the seconds that it takes to seal and open once, ours and bare."""
    plain = os.urandom(size)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(rounds + 1):
        ours.append(await _seal_and_open(vault, plain, times))
        bare.append(_encrypt_and_decrypt(plain, times))
    # What else runs on the machine only ever adds time.
    return min(ours[1:]) / times, min(bare[1:]) / times


async def _seal_and_open(vault: Vault, plain: bytes, times: int) -> float:
    binding = Binding(TENANT, "U0ADA", "grant", "system")
    began = time.perf_counter()
    for _ in range(times):
        opened = await vault.open_bytes(binding, await vault.seal_bytes(binding, plain))
    seconds = time.perf_counter() - began
    if opened != plain:
        raise RuntimeError("what was sealed isn't what was opened")
    return seconds


def _encrypt_and_decrypt(plain: bytes, times: int) -> float:
    cipher, bound = AESGCM(os.urandom(32)), b"grant"
    began = time.perf_counter()
    for _ in range(times):
        nonce = os.urandom(12)
        opened = cipher.decrypt(nonce, cipher.encrypt(nonce, plain, bound), bound)
    seconds = time.perf_counter() - began
    if opened != plain:
        raise RuntimeError("what was encrypted isn't what was decrypted")
    return seconds
