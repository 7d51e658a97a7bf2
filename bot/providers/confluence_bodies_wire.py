"""How Confluence's answers are read: for what is needed, tolerant of all the rest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bot.errors import ProviderFault, Unclear
from bot.providers.outgoing import Answer


def text_of_id(value: object) -> object:
    """Ids are numbers in one place and strings in another."""
    return str(value) if isinstance(value, int) else value


def _tolerated_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _tolerated_time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def tolerated_object(value: object) -> object:
    """Take anything but an object for an empty one."""
    return value if isinstance(value, dict) else {}


def words_in(value: Mapping[str, object]) -> dict[str, str]:
    """Return those of an object's fields that are words."""
    return {key: each for key, each in value.items() if isinstance(each, str)}


Id = Annotated[str, BeforeValidator(text_of_id)]
Words = Annotated[str, BeforeValidator(_tolerated_text)]
Time = Annotated[datetime | None, BeforeValidator(_tolerated_time)]


class Body(BaseModel):
    """What Confluence sends: read for what is needed, tolerant of the rest.

    The published documents run behind the service, so nothing is an enumeration here.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class Links(Body):
    """``_links`` of a thing or of a list."""

    base: Words = ""
    webui: Words = ""
    next: Words = ""


ToleratedLinks = Annotated[Links, BeforeValidator(tolerated_object)]


Read = TypeVar("Read", bound=Body)


def read(answer: Answer, shape: type[Read]) -> Read:
    """Read *answer* as *shape*. Raises ``ProviderFault`` where it is something else."""
    try:
        return shape.model_validate(answer.json())
    except (ValueError, ValidationError) as error:
        what = f"Confluence sent no {shape.__name__}"
        raise ProviderFault(what, provider="Confluence") from error


def read_written(answer: Answer, shape: type[Read]) -> Read:
    """Read the answer to a write: it was taken, so one that nobody can read leaves it unclear."""
    try:
        return read(answer, shape)
    except ProviderFault as error:
        raise Unclear("Confluence") from error
