"""Traces, sent where OpenTelemetry's endpoint is set; elsewhere the API does nothing, cheaply."""
# ruff: noqa: PLC0415  # the SDK and its exporter are heavy, and mostly not wanted

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace

_tracer = trace.get_tracer("confab")


def start_tracing(endpoint: str | None) -> Callable[[], None]:
    """Send spans to *endpoint* (OTLP over HTTP); return what flushes and ends it."""
    if endpoint is None:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "confab"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown


@contextmanager
def span(name: str, **attributes: str | int | bool) -> Iterator[None]:
    """Trace the block as *name*; attributes name kinds and outcomes, never a tenant or a person."""
    with _tracer.start_as_current_span(name, attributes=attributes, record_exception=False):
        yield
