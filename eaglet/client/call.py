"""Make one call, from what the caller asks for to what the caller gets."""

from collections.abc import Mapping
from typing import Any

from eaglet import deadline
from eaglet.client import metrics, retry
from eaglet.client.call_log import CallRecord
from eaglet.client.circuit import guard_of
from eaglet.client.http import request as wire
from eaglet.client.http import response
from eaglet.client.http.errors import detached
from eaglet.client.http.transport import Answer
from eaglet.client.services.resolve import Service, resolve
from eaglet.client.tokens.fetch import TOKEN_RESOURCE, with_time_left
from eaglet.client.tokens.flow import flow
from eaglet.exceptions import EagletError, InvalidRequest
from eaglet.observability import tracing
from eaglet.observability.redaction import redact_text


def perform(
    name: str, gateway_host: str | None, verb: str, request: object
) -> dict[str, Any] | EagletError:
    """Make a call and log it; return its envelope, or the error to raise.

    The error holds none of the frames in which the call was made, as those held the token.
    """
    record = CallRecord(verb, tracing.current() or tracing.Trace())
    service = None
    failure = None
    try:
        _read(request, record)
        service = resolve(name, gateway_host)
        left = deadline.remaining()
        record.is_cut_short = left is not None and left < service.timeout_seconds
        path = wire.path_of(record.resource)
        template = wire.template(service, verb, path, record.data, record.files)
        with deadline.within(service.timeout_seconds):
            answer = _exchange(service, template, record)
        record.status_code = answer.status_code
        envelope = response.envelope_of(answer)
        record.code = envelope["code"]
    except EagletError as error:
        record.reason = redact_text(str(error))
        failure = detached(error, f"{verb.upper()} {name} {record.resource}")
    record.emit(name, failure)
    # A name that nothing is known of may be anything.
    known = "" if service is None else service.name
    metrics.called(known, verb, record.code, failure, record.seconds())
    return envelope if failure is None else failure


def _read(request: object, record: CallRecord) -> None:
    """Read the dict that a verb was called with; InvalidRequest says what is wrong with it."""
    if not isinstance(request, Mapping):
        raise InvalidRequest("a call takes one dict: {'resource': 'a.b', 'data': {…}}")
    resource = request.get("resource")
    if not isinstance(resource, str):
        raise InvalidRequest("the call names no 'resource'")
    record.resource = resource
    record.data, record.files = _mapping(request, "data"), _mapping(request, "files")


def _mapping(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = request.get(name)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidRequest(f"{name!r} must be a dict, not a {type(given).__name__}")
    return wire.whole(given)


def _exchange(service: Service, template: wire.RequestTemplate, record: CallRecord) -> Answer:
    """Send the call, with a token if it is to have one; return the last answer."""
    headers = record.trace.headers()
    if service.withholds_credentials:
        record.credentials = "withheld"
    if (
        not service.needs_token
        or wire.TOKEN_PARAMETER in record.data
        or record.resource == TOKEN_RESOURCE
    ):
        return retry.send(template.request(with_time_left(headers)), service, record)
    record.credentials = "token"
    guard_of(service).check()  # before a token is asked for, of the same service
    authenticated = flow(service, template, headers)
    request = next(authenticated)
    while True:
        answer = retry.send(request, service, record)
        try:
            request = authenticated.send(answer)
        except StopIteration:
            return answer
