"""Which addresses a document may lead to."""

import re
from typing import Final

MAX_HREF: Final = 2000
"""Characters; Slack takes 3000, some proxies and mail programs about 2000."""

_ALLOWED: Final = re.compile(
    r"(?:https?://|mailto:)[^\s\x00-\x20\x7f-\x9f<>\"\ud800-\udfff]+", re.IGNORECASE
)


def safe_href(href: object) -> str:
    """Return *href* where it is http, https or mailto and well-formed, otherwise nothing."""
    if not isinstance(href, str) or len(href) > MAX_HREF:
        return ""
    href = href.strip()
    return href if _ALLOWED.fullmatch(href) else ""
