"""Puts a document behind what a page already says, which stays as it is to the letter."""

import re
from typing import Any, Final

from bot.document import Document
from bot.documents.to_adf import adf_blocks
from bot.documents.to_storage import to_storage

_TASK_ID: Final = re.compile(r"<ac:task-id>\s*(\d{1,15})\s*</ac:task-id>")


def append_adf(existing: dict[str, Any], addition: Document) -> dict[str, Any]:
    """Return *existing*, an ADF document node, with *addition* behind its content."""
    content = existing.get("content")
    kept = content if isinstance(content, list) else []
    frame = {"version": 1, "type": "doc", **existing}
    return {**frame, "content": [*kept, *adf_blocks(addition, after=len(kept))]}


def append_storage(existing: str, addition: Document) -> str:
    """Return *existing*, a body in storage format, with *addition* behind it.

    Tasks that are added get ids that no task of the page has.
    """
    return existing + addition_to(existing, addition)


def addition_to(existing: str, addition: Document) -> str:
    """Return *addition* in storage format, to stand anywhere in *existing*."""
    last = max((int(found[1]) for found in _TASK_ID.finditer(existing)), default=0)
    return to_storage(addition, first_task=last + 1)
