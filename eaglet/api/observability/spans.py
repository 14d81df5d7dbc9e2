"""The OpenTelemetry span of a call, where opentelemetry-api is installed and traces go anywhere."""

from __future__ import annotations

from contextvars import Token
from typing import Any, Final

from django.http import HttpRequest

from eaglet.observability import tracing

if tracing.HAS_OPENTELEMETRY:
    from opentelemetry import context, propagate, trace
    from opentelemetry.propagators.textmap import Getter

    class _Headers(Getter[dict[str, Any]]):
        """The headers of a request's META, as propagators ask for them."""

        def get(self, carrier: dict[str, Any], key: str) -> list[str] | None:
            value = carrier.get(f"HTTP_{key.upper().replace('-', '_')}")
            return None if value is None else [value]

        def keys(self, carrier: dict[str, Any]) -> list[str]:
            return [
                name.removeprefix("HTTP_").replace("_", "-").lower()
                for name in carrier
                if name.startswith("HTTP_")
            ]

    _HEADERS: Final = _Headers()
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
            None if inside else propagate.extract(request.META, getter=_HEADERS),
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
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.response.status_code", status)
            if code is not None:
                span.set_attribute("eaglet.code", code)
            if app_key is not None:
                span.set_attribute("eaglet.app_key", app_key)
            if status >= 500:
                span.set_attribute("error.type", str(status))
                span.set_status(trace.StatusCode.ERROR)
        span.end()
        context.detach(self._token)
