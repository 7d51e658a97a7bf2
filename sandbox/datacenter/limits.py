"""What Data Center says of its rate limit; it has a bucket for each person and no points."""

RATE = {
    "X-RateLimit-Limit": "100",
    "X-RateLimit-FillRate": "50",
    "X-RateLimit-Interval-Seconds": "60",
}


class Limits:
    """The headers alone: the bucket is emptied by faults."""

    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        return {**RATE, "X-RateLimit-Remaining": "99"}

    def refusal_headers(self, reason: str, wait: int | None = None) -> dict[str, str]:  # noqa: ARG002 -- Data Center doesn't say why
        """The headers of a 429."""
        return {
            **RATE,
            "X-RateLimit-Remaining": "0",
            "Retry-After": str(1 if wait is None else wait),
        }
