"""Who may read a space, as Confluence's REST v2 tells it."""

from typing import Annotated, Final

from pydantic import BeforeValidator

from bot.content import SpaceId
from bot.providers.confluence_bodies_wire import Body, Words, tolerated_object
from bot.providers.confluence_wire import READ_SPACE, Call, known_id

MOST_ASSIGNMENTS: Final = 25
"""Each costs two points, and a space has some for every group: all of them are too many."""
MANY_PEOPLE: Final = frozenset({"group", "role"})


class Holder(Body):
    """Whom a permission was given."""

    type: Words = ""
    id: Words = ""


class Allowed(Body):
    """What a permission lets its holder do."""

    key: Words = ""
    targetType: Words = ""  # noqa: N815 (Confluence's name)


class Assignment(Body):
    """One permission of one holder."""

    principal: Annotated[Holder, BeforeValidator(tolerated_object)] = Holder()
    operation: Annotated[Allowed, BeforeValidator(tolerated_object)] = Allowed()

    def lets(self, key: str) -> bool:
        """Tell whether it gives many people that right over the space."""
        allowed = self.operation
        return (
            self.principal.type in MANY_PEOPLE
            and bool(self.principal.id)
            and (allowed.key, allowed.targetType) == (key, "space")
        )


class Assignments(Body):
    """The first permissions of a space."""

    results: tuple[Annotated[Assignment, BeforeValidator(tolerated_object)], ...]


def read_permissions(space: SpaceId) -> Call:
    """Ask who may do what in a space."""
    path = f"/api/v2/spaces/{known_id(space)}/permissions"
    query = {"limit": str(MOST_ASSIGNMENTS)}
    return Call("get permissions", "GET", path, READ_SPACE, 1 + 2 * MOST_ASSIGNMENTS, query)


def is_open(body: Assignments) -> bool:
    """Tell whether a group or role may read the space.

    One that administers it doesn't count: administrators are let into private spaces too.
    """
    return bool(_with_right(body, "read") - _with_right(body, "administer"))


def _with_right(body: Assignments, key: str) -> frozenset[str]:
    return frozenset(each.principal.id for each in body.results if each.lets(key))


class Permitted(Body):
    """One thing that may be done, and to what."""

    operation: Words = ""
    targetType: Words = ""  # noqa: N815 (Confluence's name)


class Operations(Body):
    """What the asking account may do."""

    operations: tuple[Annotated[Permitted, BeforeValidator(tolerated_object)], ...] = ()


def read_operations(space: SpaceId) -> Call:
    """Ask what one may do in a space oneself."""
    path = f"/api/v2/spaces/{known_id(space)}/operations"
    return Call("get space operations", "GET", path, READ_SPACE, 2)


def lets_create(body: Operations) -> bool:
    """Tell whether pages may be made."""
    return any((each.operation, each.targetType) == ("create", "page") for each in body.operations)
