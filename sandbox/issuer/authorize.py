"""The authorization endpoint: the consent page and the way back (RFC 6749 §4.1, RFC 9207)."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web
from multidict import MultiMapping

from sandbox.issuer.clients import RIVALS, Client
from sandbox.issuer.issuer import Issuer
from sandbox.issuer.log import Visit
from sandbox.issuer.pages import consent_page, refusal_page
from sandbox.issuer.people import BY_NAME, PEOPLE, Person
from sandbox.issuer.pkce import checked_challenge
from sandbox.issuer.refusals import NoRedirect, OAuthRefusal
from sandbox.issuer.scopes import scopes_in

PATH = "/issuer/authorize"
RIVAL_ISSUER = "https://login.rival.example"
CHOSEN = ("person", "decision")


@dataclass(frozen=True)
class Wanted:
    """An authorization request whose client and address are known."""

    client: Client
    redirect_uri: str
    asked: dict[str, str]


class Authorize:
    """Serves `/issuer/authorize`."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(PATH, self.ask)
        app.router.add_post(PATH, self.decide)

    async def ask(self, request: web.Request) -> web.Response:
        """The consent page, or the way back with an error."""
        return self._answered(request, request.query)

    async def decide(self, request: web.Request) -> web.Response:
        """Allow or cancel, and back to the client."""
        if request.headers.get("Origin") not in (None, self._issuer.base_url):
            return refusal_page("This was not sent from our own page")
        return self._answered(request, await request.post())

    def _answered(self, request: web.Request, sent: MultiMapping[object]) -> web.Response:
        visit = self._issuer.visited(request, "authorize")
        try:
            wanted = self._identified(sent)
        except NoRedirect as error:
            visit.status = 400
            return refusal_page(str(error))
        visit.client = wanted.client.client_id
        try:
            scopes, challenge = self._checked(sent, wanted)
            if request.method == "GET":
                answer = self._asked(wanted, scopes, visit)
            else:
                answer = self._decided(wanted, scopes, challenge, visit, sent)
        except OAuthRefusal as refused:
            visit.error = refused.error
            answer = self._back(wanted, visit, refused.body)
        visit.status = answer.status
        return answer

    def _identified(self, sent: MultiMapping[object]) -> Wanted:
        """Who asks, and where to: whatever is wrong with these is never redirected."""
        if any(len(sent.getall(name, [])) > 1 for name in ("client_id", "redirect_uri")):
            raise NoRedirect("A parameter came twice")
        asked = {key: str(value) for key, value in sent.items() if value and key not in CHOSEN}
        client = self._issuer.clients.find(asked.get("client_id", ""))
        if client is None:
            raise NoRedirect("There is no app with this client_id")
        uri = asked.get("redirect_uri", "")
        if not uri and len(client.redirect_uris) != 1:
            raise NoRedirect("redirect_uri is required")
        if uri and uri not in client.redirect_uris:
            raise NoRedirect("redirect_uri is not registered for this app")
        return Wanted(client, uri or client.redirect_uris[0], asked)

    def _checked(
        self, sent: MultiMapping[object], wanted: Wanted
    ) -> tuple[list[str], tuple[str, str]]:
        """The scopes and the challenge of a request that is in order."""
        asked, allowed = wanted.asked, wanted.client.allowed
        if len(set(sent)) != len(sent):
            raise OAuthRefusal("invalid_request", "a parameter came twice")
        if "response_type" not in asked:
            raise OAuthRefusal("invalid_request", "response_type is missing")
        if asked["response_type"] != "code":
            raise OAuthRefusal("unsupported_response_type", "response_type must be code")
        challenge = checked_challenge(asked, self._issuer.switches)
        scopes = scopes_in(asked["scope"]) if "scope" in asked else allowed
        if not set(scopes) <= set(allowed):
            raise OAuthRefusal("invalid_scope", "a scope is unknown or not for this app")
        return scopes, challenge

    def _asked(self, wanted: Wanted, scopes: list[str], visit: Visit) -> web.Response:
        """The consent page, or on to another server's (RFC 9700 §4.4.1)."""
        mixed = self._issuer.faults.twist("mix-up", visit)
        if mixed is None:
            return consent_page(wanted.client.name, shown(), scopes, wanted.asked)
        theirs, _, query = mixed.value.partition("?")
        return redirected(theirs, wanted.asked | dict(parse_qsl(query)))

    def _decided(
        self,
        wanted: Wanted,
        scopes: list[str],
        challenge: tuple[str, str],
        visit: Visit,
        sent: MultiMapping[object],
    ) -> web.Response:
        if sent.get("decision") != "allow":
            raise OAuthRefusal("access_denied", "the person said no")
        person = BY_NAME.get(str(sent.get("person")))
        if person is None or person.service:
            return consent_page(
                wanted.client.name, shown(), scopes, wanted.asked, problem="Choose who you are."
            )
        visit.person = person.name
        spoil = self._issuer.faults.twist("error", visit)
        if spoil is not None:
            raise OAuthRefusal(spoil.value or "server_error", spoil.description or "on demand")
        rivals = self._issuer.faults.twist("code-of-another-client", visit)
        client_id = wanted.client.client_id if rivals is None else rivals.value or RIVALS
        family = self._issuer.tokens.consent(client_id, person.name, scopes)
        uri = wanted.asked.get("redirect_uri", "")
        code = self._issuer.tokens.issue_code(family, uri, *challenge)
        return self._back(wanted, visit, {"code": code})

    def _back(self, wanted: Wanted, visit: Visit, said: dict[str, str]) -> web.Response:
        """To the client, with state and issuer, and with what is wrong with them."""
        answer, twist = dict(said), self._issuer.faults.twist
        if "state" in wanted.asked:
            answer["state"] = wanted.asked["state"]
        if self._issuer.switches.iss:
            answer["iss"] = self._issuer.url
        for kind, name, other in (
            ("wrong-iss", "iss", RIVAL_ISSUER),
            ("wrong-state", "state", "a-state-of-somebody-else"),
        ):
            spoil = twist(kind, visit)
            if spoil is not None:
                answer[name] = spoil.value or other
        for name in ("iss", "state", "code"):
            if twist(f"no-{name}", visit) is not None:
                answer.pop(name, None)
        return redirected(wanted.redirect_uri, answer)


def shown() -> list[Person]:
    """Those who can sign in on a page."""
    return [each for each in PEOPLE if not each.service]


def redirected(uri: str, answer: dict[str, str]) -> web.Response:
    """To an address that may have a query of its own (RFC 6749 §3.1.2)."""
    location = f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(answer)}"
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
