"""The token endpoint: tokens for codes, refresh tokens and service accounts' credentials."""

import hmac
import json
from typing import Any

from aiohttp import web

from sandbox.atlassian.apps import Apps
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.grants import Grants, TokenRefused
from sandbox.atlassian.log import Entry, Log

AUDIENCE = "api.atlassian.com"


class TokenEndpoint:
    """Stands for https://auth.atlassian.com/oauth/token; JSON and form are both understood."""

    def __init__(self, apps: Apps, grants: Grants, faults: Faults, log: Log) -> None:
        self._apps = apps
        self._grants = grants
        self._faults = faults
        self._log = log

    def attach(self, app: web.Application) -> None:
        """Serve `/atlassian/auth/oauth/token`."""
        app.router.add_post("/atlassian/auth/oauth/token", self.token)

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Tokens, or the reason why not."""
        sent = await fields(request)
        return await self._faults.play(request, lambda: self._noted(request, sent))

    def _noted(self, request: web.Request, sent: dict[str, str] | None) -> web.Response:
        entry = Entry(self._grants.now(), request.method, request.path, query="")
        answer = self._traded(sent)
        entry.client = (sent or {}).get("client_id", "")
        entry.operation = (sent or {}).get("grant_type", "")
        entry.status = answer.status
        self._log.add(entry)
        return answer

    def _traded(self, sent: dict[str, str] | None) -> web.Response:
        headers = {"Cache-Control": "no-store"}
        try:
            answer = self._trade(sent)
        except TokenRefused as refused:
            return web.json_response(refused.body, status=refused.status, headers=headers)
        return web.json_response(answer, headers=headers)

    def _trade(self, asked: dict[str, str] | None) -> dict[str, Any]:
        if asked is None:
            raise TokenRefused(400, "invalid_request", "The body is not a JSON object")
        client_id, grants = self._client(asked), self._grants
        grant_type = asked.get("grant_type", "")
        if (grant_type == "client_credentials") != (client_id in grants.credentials):
            words = f"Grant type '{grant_type[:50]}' not allowed for the client."
            raise TokenRefused(403, "unauthorized_client", words)
        if grant_type == "authorization_code":
            code, redirect_uri = required(asked, "code"), required(asked, "redirect_uri")
            return grants.trade_code(client_id, code, redirect_uri)
        if grant_type == "refresh_token":
            return grants.trade_refresh_token(client_id, required(asked, "refresh_token"))
        if grant_type == "client_credentials":
            if asked.get("audience", AUDIENCE) != AUDIENCE:
                raise TokenRefused(403, "access_denied", "Service not found")
            return grants.trade_credential(client_id)
        words = f"Unsupported grant type: {grant_type[:50]}"
        raise TokenRefused(403, "unsupported_grant_type", words)

    def _client(self, asked: dict[str, str]) -> str:
        """Who asks, proven by the secret."""
        client_id = required(asked, "client_id")
        app, credential = self._apps.find(client_id), self._grants.credentials.get(client_id)
        secret = app.client_secret if app else None
        if credential is not None and not credential.grant.revoked:
            secret = credential.client_secret
        if secret is None or not same(asked.get("client_secret", ""), secret):
            raise TokenRefused(401, "access_denied", "Unauthorized")
        return client_id


def same(left: str, right: str) -> bool:
    """Compare secrets."""
    return hmac.compare_digest(left.encode(), right.encode())


def required(asked: dict[str, str], name: str) -> str:
    """A field that must be there."""
    value = asked.get(name)
    if not value:
        raise TokenRefused(400, "invalid_request", f"Missing required parameter: {name}")
    return value


async def fields(request: web.Request) -> dict[str, str] | None:
    """What a token request says, JSON or form; None where it is neither."""
    if request.content_type != "application/json":
        return {key: str(value) for key, value in (await request.post()).items()}
    try:
        sent = json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
    if not isinstance(sent, dict):
        return None
    return {str(key): value for key, value in sent.items() if isinstance(value, str)}
