"""One authorized request to Data Center's REST API."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.atlassian.call import Answer
from sandbox.atlassian.call import Call as AtlassianCall
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import READ, Content, Space, id_of
from sandbox.datacenter.refusals import missing, refusal
from sandbox.datacenter.site import Site

CONTEXT = "/confluence"
ROOT = f"/datacenter{CONTEXT}"
MOST = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Call(AtlassianCall):
    """Who asks what of the site; there are no cursors, ids are looked up without `att`."""

    wiki: Site

    @property
    def site_url(self) -> str:
        """The site's address with its context path."""
        return f"{self.base_url}{ROOT}"

    @property
    def base(self) -> str:
        """`_links.base`."""
        return self.site_url

    def refuse(self, status: int, message: str) -> Refusal:
        """An error of this API."""
        return refusal(status, message)

    def content(self, name: str, *kinds: str) -> Content:
        """Published content that the caller sees, by the path's variable.

        Raises:
            Refusal: 404, whatever the reason.
        """
        return self.find_content(self.path[name], *kinds)

    def find_content(self, said: object, *kinds: str) -> Content:
        """Published content that the caller sees, by its id. See `content`."""
        found = self.wiki.contents.get(id_of(str(said).removeprefix("att")))
        if found is None or (kinds and found.kind not in kinds):
            raise missing(str(said))
        page = self.wiki.container(found)
        if found.status != "current" or page.status != "current":
            raise missing(str(said))
        if not self.wiki.sees(self.me, found):
            raise missing(str(said))
        return found

    def space_named(self, key: str) -> Space:
        """A space that the caller sees, by its key.

        Raises:
            Refusal: 404, whatever the reason.
        """
        space = self.wiki.space_by_key(key)
        if space is None or not self.wiki.may(self.me, READ, space):
            raise refusal(404, f"No space with key : {key[:50]}")
        return space

    def seen(self, found: Iterable[Content]) -> list[Content]:
        """Those that the caller may read."""
        return [each for each in found if self.wiki.sees(self.me, each)]

    def sheet(
        self, found: Sequence[T], show: Callable[[T], object], usual: int = 25
    ) -> dict[str, Any]:
        """One page of results by `start` and `limit`; links are relative and lack the context."""
        start, limit = self.whole("start", 0), max(1, min(self.whole("limit", usual), MOST))
        part = found[start : start + limit]
        path = self.address()
        links = {"self": f"{self.base}{path}", "base": self.base, "context": CONTEXT}
        if start + limit < len(found):
            links["next"] = self.onward(start + limit, limit)
        if start:
            links["prev"] = self.onward(max(0, start - limit), limit)
        return {
            "results": [show(each) for each in part],
            "start": start,
            "limit": limit,
            "size": len(part),
            "_links": links,
        }

    def address(self) -> str:
        """The path that was asked, below the context path."""
        spelt = self.operation.path
        for name, value in self.path.items():
            spelt = spelt.replace(f"{{{name}}}", value)
        return spelt

    def onward(self, start: int, limit: int) -> str:
        """Another page of the same."""
        kept = [(k, v) for k, v in self.query.items() if k not in ("start", "limit")]
        asked = urlencode([*kept, ("limit", str(limit)), ("start", str(start))])
        return f"{self.address()}?{asked}"


def listed(found: Sequence[object], most: int = MOST) -> dict[str, Any]:
    """A list inside an answer, whole."""
    return {"results": list(found), "start": 0, "limit": most, "size": len(found)}


Handler = Callable[[Call], Answer]
