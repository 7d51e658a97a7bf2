"""A site in the browser: spaces, the page tree, pages, drafts and the trash."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote_plus, unquote_plus

from aiohttp import web
from markupsafe import Markup

from sandbox.atlassian import documents, people, sites, tiny
from sandbox.atlassian.moments import iso
from sandbox.atlassian.pages import Pages
from sandbox.atlassian.people import Account
from sandbox.atlassian.sites import Site
from sandbox.atlassian.wiki import READ, Content, Space, Wiki, id_of
from sandbox.clock import Clock

ROOT = "/atlassian/sites/{site}"
COOKIE = "sandbox_viewer"


class Missing(Exception):
    """Nothing here, or nothing that this viewer may see."""


class Visit:
    """Somebody looking at a site."""

    def __init__(self, site: Site, wiki: Wiki, viewer: Account) -> None:
        self.site = site
        self.wiki = wiki
        self.viewer = viewer

    @property
    def root(self) -> str:
        """The path that this site's pages begin with."""
        return f"/atlassian/sites/{self.site.slug}/wiki"

    def spaces(self) -> list[Space]:
        """Spaces that the viewer may read."""
        who = self.viewer.account_id
        return [each for each in self.wiki.spaces.values() if self.wiki.may(who, READ, each)]

    def space(self, key: str) -> Space:
        """A space by its key."""
        found = self.wiki.space_by_key(key)
        if found is None or found not in self.spaces():
            raise Missing
        return found

    def content(self, content_id: int | None) -> Content:
        """A page or blog post that the viewer may read."""
        found = self.wiki.contents.get(content_id or 0)
        if found is None or not self.wiki.sees(self.viewer.account_id, found):
            raise Missing
        return self.wiki.container(found)

    def url(self, content: Content) -> str:
        """Where a page is shown."""
        key = self.wiki.spaces[content.space].key
        folder = "blog" if content.kind == "blogpost" else "pages"
        return f"{self.root}/spaces/{key}/{folder}/{content.id}/{quote_plus(content.title)}"

    def listed(self, space: Space, status: str, kind: str = "page") -> list[Content]:
        """What the viewer sees in a space."""
        return [
            each
            for each in self.wiki.contents.values()
            if each.space == space.id
            and each.status == status
            and each.kind == kind
            and self.wiki.sees(self.viewer.account_id, each)
        ]

    def tree(self, space: Space) -> list[tuple[int, Content]]:
        """The pages of a space with their depth, in order."""
        seen = self.listed(space, "current")
        tops = [each for each in seen if each.parent is None]
        found: list[tuple[int, Content]] = []
        for top in sorted(tops, key=lambda each: each.position):
            found += self._branch(top, 0)
        return found

    def _branch(self, content: Content, depth: int) -> list[tuple[int, Content]]:
        found = [(depth, content)]
        for child in self.wiki.children(content):
            if child.status == "current" and self.wiki.sees(self.viewer.account_id, child):
                found += self._branch(child, depth + 1)
        return found


Show = Callable[[Visit, web.Request], web.Response]


