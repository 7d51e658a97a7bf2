"""Tiny links: a content id in little-endian base64, as Confluence writes it."""

import base64
import binascii


def encode(content_id: int) -> str:
    """The part after `/wiki/x/`."""
    raw = base64.b64encode(content_id.to_bytes(8, "little")).decode()
    return raw.rstrip("=").rstrip("A").replace("/", "-").replace("+", "_")


def decode(tiny: str) -> int | None:
    """The content id, or nothing where *tiny* isn't one."""
    whole = tiny.replace("-", "/").replace("_", "+").ljust(11, "A") + "="
    try:
        raw = base64.b64decode(whole, validate=True)
    except (binascii.Error, ValueError):
        return None
    return int.from_bytes(raw, "little") if len(raw) == 8 else None
