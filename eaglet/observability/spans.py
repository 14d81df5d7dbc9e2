"""OpenTelemetry's spans and durations, where its API is installed and somebody reads them.

Names and attributes are those of its semantic conventions, 1.27 or later: those of HTTP, which are
stable, and those of messaging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from eaglet.observability import tracing

if TYPE_CHECKING:
    from opentelemetry.context import Context

if tracing.HAS_OPENTELEMETRY:
    from opentelemetry import context as contexts
    from opentelemetry import metrics, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    _TRACER: Final = trace.get_tracer("eaglet")
    # "Metric: http.server.request.duration" names these, in seconds.
    _SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
    _METER: Final = metrics.get_meter("eaglet")
    _DURATIONS: Final = {
        side: _METER.create_histogram(
            f"http.{side}.request.duration", "s", explicit_bucket_boundaries_advisory=_SECONDS
        )
        for side in ("server", "client")
    }

    # The public way to ask costs a hundredth of a whole small call: it looks into the
    # environment. That is done here, once.
    trace.get_tracer_provider()

_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)


def wanted() -> bool:
    """Tell whether the project has set a tracer provider."""
    return tracing.HAS_OPENTELEMETRY and trace._TRACER_PROVIDER is not None


def known_method(method: str) -> str:
    """Return the method, or `_OTHER` for one that RFC 9110 and RFC 5789 do not have."""
    return method if method in _METHODS else "_OTHER"


class Span:
    """A span that is the current one until it is ended; only where spans are wanted.

    `kind` is a SpanKind's name. What `sender` carries, a traceparent, is its parent, and a link.
    """

    __slots__ = ("_span", "_token")

    def __init__(
        self,
        kind: str,
        name: str,
        attributes: Mapping[str, Any],
        parent: Context | None = None,
        sender: Mapping[str, str] | None = None,
    ) -> None:
        links = []
        if sender is not None:
            parent = TraceContextTextMapPropagator().extract(sender)
            created_by = trace.get_current_span(parent).get_span_context()
            links = [trace.Link(created_by)] if created_by.is_valid else []
        self._span = _TRACER.start_span(name, parent, trace.SpanKind[kind], dict(attributes), links)
        self._token = contexts.attach(trace.set_span_in_context(self._span))

    def end(self, attributes: Mapping[str, Any] | None = None) -> None:
        """End it with what came of it, None left out; `error.type` makes it an error."""
        if self._span.is_recording():
            told = {name: v for name, v in (attributes or {}).items() if v is not None}
            self._span.set_attributes(told)
            if "error.type" in told:
                self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        contexts.detach(self._token)


@contextmanager
def in_span(
    kind: str, name: str, attributes: Callable[[], Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Do a block of work in a span, where those are wanted; it ends with what the dict then has."""
    outcome: dict[str, Any] = {}
    span = Span(kind, name, attributes()) if wanted() else None
    try:
        yield outcome
    finally:
        if span is not None:
            span.end(outcome)


def record_duration(side: str, seconds: float, attributes: Mapping[str, Any]) -> None:
    """Record how long a request of HTTP took, to the `server` or the `client`."""
    _DURATIONS[side].record(seconds, {name: v for name, v in attributes.items() if v is not None})
