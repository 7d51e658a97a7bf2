"""One authorized request to Confluence, and what is answered to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import MultiMapping

from sandbox.atlassian.operations import Operation
from sandbox.atlassian.people import Account
from sandbox.atlassian.refusals import Refusal, not_found, v1_refusal, v2_refusal
from sandbox.atlassian.sites import BY_CLOUD_ID
from sandbox.atlassian.wiki import Content, Space, Wiki, id_of

LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Upload:
    """One part of a multipart form."""

    name: str
    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Call:
    """Who asks what of which site."""

    wiki: Wiki
    account: Account
    operation: Operation
    path: Mapping[str, str]
    query: MultiMapping[str]
    payload: Any
    uploads: tuple[Upload, ...]
    now: float
    base_url: str

    @property
    def me(self) -> str:
        """The caller's account id."""
        return self.account.account_id

    @property
    def site_url(self) -> str:
        """The site's address, without `/wiki`."""
        return f"{self.base_url}/atlassian/sites/{BY_CLOUD_ID[self.wiki.cloud_id].slug}"

    @property
    def base(self) -> str:
        """`_links.base`."""
        return f"{self.site_url}/wiki"

    def refuse(self, status: int, message: str) -> Refusal:
        """An error in the shape of the interface that was called."""
        return (v1_refusal if self.operation.is_v1 else v2_refusal)(status, message)

    def number(self, name: str) -> int:
        """A path variable that is an id."""
        found = id_of(self.path[name].removeprefix("att"))
        if not found:
            # REST v1 takes any text for an id, and doesn't find it.
            status = 404 if self.operation.is_v1 else 400
            raise self.refuse(status, f"Provided value for '{name}' is not the correct type")
        return found

    def whole(self, name: str, usual: int) -> int:
        """A query value that is a whole number."""
        said = self.query.get(name)
        if said is None:
            return usual
        if not said.isascii() or not said.isdigit() or len(said) > LONGEST_NUMBER:
            raise self.refuse(400, f"Provided value for '{name}' is not the correct type")
        return int(said)

    def flag(self, name: str) -> bool:
        """A query value that is true or false."""
        return self.query.get(name, "false").casefold() == "true"

    def several(self, name: str) -> list[str]:
        """A query value with commas."""
        return [each for value in self.query.getall(name, []) for each in value.split(",") if each]

    def content(self, name: str, *kinds: str) -> Content:
        """Published or archived content that the caller sees.

        Raises:
            Refusal: 404, whatever the reason.
        """
        content = self.wiki.contents.get(self.number(name))
        known = content is not None and (not kinds or content.kind in kinds)
        if content is None or not known or content.status not in ("current", "archived"):
            raise self.missing("Content")
        if not self.wiki.sees(self.me, content):
            raise self.missing("Content")
        return content

    def space(self, space_id: object) -> Space:
        """A space that the caller sees, or 404."""
        space = self.wiki.spaces.get(id_of(space_id))
        if space is None or not self.wiki.may(self.me, "read", space):
            raise self.missing("Space")
        return space

    def missing(self, what: str) -> Refusal:
        """404 in the right shape."""
        return (
            v1_refusal(404, f"No {what.lower()} found")
            if self.operation.is_v1
            else (not_found(what))
        )

    def document(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        if not isinstance(self.payload, dict):
            raise self.refuse(400, "Bad request: the body must be a JSON object")
        return self.payload


@dataclass(frozen=True)
class Answer:
    """Status, JSON or nothing, and what it costs."""

    body: Any = None
    status: int = 200
    cost: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    charset: str | None = None


Handler = Callable[[Call], Answer]
