"""Both doors of Confluence: who asks, may they, is it in order, what does it cost."""

import json
import re
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiohttp import web

from sandbox.atlassian import (
    v1_content,
    v1_groups,
    v1_restrictions,
    v1_search,
    v1_site,
    v1_templates,
    v1_tree,
    v2_around,
    v2_content,
    v2_labels,
    v2_likes,
    v2_properties,
    v2_talk,
)
from sandbox.atlassian.call import Answer, Call, Handler, Upload
from sandbox.atlassian.callers import Caller, Callers
from sandbox.atlassian.contract import AskedRequest, Contract, GivenResponse, asked_request
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.gone import Gone
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.operations import Operation, find_operation, is_known_path
from sandbox.atlassian.points import Pool
from sandbox.atlassian.refusals import (
    Refusal,
    gateway_refusal,
    gone,
    not_found,
    not_stood_for,
    v1_refusal,
    v2_refusal,
)
from sandbox.atlassian.sites import find_site
from sandbox.atlassian.wiki import Wiki
from sandbox.clock import Clock

PREFIX = "/atlassian/api"
GATEWAY, SITE = "gateway", "site"
MAX_PAGE = 5 * 1024 * 1024
MAX_REQUEST = 30 * 1024 * 1024
SCOPE_MISMATCH = "Unauthorized; scope does not match"
# Refusals that the description of the operation leaves out.
NOT_LISTED = frozenset(
    {
        ("GET /wiki/api/v2/pages/{id}/children", 404),
        (f"PUT {v1_restrictions.RESTRICTION}", 400),
        (f"POST {v1_restrictions.RESTRICTION}", 400),
        (f"GET {v1_restrictions.RESTRICTION}/byOperation", 404),
        (f"GET {v1_restrictions.RESTRICTION}/byOperation/{{operationKey}}", 404),
        ("GET /wiki/rest/api/group", 400),
        ("GET /wiki/rest/api/group/picker", 400),
        ("GET /wiki/rest/api/group/{groupId}/membersByGroupId", 404),
        ("GET /wiki/rest/api/user/memberof", 404),
    }
)
WITHOUT_LICENCE = "Current user not permitted to use Confluence"
HANDLERS: dict[str, Handler] = {
    **v2_content.HANDLERS,
    **v2_around.HANDLERS,
    **v2_talk.HANDLERS,
    **v2_likes.HANDLERS,
    **v2_labels.HANDLERS,
    **v2_properties.HANDLERS,
    **v1_content.HANDLERS,
    **v1_search.HANDLERS,
    **v1_groups.HANDLERS,
    **v1_restrictions.HANDLERS,
    **v1_tree.HANDLERS,
    **v1_templates.HANDLERS,
}


class Incoming:
    """A request whose body has been read, and the *door* at which it came in."""

    def __init__(self, request: web.Request, body: bytes, door: str) -> None:
        self.method = request.method
        self.headers = request.headers
        self.query = request.query
        self.query_string = request.query_string
        self.body = body
        self.door = door
        self.cloud_id = request.match_info.get("cloud", "")
        self.path = "/" + request.match_info.get("tail", "")
        self.has_way = False
        site = find_site(request.match_info.get("site", ""))
        if door == SITE and site is not None:
            self.cloud_id, self.path = site.cloud_id, "/wiki" + self.path

    def asked(self) -> AskedRequest:
        """As the contract reads it."""
        path = f"/ex/confluence/{self.cloud_id}{self.path}"
        return asked_request(self.method, path, self.query.items(), self.headers, self.body)


