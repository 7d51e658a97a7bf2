"""Whether a request is Slack's, judged on its raw bytes before anything reads them.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hmac
from collections import OrderedDict
from enum import StrEnum
from hashlib import sha256

GOOD_FOR = 300
"""Seconds for which Slack's time stamp is good, in both directions."""


DIGITS = 12
"""More than any time stamp in seconds has, and few enough to read as a number."""


JUST_NOW = 5
"""Seconds after its time stamp in which a request may come a second time by itself.

Slack signs the second, and a menu's look-up holds nothing that tells two of them apart: whoever
types the same again within the second sends the very same request.
"""


class Judgement(StrEnum):
    """What a request is."""

    NEW = "new"
    AGAIN = "again"  # Slack's, and it has come before, just now
    REFUSED = "refused"


class Verifier:
    """Checks signatures, and knows again those it has seen while they are good."""

    def __init__(self, signing_secret: str, most: int = 200_000) -> None:
        self._key = signing_secret.encode()
        self._most = most
        self._seen: OrderedDict[str, float] = OrderedDict()

    def judge(self, timestamp: str, signature: str, body: bytes, now: float) -> Judgement:
        """Tell whether *body* was signed by Slack, lately, and whether it has come before.

        One that is NEW is remembered; ``forget`` lets it come again.
        """
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= DIGITS):
            return Judgement.REFUSED
        if abs(now - int(timestamp)) > GOOD_FOR:
            return Judgement.REFUSED
        expected = hmac.digest(self._key, b"v0:" + timestamp.encode() + b":" + body, sha256)
        given = signature.encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(b"v0=" + expected.hex().encode(), given):
            return Judgement.REFUSED
        if self._is_new(signature, now):
            return Judgement.NEW
        is_of_now = abs(now - int(timestamp)) <= JUST_NOW
        return Judgement.AGAIN if is_of_now else Judgement.REFUSED

    def forget(self, signature: str) -> None:
        """Let *signature* come again: its request wasn't taken, and Slack will retry it."""
        self._seen.pop(signature, None)

    def _is_new(self, signature: str, now: float) -> bool:
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if signature in self._seen:
            return False
        if len(self._seen) >= self._most:
            self._seen.popitem(last=False)
        # A stamp from the future is good for longer than one from now.
        self._seen[signature] = now + 2 * GOOD_FOR
        return True
