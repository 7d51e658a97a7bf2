"""What every type of entity knows; a module of each family fills it in."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from bot.document import Document
from bot.entities.parts import MOST_MANY, Context, Given, Look, WrongAnswer
from bot.template import Choice, Entity
from bot.values import Value, text_of_value

Bounds = tuple[float | None, float | None]
FREE: Final[Bounds] = (None, None)


class Kind(ABC):
    """How entities of one type are asked for and read."""

    expects: ClassVar[str]
    """What is expected, with an example, as it follows “Give”."""
    has_many: ClassVar[bool] = False
    """Whether an entity that says so holds several."""

    @abstractmethod
    async def read(self, entity: Entity, given: Given, context: Context) -> Value:
        """Return the one value that *given* means. Raises ``WrongAnswer``."""

    @abstractmethod
    def look(self, entity: Entity, value: Value = None) -> Look:
        """Return how it looks in a form while it holds *value*."""

    def hint(self, context: Context) -> str:
        """Return what helps to answer, where the template gives no examples."""
        return ""

    def is_many(self, entity: Entity) -> bool:
        """Tell whether it holds several, in a tuple."""
        return self.has_many and entity.many

    def parts(self, entity: Entity, given: Given) -> Sequence[Given]:
        """Split what came for an entity that holds several."""
        if isinstance(given.value, tuple):
            return [Given(value=each) for each in given.value]
        return [given]

    async def read_many(self, entity: Entity, given: Given, context: Context) -> Sequence[Value]:
        """Return all that *given* means. Raises ``WrongAnswer``."""
        parts = self.parts(entity, given)
        if len(parts) > MOST_MANY:
            raise WrongAnswer(
                f"Those are {len(parts)}, and at most {MOST_MANY} are taken. Give fewer."
            )
        return [await self.read(entity, each, context) for each in parts]

    def only(self, entity: Entity, given: Given) -> Given:
        """Return what came for an entity that holds one thing. Raises ``WrongAnswer``."""
        held = given.value
        if not isinstance(held, tuple):
            return given
        if len(held) > 1:
            raise WrongAnswer(f"Those are {len(held)}, and one is wanted. Give one of them.")
        return Given(value=held[0])

    def bounds(self, entity: Entity) -> Bounds:
        """Return the limits of its field in a form."""
        return (None, MOST_MANY if entity.many else 1) if self.has_many else FREE

    def choices(self, entity: Entity) -> tuple[Choice, ...]:
        """Return the choices that are known without asking anybody."""
        return ()

    def suggests(self, entity: Entity) -> bool:
        """Tell whether `suggest` has something to say."""
        return False

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return what *words* may become; without any, what is likely."""
        return ()

    def shown(self, entity: Entity, value: Value) -> str:
        """Return one value in words."""
        return text_of_value(value)

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """Return the option that stands for one value, if one can; it reads as an answer.

        An option's value stands for itself.
        """
        return None

    def document(self, value: Value) -> Document | None:
        """Return a value as rich text, if it is that."""
        return value if isinstance(value, Document) else None
