"""Revocation (RFC 7009)."""

from aiohttp import web

from sandbox.issuer.asking import authenticated, read_fields
from sandbox.issuer.issuer import Issuer
from sandbox.issuer.log import Visit
from sandbox.issuer.refusals import OAuthRefusal
from sandbox.issuer.spoiling import NO_STORE
from sandbox.issuer.token import refusal, required

PATH = "/issuer/revoke"


class Revoke:
    """Serves `/issuer/revoke`, where it is switched on; its body is always a form (§2.1)."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def attach(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One token that somebody gives up."""
        if not self._issuer.switches.revocation:
            raise web.HTTPNotFound
        visit = self._issuer.visited(request, "revoke")
        try:
            fields = await read_fields(request, "form", visit)
        except OAuthRefusal as refused:
            told = refusal(refused)
            return await self._issuer.play(request, visit, lambda: told)
        return await self._issuer.play(
            request, visit, lambda: self._answered(request, fields, visit)
        )

    def _answered(self, request: web.Request, fields: dict[str, str], visit: Visit) -> web.Response:
        tokens = self._issuer.tokens
        try:
            client = authenticated(request, fields, self._issuer, visit)
            token = required(fields, "token")
        except OAuthRefusal as refused:
            return refusal(refused)
        family = tokens.family_of(token)
        if family is not None and family.client_id != client.client_id:
            return refusal(OAuthRefusal("invalid_grant", "it was issued to another client"))
        tokens.revoke(token)  # an unknown token is as good as revoked (§2.2)
        return web.Response(headers=NO_STORE)
