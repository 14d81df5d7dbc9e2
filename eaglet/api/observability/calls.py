"""Log, count and trace each call of a resource, where that is wanted."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Histogram

from eaglet.api.request.args import Args
from eaglet.conf import conf
from eaglet.envelope import SERVICE_FAULT, SUCCESS
from eaglet.observability import spans, tracing
from eaglet.observability.metrics import SECONDS
from eaglet.observability.redaction import loggable, one_line

if tracing.HAS_OPENTELEMETRY:
    from opentelemetry import propagate, trace

logger = logging.getLogger("eaglet.api.calls")
is_logged = logger.isEnabledFor
_faults = logging.getLogger("eaglet.api")

# A caller may send any number of names of any length.
_MOST_PARAMS: Final = 100
_LONGEST: Final = 200

_SECONDS = Histogram(
    "eaglet_api_call_seconds",
    "How long calls of resources took, by HTTP status and by what the envelope says.",
    ("app", "resource", "method", "status", "outcome"),
    buckets=SECONDS,
)
_MESSAGE: Final = (
    "%(method)s %(app)s.%(resource)s -> HTTP %(status)s, code %(code)s, %(duration_ms).1f ms"
)
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})


def count(app: str, resource: str, method: str, response: HttpResponseBase, seconds: float) -> None:
    """Count a call for Prometheus; never raise, because the answer is there already.

    Labels are names of this service's own, however many a caller may think of: `app` and
    `resource` are empty for a resource that is not declared.
    """
    code: int | None = getattr(response, "envelope_code", None)
    try:
        _series(app, resource, method, response.status_code, code).observe(seconds)
    except Exception:  # noqa: BLE001 - logged, and the caller gets its answer
        _faults.exception("a call of %s.%s can't be counted", app, resource)


# To look a series up costs three times what one more value in it does.
@lru_cache(maxsize=4096)
def _series(app: str, resource: str, method: str, status: int, code: int | None) -> Histogram:
    if status < 400 and (code == SUCCESS or code is None):
        outcome = "answered"
    else:
        outcome = "failed" if status >= 500 or code == SERVICE_FAULT else "refused"
    verb = method if method in _METHODS else "other"
    return _SECONDS.labels(app, resource, verb, status, outcome)


class Observation:
    """One call, watched from its beginning to its answer, to be logged or traced.

    Fields of its record: `app`, `resource`, `method` (the verb that a POST means), `status`
    (HTTP), `code` (the envelope's; None for a response of the handler's own), `duration_ms`,
    `app_key` (None without a token), `request_id`, `trace_id`, and `params`: names, or with
    EAGLET_LOG_PARAMS a dict of redacted values.
    """

    def __init__(
        self, request: HttpRequest, app: str, resource: str, *, is_declared: bool = True
    ) -> None:
        self._app = app if is_declared else one_line(app)
        self._resource = resource if is_declared else one_line(resource)
        self._span: _CallSpan | None = None
        if spans.wanted():
            route = f"/{app}/{resource}/" if is_declared else "/<app>/<resource>/"
            self._span = _CallSpan(request, route)

    def end(
        self,
        method: str,
        response: HttpResponseBase,
        seconds: float,
        args: Args | None = None,
        provided: Iterable[str] = (),
    ) -> None:
        """Report what came of it; never raise, because the answer is there already.

        `args` are the call's, if it came to reading them; `provided` are the names in them that
        context providers have put there.
        """
        try:
            self._report(one_line(method), response, seconds, args, provided)
        except Exception:  # noqa: BLE001 - logged, and the caller gets its answer
            _faults.exception("a call of %s.%s can't be reported", self._app, self._resource)

    def _report(
        self,
        method: str,
        response: HttpResponseBase,
        seconds: float,
        args: Args | None,
        provided: Iterable[str],
    ) -> None:
        status = response.status_code
        code: int | None = getattr(response, "envelope_code", None)
        token = args.auth if args is not None else None
        app_key = None if token is None else token.app.app_key
        if is_logged(logging.INFO):
            current = tracing.current()
            fields = {
                "app": self._app,
                "resource": self._resource,
                "method": method,
                "status": status,
                "code": code,
                "duration_ms": round(seconds * 1000, 3),
                "app_key": app_key,
                "request_id": current.request_id if current else None,
                "trace_id": current.trace_id if current else None,
                "params": _params(args, frozenset(provided)),
            }
            logger.info(_MESSAGE, fields, extra=fields)
        if self._span is not None:
            self._span.end(method, status, code, app_key, seconds)


class _CallSpan:
    """The span of one call: of the server's kind, or inside of one that is there already.

    Another library's middleware may have begun a span for the request.
    """

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
        if headers := tracing.current_span_headers():
            ids = headers["traceparent"], headers.get("tracestate")
            tracing.enter(tracing.Trace(*ids, request.META.get("HTTP_X_REQUEST_ID")))

    def end(
        self, method: str, status: int, code: int | None, app_key: str | None, seconds: float
    ) -> None:
        """End it with what came of the call; `method` is the verb that was meant."""
        outcome: dict[str, Any] = {
            "http.response.status_code": status,
            "error.type": str(status) if status >= 500 else None,
        }
        meant = None if method == self._asked["http.request.method"] else method
        told = {"eaglet.method": meant, "eaglet.code": code, "eaglet.app_key": app_key}
        self._span.end({**outcome, **told})
        if not self._inside:
            spans.record_duration("server", seconds, {**self._asked, **outcome})


def _params(args: Args | None, provided: frozenset[str]) -> list[str] | dict[str, Any]:
    sent = [name for name in islice(args or (), _MOST_PARAMS) if name not in provided]
    if args is None or not conf.EAGLET_LOG_PARAMS:
        return [str(name)[:_LONGEST] for name in sent]
    return loggable({str(name): args[name] for name in sent}, _MOST_PARAMS)
