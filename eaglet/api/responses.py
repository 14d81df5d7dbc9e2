"""From what came of a call to the answer: HTTP status, envelope and headers; nowhere else.

A value is HTTP 200; a `(code, data)` and an ApiError are too, with the code in the envelope. The
framework's own refusals and Django REST framework's exceptions keep their status. Anything else
is HTTP 500 with code 531, a reference in the answer and the traceback in the log.
"""

import json
import logging
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses as http_responses
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, NotFound
from rest_framework.exceptions import PermissionDenied as DrfPermissionDenied
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from eaglet.api.exceptions import InvalidParams
from eaglet.api.json_response import JSON_TYPE, JsonBytesResponse
from eaglet.api.request.accept import accepted_types
from eaglet.encoding import to_json
from eaglet.envelope import SERVICE_FAULT, SUCCESS, Envelope, failure, success
from eaglet.exceptions import AnswerMismatch, ApiError
from eaglet.observability import tracing
from eaglet.setup_errors import missing_table, remedy

logger = logging.getLogger("eaglet.api")

PROBLEM_TYPE = "application/problem+json"

_SUCCESS_HEAD = b'{"code":200,"data":'
_SUCCESS_TAIL = b',"errMsg":"","innerErrMsg":""}'


@dataclass(frozen=True)
class Outcome:
    """What to answer: the HTTP status, the envelope, and headers that go with them."""

    status: int
    envelope: Envelope
    headers: Mapping[str, str] = field(default_factory=dict)


def envelope_response(data: Any) -> HttpResponse:
    """Answer with data: HTTP 200 and the envelope. Raises what `to_json` raises."""
    response = JsonBytesResponse(_SUCCESS_HEAD + to_json(data) + _SUCCESS_TAIL)
    response.envelope_code = SUCCESS
    return response


def of_result(result: Any) -> Outcome:
    """Make the outcome of a handler that returned: a value, or `(code, data)`.

    Raises TypeError for any other tuple.
    """
    if not isinstance(result, tuple):
        return Outcome(200, success(result))
    if len(result) != 2 or not isinstance(result[0], int) or isinstance(result[0], bool):
        raise TypeError(
            "a handler returned a tuple that is not (code, data) with an integer code: "
            f"({', '.join(type(item).__name__ for item in result)})"
        )
    code, data = result
    if code == SUCCESS:
        return Outcome(200, success(data))
    message = str(data) if isinstance(data, str | Promise) else to_json(data).decode()
    return Outcome(200, failure(code, message, data=data))


def of_exception(exception: Exception, *, allow: str = "", place: str = "") -> Outcome:
    """Make the outcome of an exception, and a log record of one that nobody foresaw.

    `allow` are the verbs the resource has, for a 405; `place` is what was called, for the log.
    """
    if isinstance(exception, ApiError):
        return Outcome(200, failure(exception.code, exception.message, data=exception.data))
    if isinstance(exception, Http404):
        exception = NotFound(_said(exception))
    elif isinstance(exception, PermissionDenied):
        exception = DrfPermissionDenied(_said(exception))
    if isinstance(exception, InvalidParams):
        faults = exception.faults
        message = "; ".join(f"{fault.param}: {fault.reason}" for fault in faults)
        errors: Any = [{"param": fault.param, "reason": fault.reason} for fault in faults]
        return Outcome(400, failure(400, message, errors=errors))
    if isinstance(exception, APIException):
        return _of_api_exception(exception, allow)
    return _of_fault(exception, place)


def _said(exception: Exception) -> str | None:
    # Django's resolver raises Http404 with all its patterns in it: nothing for a caller.
    message = exception.args[0] if exception.args else None
    return str(message) if isinstance(message, str | Promise) else None


def _of_api_exception(exception: APIException, allow: str) -> Outcome:
    status = exception.status_code
    headers = {}
    if auth_header := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    elif status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 §15.5.2: a 401 must have one
    if (wait := getattr(exception, "wait", None)) is not None:
        headers["Retry-After"] = f"{wait:.0f}"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allow
    detail = exception.detail
    data = detail if isinstance(detail, dict | list) else None
    return Outcome(status, failure(status, _flat(detail), data=data), headers)


def _flat(detail: Any) -> str:
    if isinstance(detail, dict):
        return "; ".join(f"{name}: {_flat(part)}" for name, part in detail.items())
    if isinstance(detail, list):
        return "; ".join(_flat(part) for part in detail)
    return str(detail)


