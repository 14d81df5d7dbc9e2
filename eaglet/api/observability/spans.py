"""The OpenTelemetry span of a call, where opentelemetry-api is installed and traces go anywhere."""

from contextvars import Token
from typing import Any, Final

from django.http import HttpRequest

from eaglet.observability import tracing

if tracing.HAS_OPENTELEMETRY:
    from opentelemetry import context, propagate, trace

    _TRACER: Final = trace.get_tracer("eaglet")

    # The public way to ask costs a hundredth of a whole small call: it looks into the
    # environment. That is done here, once.
    trace.get_tracer_provider()


def wanted() -> bool:
    """Tell whether the project has set a tracer provider."""
    return tracing.HAS_OPENTELEMETRY and trace._TRACER_PROVIDER is not None


class CallSpan:
    """The span of one call: of the server's kind, or inside of one that is there already.

    Another library's middleware may have begun a span for the request.
    """

    __slots__ = ("_span", "_token")

    _token: Token[Any]

    def __init__(self, request: HttpRequest, route: str) -> None:
        method = request.method or ""
        inside = trace.get_current_span().get_span_context().is_valid
        self._span = _TRACER.start_span(
            f"{method} {route}",
            None if inside else propagate.extract(request.headers),
            trace.SpanKind.INTERNAL if inside else trace.SpanKind.SERVER,
            {"http.request.method": method, "http.route": route, "url.path": request.path},
        )
        self._token = context.attach(trace.set_span_in_context(self._span))
        # What is logged and sent on from here has this span's ids.
        headers = tracing.current_span_headers()
        if headers:
            tracing.enter(
                tracing.Trace(
                    headers["traceparent"],
                    headers.get("tracestate"),
                    request.META.get("HTTP_X_REQUEST_ID"),
                )
            )

    def end(self, method: str, status: int, code: int | None, app_key: str | None) -> None:
        """End it with what came of the call."""
        span = self._span
        if span.is_recording():
            told: dict[str, Any] = {
                "http.request.method": method,
                "http.response.status_code": status,
                "eaglet.code": code,
                "eaglet.app_key": app_key,
                "error.type": str(status) if status >= 500 else None,
            }
            span.set_attributes({name: v for name, v in told.items() if v is not None})
            if status >= 500:
                span.set_status(trace.StatusCode.ERROR)
        span.end()
        context.detach(self._token)
