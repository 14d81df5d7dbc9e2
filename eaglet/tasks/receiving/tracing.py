"""Take up the trace of the call that sent a task where the task is run."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from celery import Task
from celery.utils.log import ColorFormatter

from eaglet.observability import spans, tracing
from eaglet.observability.redaction import redact_text
from eaglet.tasks.broker.headers import (
    RECEIVED_AT,
    REQUEST_ID,
    TRACEPARENT,
    as_header,
    described,
    header,
)

_SPAN: Final = "eaglet_span"
_TOKEN: Final = "eaglet_trace_token"  # noqa: S105 - of a context variable


def take_up(*, task: Task[Any, Any], **kwargs: Any) -> None:
    """Have a task that begins be part of the trace it came with, or of one of its own."""
    request = task.request
    sender = {
        TRACEPARENT: as_header(header(request, TRACEPARENT), 512),
        "tracestate": as_header(header(request, "tracestate"), 512),
    }
    trace = tracing.Trace(
        traceparent=sender[TRACEPARENT] or None,
        tracestate=sender["tracestate"] or None,
        request_id=as_header(header(request, REQUEST_ID), 128) or None,
    )
    vars(request)[_TOKEN] = tracing.enter(trace)
    if spans.wanted():
        told = described("process", task.name, str(request.id))
        vars(request)[_SPAN] = spans.Span("CONSUMER", f"process {task.name}", told, sender=sender)


def put_down(
    *, task: Task[Any, Any], state: str | None = None, retval: Any = None, **kwargs: Any
) -> None:
    """End what `take_up` began."""
    held = vars(task.request)
    if (span := held.pop(_SPAN, None)) is not None:
        failure = None if state in (None, "SUCCESS") else type(retval).__name__
        span.end({"error.type": failure})
    if (token := held.pop(_TOKEN, None)) is not None:
        tracing.leave(token)


def note_receipt(*, request: Any, **kwargs: Any) -> None:
    """Note when a message was taken, and its trace, for whoever runs it and for the ledger."""
    headers = request.request_dict
    headers[RECEIVED_AT] = time.time()
    sent = as_header(headers.get(TRACEPARENT), 55)
    trace = tracing.Trace(sent, None, as_header(headers.get(REQUEST_ID), 128))
    headers[REQUEST_ID] = trace.request_id
    if trace.trace_id not in sent:
        headers[TRACEPARENT] = trace.headers()["traceparent"]


class TracedFormatter(logging.Formatter):
    """Format a record as another does, with the ids of the trace, and without secrets."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = redact_text(self._formatter.format(record))
        trace = tracing.current()
        if trace is None:
            return line
        first, newline, rest = line.partition("\n")
        ids = f"request_id={trace.request_id} trace_id={trace.trace_id}"
        return f"{first} [{ids}]{newline}{rest}"


def format_with_trace(*, logger: logging.Logger, **kwargs: Any) -> None:
    """Have the handlers that Celery has made, not the project's own, write the ids."""
    for handler in logger.handlers:
        if isinstance(handler.formatter, ColorFormatter):
            handler.setFormatter(TracedFormatter(handler.formatter))
