"""What a bearer token of the issuer says at the APIs behind it."""

from collections.abc import Mapping

from aiohttp import web

from sandbox.issuer.issuer import Issuer
from sandbox.issuer.log import Visit
from sandbox.issuer.people import BY_NAME
from sandbox.issuer.tokens import Access

PATH = "/issuer/api/whoami"


class WhoAmI:
    """Serves `/issuer/api/whoami`."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def attach(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get(PATH, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Who the token is of, and what it may."""
        visit = self._issuer.visited(request, "api")
        access = access_of(request, self._issuer, visit)
        return await self._issuer.play(
            request, visit, lambda: unauthorized() if access is None else told(access)
        )


def access_of(request: web.Request, issuer: Issuer, visit: Visit) -> Access | None:
    """What the token that was sent opens."""
    access = issuer.tokens.find_access(token_in(request.headers))
    if access is not None:
        visit.person = access.person
        visit.client = issuer.tokens.families[access.family].client_id
    return access


def token_in(headers: Mapping[str, str]) -> str:
    """The bearer token that was sent, if there is one (RFC 6750 §2.1)."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.casefold() == "bearer" else ""


def told(access: Access) -> web.Response:
    """Whose token it is."""
    person = BY_NAME[access.person]
    return web.json_response(
        {"username": person.name, "name": person.full_name, "scopes": access.scopes}
    )


def unauthorized() -> web.Response:
    """A token that is none, or none any more (RFC 6750 §3.1)."""
    return web.json_response(
        {"statusCode": 401, "message": "Unauthorized"},
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="issuer", error="invalid_token"'},
    )
