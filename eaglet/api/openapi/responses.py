"""The envelope, and a response for every row of the answer table, as OpenAPI components."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eaglet.api.json_response import JSON_TYPE
from eaglet.api.responses import PROBLEM_TYPE
from eaglet.contracts.references import resolved
from eaglet.envelope import SERVICE_FAULT, SUCCESS, success
from eaglet.exceptions import ApiError

ENVELOPE: Final = "Envelope"
REFUSAL: Final = "Refusal"
PROBLEM: Final = "Problem"
FAULT: Final = "ParamFault"

_INTEGER: Final = {"type": "integer"}
_STRING: Final = {"type": "string"}


def reference(kind: str, name: str) -> dict[str, str]:
    """Make a `$ref` to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


_ERRORS: Final = {
    "type": "array",
    "description": "What is wrong with each parameter; only where parameters are.",
    "items": reference("schemas", FAULT),
}

SCHEMAS: Final[dict[str, Any]] = {
    ENVELOPE: {
        "type": "object",
        "description": "The shape of every answer. The code is 200 for an answer; 500 and codes "
        "of the service's own are refusals by its business code; any other is the HTTP status "
        f"of a failure, or {SERVICE_FAULT} for a fault of the service.",
        "properties": {
            "code": _INTEGER,
            "data": {"description": "What the resource answers."},
            "errMsg": {**_STRING, "description": "Empty, or why there is no answer."},
            "innerErrMsg": {**_STRING, "description": "Empty, or a reference into the log."},
            "errors": _ERRORS,
        },
        "required": ["code", "data", "errMsg", "innerErrMsg"],
    },
    REFUSAL: {
        "description": "A refusal, or a failure: whatever has not the code 200.",
        "allOf": [
            reference("schemas", ENVELOPE),
            {"type": "object", "properties": {"code": {"not": {"const": SUCCESS}}}},
        ],
    },
    FAULT: {
        "type": "object",
        "properties": {"param": _STRING, "reason": _STRING},
        "required": ["param", "reason"],
    },
    PROBLEM: {
        "type": "object",
        "description": "RFC 9457, for callers whose Accept header names it.",
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "innerErrMsg"), _STRING),
            **dict.fromkeys(("status", "code"), _INTEGER),
            "errors": _ERRORS,
        },
        "required": ["type", "title", "status", "detail", "code"],
    },
}


FAILURES: Final = {
    400: ("BadRequest", "A parameter is missing or wrong, or the JSON is malformed."),
    401: ("Unauthorized", "No access token, or a bad, expired or revoked one."),
    403: ("Forbidden", "A good access token without the grant."),
    404: ("NotFound", "There is no such thing."),
    405: ("MethodNotAllowed", "The resource does not support the verb (`_method`)."),
    413: ("TooLarge", "The body is too large, or has too many parameters."),
    415: ("UnsupportedMediaType", "Neither a form nor JSON."),
    429: ("Throttled", "Too many calls."),
    500: ("ServiceFault", "A fault of the service."),
}
"""The rows of the answer table: the name of a status's component, and what it means."""

# A header that goes with a status, and whether it always does.
_HEADERS: Final = {
    401: ("WWW-Authenticate", True),
    405: ("Allow", True),
    429: ("Retry-After", False),
}
_BY_TOKEN: Final = (401, 403)

OTHER: Final = "OtherRefusal"
"""The component for a refusal of a handler or of the project's own policy, with its status."""


def _response(description: str, envelope: dict[str, Any], problem: bool = True) -> dict[str, Any]:
    content = {JSON_TYPE: {"schema": envelope}}
    if problem:
        content[PROBLEM_TYPE] = {"schema": reference("schemas", PROBLEM)}
    return {"description": description, "content": content}


def _component(status: int) -> dict[str, Any]:
    code = {"properties": {"code": {"const": SERVICE_FAULT if status == 500 else status}}}
    response = _response(FAILURES[status][1], {"allOf": [_ENVELOPE, code]})
    if status in _HEADERS:
        name, always = _HEADERS[status]
        response["headers"] = {name: {"schema": _STRING, "required": always}}
    return response


_ENVELOPE: Final = reference("schemas", ENVELOPE)
_OF_ENVELOPE: Final = {"code", "data", "errMsg"}

RESPONSES: Final[dict[str, Any]] = {
    **{name: _component(status) for status, (name, _meaning) in FAILURES.items()},
    OTHER: _response("A refusal by the resource or by the project's own policy.", _ENVELOPE),
}


def answered(data: dict[str, Any], status: str = "200") -> dict[str, Any]:
    """Make the schema of an envelope with such data; with HTTP 200 it may be a refusal instead."""
    code = {"code": {"const": SUCCESS}} if status == "200" else {}
    answer = {"allOf": [_ENVELOPE, {"type": "object", "properties": {**code, "data": data}}]}
    return {"oneOf": [answer, reference("schemas", REFUSAL)]} if code else answer


def enveloped(response: dict[str, Any], status: str, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Put what `extend_schema` says of a status into the envelope, unless it is one.

    `schemas` are the components that it may refer to.
    """
    content = dict(response.get("content") or {JSON_TYPE: {}})
    if JSON_TYPE in content:
        media = {**content[JSON_TYPE]}
        said = media.get("schema", _ENVELOPE)
        one = resolved({"components": {"schemas": schemas}}, said)
        is_whole = one.get("properties", {}).keys() >= _OF_ENVELOPE
        media["schema"] = said if is_whole else answered(said, status)
        media["examples"] = {
            name: {**one, "value": _example(one["value"], status)}
            for name, one in media.get("examples", {}).items()
            if "value" in one
        }
        content[JSON_TYPE] = {key: value for key, value in media.items() if value}
    return {**response, "content": content}


def _example(value: Any, status: str) -> Any:
    is_whole = isinstance(value, dict) and value.keys() >= _OF_ENVELOPE
    return value if is_whole else {**success(value), "code": int(status)}


def responses(
    *,
    with_token: bool,
    always_200: bool,
    data: dict[str, Any] | None,
    example: tuple[Any, bool],
    refusals: Sequence[type[ApiError]],
) -> dict[str, Any]:
    """Make the responses of an operation.

    Args:
        with_token: whether a token or another credential may be asked for.
        always_200: whether failures come with HTTP 200 too (EAGLET_ALWAYS_HTTP_200).
        data: the schema of an answer's data, if it is declared.
        example: such data, and whether it is of the schema.
        refusals: what is declared to be raised.
    """
    codes = ", ".join(f"{error.code} {error.__name__}" for error in refusals)
    rest = "any failure" if always_200 else "a refusal by business code"
    told = f"The answer, or {rest}{f' ({codes})' if codes else ''}; `code` tells which."
    good = _response(told, _ENVELOPE if data is None else answered(data), problem=False)
    if data is not None and example[1]:
        good["content"][JSON_TYPE]["example"] = success(example[0])
    if always_200:
        return {"200": good}
    return {
        "200": good,
        **{
            str(status): reference("responses", name)
            for status, (name, _meaning) in FAILURES.items()
            if with_token or status not in _BY_TOKEN
        },
        "default": reference("responses", OTHER),
    }
