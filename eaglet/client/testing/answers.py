"""Answer for fake services, or fail."""

import datetime
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from django.utils import timezone

from eaglet import encoding, envelope
from eaglet.client.http.transport import Answer
from eaglet.client.services.resolve import VERBS
from eaglet.client.testing.calls import RecordedCall
from eaglet.exceptions import ApiError

LIFETIME_SECONDS: Final = 7200
"""How long the tokens of fake services are good."""

FaultKind: TypeAlias = Literal["down", "slow", "revoked token", "clock skew"]


def enveloped(
    data: Any = None,
    code: int = envelope.SUCCESS,
    message: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make an answer in the envelope."""
    content = envelope.success(data) | {"code": code, "errMsg": message}
    return Answer(status, headers or {}, encoding.to_json(content))


def issued(token: str, now: datetime.datetime, *, is_legacy: bool) -> Answer:
    """Answer a request for a token; `now` is the service's time, right or wrong."""
    ends_at = timezone.make_naive(
        now + datetime.timedelta(seconds=LIFETIME_SECONDS), timezone.get_default_timezone()
    )
    data: dict[str, Any] = {
        "access_token": token,
        "expire_time": ends_at.strftime("%Y-%m-%d %H:%M:%S"),
    }
    if not is_legacy:  # which tells the time only
        data |= {"expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}
    return enveloped(data, headers={"Cache-Control": "no-store"})


def refused(*, is_legacy: bool) -> Answer:
    """Answer a call whose token is not good."""
    if is_legacy:
        return enveloped(code=500, message="Incorrect access_token!")
    return enveloped(
        code=401,
        message="The access token is wrong, expired or revoked.",
        status=401,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


@dataclass
class Scope:
    """Which calls something is for, and for how many (`times`); None stands for any, or all.

    Raises ValueError for a verb or a number that is none.
    """

    service: str
    resource: str | None = None
    method: str | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        if self.method is not None and self.method.lower() not in VERBS:
            raise ValueError(f"there is no method {self.method!r}; there are {', '.join(VERBS)}")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be 1 or more, or None for all calls")

    def covers(self, call: RecordedCall) -> bool:
        """Return whether it is for a call."""
        return (
            self.service == call.service
            and self.resource in (None, call.resource)
            and (self.method is None or self.method.upper() == call.method)
            and self.times != 0
        )

    def __str__(self) -> str:
        method = "any method" if self.method is None else self.method.upper()
        resource = "any resource" if self.resource is None else self.resource
        left = "" if self.times is None else f" (for {self.times} more)"
        return f"{method} {self.service} {resource}{left}"


@dataclass
class DeclaredAnswer:
    """An answer, and the calls it is for."""

    scope: Scope
    data: Any
    code: int
    message: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None

    def reply(self, call: RecordedCall) -> Answer:
        """Answer a call; a function is called with it, and may raise ApiError.

        Raises AssertionError if it raises anything else, or returns what is no JSON: for the
        client a ValueError, say, would be one of the connection's.
        """
        if self.body is not None:
            return Answer(self.status, self.headers, self.body)
        code, message = self.code, self.message
        try:
            try:
                data = self.data(call) if callable(self.data) else self.data
            except ApiError as refusal:
                data, code, message = refusal.data, refusal.code, refusal.message
            return enveloped(data, code, message, self.status, self.headers)
        except Exception as error:
            raise AssertionError(f"no answer can be made to {call!r}: {error!r}") from error


@dataclass
class Fault(AbstractContextManager["Fault"]):
    """A fault that a service has until `end`, or the end of a `with` block."""

    kind: FaultKind
    scope: Scope
    seconds: float
    is_over: bool = False

    def end(self) -> None:
        """Mend it; what has come of it, such as an open breaker, takes its course."""
        self.is_over = True

    def __exit__(self, *error: object) -> None:
        self.end()
