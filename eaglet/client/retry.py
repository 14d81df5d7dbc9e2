"""Send a request, and again where that is safe, may help and does not multiply the load.

urllib3's `Retry` parses `Retry-After` here and does no more: it knows neither a deadline for the
whole call nor a budget, sleeps as long as a service says, would repeat the time that is left as
it was at first, and can't tell a request that never left on a kept connection from one that did.
"""

import random
import time
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3.exceptions
from urllib3.util import Retry

from eaglet import deadline
from eaglet.client import metrics
from eaglet.client.call_log import CallRecord
from eaglet.client.circuit import Guard, guard_of
from eaglet.client.http.request import CallRequest
from eaglet.client.http.transport import Answer, transport
from eaglet.client.services.resolve import Service
from eaglet.conf import conf
from eaglet.exceptions import (
    CircuitOpen,
    EagletError,
    InvalidEnvelope,
    RequestError,
    ServiceTimeout,
    ServiceUnavailable,
)
from eaglet.observability import spans, tracing

REPEATED_STATUSES: Final = (502, 503, 504)
"""What a gateway says, or a service, when it can't answer just now."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
LONGEST_RETRY_AFTER_SECONDS: Final = 10.0
"""A service that wants to be left alone for longer is not waited for."""
_INSTANT_SECONDS: Final = 0.005
_RETRY_AFTER: Final = Retry().parse_retry_after


def send(request: CallRequest, service: Service, record: CallRecord) -> Answer:
    """Send a request; repeat it, within the deadline and the service's budget.

    GET, and what the service calls idempotent, is repeated after failures of the connection and
    after HTTP 502, 503 and 504; other verbs only where surely nothing was sent. Silence is not
    repeated: a service that is slow would get still more to do.

    Raises what the transport does, and CircuitOpen; of several failures the last, whose
    `was_sent` counts for all. The record is told how often the request was sent.
    """
    guard = guard_of(service)
    guard.budget.pay_in()
    guard.admit()
    repetitions = 0
    may_have_arrived = False
    while True:
        record.attempts += 1
        outcome = _attempt(request, service, guard, record)
        if isinstance(outcome, RequestError):
            outcome.was_sent = may_have_arrived = may_have_arrived or outcome.was_sent
        else:
            may_have_arrived = True
        if not _may_be_repeated(outcome, record.verb in service.idempotent):
            break
        pause = _pause(outcome, repetitions)
        left = deadline.remaining()
        if (
            repetitions >= conf.EAGLET_CLIENT_RETRIES
            or pause > LONGEST_RETRY_AFTER_SECONDS
            or (left is not None and left <= pause)
            or not guard.budget.take()
        ):
            break
        time.sleep(pause)
        try:
            guard.admit()
        except CircuitOpen:
            break
        repetitions += 1
        metrics.repeated(service.name, record.verb)
        left = deadline.remaining()
        if left is not None:
            request.headers[deadline.HEADER] = deadline.header_value(left)
    if isinstance(outcome, RequestError):
        raise outcome
    return outcome


def _attempt(
    request: CallRequest, service: Service, guard: Guard, record: CallRecord
) -> Answer | RequestError:
    """Send the request once, and report to the guard how it went.

    What a deadline that came in from outside cut short says nothing about the service.
    """
    left = deadline.remaining()
    try:
        answer = _traced(request, service, record)
    except ServiceTimeout as error:
        if record.is_cut_short and (deadline.remaining() or 0) < _INSTANT_SECONDS:
            guard.undecided()
        else:
            guard.failed(error, left)
        return error
    except ServiceUnavailable as error:
        guard.failed(error)
        return error
    except InvalidEnvelope:
        guard.succeeded()
        raise
    except BaseException:
        guard.undecided()
        raise
    if answer.status_code in REPEATED_STATUSES:
        guard.failed(f"HTTP {answer.status_code}")
    else:
        guard.succeeded()
    return answer


def _traced(request: CallRequest, service: Service, record: CallRecord) -> Answer:
    """Send the request in a span of its own, whose ids it carries."""
    if not spans.wanted():
        return transport.send(request, service)
    url = urlsplit(service.url)
    asked: dict[str, Any] = {
        "http.request.method": request.method,
        "server.address": url.hostname,
        "server.port": url.port or (443 if url.scheme == "https" else 80),
    }
    # No query: it may hold anything.
    path = f"{url.path}{request.template.path}"
    told = {**asked, "url.full": f"{url.scheme}://{url.netloc}{path}", "url.template": path}
    if record.attempts > 1:
        told["http.request.resend_count"] = record.attempts - 1
    began = time.perf_counter()
    outcome: dict[str, Any] = {}
    try:
        with spans.in_span("CLIENT", f"{request.method} {path}", lambda: told) as outcome:
            request.headers.update(tracing.current_span_headers())
            try:
                answer = transport.send(request, service)
            except EagletError as error:
                outcome["error.type"] = type(error).__name__
                raise
            outcome["http.response.status_code"] = answer.status_code
            if answer.status_code >= 400:
                outcome["error.type"] = str(answer.status_code)
            return answer
    finally:
        spans.record_duration("client", time.perf_counter() - began, {**asked, **outcome})


def _may_be_repeated(outcome: Answer | RequestError, is_idempotent: bool) -> bool:
    if isinstance(outcome, Answer):
        return is_idempotent and outcome.status_code in REPEATED_STATUSES
    if not outcome.was_sent:
        return True
    return is_idempotent and not isinstance(outcome, ServiceTimeout)


def _pause(outcome: Answer | RequestError, repetitions: int) -> float:
    """Return the seconds to wait: any number up to one that doubles each time.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, "full jitter".
    At least what `Retry-After` asks for.
    """
    longest = min(FIRST_PAUSE_SECONDS * 2**repetitions, LONGEST_PAUSE_SECONDS)
    pause = random.uniform(0, longest)  # noqa: S311 - no secret
    if isinstance(outcome, Answer):
        asked = outcome.headers.get("Retry-After")
        if asked:
            with suppress(urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
                pause = max(pause, _RETRY_AFTER(asked) or 0)
    return pause
