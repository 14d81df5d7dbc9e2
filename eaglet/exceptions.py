"""Every error eaglet raises, as one tree.

EagletError
├── ApiError                  a resource refuses for a business reason
├── AnswerMismatch            an answer is not of its declared shape; checked in tests
├── ParamError                parameters are missing or wrong
│   ├── MissingParam          … all of them missing
│   └── InvalidParam          … all of them present and wrong
├── AuthError                 the caller is not who it must be
│   ├── InvalidAppKey         no such app key, or not with that secret
│   └── InvalidAccessToken    no such access token, or it was revoked
│       └── ExpiredAccessToken
├── RequestError              a call to a service got no usable answer
│   ├── InvalidRequest        the call itself is wrong; nothing was sent
│   ├── TokenUnavailable      no access token could be had; nothing was sent
│   ├── ServiceTimeout        no answer in time
│   ├── ServiceUnavailable    no connection, or it broke
│   │   └── CircuitOpen       … too often of late, so nothing was sent
│   └── InvalidEnvelope       an answer that is not eaglet's envelope
├── MongoUnavailable          a MongoDB server is away; an OperationalError of Django too
├── ResourceError             the service answered with an error
└── TaskError                 a task could not be sent, or not be taken
    ├── InvalidTask           its queue name or its arguments can't be sent
    ├── PublishError          the broker did not take it
    │   ├── BrokerUnavailable     … nor anything else just now
    │   └── NoSubscriber          … since it is an event that nobody subscribes to
    ├── InvalidMessage             it was received, and is not what the handler takes
    ├── AbandonedTask         … and was begun too often without an end
    ├── AlreadyFinished          … and had been parked, or done, before
    └── TaskNotParked         … and could neither be done nor parked

Misconfiguration is Django's ImproperlyConfigured.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.utils import OperationalError


class EagletError(Exception):
    """Root of everything eaglet raises; all of it can be pickled and copied."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Restore the attributes without calling `__init__`, whose arguments may differ."""
        return _restored, (type(self), self.args), {**vars(self)}


def _restored(cls: type[EagletError], args: tuple[Any, ...]) -> EagletError:
    return cls.__new__(cls, *args)


class ApiError(EagletError):
    """Raised in a resource to answer with a business failure: HTTP 200 and `code`.

    A class of one's own may have a code of its own: `class NotEnoughPoints(ApiError): code = 1002`.

    Args:
        message: what the caller reads as `errMsg`; by default the first line of the docstring.
        code: the envelope's code; by default the class's, 500, the business failure callers know.
        data: what the caller gets as `data`.
    """

    code: int = 500

    def __init__(self, message: object = None, code: int | None = None, data: Any = None) -> None:
        if message is None:
            message = self.meaning()
        super().__init__(message)
        self.message = str(message)
        if code is not None:
            self.code = code
        self.data = data

    @classmethod
    def meaning(cls) -> str:
        """Return the first line of the class's own docstring, or its name."""
        return (vars(cls).get("__doc__") or "").strip().partition("\n")[0] or cls.__name__


class AnswerMismatch(EagletError):
    """A handler answered what it does not declare; the message names the path, and no value.

    Raised in tests and with EAGLET_CHECK_ANSWERS alone.
    """


@dataclass(frozen=True)
class ParamFault:
    """What is wrong with one parameter."""

    param: str
    reason: str
    missing: bool = False


class ParamError(EagletError):
    """One or more parameters are missing or wrong; `faults` names every one of them.

    `function` is the function whose declaration was broken, if there is one.
    """

    def __init__(
        self, faults: Iterable[ParamFault], function: Callable[..., Any] | None = None
    ) -> None:
        self.faults = tuple(faults)
        self.function = function
        super().__init__("; ".join(f"{fault.param}: {fault.reason}" for fault in self.faults))

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the function out, which pickle may not find by its name."""
        restored, args, state = super().__reduce__()
        return restored, args, {**state, "function": None}


class MissingParam(ParamError):
    """Every faulty parameter is a missing one."""


class InvalidParam(ParamError):
    """Every faulty parameter was given, and is wrong."""


class AuthError(EagletError):
    """The caller could not be authenticated."""


class InvalidAppKey(AuthError):
    """The app key is unknown, switched off, or does not go with the secret."""


class InvalidAccessToken(AuthError):
    """The access token is unknown, revoked, or belongs to an app that is switched off."""


class ExpiredAccessToken(InvalidAccessToken):
    """The access token's time is over."""


class RequestError(EagletError):
    """A call to another service got no usable answer.

    Attributes:
        was_sent: whether the service may have got the call. Only where it surely has not is this
            False: then the call can be made again whatever it does.
    """

    was_sent: bool = True


class InvalidRequest(RequestError):
    """The call itself is wrong, so nothing was sent."""

    was_sent = False


class TokenUnavailable(RequestError):
    """No access token could be had for the service, so nothing was sent."""

    was_sent = False


class ServiceTimeout(RequestError):
    """The service did not answer in time."""


class ServiceUnavailable(RequestError):
    """The service could not be reached, or the connection broke."""


class CircuitOpen(ServiceUnavailable):
    """The service has failed several times in a row and is left alone; nothing was sent.

    Attributes:
        service: its name.
        retry_in_seconds: when it will be tried again.
    """

    was_sent = False

    def __init__(self, message: str, *, service: str = "", retry_in_seconds: float = 0) -> None:
        super().__init__(message)
        self.service = service
        self.retry_in_seconds = retry_in_seconds


class InvalidEnvelope(RequestError):
    """The service answered, but not with eaglet's envelope."""


class MongoUnavailable(EagletError, OperationalError):
    """A MongoDB server can't be reached, or did not answer in time; the driver's is the cause.

    Django's OperationalError as well, so that code written for any database knows it.
    """


class ResourceError(EagletError):
    """The service answered with an error.

    Attributes:
        code: the envelope's code.
        message: its errMsg.
        status_code: the HTTP status.
        data: the envelope's data.
    """

    def __init__(
        self, code: int, message: str, *, status_code: int = 200, data: Any = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status_code = status_code
        self.data = data

    def __str__(self) -> str:
        return f"code {self.code} (HTTP {self.status_code}): {self.message}"


class TaskError(EagletError):
    """A task could not be sent, or not be taken."""


class InvalidTask(TaskError):
    """The queue's name is none, or the arguments can't be carried; nothing was written."""


class PublishError(TaskError):
    """The broker did not take a task; what it says about it is the cause."""


class BrokerUnavailable(PublishError):
    """The broker can't be reached, or did not answer: no other task would fare better."""


class NoSubscriber(PublishError):
    """No queue is bound for an event that was published with `require_subscriber`."""


class InvalidMessage(TaskError):
    """What was received is not a task that the service takes; trying again would not help."""


class AbandonedTask(TaskError):
    """A task was begun as often as is allowed, and no attempt came to an end."""


class AlreadyFinished(TaskError):
    """A task that was delivered again is parked, or one that was replayed is done."""


class TaskNotParked(TaskError):
    """A task could not be parked, so it must not be acknowledged; the cause is what it failed by.

    The message is why it could not be parked.
    """
