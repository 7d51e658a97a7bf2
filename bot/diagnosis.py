"""``confab check``: proves the settings against the real services, one step after the other."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError
from bot.frozen import frozen
from bot.manifest import required_scopes
from bot.principal import Tenant
from bot.settings import Settings
from handlers.browser import INSTALL, REDIRECT
from handlers.slack_refusals import UNANSWERED, refusal_code
from store.collection import DatabaseRefused
from store.database import AddressWrong, Database, open_database
from store.keyring import KeyRing
from store.leases import MongoLeases
from store.preparation import prepare
from store.stores import mongo_stores

_PATIENCE = aiohttp.ClientTimeout(total=10)
_BOGUS = "a-code-that-nobody-issued"
_SCOPE_PAGE = "“OAuth & Permissions”"
_CLIENT_ADVICE = (
    "Copy CONFAB_SLACK_CLIENT_ID and CONFAB_SLACK_CLIENT_SECRET from “Basic Information” → "
    "“App Credentials” again."
)


@frozen
class Finding:
    """What one step found; *advice* says what to do where it isn't well."""

    step: str
    found: str
    advice: str | None = None

    @property
    def is_well(self) -> bool:
        """Tell whether there is nothing to do."""
        return self.advice is None

    def __str__(self) -> str:
        """Two lines at most."""
        if self.advice is None:
            return f"ok    {self.step}: {self.found}"
        return f"FAIL  {self.step}: {self.found}\n      {self.advice}"


async def diagnose(settings: Settings, say: Callable[[str], None]) -> bool:
    """Take every step, *say* what each found, and return whether all is well."""
    all_well = True
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        async for finding in _findings(settings, session):
            say(str(finding))
            all_well = all_well and finding.is_well
    say("All is well." if all_well else "Some of it isn't well: see docs/setup.md.")
    return all_well


async def _findings(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    yield Finding("Settings", "complete and well-formed")
    slack = _Slack(settings, session)
    yield await (slack.installing() if settings.takes_installs else slack.token())
    async for finding in _database(settings, slack.tenant):
        yield finding
    if not settings.takes_installs:
        yield slack.scopes()
    if settings.socket_mode:
        yield await slack.socket()
    yield await slack.sign_in()
    yield await _public_url(settings, session)
    yield await _atlassian(settings, session)


async def _database(settings: Settings, tenant: Tenant | None) -> AsyncIterator[Finding]:
    step = "Database"
    try:
        database = open_database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)
    except AddressWrong as error:
        yield Finding(step, str(error), "docs/operation.md says what each setting is.")
        return
    try:
        await prepare(database)
        await MongoLeases(database).hold("check", "check", timedelta(seconds=1))
        yield Finding(step, f"“{database.name}” takes writes and answers reads")
        yield await _keys(settings, database, tenant)
    except DatabaseRefused as error:
        advice = (
            "Is the user's password in CONFAB_MONGODB_URI right, and has the user readWrite and "
            f"dbAdmin on “{database.name}”?"
        )
        yield Finding(step, str(error), advice)
    except BotError as error:
        advice = "Is CONFAB_MONGODB_URI right, does the server run, and may this machine reach it?"
        yield Finding(step, str(error), advice)
    finally:
        database.close()


async def _keys(settings: Settings, database: Database, tenant: Tenant | None) -> Finding:
    stores = mongo_stores(database, KeyRing.parse(settings.keys), _now)
    try:
        found = await stores.installations.find(tenant) if tenant else None
    except BotError as error:
        advice = "Add the key that the database was written with to CONFAB_KEYS, after the first."
        return Finding("Keys", f"what is stored can't be opened ({error.code})", advice)
    opened = "open what is stored" if found else "nothing is stored yet that they must open"
    return Finding("Keys", opened)


