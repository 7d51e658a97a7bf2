"""How Confluence says no: one shape for v1, one for v2, one for the gateway before them."""

from typing import Any

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    413: "REQUEST_TOO_LARGE",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    501: "NOT_IMPLEMENTED",
    503: "SERVICE_UNAVAILABLE",
}
TITLE_TAKEN = (
    "A page with this title already exists: A page already exists with the same TITLE in this space"
)


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}


def v2_refusal(status: int, title: str, code: str = "") -> Refusal:
    """An error of REST v2."""
    error = {"status": status, "code": code or CODES[status], "title": title, "detail": None}
    return Refusal(status, {"errors": [error]})


def v1_refusal(status: int, message: str) -> Refusal:
    """An error of REST v1."""
    data = {"authorized": status != 403, "valid": True, "errors": [], "successful": False}
    return Refusal(status, {"statusCode": status, "data": data, "message": message})


def gateway_refusal(status: int, message: str) -> Refusal:
    """An error that the gateway gives before Confluence is asked."""
    return Refusal(status, {"code": status, "message": message})


def gone(path: str) -> Refusal:
    """A v1 endpoint that has been removed (sooperset/mcp-atlassian#1598)."""
    return v1_refusal(
        410,
        "com.atlassian.confluence.api.service.exceptions.GoneException: "
        f"This deprecated endpoint has been removed: {path}",
    )


def not_stood_for(operation: str) -> Refusal:
    """An operation that the real service has and the sandbox doesn't."""
    return Refusal(
        501,
        {"sandbox": "not implemented", "operation": operation, "see": "docs/sandbox.md"},
        {"X-Sandbox-Not-Implemented": operation},
    )


def not_found(what: str) -> Refusal:
    """It isn't there, or may not be seen: v2 doesn't tell which."""
    return v2_refusal(404, f"{what} not found, or you don't have permission to view it")


def site_refusal(path: str, status: int, message: str) -> Refusal:
    """An error that a site gives before anybody is known."""
    if path.startswith("/wiki/api/v2/"):
        return v2_refusal(status, message)
    return Refusal(status, {"status-code": status, "message": message})
