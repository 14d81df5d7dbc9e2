"""The envelope: the shape of every answer, shared by the service and the client.

`{"code": 200, "data": …, "errMsg": "", "innerErrMsg": ""}`
"""

from collections.abc import Sequence
from typing import Any, Final, TypedDict

from eaglet.exceptions import InvalidEnvelope

SUCCESS: Final = 200
"""The code of an answer."""
BUSINESS_FAILURE: Final = 500
"""The code of a refusal by business code; the framework itself never sets it."""
SERVICE_FAULT: Final = 531
"""The code of an exception inside the service."""


class ErrorDetail(TypedDict):
    """Say what is wrong with one parameter, as the caller reads it."""

    param: str
    reason: str


class _Envelope(TypedDict):
    code: int
    data: Any
    errMsg: str
    innerErrMsg: str


class Envelope(_Envelope, total=False):
    """An answer; `errors` is there only where parameters were missing or wrong."""

    errors: list[ErrorDetail]


def success(data: Any) -> Envelope:
    """Wrap the data of a successful answer."""
    return {"code": SUCCESS, "data": data, "errMsg": "", "innerErrMsg": ""}


def failure(
    code: int,
    message: str,
    *,
    data: Any = None,
    inner: str = "",
    errors: Sequence[ErrorDetail] | None = None,
) -> Envelope:
    """Wrap a failure: its code, the message for the caller, and the reference for the log."""
    envelope: Envelope = {"code": code, "data": data, "errMsg": message, "innerErrMsg": inner}
    if errors is not None:
        envelope["errors"] = list(errors)
    return envelope


def checked(answer: object) -> dict[str, Any]:
    """Return a decoded answer if it is an envelope; raise InvalidEnvelope if not.

    An envelope is an object whose `code` is an integer; the original's services leave out
    `data` or the messages now and then, so nothing else is asked for.
    """
    if not isinstance(answer, dict):
        raise InvalidEnvelope(f"the answer is a JSON {type(answer).__name__}, not an object")
    code = answer.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        raise InvalidEnvelope("the answer has no integer 'code'")
    return answer
