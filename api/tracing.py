"""Traces by OpenTelemetry, where they are asked for (SEGUE_TRACES_URL): request, resolvers, statements, encoders.

Nothing here is imported otherwise than for that, and OpenTelemetry itself is optional (the extra `observe`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from domain.errors.machine import ExtraMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from opentelemetry.sdk.trace import TracerProvider

    from domain.ports import QueryEncoder
    from domain.tracing import Tracer


class Traces:
    """`domain.tracing.Tracer` on OpenTelemetry."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("segue")

    def span(self, name: str, attributes: Mapping[str, str] | None = None) -> AbstractContextManager[object]:
        return self._tracer.start_as_current_span(name, attributes=attributes)

    def request(self, headers: Mapping[str, str]) -> AbstractContextManager[Any]:  # Any: OpenTelemetry's span
        """The span of a whole request, below the one that its `traceparent` names, if it has one."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(headers)
        return self._tracer.start_as_current_span("GraphQL", context=parent, kind=SpanKind.SERVER)

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()


class TracedEncoder:
    """A query encoder whose work is a span."""

    def __init__(self, encoder: QueryEncoder, tracer: Tracer) -> None:
        self._encoder = encoder
        self._tracer = tracer

    def encode(self, vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        with self._tracer.span("query encoder"):
            return self._encoder.encode(vectors, weights)


def traces_to(url: str) -> Traces:
    """Raises ExtraMissing."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ExtraMissing(feature="SEGUE_TRACES_URL", extra="observe") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "segue"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return Traces(provider)
