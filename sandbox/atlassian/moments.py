"""Moments as Atlassian writes them."""

from datetime import UTC, datetime


def moment(seconds: float) -> datetime:
    """Seconds since the epoch, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def iso(seconds: float) -> str:
    """As both interfaces write it: milliseconds and Z."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(seconds * 1000) % 1000:03d}Z"


def friendly(seconds: float, now: float) -> str:
    """As people are shown it."""
    days = int((now - seconds) // 86_400)
    if days < 1:
        return "today"
    return "yesterday" if days == 1 else moment(seconds).strftime("%b %d, %Y")
