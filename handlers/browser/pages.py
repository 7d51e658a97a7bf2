"""Pages from templates, and the headers that every answer to a browser carries."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.connect import APPS_URL, Asked, CodeShown, Done, Ended, Export, Question, SecretKept
from bot.connection import IDENTITY, Need
from bot.installation import Installation
from bot.pending import PendingConnection, Purpose
from bot.profile import AuthorizationProfile
from bot.public_address import PublicAddress, is_loopback
from handlers.browser.words import PROBLEMS, asked_in_words, words_for

TOKENS_URL: Final = "https://id.atlassian.com/manage-profile/security/api-tokens"
# Nobody renews a token, its account is asked for at the site, and one scope isn't offered:
# https://jira.atlassian.com/browse/CONFCLOUD-82041
_NOT_FOR_TOKENS: Final = IDENTITY | {"read:hierarchical-content:confluence"}
_TWO_YEARS = 63072000
_OURS = 500


class Pages:
    """Renders pages in one dress, for one public address."""

    def __init__(
        self, address: PublicAddress, command: str = "/confluence", targets: Iterable[str] = ()
    ) -> None:
        """Take *targets*: the sources that a form may lead on to, for the security policy."""
        self.address = address
        self._targets = tuple(targets)
        self._style = style = _templates().get_template("style.css").render()
        self._everywhere = {
            "style": style,
            "address": address.url,
            "command": command,
            "apps_url": APPS_URL,
        }
        self._headers = _headers(address, _policy(style, self._targets))

    def start(
        self,
        token: str,
        pending: PendingConnection,
        profile: AuthorizationProfile,
        *,
        signs_in: bool,
    ) -> web.Response:
        """Who is connecting, from where, what will be asked for and what is kept."""
        asked = asked_in_words(pending.scopes)
        return self._show(
            "start.html",
            token=token,
            pending=pending,
            profile=profile,
            asked=asked,
            signs_in=signs_in,
            leads_to=profile.authorization_url,
        )

    def typing(self, asked: Asked, problem: str = "") -> web.Response:
        """A secret to be typed: what for, what becomes of it, and what was wrong with the last."""
        status = 400 if problem else 200
        needed = asked.pending.scopes - _NOT_FOR_TOKENS
        return self._show(
            "typing.html",
            status,
            asked=asked,
            problem=problem,
            tokens_url=TOKENS_URL,
            needed=sorted(needed),
            to_write=sorted(Need.WRITE.scopes - _NOT_FOR_TOKENS - needed),
        )

    def secret_kept(self, kept: SecretKept) -> web.Response:
        """Say that a profile's secret is kept, and lead back to Slack."""
        return self._show("secret_kept.html", kept=kept, ways=ways_back(kept.installation))

    def export(self, export: Export) -> web.Response:
        """Say what is in the file, before it is taken."""
        form = "JSON Lines" if export.pending.name == "jsonl" else "CSV"
        return self._show("export.html", export=export, form=form)

    def choice(self, question: Question, problem: str = "") -> web.Response:
        """Which site, and whether instead of another account."""
        status = 400 if problem else 200
        return self._show("choice.html", status, question=question, problem=problem)

    def code(self, shown: CodeShown) -> web.Response:
        """The code to type in Slack."""
        letters = shown.code.get_secret_value()
        minutes = int(shown.lasts.total_seconds() // 60)
        return self._show("code.html", shown=shown, letters=letters, minutes=minutes)

    def done(self, done: Done) -> web.Response:
        """Which account, which site, and the way back."""
        return self._show("done.html", connected=done.connected, ways=ways_back(done.installation))

    def ended(self, ended: Ended, reference: str, *, can_begin_anew: bool) -> web.Response:
        """What happened, what is safe and what to do."""
        pending = ended.pending
        words = words_for(ended.end, pending.server if pending else "")
        is_own = pending is not None and pending.purpose is Purpose.OWN
        return self._show(
            "ended.html",
            words.status,
            words=words,
            pending=pending,
            lacking=_lacking(ended),
            reference=reference,
            can_begin_anew=can_begin_anew and words.leads_on and is_own,
            word="connect" if is_own or pending is None else "admin",
        )

    def problem(self, status: int, reference: str) -> web.Response:
        """What is wrong with the request, or with us."""
        problem = PROBLEMS.get(status, PROBLEMS[_OURS if status >= _OURS else 400])
        is_ours = status >= _OURS
        return self._show(
            "problem.html", status, problem=problem, is_ours=is_ours, reference=reference
        )

    def go(self, url: str) -> web.Response:
        """On to *url*, by GET."""
        return self.guarded(web.Response(status=303, headers={"Location": url}))

    def guarded(self, response: web.Response) -> web.Response:
        """Put the headers of every answer on *response*."""
        self.guard(response)
        return response

    def guard(self, response: web.StreamResponse) -> None:
        """Put them on one that is still to be written."""
        response.headers.update(self._headers)

    def name_browser(self, response: web.StreamResponse) -> None:
        """Give the browser a name that no other has."""
        response.set_cookie(
            self.address.cookie,
            secrets.token_urlsafe(32),
            path="/",
            secure=self.address.is_secure,
            httponly=True,
            samesite="Lax",
        )

    def _show(
        self, template: str, status: int = 200, leads_to: str = "", **values: object
    ) -> web.Response:
        """Render *template*; *leads_to* is where its form may end up besides the usual places."""
        text = _templates().get_template(template).render(self._everywhere, **values)
        response = self.guarded(web.Response(status=status, text=text, content_type="text/html"))
        if leads_to:
            targets = (*self._targets, *redirect_targets(leads_to))
            policy = _policy(self._style, dict.fromkeys(targets))
            response.headers["Content-Security-Policy"] = policy
        return response


@cache
def _templates() -> Environment:
    """Compile each but once, whoever shows it."""
    return Environment(
        loader=PackageLoader("handlers", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def redirect_targets(*urls: str) -> tuple[str, ...]:
    """Return the sources under which redirects to *urls* stay, for ``form-action``.

    Chromium holds every hop of a redirect that follows a form to it, and both Slack and
    Atlassian send people on to sibling hosts to sign in (a workspace's, ``id.``).
    """
    targets: list[str] = []
    for url in urls:
        parts = urlsplit(url)
        targets.append(f"{parts.scheme}://{parts.netloc}")
        host = parts.hostname or ""
        if parts.scheme == "https" and "." in host and not is_loopback(host):
            targets.append(f"https://*.{'.'.join(host.split('.')[-2:])}")
    return tuple(dict.fromkeys(targets))


def ways_back(installation: Installation) -> tuple[str, str]:
    """Return the links into Slack: its app's, and the browser's."""
    team = installation.team_id or installation.enterprise_id or installation.tenant
    app = f"slack://app?team={team}&id={installation.app_id}"
    # `auth.test` needn't name the app; its bot's messages are as good a place to go on.
    bot = f"slack://user?team={team}&id={installation.bot_user_id}"
    return app if installation.app_id else bot, f"https://app.slack.com/client/{team}"


def _lacking(ended: Ended) -> tuple[tuple[str, str], ...]:
    """Return the groups of scopes, in words, of which something is missing."""
    return tuple((each.title, each.means) for each in asked_in_words(ended.scopes))


def _policy(style: str, targets: Iterable[str]) -> str:
    sources = " ".join(("'self'", *targets))
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{hashed}'",
            f"form-action {sources}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _headers(address: PublicAddress, policy: str) -> dict[str, str]:
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    if address.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}"
    return headers
