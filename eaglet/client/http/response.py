"""Read a service's answer: an envelope to give to the caller, or an error."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from eaglet import envelope
from eaglet.client.http.errors import LibraryError
from eaglet.client.http.transport import Answer
from eaglet.exceptions import InvalidEnvelope, ResourceError, ServiceUnavailable
from eaglet.observability.redaction import redact_text

_ANSWERED: Final = (envelope.SUCCESS, envelope.BUSINESS_FAILURE)
_GATEWAY_FAILURES: Final = (502, 503, 504)
_INVALID_TOKEN = re.compile(r'\berror\s*=\s*"?invalid_token\b', re.IGNORECASE)
_REFUSALS: Final = ("Incorrect access_token!", "Missing or incorrect access_token!")
_LONGEST_MESSAGE: Final = 2000
_LARGE: Final = 1024 * 1024
_MOST_VALUES: Final = 1_000_000


def decoded(answer: Answer) -> dict[str, Any]:
    """Return the envelope in an answer's body; InvalidEnvelope tells why there is none.

    A body of more than a million values is not parsed: its objects would take a multiple of it.
    """
    if len(answer.body) > _LARGE and sum(map(answer.body.count, b",[{")) > _MOST_VALUES:
        raise InvalidEnvelope(f"the answer holds more than {_MOST_VALUES:,} values")
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        kind = answer.headers.get("Content-Type", "no content type").split(";")[0]
        failure = InvalidEnvelope(
            f"HTTP {answer.status_code} with {kind}, {len(answer.body)} bytes that are not JSON"
        )
        failure.__cause__ = LibraryError.of(error)
    else:
        return envelope.checked(content)
    raise failure


def envelope_of(answer: Answer) -> dict[str, Any]:
    """Return the envelope to give to the caller: code 200 or 500 with HTTP 200.

    Raises ResourceError for any other code or status, ServiceUnavailable for 502, 503 and 504
    that come from something before the service, InvalidEnvelope for what is no envelope.
    """
    status = answer.status_code
    try:
        content = decoded(answer)
    except InvalidEnvelope:
        if status < 300:
            raise
        content = {}
    if not content:
        raise _without_envelope(answer)
    if status == 200 and content["code"] in _ANSWERED:
        return content
    message, data = message_of(content), content.get("data")
    raise ResourceError(content["code"], message, status_code=status, data=data)


def _without_envelope(answer: Answer) -> Exception:
    status = answer.status_code
    if status in _GATEWAY_FAILURES:
        return ServiceUnavailable(f"HTTP {status}")
    if status < 400:
        target = answer.headers.get("Location", "nowhere").split("?")[0]
        return ResourceError(
            status, f"redirects to {target}, which is not followed", status_code=status
        )
    return ResourceError(status, f"HTTP {status} without an envelope", status_code=status)


def message_of(content: Mapping[str, Any]) -> str:
    """Return the `errMsg` of an envelope, redacted; one that is not text is written as JSON."""
    message = content.get("errMsg") or ""
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    return redact_text(message[:_LONGEST_MESSAGE])


def refuses_token(answer: Answer, *, is_legacy: bool) -> bool:
    """Return whether the service says that the access token, and nothing else, is at fault.

    Standard: HTTP 401 with `error="invalid_token"` (RFC 6750 §3.1). Legacy: code 500 with one of
    the original's two messages, as `errMsg`, in the JSON of it, or as `data["message"]`.
    """
    if answer.status_code == 401:
        return bool(_INVALID_TOKEN.search(answer.headers.get("WWW-Authenticate", "")))
    if not is_legacy or b"ncorrect access_token!" not in answer.body:
        return False
    try:
        content = decoded(answer)
    except InvalidEnvelope:
        return False
    if content["code"] != envelope.BUSINESS_FAILURE:
        return False
    source, data = content.get("errMsg"), content.get("data")
    if isinstance(source, str) and source.startswith("{"):
        with suppress(ValueError, RecursionError):
            source = json.loads(source)
    messages = [each.get("message") if isinstance(each, dict) else each for each in (source, data)]
    return any(message in _REFUSALS for message in messages)
