"""The time in the sandbox, which can be moved forward but never back."""

import time


class Clock:
    """Seconds since the epoch, plus whatever has been skipped."""

    def __init__(self, skipped: float = 0.0) -> None:
        self.skipped = skipped

    def now(self) -> float:
        """Seconds since the epoch, as everybody in the sandbox sees them."""
        return time.time() + self.skipped

    def advance(self, seconds: float) -> None:
        """Skip *seconds* (0 or more)."""
        if seconds < 0:
            raise ValueError("time in the sandbox doesn't run backwards")
        self.skipped += seconds
