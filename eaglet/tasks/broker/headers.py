"""The headers of a task's message that are eaglet's: the trace, and what a replay is told by."""

from typing import Any, Final

from django.conf import settings

from eaglet.observability import tracing
from eaglet.tasks.celery_config import EMBEDDED_BROKER, RABBITMQ_SCHEMES, broker_scheme

REQUEST_ID: Final = "eaglet_request_id"
TRACEPARENT: Final = "traceparent"
REPLAY: Final = "eaglet_replay"
# The event that was published, in a message that a subscription's queue holds.
EVENT: Final = "eaglet_event"
# The ledger's id of a message that has none.
PARKED_AS: Final = "eaglet_parked_as"
RECEIVED_AT: Final = "eaglet_received_at"


def headers_for(request_id: str, traceparent: str) -> dict[str, str]:
    """The headers of a message that carry them; none of what there is not."""
    headers = {REQUEST_ID: request_id, TRACEPARENT: traceparent}
    return {name: value for name, value in headers.items() if value}


def sent_by() -> tuple[str, str]:
    """The request id and the traceparent of the work at hand; empty ones outside of any."""
    trace = tracing.current()
    if trace is not None:
        headers = trace.headers()
        return headers["X-Request-ID"], headers["traceparent"]
    return "", tracing.current_span_headers().get("traceparent", "")


def described(operation: str, queue_name: str, task_id: str) -> dict[str, str]:
    """The attributes of a span about a message, by OpenTelemetry's conventions for messaging."""
    scheme = broker_scheme(getattr(settings, "CELERY_BROKER_URL", None) or EMBEDDED_BROKER)
    return {
        "messaging.system": "rabbitmq" if scheme in RABBITMQ_SCHEMES else scheme,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": queue_name,
        "messaging.message.id": task_id,
    }


def header(request: Any, name: str) -> Any:
    """A header of the message that a task came in, or None."""
    # In the request itself when a worker took it, apart when it is run without one.
    value = getattr(request, name, None)
    return value if value is not None else (request.headers or {}).get(name)


def as_header(value: object, longest: int) -> str:
    """Return what came as a header if a line of a log, and every database, takes it; else ""."""
    fits = isinstance(value, str) and len(value) <= longest and value.isprintable()
    return value if fits and isinstance(value, str) else ""