class Gateway:
    """Stands for api.atlassian.com, and for the interfaces at each site's own address."""

    def __init__(  # noqa: PLR0913 -- what the gateway stands between
        self,
        base_url: str,
        clock: Clock,
        wikis: dict[str, Wiki],
        *,
        callers: Callers,
        gone_now: Gone,
        pool: Pool,
        log: Log,
        faults: Faults,
        contract: Contract | None,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._wikis = wikis
        self._callers = callers
        self._gone = gone_now
        self._pool = pool
        self._log = log
        self._faults = faults
        self._contract = contract

    def attach(self, app: web.Application) -> None:
        """Serve the gateway, and below each site `/wiki/api/v2/` and `/wiki/rest/`."""
        app.router.add_route("*", PREFIX + "/ex/confluence/{cloud}/{tail:.*}", self.serve_app)
        wiki = "/atlassian/sites/{site}/wiki"
        app.router.add_route("*", wiki + "/{tail:(?:api/v2|rest)/.*}", self.serve_person)
        app.router.add_get("/atlassian/sites/{site}/_edge/tenant_info", self.tell_tenant)

    async def serve_app(self, request: web.Request) -> web.StreamResponse:
        """Any request at the gateway."""
        return await self._serve(request, GATEWAY)

    async def serve_person(self, request: web.Request) -> web.StreamResponse:
        """Any request at a site's own address."""
        return await self._serve(request, SITE)

    async def tell_tenant(self, request: web.Request) -> web.Response:
        """GET /_edge/tenant_info: the cloud id, to anybody."""
        site = find_site(request.match_info["site"])
        if site is None:
            raise web.HTTPNotFound
        return web.json_response({"cloudId": site.cloud_id})

    async def _serve(self, request: web.Request, door: str) -> web.StreamResponse:
        body = await request.clone(client_max_size=MAX_REQUEST).read()
        incoming = Incoming(request, body, door)
        if incoming.cloud_id not in self._wikis and door == SITE:
            raise web.HTTPNotFound
        return await self._faults.play(request, lambda: self.answer(incoming))

    def answer(self, incoming: Incoming) -> web.Response:
        """Decide, act, and write it down."""
        entry = self._log.add(
            Entry(self._clock.now(), incoming.method, incoming.path, incoming.query_string)
        )
        try:
            entry.door = incoming.door
            caller = self._caller(incoming)
            entry.account, entry.client = caller.account.name, caller.client
            answer = self._decide(incoming, entry, caller)
            if caller.has_points:
                self._pool.charge(answer.cost)
                entry.points = answer.cost
        except Refusal as refused:
            answer = Answer(refused.body, refused.status, 0, refused.headers)
        entry.status = answer.status
        response = self._written(answer)
        self._check_answer(incoming, entry, response)
        return response

    def _written(self, answer: Answer) -> web.Response:
        headers = {**self._pool.headers(), **answer.headers}
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
            charset=answer.charset,
        )

    def _check_answer(self, incoming: Incoming, entry: Entry, response: web.Response) -> None:
        # What the gateway refuses for lack of a scope isn't in the contract of each operation.
        if self._contract is None or not incoming.has_way or entry.contract:
            return
        if response.status >= 500 or response.status == 410:
            return
        body = response.body if isinstance(response.body, bytes) else None
        kind = response.content_type
        if response.charset:
            kind = f"{kind};charset={response.charset.upper()}"
        given = GivenResponse(response.status, body, kind)
        if (entry.operation, response.status) not in NOT_LISTED:
            entry.defects = self._contract.answer_problems(incoming.asked(), given)

    def _caller(self, incoming: Incoming) -> Caller:
        if incoming.door == SITE:
            return self._callers.at_site(incoming.headers, incoming.path)
        return self._callers.at_gateway(incoming.headers, incoming.cloud_id)

    def _decide(self, incoming: Incoming, entry: Entry, caller: Caller) -> Answer:
        operation, path = self._find(incoming)
        entry.operation = operation.name
        entry.scopes = sorted(self._way(operation, caller))
        incoming.has_way = operation.name not in v1_site.HANDLERS
        self._require_capacity(caller)
        account, wiki = caller.account, self._wikis[incoming.cloud_id]
        if not account.licensed or wiki.cloud_id not in account.sites:
            raise shaped(operation, 403, WITHOUT_LICENCE)
        handler = HANDLERS.get(operation.name) or v1_site.HANDLERS.get(operation.name)
        if handler is None:
            raise not_stood_for(operation.name)
        self._require_order(incoming, operation)
        payload = payload_of(incoming, operation)
        if incoming.has_way:
            self._require_contract(incoming, operation, entry)
        return handler(
            Call(
                wiki=wiki,
                account=account,
                operation=operation,
                path=path,
                query=incoming.query,
                payload=payload,
                uploads=uploads_of(incoming),
                now=self._clock.now(),
                base_url=self._base_url,
            )
        )

    def _way(self, operation: Operation, caller: Caller) -> frozenset[str]:
        """The scopes by which the caller comes in."""
        if caller.scopes is None:
            return frozenset()
        way = operation.opened_by(caller.scopes)
        if way is None:
            raise gateway_refusal(401, SCOPE_MISMATCH)
        return way

    def _find(self, incoming: Incoming) -> tuple[Operation, dict[str, str]]:
        if incoming.door == SITE:
            return self._find_at_site(incoming)
        path = incoming.path
        if not path.startswith("/wiki/"):
            raise gateway_refusal(401, SCOPE_MISMATCH)
        found = find_operation(incoming.method, path)
        if found is not None and not self._gone.has(found[0]):
            return found
        if path.startswith("/wiki/rest/"):
            raise gone(path)
        status = 405 if is_known_path(path) else 404
        raise gateway_refusal(status, f"Nothing answers {incoming.method} {path[:200]}")

    def _find_at_site(self, incoming: Incoming) -> tuple[Operation, dict[str, str]]:
        """Here the older half of v1 still lives, of which the sandbox stands for a few reads."""
        method, path = incoming.method, incoming.path
        found = find_operation(method, path) or v1_site.find_operation(method, path)
        if found is not None:
            return found
        if path.startswith("/wiki/rest/"):
            raise not_stood_for(f"{method} {path[:200]}")
        raise not_found(f"{method} {path[:200]}")

    def _require_capacity(self, caller: Caller) -> None:
        reason = self._pool.knock(has_points=caller.has_points)
        if reason:
            body = {"code": 429, "message": "Rate limit exceeded"}
            raise Refusal(429, body, self._pool.refusal_headers(reason))

    def _require_order(self, incoming: Incoming, operation: Operation) -> None:
        if operation.is_v1 and incoming.method != "GET":
            said = incoming.headers.get("X-Atlassian-Token", "")
            if said not in ("no-check", "nocheck"):
                raise v1_refusal(403, "XSRF check failed")
        creates = operation.path in ("/wiki/api/v2/pages", "/wiki/api/v2/blogposts")
        if creates and len(incoming.body) > MAX_PAGE:
            raise v2_refusal(413, "The request is too large: over 5 MB")

    def _require_contract(self, incoming: Incoming, operation: Operation, entry: Entry) -> None:
        if self._contract is None:
            return
        entry.contract = self._contract.request_problems(operation, incoming.asked())
        if entry.contract and not is_bare_body(incoming):
            raise shaped(operation, 400, "Contract: " + " | ".join(entry.contract))


