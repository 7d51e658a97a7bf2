"""What a provider's headers say about when to come again and how much is left."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

# "Retry-After: 0" from a gateway made a retry storm of a client that believed it
# (sooperset/mcp-atlassian#1544); more than an hour is nobody's quota.
LEAST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 3600.0
# Burst limits are counted in tens to hundreds; the hour's quota in tens of thousands.
LEAST_QUOTA: Final = 10_000

_LIMIT = re.compile(r'"?(?P<name>[\w.-]+)"?(?P<params>(?:\s*;\s*\w+\s*=\s*[\d.]+)*)')
_REST = re.compile(r";\s*r\s*=\s*(\d+)")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read Retry-After, in seconds or as a date: at least one second, at most an hour."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    seconds = float(text) if re.fullmatch(r"\d{1,9}(\.\d+)?", text) else _until(text, now)
    if seconds is None:
        return None
    return min(max(seconds, LEAST_WAIT), LONGEST_WAIT)


def _until(text: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()


def is_quota(headers: Mapping[str, str]) -> bool:
    """Tell a spent hourly quota from a burst that passes in seconds.

    The documented reasons and the ones seen differ (``conf-global-based``), so the match
    is loose.
    """
    reason = headers.get("ratelimit-reason", "").lower()
    return any(word in reason for word in ("quota", "global", "tenant"))


def points_left(headers: Mapping[str, str]) -> int | None:
    """Read how many points the app has left this hour, where a header says so.

    ``RateLimit`` lists several limits in no order and had a ``Beta-`` prefix before they
    were enforced; what a single customer has left is not what the app has left.
    """
    for name in ("ratelimit", "beta-ratelimit"):
        for limit in _LIMIT.finditer(headers.get(name, "")):
            rest = _REST.search(limit["params"])
            if rest and "global" in limit["name"].lower():
                return int(rest[1])
    return _plain_points_left(headers)


def _plain_points_left(headers: Mapping[str, str]) -> int | None:
    if "tenant" in headers.get("ratelimit-reason", "").lower():
        return None
    for prefix in ("x-ratelimit-", "x-beta-ratelimit-", "beta-x-ratelimit-"):
        limit = headers.get(f"{prefix}limit", "")
        rest = headers.get(f"{prefix}remaining", "")
        if _is_count(limit) and _is_count(rest) and int(limit) >= LEAST_QUOTA:
            return int(rest)
    return None


def _is_count(text: str) -> bool:
    return re.fullmatch(r"\d{1,12}", text) is not None
