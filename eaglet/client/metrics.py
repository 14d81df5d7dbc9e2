"""Count for Prometheus the calls that this process makes."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from eaglet.circuit_breaker import State
from eaglet.conf import conf
from eaglet.exceptions import EagletError, ResourceError
from eaglet.observability.metrics import SECONDS

_CALLS = Counter(
    "eaglet_client_calls",
    "Calls of services, by the code they were answered with or the error they ended with.",
    ("service", "method", "outcome"),
)
_SECONDS = Histogram(
    "eaglet_client_call_seconds",
    "How long calls of services took, their repetitions included.",
    ("service", "method"),
    buckets=SECONDS,
)
_RETRIES = Counter(
    "eaglet_client_retries", "Requests to services that were sent again.", ("service", "method")
)
_BREAKER = Gauge(
    "eaglet_client_breaker_state",
    "Whether a service is left alone after failures: 0 no (closed), 1 it is being tried again "
    "(half-open), 2 yes (open); of several processes, the worst.",
    ("service",),
    multiprocess_mode="livemax",
)
_CODES: Final = range(100, 600)


def called(
    service: str, verb: str, code: int | None, error: EagletError | None, seconds: float
) -> None:
    """Count a call that has ended."""
    if not conf.EAGLET_METRICS:
        return
    method = verb.upper()
    if isinstance(error, ResourceError):
        code = error.code
    if error is not None and not isinstance(error, ResourceError):
        outcome = type(error).__name__
    else:  # a service may answer with any number; those of HTTP are few
        outcome = str(code) if code in _CODES else "other"
    _CALLS.labels(service, method, outcome).inc()
    _SECONDS.labels(service, method).observe(seconds)


def repeated(service: str, verb: str) -> None:
    """Count a request that is sent again."""
    if conf.EAGLET_METRICS:
        _RETRIES.labels(service, verb.upper()).inc()


def breaker_is(service: str, state: State) -> None:
    """Set the state of a service's breaker."""
    if conf.EAGLET_METRICS:
        _BREAKER.labels(service).set(state)