def shaped(operation: Operation, status: int, message: str) -> Refusal:
    """A refusal in the shape of the interface that was called."""
    return (v1_refusal if operation.is_v1 else v2_refusal)(status, message)


def is_bare_body(incoming: Incoming) -> bool:
    """Whether `body` is a bare string, which has an answer of its own (APA#1683)."""
    try:
        sent = json.loads(incoming.body)
    except (ValueError, RecursionError):
        return False
    return isinstance(sent, dict) and isinstance(sent.get("body"), str)


def payload_of(incoming: Incoming, operation: Operation) -> Any:  # noqa: ANN401 -- any JSON
    """The JSON that was sent, None where there is none."""
    if not incoming.body or incoming.headers.get("Content-Type", "").startswith("multipart/"):
        return None
    try:
        sent = json.loads(incoming.body)
        if b"\\u" in incoming.body:
            json.dumps(sent, ensure_ascii=False).encode()  # half of a surrogate pair can't be kept
    except (ValueError, RecursionError) as error:
        raise shaped(operation, 400, "Bad request: the body is not JSON") from error
    return sent


def uploads_of(incoming: Incoming) -> tuple[Upload, ...]:
    """The parts of a multipart form."""
    kind = incoming.headers.get("Content-Type", "")
    if not kind.startswith("multipart/form-data"):
        return ()
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + incoming.body)
    parts = message.get_payload() if message.is_multipart() else []
    return tuple(upload_of(part) for part in parts if isinstance(part, Message))


def upload_of(part: "Message[str, str]") -> Upload:
    """One part of the form."""
    data = part.get_payload(decode=True)
    return Upload(
        str(part.get_param("name", "", header="content-disposition")),
        _file_name(part),
        part.get_content_type(),
        data if isinstance(data, bytes) else b"",
    )


def _file_name(part: "Message[str, str]") -> str:
    """The name of a file, which forms send as it is, in UTF-8 (RFC 7578 §5.1.3)."""
    for name, value in part.raw_items():
        if name.casefold() == "content-disposition":
            said = str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")
            if found := re.search(r'; filename="([^"]*)"', said):
                return found[1]
    return part.get_filename() or ""
