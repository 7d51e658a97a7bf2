"""Requests and answers held against Atlassian's own description of the interface, where it is."""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from multidict import CIMultiDict, MultiDict
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters

from sandbox.atlassian.operations import Operation

logger = logging.getLogger(__name__)
DOCUMENT = "confluence-cloud.gateway.contract.openapi.json"
GATEWAY = "/ex/confluence/{cloudId}"
HOST = "http://127.0.0.1:4010"
# The document's own slip in the way that files are named, and what it says everywhere else.
SLIP, MEANT = '"(att)?0-9+"', '"(att)?[0-9]+"'
MOST_WORDS = 300
MOST_SAID = 1_000
Key: TypeAlias = tuple[Hashable, ...]


@dataclass
class AskedRequest:
    """A request as openapi-core reads it."""

    method: str
    path: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None
    host_url: str = HOST

    @property
    def key(self) -> Key:
        """All of it that the contract speaks of; whose token it is doesn't matter."""
        headers = self.parameters.header
        told = "Authorization" in headers, headers.get("X-Atlassian-Token")
        query = tuple(self.parameters.query.items())
        return (self.path, query, *told, self.content_type, digest(self.body))


@dataclass
class GivenResponse:
    """An answer as openapi-core reads it."""

    status_code: int
    data: bytes | None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Contract:
    """The loaded document; its paths begin with *prefix*."""

    def __init__(self, path: Path, prefix: str = GATEWAY) -> None:
        document = json.loads(path.read_text(encoding="utf-8").replace(SLIP, MEANT))
        self._prefix = prefix
        self._said: dict[Key, list[str]] = {}
        self._openapi = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))
        self._queries = {
            f"{method.upper()} {template}": query_names(document, item, operation)
            for template, item in document["paths"].items()
            for method, operation in item.items()
            if isinstance(operation, dict) and "responses" in operation
        }

    @property
    def operations(self) -> frozenset[str]:
        """Every operation that is described, as `GET /ex/confluence/…`."""
        return frozenset(self._queries)

    def request_problems(self, operation: Operation, asked: AskedRequest) -> list[str]:
        """Why the contract refuses a request; nothing if it doesn't."""
        return self._once(
            ("asked", operation.name, *asked.key), lambda: self._judge(operation, asked)
        )

    def _once(self, key: Key, judge: Callable[[], list[str]]) -> list[str]:
        """What was said of the same before: a check costs up to 20 ms."""
        if key not in self._said:
            if len(self._said) >= MOST_SAID:
                self._said.clear()
            self._said[key] = judge()
        return list(self._said[key])

    def _judge(self, operation: Operation, asked: AskedRequest) -> list[str]:
        template = f"{operation.method} {self._prefix}{operation.path}"
        known = self._queries.get(template, frozenset())
        unknown = sorted(set(asked.parameters.query) - known)
        found = [f"unknown query parameter: {name}" for name in unknown]
        return found + reasons(self._openapi.iter_request_errors(asked))

    def answer_problems(self, asked: AskedRequest, given: GivenResponse) -> list[str]:
        """Where an answer breaks the contract; errors are described by status alone."""
        where = (asked.method, asked.path, given.status_code, given.content_type)
        key = ("given", *where, digest(given.data))
        return self._once(key, lambda: reasons(self._openapi.iter_response_errors(asked, given)))


def digest(body: bytes | None) -> bytes:
    """A body, short enough to be remembered."""
    return hashlib.sha256(body or b"").digest()


def query_names(
    document: dict[str, Any], item: dict[str, Any], operation: dict[str, Any]
) -> frozenset[str]:
    """The query parameters that an operation declares."""
    shared = document["components"].get("parameters", {})
    listed = [*item.get("parameters", ()), *operation.get("parameters", ())]
    found = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in listed]
    return frozenset(each["name"] for each in found if each["in"] == "query")


def reasons(errors: Iterable[Exception]) -> list[str]:
    """Errors in words, their causes included."""
    found = []
    for error in all_of(errors):
        causes = getattr(error, "schema_errors", ()) or getattr(
            error.__cause__, "schema_errors", ()
        )
        details = "; ".join(
            f"{'/'.join(map(str, cause.absolute_path))}: {cause.message}" for cause in causes
        )
        said = f"{error}: {details or error.__cause__ or ''}".rstrip(": ")
        found.append(said[:MOST_WORDS])
    return found


def all_of(errors: Iterable[Exception]) -> list[Exception]:
    """Every error; what is nested too deeply to be checked counts as one."""
    try:
        return list(errors)
    except RecursionError as error:
        return [error]


def asked_request(
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
) -> AskedRequest:
    """A request below `/ex/confluence/`, whatever the sandbox's own prefix."""
    parameters = RequestParameters(
        query=MultiDict(query), header=CIMultiDict(headers), cookie=MultiDict()
    )
    content_type = headers.get("Content-Type", "")
    return AskedRequest(method.lower(), path, parameters, content_type, body or None)


@cache
def load_contract(document: str = DOCUMENT, prefix: str = GATEWAY) -> Contract | None:
    """The contract, from `CONTRACT_SPECS` or `../shared/specs` beside the project, if there."""
    said = os.environ.get("CONTRACT_SPECS")  # noqa: TID251 -- the sandbox has no settings of the bot's
    root = Path(__file__).resolve().parents[2]
    folder = Path(said) if said else root.parent / "shared" / "specs"
    if not (folder / document).is_file():
        logger.info("contract checks are off: %s is not there", folder / document)
        return None
    return Contract(folder / document, prefix)
