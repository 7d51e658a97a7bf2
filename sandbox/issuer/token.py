"""The token endpoint (RFC 6749 §4.1.3, §4.4, §5, §6), and a second one for refreshing alone."""

from typing import Any

from aiohttp import web

from sandbox.issuer.asking import authenticated, read_fields
from sandbox.issuer.clients import RIVALS, Client
from sandbox.issuer.issuer import Issuer
from sandbox.issuer.log import Visit
from sandbox.issuer.pkce import proves
from sandbox.issuer.refusals import OAuthRefusal
from sandbox.issuer.scopes import scopes_in
from sandbox.issuer.spoiling import NO_STORE
from sandbox.issuer.tokens import Code, Family

PATH = "/issuer/token"
REFRESH_PATH = "/issuer/refresh"
PLACES = {
    "authorization_code": "code",
    "refresh_token": "refresh",
    "client_credentials": "credentials",
}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="issuer"'}


class Token:
    """Serves `/issuer/token` and, where it is switched on, `/issuer/refresh`."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def attach(self, app: web.Application) -> None:
        """Add the routes; nothing but POST is answered (§3.2)."""
        app.router.add_post(PATH, self.serve)
        app.router.add_post(REFRESH_PATH, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request for tokens."""
        issuer = self._issuer
        at_refresh = request.path == REFRESH_PATH
        if at_refresh and issuer.switches.refresh_at != "refresh":
            raise web.HTTPNotFound
        visit = issuer.visited(request, "code")
        try:
            fields = await read_fields(request, issuer.switches.body, visit)
        except OAuthRefusal as refused:
            told = refusal(refused)
            return await issuer.play(request, visit, lambda: told)
        visit.place = PLACES.get(fields.get("grant_type", ""), "code")
        return await issuer.play(request, visit, lambda: self._answered(request, fields, visit))

    def _answered(self, request: web.Request, fields: dict[str, str], visit: Visit) -> web.Response:
        try:
            client = authenticated(request, fields, self._issuer, visit)
            if self._issuer.faults.twist("echo-secret", visit) is not None:
                return refusal(echo(client, fields))
            return web.json_response(self._traded(client, fields, visit), headers=NO_STORE)
        except OAuthRefusal as refused:
            return refusal(refused)

    def _traded(self, client: Client, fields: dict[str, str], visit: Visit) -> dict[str, Any]:
        grant_type = required(fields, "grant_type")
        refreshes = grant_type == "refresh_token"
        here = (visit.path == REFRESH_PATH) == refreshes
        if self._issuer.switches.refresh_at == "refresh" and not here:
            raise OAuthRefusal("unsupported_grant_type", "not at this endpoint")
        if grant_type == "authorization_code":
            return self._trade_code(client, fields, visit)
        if refreshes:
            return self._trade_refresh(client, fields, visit)
        if grant_type == "client_credentials":
            return self._trade_credentials(client, fields, visit)
        raise OAuthRefusal("unsupported_grant_type", "not a grant type of this server")

    def _trade_code(self, client: Client, fields: dict[str, str], visit: Visit) -> dict[str, Any]:
        code, family = self._find_code(client, required(fields, "code"), visit)
        if code.used:
            self._issuer.tokens.end(family)
            raise OAuthRefusal("invalid_grant", "the code was used before")
        if code.expires <= self._issuer.clock.now():
            raise OAuthRefusal("invalid_grant", "the code has expired")
        code.used = True
        if fields.get("redirect_uri", "") != code.redirect_uri:
            raise OAuthRefusal("invalid_grant", "redirect_uri is another")
        self._require_proof(code, fields, visit)
        answer = self._access(family, family.scopes, visit)
        return answer | self._refresh(family, visit)

    def _find_code(self, client: Client, said: str, visit: Visit) -> tuple[Code, Family]:
        code = self._issuer.tokens.codes.get(said)
        if code is None:
            raise OAuthRefusal("invalid_grant", "the code is unknown")
        family = self._issuer.tokens.families[code.family]
        if family.client_id != client.client_id:
            if self._issuer.faults.twist("accepts-any-client", visit) is None:
                raise OAuthRefusal("invalid_grant", "the code was issued to another client")
            family.client_id = client.client_id
        return code, family

    def _require_proof(self, code: Code, fields: dict[str, str], visit: Visit) -> None:
        if self._issuer.switches.pkce == "absent":
            return
        if proves(fields.get("code_verifier", ""), code.challenge, code.method):
            return
        if self._issuer.faults.twist("ignores-verifier", visit) is None:
            raise OAuthRefusal("invalid_grant", "code_verifier doesn't match")

    def _trade_refresh(
        self, client: Client, fields: dict[str, str], visit: Visit
    ) -> dict[str, Any]:
        issuer, token = self._issuer, required(fields, "refresh_token")
        keeps = issuer.faults.twist("keeps-rotated", visit) is not None
        leeway = float("inf") if keeps else issuer.switches.leeway
        family = issuer.tokens.spend_refresh(token, client.client_id, leeway)
        scopes = scopes_in(fields["scope"]) if "scope" in fields else family.scopes
        if not set(scopes) <= set(family.scopes):
            raise OAuthRefusal("invalid_scope", "more than was consented to")
        answer = self._access(family, scopes, visit)
        if issuer.switches.rotation == "rotating":
            answer |= self._refresh(family, visit, instead_of=token)
        return answer

    def _trade_credentials(
        self, client: Client, fields: dict[str, str], visit: Visit
    ) -> dict[str, Any]:
        if not client.service:
            raise OAuthRefusal("unauthorized_client", "this app acts for people alone")
        allowed = client.allowed
        scopes = scopes_in(fields["scope"]) if "scope" in fields else allowed
        if not set(scopes) <= set(allowed):
            raise OAuthRefusal("invalid_scope", "a scope is unknown or not for this app")
        family = self._issuer.tokens.consent(client.client_id, client.service, scopes)
        return self._access(family, scopes, visit)

    def _access(self, family: Family, scopes: list[str], visit: Visit) -> dict[str, Any]:
        switches, twist = self._issuer.switches, self._issuer.faults.twist
        swapped = twist("token-of-another-person", visit)
        person = family.person if swapped is None else swapped.value or "bob"
        narrow = twist("narrow-scope", visit)
        if narrow is not None:
            scopes = scopes_in(narrow.value) if narrow.value else scopes[:1]
        visit.person = person
        token = self._issuer.tokens.issue_access(family, person, scopes, switches.access_seconds)
        answer: dict[str, Any] = {"access_token": token, "token_type": switches.token_type}
        if switches.expires_in != "none":
            said = switches.access_seconds
            answer["expires_in"] = said if switches.expires_in == "number" else str(said)
        if switches.scope:
            answer["scope"] = " ".join(scopes)
        rivals = twist("token-of-another-client", visit)
        if rivals is not None:
            answer |= {"client_id": rivals.value or RIVALS, "aud": rivals.value or RIVALS}
        return answer

    def _refresh(self, family: Family, visit: Visit, instead_of: str = "") -> dict[str, str]:
        tokens = self._issuer.tokens
        fresh = tokens.rotate(instead_of) if instead_of else ""
        if self._issuer.faults.twist("no-refresh-token", visit) is not None:
            return {}
        if not self._issuer.switches.refresh_token:
            return {}
        return {"refresh_token": fresh or tokens.issue_refresh(family)}


def refusal(refused: OAuthRefusal) -> web.Response:
    """An error in the shape of RFC 6749 §5.2."""
    headers = NO_STORE | (CHALLENGE if refused.challenge else {})
    return web.json_response(refused.body, status=refused.status, headers=headers)


def echo(client: Client, fields: dict[str, str]) -> OAuthRefusal:
    """A refusal that tells everything that was sent, and the secret."""
    told = f"client {client.client_id} with secret {client.client_secret} sent {fields}"
    return OAuthRefusal("invalid_client", told, status=401)


def required(fields: dict[str, str], name: str) -> str:
    """A parameter that must be there."""
    if name not in fields:
        raise OAuthRefusal("invalid_request", f"{name} is missing")
    return fields[name]
