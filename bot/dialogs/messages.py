"""Messages as a dialog keeps them."""

from typing import Final

from bot.dialogs.turn import Heard
from bot.document import Document
from bot.entities import Given, SlackFile
from bot.values import Thing, Value
from bot.written import Written, read, write

_FILE: Final = "attachment"


def given_in(heard: Heard) -> Given:
    """Return what a message gives."""
    return Given(text=heard.text, document=heard.document, files=heard.files)


def words_of(heard: Heard) -> Written:
    """Return what a message says, to be kept."""
    files = tuple(
        Thing(
            _FILE,
            file.name,
            {"file": file.id, "name": file.name, "type": file.type, "size": file.size},
        )
        for file in heard.files
    )
    return write((heard.text, heard.document, files))


def given_of(words: Written) -> Given:
    """Return what a message gave that was kept."""
    match read(words):
        case (str() as text, (None | Document()) as document, tuple() as files):
            return Given(text=text, document=document, files=tuple(map(_file_of, files)))
    return Given()


def _file_of(value: Value) -> SlackFile:
    held = value.fields if isinstance(value, Thing) else {}
    size = held.get("size")
    return SlackFile(
        str(held.get("file", "")),
        str(held.get("name", "")),
        str(held.get("type", "")),
        size if isinstance(size, int) else 0,
    )
