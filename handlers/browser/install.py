"""The pages on which the app is installed: what it asks for, and how it ended.

GET changes nothing but what Slack's redirect brings.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.errors import BotError
from bot.installation import Installation, is_place
from bot.slack_install import Done, InstallEnd, InstallEnded, SlackInstall
from handlers.browser.install_words import ASKS, ENDS, asked
from handlers.browser.pages import Pages, ways_back
from handlers.browser.requests import browser_of, read_form, require_own_page
from handlers.tenants import Tenants

INSTALL: Final = "/slack/install"
REDIRECT: Final = "/slack/oauth_redirect"

_Handler = Callable[[web.Request], Awaitable[web.Response]]

logger = structlog.get_logger(__name__)


class InstallPages(Pages):
    """The pages of an install, in the dress of the others."""

    def start(self, scopes: frozenset[str], team_id: str) -> web.Response:  # type: ignore[override]
        """What the app is for, and what Slack will ask for."""
        return self._show("install.html", asks=asked(scopes), scopes=sorted(scopes), team=team_id)
