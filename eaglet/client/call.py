"""One call, from what the caller asks for to what the caller gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from eaglet import deadline
from eaglet.client import metrics, retry
from eaglet.client.call_log import CallRecord
from eaglet.client.circuit import guard_of
from eaglet.client.http import request as wire
from eaglet.client.http import response
from eaglet.client.http.errors import detached
from eaglet.client.http.transport import Answer
from eaglet.client.services import resolve
from eaglet.client.services.resolve import Service
from eaglet.client.tokens.fetch import TOKEN_RESOURCE, with_time_left
from eaglet.client.tokens.flow import flow
from eaglet.exceptions import EagletError, InvalidRequest
from eaglet.observability import tracing
from eaglet.observability.redaction import redact_text


@dataclass(frozen=True)
class Outcome:
    """How a call ended: with an envelope, or with an error that can be raised."""

    envelope: dict[str, Any] | None = field(default=None, repr=False)
    error: EagletError | None = None


def perform(name: str, gateway_host: str | None, verb: str, request: object) -> Outcome:
    """Make a call and log it.

    The error of an outcome holds none of the frames in which the call was made, as those held
    the token.
    """
    record = CallRecord(verb, tracing.current() or tracing.Trace())
    service = None
    try:
        record.resource, record.data = _asked(request)
        path = wire.path_of(record.resource)
        service = resolve.resolve(name, gateway_host)
        with deadline.within(service.timeout_seconds):
            answer = _exchange(
                service, verb, path, record, partial(resolve.resolve, name, gateway_host)
            )
        record.status_code = answer.status_code
        envelope = response.envelope_of(answer)
        record.code = envelope["code"]
        outcome = Outcome(envelope)
    except EagletError as error:
        record.reason = redact_text(str(error))
        outcome = Outcome(error=detached(error, f"{verb.upper()} {name} {record.resource}"))
    record.emit(name, outcome.error)
    if metrics.is_counting():
        # A name that nothing is known of may be anything.
        known = "" if service is None else service.name
        metrics.called(known, verb, record.code, outcome.error, record.seconds())
    return outcome


def _asked(request: object) -> tuple[str, Mapping[str, Any]]:
    """The resource and the data of what a verb was called with."""
    if not isinstance(request, Mapping):
        raise InvalidRequest("a call takes one dict: {'resource': 'a.b', 'data': {…}}")
    resource, data = request.get("resource"), request.get("data")
    if not isinstance(resource, str):
        raise InvalidRequest("the call names no 'resource'")
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise InvalidRequest(f"'data' must be a dict, not a {type(data).__name__}")
    return resource, data


def _exchange(
    service: Service,
    verb: str,
    path: str,
    record: CallRecord,
    as_it_is_now: Callable[[], Service],
) -> Answer:
    """Send the call, with a token if it is to have one, and give back the last answer."""
    draft = wire.draft(service, verb, path, record.data)
    headers = record.trace.headers()
    if service.withholds_credentials:
        record.credentials = "withheld"
    if (
        not service.needs_token
        or wire.TOKEN_PARAMETER in record.data
        or record.resource == TOKEN_RESOURCE
    ):
        return retry.send(draft.request(with_time_left(headers)), service, record)
    record.credentials = "token"
    guard_of(service).check()  # before a token is asked for, of the same service
    authenticated = flow(service, draft, headers, as_it_is_now)
    request = next(authenticated)
    while True:
        answer = retry.send(request, service, record)
        try:
            request = authenticated.send(answer)
        except StopIteration:
            return answer
