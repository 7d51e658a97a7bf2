"""The REST API: who asks, may they, is it in order, what is answered."""

import json
from email.utils import formatdate
from functools import cache

from aiohttp import web

from sandbox.atlassian.call import Answer
from sandbox.atlassian.contract import Contract, GivenResponse
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.operations import Operation, pattern
from sandbox.atlassian.refusals import Refusal, not_stood_for
from sandbox.clock import Clock
from sandbox.datacenter import (
    around,
    content,
    page_templates,
    places,
    restricting,
    search,
    writing,
)
from sandbox.datacenter.call import ROOT, Call, Handler
from sandbox.datacenter.clients import RANKS, READ, WRITE
from sandbox.datacenter.credentials import Caller, Credentials
from sandbox.datacenter.incoming import Incoming
from sandbox.datacenter.limits import Limits
from sandbox.datacenter.refusals import PageRefusal, plain_refusal, refusal
from sandbox.datacenter.site import Site

MAX_REQUEST = 100 * 1024 * 1024
WITHOUT_LICENCE = "Current user not permitted to use Confluence"
# Confluence answers 200 here, and its own description says 201.
SAID_TO_BE_CREATED = f"GET {around.FILES}"
NOT_DESCRIBED = "Unknown response http status"
HANDLERS: dict[str, Handler] = {
    **content.HANDLERS,
    **writing.HANDLERS,
    **around.HANDLERS,
    **places.HANDLERS,
    **search.HANDLERS,
    **restricting.HANDLERS,
    **page_templates.HANDLERS,
}


@cache
def operations() -> tuple[Operation, ...]:
    """What is stood for, the most literal paths first."""
    named = [name.split(" ") for name in HANDLERS]
    found = [Operation(method, path, ways=()) for method, path in named]
    return tuple(sorted(found, key=lambda each: each.path.count("{")))


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation at *path*, and its path variables."""
    for each in operations():
        if each.method == method and (match := pattern(each.path).fullmatch(path)):
            return each, match.groupdict()
    return None


class Rest:
    """Stands for `rest/api`, and for the templates in `rest/experimental`."""

    def __init__(  # noqa: PLR0913 -- what the API stands between
        self,
        base_url: str,
        clock: Clock,
        site: Site,
        *,
        credentials: Credentials,
        limits: Limits,
        log: Log,
        faults: Faults,
        contract: Contract | None,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._site = site
        self._credentials = credentials
        self._limits = limits
        self._log = log
        self._faults = faults
        self._contract = contract

    def attach(self, app: web.Application) -> None:
        """Serve below `/datacenter/confluence/rest/api` and `rest/experimental`."""
        app.router.add_route("*", ROOT + "/{tail:rest/(?:api|experimental)(?:/.*)?}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any request to the API."""
        body = await request.clone(client_max_size=MAX_REQUEST).read()
        incoming = Incoming(request, body)
        return await self._faults.play(request, lambda: self.answer(incoming))

    def answer(self, incoming: Incoming) -> web.Response:
        """Decide, act, and write it down."""
        entry = self._log.add(
            Entry(self._clock.now(), incoming.method, incoming.path, incoming.query_string)
        )
        try:
            answer = self._decide(incoming, entry)
        except Refusal as refused:
            answer = Answer(refused.body, refused.status, 0, refused.headers)
        except PageRefusal as refused:
            entry.status = refused.status
            headers = {**self._limits.headers(), **refused.headers}
            return web.Response(
                text=refused.page, status=refused.status, content_type="text/html", headers=headers
            )
        entry.status = answer.status
        response = self._written(answer)
        if entry.account:
            response.headers["X-AUSERNAME"] = entry.account
        self._check_answer(incoming, entry, response)
        return response

    def _written(self, answer: Answer) -> web.Response:
        date = formatdate(self._clock.now(), usegmt=True)
        headers = {"Date": date, **self._limits.headers(), **answer.headers}
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        if isinstance(answer.body, bytes):
            return web.Response(body=answer.body, status=answer.status, headers=headers)
        text = json.dumps(answer.body, ensure_ascii=False)
        return web.Response(
            body=text.encode("utf-8", "replace"),
            status=answer.status,
            headers=headers,
            content_type="application/json",
        )

    def _check_answer(self, incoming: Incoming, entry: Entry, response: web.Response) -> None:
        if self._contract is None or not entry.operation or entry.contract:
            return
        if page_templates.EXPERIMENTAL in entry.operation:
            return
        status = 201 if entry.operation == SAID_TO_BE_CREATED else response.status
        body = response.body if isinstance(response.body, bytes) else None
        given = GivenResponse(status, body, response.content_type)
        found = self._contract.answer_problems(incoming.asked(), given)
        refused = response.status >= 400
        entry.defects = [each for each in found if not (refused and NOT_DESCRIBED in each)]

    def _decide(self, incoming: Incoming, entry: Entry) -> Answer:
        caller = self._credentials.caller(incoming.headers.get("Authorization", ""))
        entry.account = caller.person.name
        operation, path = self._find(incoming)
        entry.operation = operation.name
        require_scope(caller, operation, entry)
        if not caller.person.licensed:
            raise refusal(403, WITHOUT_LICENCE)
        incoming.require_form()
        payload = incoming.payload()
        self._require_contract(incoming, operation, entry)
        return HANDLERS[operation.name](
            Call(
                wiki=self._site,
                account=caller.person,
                operation=operation,
                path=path,
                query=incoming.query,
                payload=payload,
                uploads=incoming.uploads(),
                now=self._clock.now(),
                base_url=self._base_url,
            )
        )

    def _find(self, incoming: Incoming) -> tuple[Operation, dict[str, str]]:
        found = find_operation(incoming.method, incoming.path)
        if found is not None:
            return found
        described = [] if self._contract is None else self._contract.operations
        for name in described:
            method, _, template = name.partition(" ")
            if method == incoming.method and pattern(template).fullmatch(incoming.path):
                raise not_stood_for(name)
        if any(pattern(each.path).fullmatch(incoming.path) for each in operations()):
            raise plain_refusal(405, "HTTP 405 Method Not Allowed")
        raise plain_refusal(404, f"null for uri: {self._base_url}{ROOT}{incoming.path}"[:300])

    def _require_contract(self, incoming: Incoming, operation: Operation, entry: Entry) -> None:
        # No description exists of the experimental half.
        if self._contract is None or operation.path.startswith(page_templates.EXPERIMENTAL):
            return
        entry.contract = self._contract.request_problems(operation, incoming.asked())
        if entry.contract:
            raise refusal(400, "Contract: " + " | ".join(entry.contract))


def require_scope(caller: Caller, operation: Operation, entry: Entry) -> None:
    """403 where the token may only read."""
    needed = READ if operation.method == "GET" else WRITE
    entry.scopes = [needed]
    if RANKS[caller.scope] < RANKS[needed]:
        headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'}
        raise refusal(403, f"The token doesn't have the scope {needed}", headers)
