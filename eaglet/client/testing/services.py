"""Declare what services answer, and see what was called: `FakeServices`."""

import datetime
import errno
import math
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, TypeVar

from requests.structures import CaseInsensitiveDict
from urllib3.util import Timeout

from eaglet.client.http.connections import sending
from eaglet.client.http.request import JSON, CallRequest
from eaglet.client.http.transport import Answer
from eaglet.client.services.addresses import is_name
from eaglet.client.services.resolve import Service
from eaglet.client.testing.answers import (
    DeclaredAnswer,
    Fault,
    FaultKind,
    Scope,
    issued,
    refused,
)
from eaglet.client.testing.calls import RecordedCall, UnexpectedCall
from eaglet.client.tokens.fetch import TOKEN_RESOURCE
from eaglet.observability.redaction import redact_values

Declared = TypeVar("Declared", DeclaredAnswer, Fault)


class FakeServices:
    """Services that answer as a test declares; made by `eaglet.client.testing.fake_services`.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._good_tokens: set[str] = set()
        self._answers: list[DeclaredAnswer] = []
        self._faults: list[Fault] = []
        self._calls: list[RecordedCall] = []
        self._token_requests: list[RecordedCall] = []
        self._unexpected: list[UnexpectedCall] = []

    def answers(
        self,
        service: str,
        resource: str,
        *,
        data: Any = None,
        code: int = 200,
        message: str = "",
        method: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        times: int | None = None,
    ) -> None:
        """Declare what a resource answers; what is declared later goes before.

        Args:
            service: the service's name, as in `Resource.use`.
            resource: the resource's, as `a.b`.
            data: what it answers, or a function that is called with the RecordedCall and returns
                that, or raises ApiError.
            code: the envelope's code.
            message: its errMsg.
            method: the verb it is for; None for all.
            status: the HTTP status.
            headers: further headers.
            body: the body as it is, in place of an envelope.
            times: for how many calls; then what was declared before counts again.

        Raises ValueError for a name or a verb that is none.
        """
        if not is_name(resource):
            raise ValueError(f"{resource!r} can't be a resource's name")
        scope, headers = Scope(service, resource, method, times), dict(headers or {})
        content = body.encode() if isinstance(body, str) else body
        answer = DeclaredAnswer(scope, data, code, message, status, headers, content)
        with self._lock:
            self._answers.insert(0, answer)

    def down(
        self,
        service: str,
        resource: str | None = None,
        *,
        method: str | None = None,
        times: int | None = None,
    ) -> Fault:
        """Have a service refuse connections, or those for one resource or method."""
        return self._order("down", 0, service, resource, method, times)

    def slow(
        self,
        service: str,
        resource: str | None = None,
        *,
        seconds: float | None = None,
        method: str | None = None,
        times: int | None = None,
    ) -> Fault:
        """Have a service keep its callers waiting for longer than they may wait.

        The test does not wait: the client's time is over at once. With `seconds` the service
        answers after so many, which do pass, unless its callers may not wait that long.
        """
        longest = math.inf if seconds is None else seconds
        return self._order("slow", longest, service, resource, method, times)

    def revoked_token(
        self, service: str, resource: str | None = None, *, times: int | None = 1
    ) -> Fault:
        """Have the token of the next call refused, as one that was revoked.

        The client asks for another, with which its call is answered; with `times=2` that one is
        refused, too.
        """
        return self._order("revoked token", 0, service, resource, None, times)

    def clock_skew(self, service: str, seconds: float = 300) -> Fault:
        """Have a service's clock be fast by so many seconds, or slow by as many below 0.

        It shows in the `Date` of its answers and in the `expire_time` of its tokens.
        """
        return self._order("clock skew", seconds, service)

    @property
    def calls(self) -> list[RecordedCall]:
        """Return what was called so far, in order, requests for tokens left out."""
        with self._lock:
            return list(self._calls)

    @property
    def token_requests(self) -> list[RecordedCall]:
        """Return the requests for tokens so far; the secret in them is masked."""
        with self._lock:
            return list(self._token_requests)

    def calls_of(
        self, service: str, resource: str | None = None, *, method: str | None = None
    ) -> list[RecordedCall]:
        """Return the calls of a service, a resource or one of its methods, in order."""
        scope = Scope(service, resource, method)
        return [call for call in self.calls if scope.covers(call)]

    def check(self) -> None:
        """Raise the first UnexpectedCall there was; the code that is tested may have caught it."""
        with self._lock:
            unexpected = self._unexpected[:1]
        if unexpected:
            raise unexpected[0]

    def answer(self, request: CallRequest, service: Service, timeout: Timeout) -> Answer:
        """Stand in for the wire: answer a request of the client's, or fail as a connection does.

        Raises UnexpectedCall where no answer is declared.
        """
        call = RecordedCall.of(request)
        with self._lock:
            skew = self._struck("clock skew", call)
            offset = datetime.timedelta(seconds=skew.seconds if skew is not None else 0)
            now = datetime.datetime.now(datetime.UTC) + offset
            if call.resource == TOKEN_RESOURCE:
                call = replace(call, params=redact_values(call.params))
                self._token_requests.append(call)
            else:
                self._calls.append(call)
            if self._struck("down", call) is not None:
                raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
            sending.has_begun = True
            slow = self._struck("slow", call)
            seconds = slow.seconds if slow is not None else 0
            if seconds and seconds >= (timeout.read_timeout or 0):
                # At once, as if the caller's time were over.
                raise TimeoutError("the service is slow")
            declared = self._declared(call, request, now)
        # Out of the lock: a function of the test's own may call a service itself.
        answer = declared.reply(call) if isinstance(declared, DeclaredAnswer) else declared
        time.sleep(seconds)
        headers = CaseInsensitiveDict[str](
            {"Content-Type": JSON, "Date": format_datetime(now, usegmt=True)}
        )
        headers.update(answer.headers)
        return replace(answer, headers=headers)

    def _declared(
        self, call: RecordedCall, request: CallRequest, now: datetime.datetime
    ) -> DeclaredAnswer | Answer:
        is_legacy = request.template.is_legacy
        if call.token is not None:
            if self._struck("revoked token", call) is not None:
                self._good_tokens.discard(call.token)
            gives_tokens_of_its_own = any(
                each.scope.service == call.service and each.scope.resource == TOKEN_RESOURCE
                for each in self._answers
            )
            if call.token not in self._good_tokens and not gives_tokens_of_its_own:
                return refused(is_legacy=is_legacy)
        declared = _used(self._answers, call)
        if declared is not None:
            return declared
        if call.resource == TOKEN_RESOURCE:
            token = f"fake-token-{len(self._token_requests)}"
            self._good_tokens.add(token)
            return issued(token, now, is_legacy=is_legacy)
        error = UnexpectedCall(call, [str(each.scope) for each in self._answers])
        self._unexpected.append(error)
        raise error

    def _struck(self, kind: FaultKind, call: RecordedCall) -> Fault | None:
        faults = (each for each in self._faults if each.kind == kind and not each.is_over)
        return _used(faults, call)

    def _order(
        self,
        kind: FaultKind,
        seconds: float,
        service: str,
        resource: str | None = None,
        method: str | None = None,
        times: int | None = None,
    ) -> Fault:
        fault = Fault(kind, Scope(service, resource, method, times), seconds)
        with self._lock:
            self._faults.insert(0, fault)
        return fault


def _used(declared: Iterable[Declared], call: RecordedCall) -> Declared | None:
    """Return the first that is for a call, and count the call."""
    for each in declared:
        if each.scope.covers(call):
            if each.scope.times is not None:
                each.scope.times -= 1
            return each
    return None
