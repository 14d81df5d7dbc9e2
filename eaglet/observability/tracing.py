"""Carry the trace and the request id of a piece of work from service to service.

W3C Trace Context (`traceparent`, `tracestate`) and `X-Request-ID`. Nothing is parsed or made
until somebody asks. Where OpenTelemetry has a span at hand, what goes out is that span's.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import Any

HAS_OPENTELEMETRY = find_spec("opentelemetry") is not None
"""Whether opentelemetry-api is installed."""

if HAS_OPENTELEMETRY:
    from opentelemetry import trace as opentelemetry

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
# W3C Trace Context §3.3.1.5: at least 512 characters are to be passed on.
_TRACESTATE = re.compile(r"[\t -~]{1,512}")


class Trace:
    """Hold the trace and request ids of one piece of work.

    `traceparent`, `tracestate` and `request_id` are what came in with it, unchecked: what is
    malformed is replaced, as the W3C recommendation asks (§3.2.2.5), never refused.
    """

    __slots__ = ("_flags", "_request_id", "_sent_request_id", "_sent_traceparent", "_trace_id",
                 "_tracestate")  # fmt: skip

    def __init__(
        self,
        traceparent: str | None = None,
        tracestate: str | None = None,
        request_id: str | None = None,
    ) -> None:
        self._sent_traceparent = traceparent
        self._tracestate = tracestate
        self._sent_request_id = request_id
        self._trace_id: str | None = None
        self._flags = "01"
        self._request_id: str | None = None

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Trace:
        """Take the ids from a request's META."""
        return cls(
            meta.get("HTTP_TRACEPARENT"), meta.get("HTTP_TRACESTATE"), meta.get("HTTP_X_REQUEST_ID")
        )

    @property
    def trace_id(self) -> str:
        """Return the trace's id, 32 hex digits: the one that came in, else a new one."""
        if self._trace_id is None:
            match = _TRACEPARENT.fullmatch(self._sent_traceparent or "")
            if (
                match
                and match[1] != "ff"
                and not (match[1] == "00" and match[5])
                and int(match[2], 16)
                and int(match[3], 16)
            ):
                # Flags nobody knows are not passed on (§3.2.2.5).
                self._trace_id, self._flags = match[2], f"{int(match[4], 16) & 1:02x}"
            else:
                self._trace_id, self._tracestate = secrets.token_hex(16), None
        return self._trace_id

    @property
    def request_id(self) -> str:
        """Return the request id: the one that came in, else a new one."""
        if self._request_id is None:
            sent = self._sent_request_id
            well_formed = sent is not None and _REQUEST_ID.fullmatch(sent)
            self._request_id = sent if sent and well_formed else uuid.uuid4().hex
        return self._request_id

    def headers(self) -> dict[str, str]:
        """Return the headers that carry this trace on to another service.

        The parent they name is OpenTelemetry's current span, else a span id of their own.
        """
        span = current_span_headers() or self._own_headers()
        return {**span, "X-Request-ID": self.request_id}

    def _own_headers(self) -> dict[str, str]:
        trace_id = self.trace_id
        headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-{self._flags}"}
        if self._tracestate and _TRACESTATE.fullmatch(self._tracestate):
            headers["tracestate"] = self._tracestate
        return headers


def current_span_headers() -> dict[str, str]:
    """Return `traceparent` and `tracestate` of OpenTelemetry's current span, if there is one."""
    if not HAS_OPENTELEMETRY:
        return {}
    span = opentelemetry.get_current_span().get_span_context()
    if not span.is_valid:
        return {}
    headers = {"traceparent": f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"}
    if span.trace_state:
        headers["tracestate"] = span.trace_state.to_header()
    return headers


# META stands here until somebody asks: most calls never do.
_current: ContextVar[Trace | Mapping[str, Any] | None] = ContextVar("eaglet_trace", default=None)


def current() -> Trace | None:
    """Return the trace of the current work, or None outside of any."""
    trace = _current.get()
    if trace is None or isinstance(trace, Trace):
        return trace
    made = Trace.from_meta(trace)
    _current.set(made)
    return made


# Bound methods, which cost every call less than functions of our own around them would.
enter = _current.set
"""Make a trace, or the one of a request's META, the current one until `leave` is called."""
leave = _current.reset
"""End what `enter` began; takes what that returned."""


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Do a block of work as part of `trace`."""
    token = enter(trace)
    try:
        yield trace
    finally:
        leave(token)