def _of_fault(exception: Exception, place: str) -> Outcome:
    reference = uuid.uuid4().hex
    trace = tracing.current()
    table = missing_table(exception)
    logger.error(
        "%s failed: %s (reference %s)",
        place or "a call",
        remedy(table) if table else type(exception).__name__,
        reference,
        exc_info=exception,
        extra={
            "reference": reference,
            "request_id": trace.request_id if trace else None,
            "trace_id": trace.trace_id if trace else None,
        },
    )
    inner = "".join(traceback.format_exception(exception)) if settings.DEBUG else reference
    if isinstance(exception, AnswerMismatch):  # which is of tests
        inner = f"{inner}: {exception}"
    message = _("The service failed; its log has the cause.")
    return Outcome(500, failure(SERVICE_FAULT, message, inner=inner))


def write(outcome: Outcome, request: HttpRequest, *, always_200: bool = False) -> HttpResponse:
    """Write an outcome as JSON: the envelope, or RFC 9457's problem where Accept asks for it.

    With `always_200` the HTTP status is 200 whatever the outcome.
    """
    status = 200 if always_200 else outcome.status
    if status >= HTTPStatus.BAD_REQUEST and accepts_problem(request):
        response = JsonBytesResponse(to_json(_problem(outcome)), status, PROBLEM_TYPE)
    else:
        response = JsonBytesResponse(to_json(outcome.envelope), status)
    response.envelope_code = outcome.envelope["code"]
    for name, value in outcome.headers.items():
        response.headers[name] = value
    if outcome.status >= HTTPStatus.BAD_REQUEST:
        response.headers["Vary"] = "Accept"  # by it this may be a problem
        if always_200:  # for no cache to take for an answer
            response.headers["Cache-Control"] = "private, no-store"
    return response


def accepts_problem(request: HttpRequest) -> bool:
    """Tell whether the caller names problem+json among what it accepts, and does not refuse it."""
    accept = request.META.get("HTTP_ACCEPT", "")
    if PROBLEM_TYPE not in accept.lower():
        return False
    return any(
        f"{media.main_type}/{media.sub_type}" == PROBLEM_TYPE and media.quality > 0
        for media in accepted_types(request)
    )


def _problem(outcome: Outcome) -> dict[str, Any]:
    envelope = outcome.envelope
    return {
        "type": "about:blank",
        "title": http_responses.get(outcome.status, ""),
        "status": outcome.status,
        "detail": envelope["errMsg"],
        "code": envelope["code"],
        **{name: envelope[name] for name in ("innerErrMsg", "errors") if envelope.get(name)},
    }


def passed_on(response: HttpResponseBase) -> HttpResponseBase:
    """Ready a response that a handler made itself; one of REST framework's is written as JSON."""
    if isinstance(response, Response) and getattr(response, "accepted_renderer", None) is None:
        response.accepted_renderer = JSONRenderer()
        response.accepted_media_type = JSON_TYPE
        response.renderer_context = {}  # type: ignore[attr-defined]
    return name_charset(response)


def without_body(response: HttpResponseBase) -> HttpResponseBase:
    """Take the body off the answer to a HEAD; its length and headers stay (RFC 9110 §9.3.2)."""
    if not getattr(response, "is_rendered", True):  # a template's, or REST framework's
        response.add_post_render_callback(without_body)  # type: ignore[attr-defined]
    elif response.streaming:
        response.streaming_content = ()  # type: ignore[attr-defined]
    else:
        response.headers.setdefault("Content-Length", str(len(response.content)))  # type: ignore[attr-defined]
        response.content = b""  # type: ignore[attr-defined]
    return response


def plain(envelope: Envelope) -> Any:
    """Return the envelope in JSON's own types, so that every renderer writes it by our rules."""
    return json.loads(to_json(envelope))


def make_private(response: HttpResponseBase) -> None:
    """Tell caches that an answer is for one caller only (RFC 6750 §2.3, RFC 9111 §3.5)."""
    if isinstance(response, JsonBytesResponse) and response.make_private():
        return
    if "Cache-Control" in response.headers:
        patch_cache_control(response, private=True)
    else:
        response.headers["Cache-Control"] = "private"
    patch_vary_headers(response, ("Authorization",))


def name_charset(response: HttpResponseBase) -> HttpResponseBase:
    """Name the charset of JSON that Django REST framework is to write."""
    media_type = getattr(response, "accepted_media_type", None) or ""
    if isinstance(response, Response) and media_type.startswith(JSON_TYPE):
        response.content_type = response.content_type or f"{media_type}; charset=utf-8"
    return response
