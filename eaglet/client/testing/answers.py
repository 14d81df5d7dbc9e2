"""Answer for fake services, or fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

from eaglet import encoding, envelope
from eaglet.client.services.resolve import VERBS
from eaglet.client.testing.calls import RecordedCall
from eaglet.exceptions import ApiError


@dataclass(frozen=True)
class Reply:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def enveloped(
        cls,
        data: Any = None,
        code: int = envelope.SUCCESS,
        message: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Make an answer in the envelope."""
        content = envelope.success(data) | {"code": code, "errMsg": message}
        return cls(status, encoding.to_json(content), headers or {})


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

    def use(self) -> None:
        """Count one call of those it is for."""
        if self.times is not None:
            self.times -= 1

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

    def reply(self, call: RecordedCall) -> Reply:
        """Answer a call; a function is called with it, and may raise ApiError.

        Raises AssertionError if it raises anything else, or returns what is no JSON: for the
        client a ValueError, say, would be one of the connection's.
        """
        if self.body is not None:
            return Reply(self.status, self.body, self.headers)
        code, message = self.code, self.message
        try:
            try:
                data = self.data(call) if callable(self.data) else self.data
            except ApiError as refusal:
                data, code, message = refusal.data, refusal.code, refusal.message
            return Reply.enveloped(data, code, message, self.status, self.headers)
        except Exception as error:
            raise AssertionError(f"no answer can be made to {call!r}: {error!r}") from error


@dataclass
class Fault(AbstractContextManager["Fault"]):
    """A fault that a service has until `end`, or the end of a `with` block."""

    kind: Literal["down", "slow", "revoked token", "clock skew"]
    scope: Scope
    seconds: float
    _end: Callable[[Fault], None]

    def end(self) -> None:
        """Mend it; what has come of it, such as an open breaker, takes its course."""
        self._end(self)

    def __exit__(self, *error: object) -> None:
        self.end()
