"""The pages of consent, and where each leads. GET changes nothing but what a redirect brings."""

from collections.abc import Mapping

from aiohttp import web

from bot.connect import (
    Anew,
    CodeShown,
    Connect,
    Decided,
    Done,
    End,
    Ended,
    Next,
    SecretKept,
    ToChoose,
    ToExport,
    ToType,
)
from bot.connection import Need
from bot.content import CloudId
from bot.errors import BadInput
from bot.principal import unverified_tenant
from handlers.browser.pages import Pages
from handlers.browser.requests import (
    browser_of,
    read_credentials,
    read_form,
    require_own_page,
    returned_by,
)

START = r"/connect/{token:[^/]+\.[^/]+}"
"""A token has a dot in it, so that it isn't taken for one of our own words."""


def routes(connect: Connect, pages: Pages) -> list[web.RouteDef]:
    """Return what to mount.

    HEAD reaches nothing that uses a step up.
    """
    browser = _Browser(connect, pages)
    return [
        web.get("/connect/slack", browser.prove, allow_head=False),
        web.get("/connect/callback/{profile}", browser.consent, allow_head=False),
        web.get("/connect/typed/{token}", browser.show_typing),
        web.post("/connect/typed/{token}", browser.take_typed),
        web.get("/connect/choice/{token}", browser.show_choice),
        web.post("/connect/choice/{token}", browser.choose),
        web.post("/connect/again", browser.begin_anew),
        web.get(START, browser.show_start),
        web.post(START, browser.begin),
    ]


class _Browser:
    """One method a page."""

    def __init__(self, connect: Connect, pages: Pages) -> None:
        self._connect = connect
        self._pages = pages
        self._address = pages.address

    async def show_start(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        pending, profile = await self._connect.look_at_start(token)
        return self._pages.start(token, pending, profile, signs_in=self._connect.can_begin_anew)

    async def begin(self, request: web.Request) -> web.Response:
        await self._read_form(request)
        browser = browser_of(request, self._address)
        return self._lead(await self._connect.begin(request.match_info["token"], browser))

    async def begin_anew(self, request: web.Request) -> web.Response:
        anew = _read_anew(await self._read_form(request))
        browser = browser_of(request, self._address)
        return self._pages.go(await self._connect.begin_anew(anew, browser))

    async def prove(self, request: web.Request) -> web.Response:
        browser = browser_of(request, self._address)
        return self._lead(await self._connect.prove(returned_by(request), browser))

    async def consent(self, request: web.Request) -> web.Response:
        browser = browser_of(request, self._address)
        profile = request.match_info["profile"]
        return self._show(await self._connect.consent(profile, returned_by(request), browser))

    async def show_typing(self, request: web.Request) -> web.Response:
        return await self._show_typing(request, request.match_info["token"])

    async def take_typed(self, request: web.Request) -> web.Response:
        typed = read_credentials(await self._read_form(request))
        browser = browser_of(request, self._address)
        token = request.match_info["token"]
        following = await self._connect.take_typed(token, browser, typed)
        if isinstance(following, ToType):
            return await self._show_typing(request, following.token, following.problem)
        return self._show(following)

    async def _show_typing(
        self, request: web.Request, token: str, problem: str = ""
    ) -> web.Response:
        browser = browser_of(request, self._address)
        return self._pages.typing(await self._connect.look_at_typing(token, browser), problem)

    async def show_choice(self, request: web.Request) -> web.Response:
        return await self._show_choice(request)

    async def choose(self, request: web.Request) -> web.Response:
        decided = _read_decision(await self._read_form(request))
        browser = browser_of(request, self._address)
        try:
            token = request.match_info["token"]
            return self._show(await self._connect.choose(token, browser, decided))
        except BadInput as problem:
            return await self._show_choice(request, str(problem))

    async def _show_choice(self, request: web.Request, problem: str = "") -> web.Response:
        browser = browser_of(request, self._address)
        question = await self._connect.look_at_choice(request.match_info["token"], browser)
        return self._pages.choice(question, problem)

    async def _read_form(self, request: web.Request) -> Mapping[str, str]:
        require_own_page(request, self._address)
        return await read_form(request)

    def _lead(self, onward: str | Next) -> web.Response:
        return self._pages.go(onward) if isinstance(onward, str) else self._show(onward)

    def _show(self, following: Next) -> web.Response:
        match following:
            case ToType(token):
                return self._pages.go(self._address.link(f"/connect/typed/{token}"))
            case SecretKept():
                return self._pages.secret_kept(following)
            case ToExport(token):
                return self._pages.go(self._address.link(f"/connect/export/{token}"))
            case ToChoose(token):
                return self._pages.go(self._address.link(f"/connect/choice/{token}"))
            case CodeShown():
                return self._pages.code(following)
            case Done():
                return self._pages.done(following)


def _read_anew(form: Mapping[str, str]) -> Anew:
    tenant = unverified_tenant(f"{form.get('tenant', '')}.anew")
    if tenant is None:
        raise Ended(End.UNKNOWN)
    need = Need.WRITE if form.get("need") == Need.WRITE else Need.READ
    return Anew(tenant, need)


def _read_decision(form: Mapping[str, str]) -> Decided:
    site = form.get("site")
    return Decided(
        CloudId(site) if site else None,
        instead_of=form.get("instead_of", ""),
        keeps_other=form.get("decision") == "keep",
    )
