"""The envelope, and a response for every row of the answer table, as OpenAPI components."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from eaglet.api.json_response import JSON_TYPE
from eaglet.api.responses import PROBLEM_TYPE
from eaglet.envelope import SERVICE_FAULT

ENVELOPE: Final = "Envelope"
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
    FAULT: {
        "type": "object",
        "properties": {"param": _STRING, "reason": _STRING},
        "required": ["param", "reason"],
    },
    PROBLEM: {
        "type": "object",
        "description": "RFC 9457, for callers whose Accept header names it.",
        "properties": {
            "type": _STRING,
            "title": _STRING,
            "status": _INTEGER,
            "detail": _STRING,
            "code": _INTEGER,
            "innerErrMsg": _STRING,
            "errors": _ERRORS,
        },
        "required": ["type", "title", "status", "detail", "code"],
    },
}


@dataclass(frozen=True)
class Failure:
    """One row of the answer table that the framework itself may answer with.

    `headers` maps the names of those that go with it to whether they always do.
    """

    status: int
    name: str
    description: str
    code: int
    headers: dict[str, bool] = field(default_factory=dict)
    by_token: bool = False

    def component(self) -> dict[str, Any]:
        """Make the response object."""
        response: dict[str, Any] = {
            "description": self.description,
            "content": {
                JSON_TYPE: {"schema": self._envelope()},
                PROBLEM_TYPE: {"schema": reference("schemas", PROBLEM)},
            },
        }
        if self.headers:
            response["headers"] = {
                name: {"schema": {"type": "string"}, "required": always}
                for name, always in self.headers.items()
            }
        return response

    def _envelope(self) -> dict[str, Any]:
        envelope = reference("schemas", ENVELOPE)
        return {"allOf": [envelope, {"properties": {"code": {"const": self.code}}}]}


FAILURES: Final = (
    Failure(400, "BadRequest", "A parameter is missing or wrong, or the JSON is malformed.", 400),
    Failure(
        401,
        "Unauthorized",
        "No access token, or a bad, expired or revoked one.",
        401,
        {"WWW-Authenticate": True},
        by_token=True,
    ),
    Failure(403, "Forbidden", "A good access token without the grant.", 403, by_token=True),
    Failure(404, "NotFound", "There is no such thing.", 404),
    Failure(
        405,
        "MethodNotAllowed",
        "The resource does not support the verb (`_method`).",
        405,
        {"Allow": True},
    ),
    Failure(413, "TooLarge", "The body is too large, or has too many parameters.", 413),
    Failure(415, "UnsupportedMediaType", "Neither a form nor JSON.", 415),
    Failure(429, "Throttled", "Too many calls.", 429, {"Retry-After": False}),
    Failure(500, "ServiceFault", "A fault of the service.", SERVICE_FAULT),
)

OTHER: Final = "OtherRefusal"
"""The component for a refusal of a handler or of the project's own policy, with its status."""

RESPONSES: Final[dict[str, Any]] = {
    **{failure.name: failure.component() for failure in FAILURES},
    OTHER: {
        "description": "A refusal by the resource or by the project's own policy.",
        "content": {
            JSON_TYPE: {"schema": reference("schemas", ENVELOPE)},
            PROBLEM_TYPE: {"schema": reference("schemas", PROBLEM)},
        },
    },
}


def responses(*, with_token: bool, always_200: bool) -> dict[str, Any]:
    """Make the responses of an operation.

    Args:
        with_token: whether a token or another credential may be asked for.
        always_200: whether failures come with HTTP 200 too (EAGLET_ALWAYS_HTTP_200).
    """
    found: dict[str, Any] = {
        "200": {
            "description": "The answer, or a refusal by business code; `code` tells which.",
            "content": {JSON_TYPE: {"schema": reference("schemas", ENVELOPE)}},
        }
    }
    if always_200:
        found["200"]["description"] = "The answer, or any failure; `code` tells which."
        return found
    for failure in FAILURES:
        if with_token or not failure.by_token:
            found[str(failure.status)] = reference("responses", failure.name)
    found["default"] = reference("responses", OTHER)
    return found
