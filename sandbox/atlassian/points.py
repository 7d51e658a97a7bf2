"""The app's points: one pool for all sites and people, filled again at the top of the UTC hour."""

from sandbox.atlassian.moments import iso
from sandbox.clock import Clock

HOUR = 3_600
NEAR = 0.8
POLICY = "global-app-quota"


class Pool:
    """Points that are left in this hour, and a burst limit for each second."""

    def __init__(self, clock: Clock, limit: int = 65_000, burst: int = 2_000) -> None:
        self._clock = clock
        self.limit = limit
        self.burst = burst
        self.beta = False
        self._hour = -1
        self._used = 0
        self._second = -1
        self._requests = 0

    def _turn(self) -> None:
        now = self._clock.now()
        if self._hour != int(now // HOUR):
            self._hour, self._used = int(now // HOUR), 0
        if self._second != int(now):
            self._second, self._requests = int(now), 0

    @property
    def left(self) -> int:
        """Points until the hour is over."""
        self._turn()
        return max(0, self.limit - self._used)

    def set_left(self, points: int) -> None:
        """As though so many were left."""
        self._turn()
        self._used = max(0, self.limit - points)

    def knock(self, *, has_points: bool = True) -> str:
        """Count a request; the reason why it is turned away, or nothing.

        Tokens that people make themselves have no points, and stay under the burst limit.
        """
        self._turn()
        self._requests += 1
        if self._requests > self.burst:
            return "confluence-burst-based"
        return "" if self.left or not has_points else "confluence-quota-global-based"

    def charge(self, points: int) -> None:
        """Take *points*; the last request may overdraw."""
        self._turn()
        self._used += points

    def seconds_left(self) -> int:
        """Until the pool is full again, rounded up."""
        return HOUR - int(self._clock.now()) % HOUR

    def headers(self) -> dict[str, str]:
        """What every answer says of the limits; what is left of the quota only above 80 %."""
        self._turn()
        prefix = "Beta-" if self.beta else ""
        near = self._used > NEAR * self.limit
        remaining = f"r={self.left};" if near else ""
        return {
            "X-RateLimit-Limit": str(self.burst),
            "X-RateLimit-Remaining": str(max(0, self.burst - self._requests)),
            "X-RateLimit-NearLimit": "true" if near else "false",
            f"{prefix}RateLimit-Policy": f'"{POLICY}";q={self.limit};w={HOUR}',
            f"{prefix}RateLimit": f'"{POLICY}";{remaining}t={self.seconds_left()}',
        }

    def refusal_headers(self, reason: str, wait: int | None = None) -> dict[str, str]:
        """What a 429 says besides."""
        quota = "quota" in reason
        seconds = wait if wait is not None else (self.seconds_left() if quota else 1)
        return {
            **self.headers(),
            "Retry-After": str(seconds),
            "RateLimit-Reason": reason,
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": iso(int(self._clock.now()) + seconds),
        }

    def dump(self) -> dict[str, int]:
        """What is used, and of which hour."""
        self._turn()
        return {"hour": self._hour, "used": self._used, "limit": self.limit}

    def load(self, saved: dict[str, int]) -> None:
        """What `dump` gave."""
        self._hour, self._used, self.limit = saved["hour"], saved["used"], saved["limit"]
