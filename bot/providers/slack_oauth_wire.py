"""Installing the app by OAuth v2, and renewing its tokens, without touching the network.

https://docs.slack.dev/authentication/installing-with-oauth
https://docs.slack.dev/authentication/using-token-rotation
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from bot.errors import NotAllowed, ProfileBroken, ProviderFault, Unavailable
from bot.frozen import frozen
from bot.installation import BotTokens, Installation, is_place
from bot.principal import Tenant
from bot.providers import slack_wire as wire
from bot.providers.outgoing import Answer, Request
from bot.providers.slack_sign_in_wire import json_of
from bot.providers.slack_wire import Flag, Text

PROVIDER: Final = "Slack"
MOST_BYTES: Final = 256 * 1024
BOT: Final = "bot"
LONGEST_LIFE: Final = 10 * 365 * 24 * 3600
"""In seconds: a token that lives longer is none that Slack issues (it gives twelve hours)."""

# https://docs.slack.dev/reference/methods/oauth.v2.access#errors
BROKEN: Final = frozenset(
    {
        "bad_client_secret",
        "bad_redirect_uri",
        "client_not_found",
        "invalid_client_id",
        "oauth_authorization_url_mismatch",
        "token_rotation_not_enabled",
    }
)
REFUSED: Final = frozenset({"access_denied", "code_already_used", "code_expired", "invalid_code"})
ENDED: Final = wire.ENDED | {"invalid_refresh_token"}
"""A token, for access or renewal, that is no good any more: only another install mends it."""


def _part(value: object) -> object:
    return value if isinstance(value, dict) else {}


class _Theirs(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class NamedBody(_Theirs):
    """A workspace, an organisation or a person, as far as it is told."""

    id: Text = ""
    name: Text = ""


Named = Annotated[NamedBody, BeforeValidator(_part)]


class TokenBody(_Theirs):
    """What ``oauth.v2.access`` answers; *team* is null where an organisation installed."""

    ok: Flag = False
    error: Text = ""
    access_token: SecretStr | None = None
    token_type: Text = ""
    refresh_token: SecretStr | None = None
    expires_in: int | None = Field(default=None, gt=0, lt=LONGEST_LIFE)
    scope: Text = ""
    bot_user_id: Text = ""
    app_id: Text = ""
    is_enterprise_install: Flag = False
    team: Named = NamedBody()
    enterprise: Named = NamedBody()
    authed_user: Named = NamedBody()


class SelfBody(_Theirs):
    """What ``auth.test`` says of the token that asks."""

    ok: Flag = False
    error: Text = ""
    team_id: Text = ""
    enterprise_id: Text = ""
    bot_id: Text = ""
    user_id: Text = ""
    is_enterprise_install: Flag = False


@frozen
class Issued:
    """A bot's token just issued, not yet asked whose it is."""

    body: TokenBody
    tokens: BotTokens


def install_url(slack_url: str, asked: Mapping[str, str], team_id: str | None) -> str:
    """Return where the browser goes; *team_id* spares the person the choice of a workspace."""
    query = {**asked}
    if team_id is not None and is_place(team_id):
        query["team"] = team_id
    return f"{slack_url}/oauth/v2/authorize?{urlencode(query)}"


def access(api_url: str, fields: Mapping[str, str]) -> Request:
    """Trade in a code or a refresh token, by ``client_secret_post``."""
    return Request(
        PROVIDER,
        "POST",
        f"{api_url.rstrip('/')}/oauth.v2.access",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(fields).encode(),
        most_bytes=MOST_BYTES,
    )


def auth_test(api_url: str, token: SecretStr) -> Request:
    """Ask whose *token* is."""
    return Request(
        PROVIDER,
        "POST",
        f"{api_url.rstrip('/')}/auth.test",
        headers={
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=b"",
        most_bytes=MOST_BYTES,
    )


def read_issued(answer: Answer, now: datetime) -> Issued:
    """Read what was issued for a code. Raises ``NotAllowed``, ``ProfileBroken``."""
    body = _token_body(answer, now)
    if body.error in REFUSED | ENDED:
        raise NotAllowed("Slack refused the code of this install.")
    return Issued(body, _tokens(body, now))


def read_renewed(answer: Answer, now: datetime) -> BotTokens | None:
    """Read what was issued for a refresh token; ``None`` if that one is no good any more."""
    body = _token_body(answer, now)
    if body.error in ENDED:
        return None
    tokens = _tokens(body, now)
    if tokens.refresh_token is None or tokens.expires_at is None:
        raise ProviderFault("Slack renewed a token into one that doesn't rotate", provider=PROVIDER)
    return tokens


def read_self(answer: Answer, now: datetime) -> SelfBody | None:
    """Read whose the token is; ``None`` if it is no good any more."""
    try:
        body = SelfBody.model_validate(json_of(answer, now))
    except ValidationError as error:
        raise ProviderFault("Slack sent no answer to auth.test", provider=PROVIDER) from error
    if body.error in ENDED:
        return None
    if not body.ok:
        raise Unavailable(PROVIDER)
    return body


def installation_of(issued: Issued, itself: SelfBody, now: datetime) -> Installation:
    """Put together what the code stood for, if its token says the same of itself."""
    body, tokens = issued.body, issued.tokens
    is_org = body.is_enterprise_install
    tenant = body.enterprise.id if is_org else body.team.id
    told = itself.enterprise_id if is_org else itself.team_id
    if not is_place(tenant) or tenant != told or itself.is_enterprise_install is not is_org:
        raise ProviderFault("Slack issued a token that is another's", provider=PROVIDER)
    return Installation(
        tenant=Tenant(tenant),
        team_id=None if is_org else tenant,
        enterprise_id=body.enterprise.id or None,
        name=(body.enterprise if is_org else body.team).name,
        bot_token=tokens.bot_token,
        bot_id=itself.bot_id,
        bot_user_id=body.bot_user_id or itself.user_id,
        app_id=body.app_id,
        scopes=frozenset(each.strip() for each in body.scope.split(",") if each.strip()),
        installed_at=now,
        refresh_token=tokens.refresh_token,
        token_expires_at=tokens.expires_at,
    )


def _token_body(answer: Answer, now: datetime) -> TokenBody:
    try:
        body = TokenBody.model_validate(json_of(answer, now))
    except ValidationError as error:
        raise ProviderFault("Slack sent no token answer", provider=PROVIDER) from error
    if body.error in BROKEN:
        raise ProfileBroken(f"Slack refuses the app's own client: {body.error}")
    if not body.ok and body.error not in REFUSED | ENDED:
        raise Unavailable(PROVIDER)
    return body


def _tokens(body: TokenBody, now: datetime) -> BotTokens:
    if not body.ok or body.token_type != BOT or body.access_token is None:
        raise ProviderFault("Slack issued no bot token", provider=PROVIDER)
    if (body.refresh_token is None) != (body.expires_in is None):
        raise ProviderFault("Slack issued a token that half rotates", provider=PROVIDER)
    ends_at = None
    if body.expires_in is not None:
        ends_at = now.replace(microsecond=0) + timedelta(seconds=body.expires_in)
    return BotTokens(body.access_token, body.refresh_token, ends_at)
