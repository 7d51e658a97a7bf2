"""The OAuth gateway: who asks, may they, is it in order, what does it cost."""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiohttp import web

from sandbox.atlassian import people, v1_content, v1_search, v2_around, v2_content, v2_talk
from sandbox.atlassian.call import Answer, Call, Handler, Upload
from sandbox.atlassian.contract import AskedRequest, Contract, GivenResponse, asked_request
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.grants import Grants
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.operations import Operation, find_operation, is_known_path
from sandbox.atlassian.points import Pool
from sandbox.atlassian.refusals import (
    Refusal,
    gateway_refusal,
    gone,
    not_stood_for,
    v1_refusal,
    v2_refusal,
)
from sandbox.atlassian.scopes import is_confluence
from sandbox.atlassian.sites import BY_CLOUD_ID
from sandbox.atlassian.wiki import Wiki
from sandbox.clock import Clock

PREFIX = "/atlassian/api"
MAX_PAGE = 5 * 1024 * 1024
MAX_REQUEST = 30 * 1024 * 1024
SCOPE_MISMATCH = "Unauthorized; scope does not match"
WITHOUT_LICENCE = "Current user not permitted to use Confluence"
HANDLERS: dict[str, Handler] = {
    **v2_content.HANDLERS,
    **v2_around.HANDLERS,
    **v2_talk.HANDLERS,
    **v1_content.HANDLERS,
    **v1_search.HANDLERS,
}


class Incoming:
    """A request whose body has been read."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.method = request.method
        self.headers = request.headers
        self.query = request.query
        self.query_string = request.query_string
        self.body = body
        self.cloud_id = request.match_info.get("cloud", "")
        self.path = "/" + request.match_info.get("tail", "")

    @property
    def bearer(self) -> str:
        """The token that was sent."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.casefold() == "bearer" else ""

    def asked(self) -> AskedRequest:
        """As the contract reads it."""
        path = f"/ex/confluence/{self.cloud_id}{self.path}"
        return asked_request(self.method, path, self.query.items(), self.headers, self.body)


class Gateway:
    """Stands for api.atlassian.com."""

    def __init__(  # noqa: PLR0913 -- what the gateway stands between
        self,
        base_url: str,
        clock: Clock,
        wikis: dict[str, Wiki],
        *,
        grants: Grants,
        pool: Pool,
        log: Log,
        faults: Faults,
        contract: Contract | None,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._wikis = wikis
        self._grants = grants
        self._pool = pool
        self._log = log
        self._faults = faults
        self._contract = contract

    def attach(self, app: web.Application) -> None:
        """Serve under `/atlassian/api/ex/confluence/`."""
        app.router.add_route("*", PREFIX + "/ex/confluence/{cloud}/{tail:.*}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any request to Confluence."""
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
        )

    def _check_answer(self, incoming: Incoming, entry: Entry, response: web.Response) -> None:
        # What the gateway refuses for lack of a scope isn't in the contract of each operation.
        if self._contract is None or not entry.scopes or entry.contract:
            return
        if response.status >= 500 or response.status == 410:
            return
        body = response.body if isinstance(response.body, bytes) else None
        given = GivenResponse(response.status, body, response.content_type)
        entry.defects = self._contract.answer_problems(incoming.asked(), given)

    def _decide(self, incoming: Incoming, entry: Entry) -> Answer:
        account, scopes = self._authenticate(incoming, entry)
        operation, path = self._find(incoming)
        entry.operation = operation.name
        way = operation.opened_by(scopes)
        if way is None:
            raise gateway_refusal(401, SCOPE_MISMATCH)
        entry.scopes = sorted(way)
        self._require_capacity()
        if not account.licensed:
            raise shaped(operation, 403, WITHOUT_LICENCE)
        handler = HANDLERS.get(operation.name)
        if handler is None:
            raise not_stood_for(operation.name)
        self._require_order(incoming, operation)
        payload = payload_of(incoming, operation)
        self._require_contract(incoming, operation, entry)
        return handler(
            Call(
                wiki=self._wikis[incoming.cloud_id],
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

    def _authenticate(
        self, incoming: Incoming, entry: Entry
    ) -> tuple[people.Account, frozenset[str]]:
        found = self._grants.find_access(incoming.bearer)
        if found is None or found[1].revoked:
            raise gateway_refusal(401, "Unauthorized")
        token, grant = found
        account = people.BY_ID[token.account_id]
        entry.account = account.name
        if incoming.cloud_id not in BY_CLOUD_ID or incoming.cloud_id not in grant.sites:
            raise gateway_refusal(404, f"No site {incoming.cloud_id[:50]} for this token")
        return account, frozenset(filter(is_confluence, grant.scopes))

    def _find(self, incoming: Incoming) -> tuple[Operation, dict[str, str]]:
        path = incoming.path
        if not path.startswith("/wiki/"):
            raise gateway_refusal(401, SCOPE_MISMATCH)
        found = find_operation(incoming.method, path)
        if found is not None:
            return found
        if path.startswith("/wiki/rest/"):
            raise gone(path)
        status = 405 if is_known_path(path) else 404
        raise gateway_refusal(status, f"Nothing answers {incoming.method} {path[:200]}")

    def _require_capacity(self) -> None:
        reason = self._pool.knock()
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
        part.get_filename() or "",
        part.get_content_type(),
        data if isinstance(data, bytes) else b"",
    )
