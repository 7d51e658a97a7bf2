"""How Data Center says no: JSON from its REST resources, HTML from what stands before them."""

from html import escape
from http import HTTPStatus

from sandbox.atlassian.refusals import Refusal

AUTHENTICATE = "Client must be authenticated to access this resource."


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Refusal:
    """An error of the REST API.

    Confluence sends `errors` as an empty array, its own description says that it is an object:
    it is left out.
    """
    data = {
        "authorized": status not in (401, 403),
        "valid": status != 400,
        "allowedInReadOnlyMode": True,
        "successful": False,
    }
    body = {
        "statusCode": status,
        "data": data,
        "message": message,
        "reason": HTTPStatus(status).phrase,
    }
    return Refusal(status, body, headers)


def missing(content_id: str) -> Refusal:
    """Content that isn't there, or that may not be seen: it doesn't tell which."""
    return refusal(404, f"No content found with id: ContentId{{id={content_id[:50]}}}")


def plain_refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Refusal:
    """An error of the framework below the API, which names the status in its own way."""
    return Refusal(status, {"message": message, "status-code": status}, headers)


class PageRefusal(Exception):
    """A request that is answered with a page of the web server."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, reason)
        self.status = status
        self.headers = headers or {}
        title = f"HTTP Status {status} – {HTTPStatus(status).phrase}"
        self.page = (
            f'<!doctype html><html lang="en"><head><title>{title}</title></head>'
            f"<body><h1>{title}</h1><hr><p><b>Message</b> {escape(reason)}</p></body></html>"
        )
