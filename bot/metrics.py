"""What the bot counts. No label names a tenant or a person, and each has few values."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Slack waits 3 s for an ack.
_ACK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_CALL = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)


class Metrics:
    """One process's numbers, in a registry of its own; its methods are handed to whoever counts."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._deliveries = Counter(
            "confab_deliveries", "What Slack delivered.", ["kind", "outcome"], registry=registry
        )
        self._acks = Histogram(
            "confab_ack_seconds", "Delivery to ack.", ["kind"], buckets=_ACK, registry=registry
        )
        self._calls = Histogram(
            "confab_provider_call_seconds",
            "Requests to providers.",
            ["product", "operation", "outcome"],
            buckets=_CALL,
            registry=registry,
        )
        self._refreshes = Counter(
            "confab_refreshes", "Grants renewed, or not.", ["outcome"], registry=registry
        )
        self._receipts = Counter(
            "confab_receipts", "Decisions that came to an end.", ["outcome"], registry=registry
        )
        self._queues = Gauge(
            "confab_queue_size", "Work that is waiting or running.", ["queue"], registry=registry
        )
        self._audit_lost = Counter(
            "confab_audit_lost",
            "What was done and couldn't be recorded.",
            ["why"],
            registry=registry,
        )
        self._points = Gauge(
            "confab_points_left",
            "Points left of the provider's hour, as it last told us.",
            ["product"],
            registry=registry,
        )

    def acked(self, kind: str, outcome: str, seconds: float) -> None:
        """Count one delivery of that kind, its outcome's code and how long its ack took."""
        self._deliveries.labels(kind, outcome).inc()
        self._acks.labels(kind).observe(seconds)

    def called(self, product: str, operation: str, outcome: str, seconds: float) -> None:
        """Count one request to a provider."""
        self._calls.labels(product, operation, outcome).observe(seconds)

    def refreshed(self, outcome: str) -> None:
        """Count one refresh of a grant."""
        self._refreshes.labels(outcome).inc()

    def settled(self, outcome: str) -> None:
        """Count one receipt that reached its end."""
        self._receipts.labels(outcome).inc()

    def audit_lost(self, why: str) -> None:
        """Count one row that the audit lacks, by the code of what was in the way."""
        self._audit_lost.labels(why).inc()

    def watch_queue(self, queue: str, size: Callable[[], int]) -> None:
        """Ask *size* whenever somebody looks."""
        self._queues.labels(queue).set_function(size)

    def points_left(self, product: str, points: int) -> None:
        """Remember what the provider says is left."""
        self._points.labels(product).set(points)

    def exposition(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)
