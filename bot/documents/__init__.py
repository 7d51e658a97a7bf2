"""Reads and writes documents: Slack's, Confluence's and Markdown."""

from bot.documents.append import addition_to, append_adf, append_storage
from bot.documents.bodies import body_to_storage, digest_of, document_in
from bot.documents.from_adf import from_adf
from bot.documents.from_markdown import from_markdown
from bot.documents.from_mrkdwn import from_mrkdwn
from bot.documents.from_slack import from_rich_text
from bot.documents.from_storage import from_storage
from bot.documents.text import is_empty, text_of
from bot.documents.to_adf import to_adf
from bot.documents.to_slack import to_blocks, to_rich_text
from bot.documents.to_storage import to_storage

__all__ = [
    "addition_to",
    "append_adf",
    "append_storage",
    "body_to_storage",
    "digest_of",
    "document_in",
    "from_adf",
    "from_markdown",
    "from_mrkdwn",
    "from_rich_text",
    "from_storage",
    "is_empty",
    "text_of",
    "to_adf",
    "to_blocks",
    "to_rich_text",
    "to_storage",
]
