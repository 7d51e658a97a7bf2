"""A body in any representation, checked when it is written and converted when it is read."""

import json
import re
from functools import lru_cache
from html import escape
from typing import Any

from sandbox.atlassian import adf, storage, storage_blocks, view
from sandbox.atlassian.refusals import v2_refusal
from sandbox.atlassian.wiki import Body

REPRESENTATIONS = frozenset({"storage", "atlas_doc_format", "wiki"})
# What XML can't hold (https://www.w3.org/TR/xml/#charsets) is left out when ADF becomes storage.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EMPTY = Body("storage", "")
HTML = ("view", "export_view", "anonymous_export_view", "styled_view")


def accepted(representation: str, value: str) -> Body:
    """The body to keep.

    Raises:
        Refusal: as Confluence refuses a document that it can't read.
    """
    if representation not in REPRESENTATIONS:
        raise v2_refusal(400, f"Unknown representation: {representation[:50]}")
    if representation == "atlas_doc_format":
        return accepted_adf(value)
    if representation == "wiki":
        lines = NO_XML.sub("", value).split("\n")
        return Body("storage", "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines))
    try:
        storage.parse(value)
    except storage.NotStorage as error:
        raise v2_refusal(400, str(error)) from error
    return Body("storage", value)


def accepted_adf(value: str) -> Body:
    """ADF that keeps to its schema; text that isn't JSON is the documented 500."""
    try:
        adf.parse(value)
    except adf.NotAdf as error:
        if not value.lstrip().startswith("{"):
            raise v2_refusal(500, "Internal Server Error") from error
        raise v2_refusal(400, f"Invalid atlas_doc_format: {error}") from error
    return Body("atlas_doc_format", value)


@lru_cache(maxsize=512)
def storage_of(body: Body) -> str:
    """*body* as storage."""
    if body.representation == "storage":
        return body.value
    return NO_XML.sub("", adf.to_storage(json.loads(body.value)))


@lru_cache(maxsize=512)
def adf_of(body: Body) -> str:
    """*body* as ADF, in JSON."""
    if body.representation == "atlas_doc_format":
        return body.value
    return json.dumps(storage_blocks.to_adf(body.value), ensure_ascii=False)


@lru_cache(maxsize=512)
def html_of(body: Body) -> str:
    """*body* as safe HTML."""
    return view.to_html(storage_of(body))


@lru_cache(maxsize=512)
def text_of(body: Body) -> str:
    """The words of *body*."""
    return storage.text_of(storage_of(body))


def as_asked(body: Body, representation: str) -> dict[str, Any]:
    """The `body` of an answer; empty where none was asked for."""
    if not representation:
        return {}
    value = adf_of(body) if representation == "atlas_doc_format" else storage_of(body)
    if representation in HTML:
        value = html_of(body)
    return {representation: {"representation": representation, "value": value}}
