"""Holds what the client sends against Atlassian's own description of the gateway."""

import json
import os
from functools import cache
from pathlib import Path

from multidict import CIMultiDict, MultiDict
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters

DOCUMENT = "confluence-cloud.gateway.contract.openapi.json"
# The document names one server; the client's requests are moved there.
HOST = "http://127.0.0.1:4010"


def specs():
    """The folder with the documents, which are not part of the project."""
    named = os.environ.get("CONTRACT_SPECS")  # noqa: TID251 (the bot's settings are not the tests')
    root = Path(__file__).resolve().parents[2]
    return Path(named) if named else root.parent / "shared" / "specs"


@cache
def load():
    """The loaded document and the query parameters of every operation, or nothing."""
    path = specs() / DOCUMENT
    if not path.is_file():
        return None
    document = json.loads(path.read_text(encoding="utf-8"))
    return document, OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


class Sent:
    """A request as openapi-core reads it."""

    host_url = HOST

    def __init__(self, asked):
        self.method = asked.method.lower()
        self.path = asked.path
        self.body = asked.body or None
        self.content_type = asked.headers.get("Content-Type", "")
        self.parameters = RequestParameters(
            query=MultiDict(asked.query), header=CIMultiDict(asked.headers), cookie=MultiDict()
        )


def problems(asked):
    """Say why the contract refuses a request; nothing if it doesn't, or isn't there."""
    loaded = load()
    if loaded is None or not asked.path.startswith("/ex/confluence/"):
        return []
    document, openapi = loaded
    found = [f"{error}: {error.__cause__}" for error in openapi.iter_request_errors(Sent(asked))]
    return found + [
        f"unknown parameter {name}" for name in set(asked.query) - _known(document, asked)
    ]


def _known(document, asked):
    shared = document["components"]["parameters"]
    for template, item in document["paths"].items():
        operation = item.get(asked.method.lower())
        if operation and _fits(template, asked.path):
            listed = [*item.get("parameters", ()), *operation.get("parameters", ())]
            named = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p for p in listed]
            return {each["name"] for each in named}
    return set()


def _fits(template, path):
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        each.startswith("{") or each == got for each, got in zip(wanted, given, strict=True)
    )
