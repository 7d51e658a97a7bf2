"""The pages that links of the API lead to."""

from aiohttp import web
from markupsafe import Markup

from sandbox.atlassian import tiny
from sandbox.atlassian.wiki import READ, Content, Space, id_of
from sandbox.datacenter import bodies, people
from sandbox.datacenter.call import ROOT
from sandbox.datacenter.pages import Pages
from sandbox.datacenter.site import Site

COOKIE = "sandbox_datacenter_viewer"


class Browse:
    """The pages that links of the API lead to, for whoever `?viewer=` or the cookie names."""

    def __init__(self, site: Site, pages: Pages) -> None:
        self._site = site
        self._pages = pages

    def attach(self, app: web.Application) -> None:
        """Serve the addresses of pages, old and new."""
        app.router.add_get(ROOT, self.home)
        app.router.add_get(ROOT + "/", self.home)
        app.router.add_get(ROOT + "/spaces/{key}", self.space)
        app.router.add_get(ROOT + "/display/{key}", self.space)
        app.router.add_get(ROOT + "/display/{key}/{title}", self.by_title)
        app.router.add_get(ROOT + "/spaces/{key}/pages/{id}", self.page)
        app.router.add_get(ROOT + "/spaces/{key}/pages/{id}/{title:.*}", self.page)
        app.router.add_get(ROOT + "/pages/viewpage.action", self.page)
        app.router.add_get(ROOT + "/x/{tiny}", self.page)

    async def home(self, request: web.Request) -> web.Response:
        """Every page that the viewer sees, by space."""
        return self._listed(request, "Spaces", list(self._site.spaces.values()))

    async def space(self, request: web.Request) -> web.Response:
        """The pages of one space."""
        found = self._site.space_by_key(request.match_info["key"])
        return self._listed(request, found.name if found else "", [found] if found else [])

    def _listed(self, request: web.Request, title: str, spaces: list[Space]) -> web.Response:
        viewer = viewer_of(request)
        seen = [
            (space, [each for each in self._pages_of(space) if self._site.sees(viewer, each)])
            for space in self._site.spaces.values()
            if space in spaces and self._site.may(viewer, READ, space)
        ]
        if not seen:
            return self._show(request, "gone.html", status=404)
        return self._show(request, "listed.html", title=title, spaces=seen)

    def _pages_of(self, space: Space) -> list[Content]:
        return [
            each
            for each in self._site.contents.values()
            if each.space == space.id
            and each.kind in ("page", "blogpost")
            and each.status == "current"
        ]

    async def by_title(self, request: web.Request) -> web.Response:
        """The oldest address."""
        key, title = request.match_info["key"], request.match_info["title"].replace("+", " ")
        for each in self._site.contents.values():
            place = self._site.spaces[each.space].key
            if (place, each.title, each.kind) == (key, title, "page"):
                return self._page(request, each)
        return self._show(request, "gone.html", status=404)

    async def page(self, request: web.Request) -> web.Response:
        """A page by its id, in the path, the query or a tiny link."""
        said = request.match_info.get("id") or request.query.get("pageId")
        number = id_of(said) if said else tiny.decode(request.match_info.get("tiny", ""))
        found = self._site.contents.get(number or 0)
        if found is None:
            return self._show(request, "gone.html", status=404)
        return self._page(request, self._site.container(found))

    def _page(self, request: web.Request, found: Content) -> web.Response:
        if found.status != "current" or not self._site.sees(viewer_of(request), found):
            return self._show(request, "gone.html", status=404)
        talk = self._site.hanging(found, "footer-comment", "inline-comment")
        return self._show(
            request,
            "read.html",
            page=found,
            space=self._site.spaces[found.space],
            author=people.BY_KEY[found.latest.author].display_name,
            body=html(found),
            comments=[(people.BY_KEY[each.author].display_name, html(each)) for each in talk],
            files=self._site.hanging(found, "attachment"),
        )

    def _show(
        self, request: web.Request, template: str, *, status: int = 200, **said: object
    ) -> web.Response:
        viewer = people.BY_KEY[viewer_of(request)]
        response = self._pages.show(template, status=status, root=ROOT, viewer=viewer, **said)
        if "viewer" in request.query:
            response.set_cookie(COOKIE, viewer.name, path=ROOT, httponly=True, samesite="Lax")
        return response


def html(content: Content) -> Markup:
    """What a reader sees."""
    return Markup(bodies.written(content.latest.body.value, "view"))  # noqa: S704 -- view.py escapes and allow-lists


def viewer_of(request: web.Request) -> str:
    """The user key of whoever is looking: Ada, unless somebody is named."""
    said = request.query.get("viewer") or request.cookies.get(COOKIE, "")
    return (people.find_person(said) or people.PEOPLE[0]).account_id