class Browse:
    """Serves both sites."""

    def __init__(self, base_url: str, clock: Clock, wikis: dict[str, Wiki], pages: Pages) -> None:
        self._base_url = base_url
        self._clock = clock
        self._wikis = wikis
        self._pages = pages

    def attach(self, app: web.Application) -> None:
        """Serve under `/atlassian/sites/`."""
        wiki = ROOT + "/wiki"
        shows: dict[str, Show] = {
            ROOT: self.home,
            ROOT + "/": self.home,
            wiki: self.home,
            wiki + "/": self.home,
            wiki + "/home": self.home,
            wiki + "/spaces/{key}": self.space,
            wiki + "/spaces/{key}/overview": self.space,
            wiki + "/spaces/{key}/pages/{id:[0-9]+}": self.page,
            wiki + "/spaces/{key}/pages/{id:[0-9]+}/{title:.*}": self.page,
            wiki + "/spaces/{key}/pages/edit-v2/{id:[0-9]+}": self.page,
            wiki + "/spaces/{key}/blog/{id:[0-9]+}": self.page,
            wiki + "/spaces/{key}/blog/{id:[0-9]+}/{title:.*}": self.page,
            wiki + "/pages/viewpage.action": self.by_query,
            wiki + "/pages/resumedraft.action": self.by_query,
            wiki + "/x/{tiny}": self.by_tiny,
            wiki + "/display/{key}": self.by_title,
            wiki + "/display/{key}/{title:.*}": self.by_title,
        }
        for path, show in shows.items():
            app.router.add_get(path, self._serving(show))
        app.router.add_post(ROOT + "/viewer", self.choose_viewer)

    def _serving(self, show: Show) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            site = sites.find_site(request.match_info["site"])
            if site is None:
                raise web.HTTPNotFound
            visit = Visit(site, self._wikis[site.cloud_id], viewer_of(request, site))
            try:
                return show(visit, request)
            except Missing:
                return self._show(visit, "missing.html", status=404)

        return handle

    def _show(
        self, visit: Visit, template: str, *, status: int = 200, **said: object
    ) -> web.Response:
        here = [each for each in people.ACCOUNTS if visit.site.cloud_id in each.sites]
        return self._pages.show(template, status=status, visit=visit, viewers=here, **said)

    async def choose_viewer(self, request: web.Request) -> web.Response:
        """Be somebody else."""
        form = await request.post()
        account = people.find_account(str(form.get("viewer", "")))
        slug = request.match_info["site"]
        response = web.Response(status=303, headers={"Location": f"/atlassian/sites/{slug}/wiki"})
        if account is not None:
            response.set_cookie(
                COOKIE, account.name, path="/atlassian/sites", httponly=True, samesite="Lax"
            )
        return response

    def home(self, visit: Visit, _request: web.Request) -> web.Response:
        """Every space."""
        return self._show(visit, "spaces.html", spaces=visit.spaces())

    def space(self, visit: Visit, request: web.Request) -> web.Response:
        """A space: its tree, blog, drafts, archive and trash."""
        space = visit.space(request.match_info["key"])
        return self._show(
            visit,
            "space.html",
            space=space,
            tree=visit.tree(space),
            blog=visit.listed(space, "current", "blogpost"),
            shelves=[
                (name, visit.listed(space, status))
                for name, status in (
                    ("Your drafts", "draft"),
                    ("Archived", "archived"),
                    ("Trash", "trashed"),
                )
            ],
        )

    def page(self, visit: Visit, request: web.Request) -> web.Response:
        """A page as it is read."""
        content = visit.content(id_of(request.match_info["id"]))
        space = visit.wiki.spaces[content.space]
        around = [
            each
            for each in visit.wiki.contents.values()
            if each.extra.get("container") == content.id
        ]
        comments = [
            (people.BY_ID[each.author].display_name, Markup(documents.html_of(each.latest.body)))  # noqa: S704 -- view.py escapes and allow-lists
            for each in around
            if each.kind.endswith("comment")
        ]
        return self._show(
            visit,
            "page.html",
            page=content,
            space=space,
            author=people.BY_ID[content.latest.author].display_name,
            when=iso(content.latest.created)[:16].replace("T", " "),
            body=Markup(documents.html_of(content.latest.body)),  # noqa: S704 -- view.py escapes and allow-lists
            ancestors=visit.wiki.ancestors(content),
            children=[
                each
                for each in visit.wiki.children(content)
                if visit.wiki.sees(visit.viewer.account_id, each)
            ],
            comments=comments,
            files=[each for each in around if each.kind == "attachment"],
        )

    def by_query(self, visit: Visit, request: web.Request) -> web.Response:
        """The older address, by `pageId` or `draftId`."""
        said = request.query.get("pageId") or request.query.get("draftId") or ""
        return redirect(visit.url(visit.content(id_of(said))))

    def by_tiny(self, visit: Visit, request: web.Request) -> web.Response:
        """A tiny link."""
        return redirect(visit.url(visit.content(tiny.decode(request.match_info["tiny"]))))

    def by_title(self, visit: Visit, request: web.Request) -> web.Response:
        """The oldest address, by space and title."""
        space = visit.space(request.match_info["key"])
        title = unquote_plus(request.match_info.get("title", ""))
        if not title:
            return redirect(f"{visit.root}/spaces/{space.key}/overview")
        found = [each for each in visit.listed(space, "current") if each.title == title]
        if not found:
            raise Missing
        return redirect(visit.url(found[0]))


def viewer_of(request: web.Request, site: Site) -> Account:
    """Who is looking: the cookie's account, else the first of the site."""
    said = request.query.get("viewer") or request.cookies.get(COOKIE, "")
    account = people.find_account(said)
    if account is not None and site.cloud_id in account.sites:
        return account
    return next(each for each in people.ACCOUNTS if site.cloud_id in each.sites)


def redirect(location: str) -> web.Response:
    """On to the page's own address."""
    return web.Response(status=302, headers={"Location": location})