class _Slack:
    """What Slack says of the app."""

    def __init__(self, settings: Settings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session
        self._granted: frozenset[str] | None = None
        self.tenant: Tenant | None = None

    async def token(self) -> Finding:
        """Ask whose the bot token is."""
        step, advice = "Slack", "Copy CONFAB_SLACK_BOT_TOKEN from “OAuth & Permissions” again."
        try:
            who = await self._client(self._settings.slack_bot_token).auth_test()
        except SlackApiError as error:
            if not refusal_code(error):
                return _unreachable(step, self._settings.slack_api_url, error)
            return Finding(step, f"refuses the bot token ({refusal_code(error)})", advice)
        except UNANSWERED as error:
            return _unreachable(step, self._settings.slack_api_url, error)
        is_org = bool(who.get("is_enterprise_install"))
        self.tenant = Tenant(str(who.get("enterprise_id") if is_org else who.get("team_id")))
        header = str(who.headers.get("x-oauth-scopes", ""))
        self._granted = frozenset(header.replace(" ", "").split(","))
        return Finding(step, f"@{who.get('user')} in “{who.get('team')}”")

    async def installing(self) -> Finding:
        """See whether Slack would take an install of ours: it hears of a code that is none."""
        step, settings = "Slack", self._settings
        url = f"{settings.slack_api_url}/oauth.v2.access"
        secret = settings.slack_client_secret or SecretStr("")
        trial = {
            "client_id": settings.slack_client_id or "",
            "client_secret": secret.get_secret_value(),
            "code": _BOGUS,
            "redirect_uri": f"{settings.public_url}{REDIRECT}",
        }
        try:
            code = (await _json(self._session.post(url, data=trial))).get("error")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return _unreachable(step, url, error)
        if code == "bad_redirect_uri":
            advice = f"Add {trial['redirect_uri']} to “Redirect URLs” on {_SCOPE_PAGE}."
            return Finding(step, f"refuses our redirect URL ({code})", advice)
        if code != "invalid_code":
            return Finding(step, f"refuses the client ({code})", _CLIENT_ADVICE)
        return Finding(step, f"workspaces install the app at {settings.public_url}{INSTALL}")

    def scopes(self) -> Finding:
        """Hold what was granted against the manifest."""
        step = "Slack scopes"
        if self._granted is None:
            return Finding(step, "not known", "Put the bot token right first.")
        if missing := sorted(required_scopes() - self._granted):
            advice = f"Add them on {_SCOPE_PAGE}, then install the app again."
            return Finding(step, f"missing {', '.join(missing)}", advice)
        return Finding(step, "all granted")

    async def socket(self) -> Finding:
        """Ask for a socket's address."""
        step = "Socket Mode"
        token = self._settings.slack_app_token or SecretStr("")
        try:
            await self._client(token).apps_connections_open(app_token=token.get_secret_value())
        except SlackApiError as error:
            if not refusal_code(error):
                return _unreachable(step, self._settings.slack_api_url, error)
            advice = (
                "CONFAB_SLACK_APP_TOKEN needs connections:write (“Basic Information” → "
                "“App-Level Tokens”), and “Socket Mode” has to be on."
            )
            return Finding(step, f"refused ({refusal_code(error)})", advice)
        except UNANSWERED as error:
            return _unreachable(step, self._settings.slack_api_url, error)
        return Finding(step, "Slack opens a socket for us")

    async def sign_in(self) -> Finding:
        """Find Slack's sign-in, and see whether it knows our client."""
        step, settings = "Sign in with Slack", self._settings
        if settings.slack_client_id is None or settings.slack_client_secret is None:
            return Finding(step, "not set: people prove who they are by a code that they type")
        trial = {
            "client_id": settings.slack_client_id,
            "client_secret": settings.slack_client_secret.get_secret_value(),
            "code": _BOGUS,
        }
        try:
            url = f"{settings.slack_url}/.well-known/openid-configuration"
            issuer = (await _json(self._session.get(url))).get("issuer")
            url = f"{settings.slack_api_url}/openid.connect.token"
            code = (await _json(self._session.post(url, data=trial))).get("error")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return _unreachable(step, url, error)
        return self._judge_client(step, str(issuer), str(code))

    def _judge_client(self, step: str, issuer: str, code: str) -> Finding:
        if issuer != self._settings.slack_url:
            return Finding(step, f"is issued by {issuer}", "Set CONFAB_SLACK_URL to that address.")
        if code != "invalid_code":
            return Finding(step, f"Slack refuses the client ({code})", _CLIENT_ADVICE)
        return Finding(step, "Slack knows the client")

    def _client(self, token: SecretStr | None) -> AsyncWebClient:
        return AsyncWebClient(
            token=token.get_secret_value() if token else None,
            base_url=f"{self._settings.slack_api_url}/",
            session=self._session,
        )


async def _public_url(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    step, url = "Public address", settings.public_url
    try:
        async with session.get(f"{url}/healthz", allow_redirects=False) as answer:
            status, text = answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        advice = "Start the bot, see that its name, TLS and proxy lead to CONFAB_ADDR, check again."
        return Finding(step, f"{url} doesn't answer ({type(error).__name__})", advice)
    if (status, text) != (200, "ok\n"):
        advice = f"Somebody else answers there. It has to lead to the bot, at {settings.addr}."
        return Finding(step, f"{url}/healthz answers {status}, but not as the bot does", advice)
    return Finding(step, f"{url} leads to a bot")


async def _atlassian(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    """Try a code that nobody issued: a known client hears of the code, an unknown one of itself."""
    step, url = "Atlassian", f"{settings.atlassian_auth_url}/oauth/token"
    body = {
        "grant_type": "authorization_code",
        "client_id": settings.atlassian_client_id,
        "client_secret": settings.atlassian_client_secret.get_secret_value(),
        "code": _BOGUS,
        "redirect_uri": f"{settings.public_url}/connect/callback/system",
    }
    try:
        error = (await _json(session.post(url, json=body, allow_redirects=False))).get("error")
    except (aiohttp.ClientError, TimeoutError, ValueError) as failed:
        return _unreachable(step, url, failed)
    if error != "invalid_grant":
        advice = (
            "Copy CONFAB_ATLASSIAN_CLIENT_ID and CONFAB_ATLASSIAN_CLIENT_SECRET from the app's "
            "“Settings” again."
        )
        return Finding(step, f"refuses the client ({error})", advice)
    return Finding(step, f"knows the client; its callback has to be {body['redirect_uri']}")


async def _json(request: Any) -> Mapping[str, Any]:  # noqa: ANN401  # aiohttp's own context manager
    async with request as answer:
        body = await answer.json(content_type=None)
    if not isinstance(body, dict):
        raise ValueError("not an object")  # noqa: TRY004  # theirs, like any other unreadable answer
    return body


def _unreachable(step: str, url: str, error: Exception) -> Finding:
    host = urlsplit(url).netloc
    advice = f"May this machine reach {host}? docs/operation.md lists the addresses to allow."
    return Finding(
        step, f"{host} gives no answer that can be read ({type(error).__name__})", advice
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # this command has no other clock
