"""The pages on which the app is installed: what it asks for, and how it ended.

GET changes nothing but what Slack's redirect brings.
"""

import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from bot.errors import Unavailable
from bot.installation import Installation, is_place
from bot.slack_install import Done, InstallEnd, InstallEnded, SlackInstall
from handlers.browser.install_words import AWAY, BROKEN, ENDS, FOREIGN, UNREAD, asked
from handlers.browser.pages import Pages, ways_back
from handlers.browser.requests import browser_of, read_form, require_own_page, returned_by
from handlers.browser.words import Words

INSTALL: Final = "/slack/install"
REDIRECT: Final = "/slack/oauth_redirect"

_Handler = Callable[[web.Request], Awaitable[web.Response]]

logger = structlog.get_logger(__name__)


class InstallPages(Pages):
    """The pages of an install, in the dress of the others."""

    def install(self, scopes: frozenset[str], team_id: str) -> web.Response:
        """What the app is for, and what Slack will ask to allow."""
        return self._show("install.html", asks=asked(scopes), scopes=sorted(scopes), team=team_id)

    def installed(self, done: Done) -> web.Response:
        """Where it is installed, and the way on."""
        return self._show(
            "install_done.html",
            installation=done.installation,
            missing=asked(done.missing),
            scopes=sorted(done.missing),
            ways=ways_back(done.installation),
            workspaces=workspaces_url(done.installation),
        )

    def install_ended(self, words: Words, reference: str) -> web.Response:
        """What happened, what is safe and what to do."""
        return self._show("install_ended.html", words.status, words=words, reference=reference)


def install_routes(install: SlackInstall, pages: InstallPages) -> list[web.RouteDef]:
    """Return what to mount. HEAD reaches nothing that uses a state up."""
    browser = _Installing(install, pages)
    return [
        web.get(INSTALL, browser.guarded(browser.show)),
        web.post(INSTALL, browser.guarded(browser.begin)),
        web.get(REDIRECT, browser.guarded(browser.finish), allow_head=False),
    ]


def workspaces_url(installation: Installation) -> str:
    """Return where an organisation's admin adds the app to workspaces.

    https://docs.slack.dev/enterprise/organization-ready-apps
    """
    manage = f"https://app.slack.com/manage/{installation.enterprise_id}/integrations"
    return f"{manage}/profile/{installation.app_id}/workspaces/add"


class _Installing:
    """One method a page."""

    def __init__(self, install: SlackInstall, pages: InstallPages) -> None:
        self._install = install
        self._pages = pages
        self._address = pages.address

    async def show(self, request: web.Request) -> web.Response:
        return self._pages.install(self._install.scopes, _team(request.query.get("team", "")))

    async def begin(self, request: web.Request) -> web.Response:
        require_own_page(request, self._address)
        form = await read_form(request)
        browser = browser_of(request, self._address)
        team = _team(form.get("team", ""))
        return self._pages.go(await self._install.begin(browser, team or None))

    async def finish(self, request: web.Request) -> web.Response:
        came = returned_by(request)
        browser = browser_of(request, self._address)
        done = await self._install.finish(came.unverified_state, came.code, came.error, browser)
        return self._pages.installed(done)

    def guarded(self, handler: _Handler) -> _Handler:
        """Give whatever goes wrong a page of its own, and the browser a name."""

        async def guard(request: web.Request) -> web.Response:
            reference = secrets.token_hex(4)
            with structlog.contextvars.bound_contextvars(correlation=reference):
                response = await self._answer(handler, request, reference)
            if browser_of(request, self._address) is None:
                self._pages.name_browser(response)
            return response

        return guard

    async def _answer(
        self, handler: _Handler, request: web.Request, reference: str
    ) -> web.Response:
        try:
            return await handler(request)
        except InstallEnded as ended:
            _note(ended)
            words = ENDS[ended.end]
        except web.HTTPException as refused:
            words = FOREIGN if refused.status == HTTPStatus.FORBIDDEN else UNREAD
        except Unavailable as error:
            logger.warning("install_page_unavailable", provider=error.provider)
            words = AWAY
        except Exception:
            logger.exception("install_page_failed")
            words = BROKEN
        return self._pages.install_ended(words, reference)


def _team(unverified: str) -> str:
    """Return the workspace that Slack's directory names, if it can be one."""
    return unverified if is_place(unverified) else ""


def _note(ended: InstallEnded) -> None:
    if ended.end in {InstallEnd.FAULT, InstallEnd.CLIENT_REFUSED, InstallEnd.NOT_KEPT}:
        logger.error("install_ended", end=ended.end, exc_info=ended.__cause__)
    else:
        logger.info("install_ended", end=ended.end)
