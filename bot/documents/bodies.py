"""Bodies of either kind: documents of ours, and storage as Confluence gave it."""

from bot.document import Body, Document, Storage
from bot.documents.from_storage import from_storage
from bot.documents.text import digest_of as digest_of_document
from bot.documents.to_storage import to_storage


def body_to_storage(body: Body) -> str:
    """Return *body* in storage format: to the letter where it is that already."""
    return body.markup if isinstance(body, Storage) else to_storage(body)


def document_in(body: Body) -> Document:
    """Return what *body* says."""
    return from_storage(body.markup) if isinstance(body, Storage) else body


def digest_of(body: Body) -> str:
    """Return the SHA-256 of the words of *body*; see `bot.documents.text.digest_of`."""
    return digest_of_document(document_in(body))
