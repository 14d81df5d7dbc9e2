"""The OpenTelemetry span of a call, where opentelemetry-api is installed and traces go anywhere."""

from typing import Any

from django.http import HttpRequest

from eaglet.observability import spans, tracing

if tracing.HAS_OPENTELEMETRY:
    from opentelemetry import propagate, trace

wanted = spans.wanted


class CallSpan:
    """The span of one call: of the server's kind, or inside of one that is there already.

    Another library's middleware may have begun a span for the request.
    """

    __slots__ = ("_asked", "_inside", "_span")

    def __init__(self, request: HttpRequest, route: str) -> None:
        sent = request.method or ""
        method = spans.known_method(sent)
        self._inside = trace.get_current_span().get_span_context().is_valid
        self._asked = {
            "http.request.method": method,
            "http.route": route,
            "url.scheme": request.scheme,
        }
        other = {"http.request.method_original": sent} if method != sent else {}
        self._span = spans.Span(
            "INTERNAL" if self._inside else "SERVER",
            f"{'HTTP' if other else method} {route}",
            {**self._asked, **other, "url.path": request.path},
            None if self._inside else propagate.extract(request.headers),
        )
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

    def end(
        self, method: str, status: int, code: int | None, app_key: str | None, seconds: float
    ) -> None:
        """End it with what came of the call; `method` is the verb that was meant."""
        outcome: dict[str, Any] = {
            "http.response.status_code": status,
            "error.type": str(status) if status >= 500 else None,
        }
        meant = None if method == self._asked["http.request.method"] else method
        self._span.end(
            {**outcome, "eaglet.method": meant, "eaglet.code": code, "eaglet.app_key": app_key}
        )
        if not self._inside:
            spans.record_duration("server", seconds, {**self._asked, **outcome})
