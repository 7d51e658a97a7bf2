"""Confluence as Atlassian Cloud speaks it, to whoever has a token of the issuer."""

from collections.abc import Mapping

from aiohttp import web

from sandbox.atlassian import AtlassianWorld
from sandbox.atlassian.callers import UNAUTHORIZED, Caller, Callers
from sandbox.atlassian.contract import load_contract
from sandbox.atlassian.gateway import GATEWAY, MAX_REQUEST, WITHOUT_LICENCE, Gateway, Incoming
from sandbox.atlassian.people import find_account
from sandbox.atlassian.refusals import gateway_refusal
from sandbox.atlassian.scopes import is_confluence
from sandbox.atlassian.sites import ACME
from sandbox.issuer.issuer import Issuer
from sandbox.issuer.tokens import Access
from sandbox.issuer.whoami import access_of, token_in, unauthorized

PATH = "/issuer/cloud/{tail:wiki/.*}"


class IssuersCallers(Callers):
    """Tells callers by the issuer's tokens alone; they cost no app of Atlassian's any points."""

    def __init__(self, issuer: Issuer, atlassian: AtlassianWorld) -> None:
        super().__init__(atlassian.grants, atlassian.api_tokens, atlassian.apps)
        self._issuer = issuer

    def at_gateway(self, headers: Mapping[str, str], cloud_id: str) -> Caller:  # noqa: ARG002 -- its site is checked by the gateway
        """The account of the same name.

        Raises:
            Refusal: the token is none, or nobody there goes by that name.
        """
        access = self._issuer.tokens.find_access(token_in(headers))
        if access is None:
            raise gateway_refusal(401, UNAUTHORIZED)
        account = find_account(access.person)
        if account is None:
            raise gateway_refusal(403, WITHOUT_LICENCE)
        client = self._issuer.tokens.families[access.family].client_id
        scopes = frozenset(filter(is_confluence, access.scopes))
        return Caller(account, scopes, client, has_points=False)


class Cloud:
    """Serves `/issuer/cloud/wiki/`: the site acme, for people of the same names."""

    def __init__(self, issuer: Issuer, atlassian: AtlassianWorld) -> None:
        self._issuer = issuer
        self._gateway = Gateway(
            atlassian.base_url,
            atlassian.clock,
            atlassian.wikis,
            callers=IssuersCallers(issuer, atlassian),
            gone_now=atlassian.gone,
            pool=atlassian.pool,
            log=atlassian.log,
            faults=atlassian.faults,
            contract=load_contract(),
        )

    def attach(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_route("*", PATH, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any request to Confluence."""
        visit = self._issuer.visited(request, "api")
        body = await request.clone(client_max_size=MAX_REQUEST).read()
        incoming = Incoming(request, body, GATEWAY)
        incoming.cloud_id = ACME
        access = access_of(request, self._issuer, visit)
        return await self._issuer.play(request, visit, lambda: self._answered(incoming, access))

    def _answered(self, incoming: Incoming, access: Access | None) -> web.Response:
        return unauthorized() if access is None else self._gateway.answer(incoming)
