"""Files that people give in Slack."""

from collections.abc import Sequence
from typing import Final

from bot.entities.kind import Kind
from bot.entities.parts import Context, Given, Look, SlackFile, WrongAnswer
from bot.entities.things import field_of, file_thing
from bot.entities.typed import quoted
from bot.template import Entity
from bot.values import Thing, Value

LARGEST: Final = 25 * 1024 * 1024
"""Bytes of a file that are carried over to Confluence."""
_MB: Final = 1024 * 1024


class Attachment(Kind):
    """A file."""

    expects = "a file: drop it into this conversation, or choose it in the form"
    has_many = True

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.FILE

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return f"Drop it here; it may have up to {LARGEST // _MB} MB."

    def parts(self, entity: Entity, given: Given) -> Sequence[Given]:
        """Take each file for itself."""
        if given.files:
            return [Given(files=(each,)) for each in given.files]
        return super().parts(entity, given)

    async def read(self, entity: Entity, given: Given, context: Context) -> Thing:
        """Return the file. What is held already was given before, by the same person."""
        held = given.value
        if isinstance(held, Thing) and held.kind == "attachment" and field_of(held, "file"):
            return held
        if not given.files:
            raise WrongAnswer(f"There is no file in that. Give {self.expects}.")
        if len(given.files) > 1:
            raise WrongAnswer(
                f"Those are {len(given.files)} files, and one is wanted. Give one of them."
            )
        return file_thing(_fitting(given.files[0]))


def _fitting(file: SlackFile) -> SlackFile:
    if file.size > LARGEST:
        raise WrongAnswer(
            f"{quoted(file.name)} has {file.size / _MB:,.0f} MB, and at most {LARGEST // _MB} MB "
            "are taken. Give a smaller file, or attach it in Confluence itself."
        )
    if file.size <= 0:
        raise WrongAnswer(f"{quoted(file.name)} is empty. Give a file with something in it.")
    return file
