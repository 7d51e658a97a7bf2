"""What the server publishes of itself (RFC 8414 §3), at the address that is switched on."""

from typing import Any

from aiohttp import web

from sandbox.issuer.issuer import Issuer
from sandbox.issuer.scopes import IN_WORDS

OAUTH_PATH = "/.well-known/oauth-authorization-server/issuer"
OPENID_PATH = "/issuer/.well-known/openid-configuration"
RIVAL_ISSUER = "https://login.rival.example"
PRIVATE_BASE = "http://10.0.0.5"
PATHS = {"oauth": OAUTH_PATH, "openid": OPENID_PATH}
GRANT_TYPES = ["authorization_code", "refresh_token", "client_credentials"]


class Metadata:
    """Serves both addresses; the one that isn't switched on answers 404."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        for path in PATHS.values():
            app.router.add_get(path, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The document."""
        if request.path != PATHS.get(self._issuer.switches.discovery):
            raise web.HTTPNotFound
        visit = self._issuer.visited(request, "metadata")
        elsewhere = self._issuer.faults.twist("other-endpoints", visit)
        base = self._issuer.url
        if elsewhere is not None:
            base = (elsewhere.value or PRIVATE_BASE) + "/issuer"
        document = published(self._issuer, base)
        rival = self._issuer.faults.twist("wrong-issuer", visit)
        if rival is not None:
            document["issuer"] = rival.value or RIVAL_ISSUER
        return await self._issuer.play(request, visit, lambda: web.json_response(document))


def published(issuer: Issuer, base: str) -> dict[str, Any]:
    """The document, with the endpoints below *base*."""
    switches = issuer.switches
    methods = [switches.client_authentication]
    said: dict[str, Any] = {
        "issuer": issuer.url,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "token_endpoint_auth_methods_supported": methods,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "scopes_supported": sorted(IN_WORDS),
    }
    if switches.revocation:
        said["revocation_endpoint"] = f"{base}/revoke"
        said["revocation_endpoint_auth_methods_supported"] = methods
    if switches.pkce != "absent":
        said["code_challenge_methods_supported"] = ["S256", *(["plain"] if switches.plain else [])]
    if switches.iss:
        said["authorization_response_iss_parameter_supported"] = True
    return said
