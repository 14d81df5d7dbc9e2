"""Translate what the libraries below raise to eaglet's errors, without secrets and frames."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator

import urllib3.exceptions

from eaglet.exceptions import (
    EagletError,
    InvalidEnvelope,
    InvalidRequest,
    RequestError,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
)
from eaglet.observability.redaction import MASK, one_line, redact_text

_QUERY = re.compile(r"\?[^\s'\"<>()]*")

_CALLERS_FAULT = (
    urllib3.exceptions.LocationValueError,
    urllib3.exceptions.UnrewindableBodyError,
    http.client.InvalidURL,
)
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError)
_CONNECTION_FAILURES = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError)
RAISED_BELOW = (*_CONNECTION_FAILURES, ValueError)
"""What sending a request and reading its answer may raise."""


class LibraryError(Exception):
    """Stands for an exception of a library: its type and its text, redacted.

    The exception itself carries the request, with the token in its headers or its URL, and the
    frames that held them.
    """

    @classmethod
    def of(cls, error: BaseException) -> LibraryError:
        """Describe an exception."""
        kind = type(error)
        return cls(f"{kind.__module__}.{kind.__qualname__}: {public_text(error)}")


def public_text(error: BaseException | str) -> str:
    """Return the text of an exception in one line, without queries of URLs and secrets."""
    return one_line(redact_text(_QUERY.sub(f"?{MASK}", str(error))))


def request_error(error: Exception, host: str, *, was_sent: bool = True) -> RequestError:
    """Return the error that an exception of urllib3 or a socket stands for.

    `was_sent` says whether anything of the request may have left.
    """
    chain = tuple(_chain(error))
    failure: RequestError
    if any(_is_timeout(link) for link in chain):
        connecting = any(isinstance(link, urllib3.exceptions.ConnectTimeoutError) for link in chain)
        failure = ServiceTimeout(
            f"no {'connection to' if connecting else 'answer from'} {host} in time"
        )
    elif any(isinstance(link, urllib3.exceptions.DecodeError) for link in chain):
        failure = InvalidEnvelope(f"the answer of {host} can't be decoded")
    elif any(isinstance(link, urllib3.exceptions.SSLError) for link in chain):
        failure = ServiceUnavailable(f"no TLS with {host}: {public_text(chain[-1])}")
    elif isinstance(error, _CALLERS_FAULT) or not isinstance(error, _CONNECTION_FAILURES):
        failure = InvalidRequest(f"the request to {host} can't be made: {public_text(error)}")
    else:
        failure = ServiceUnavailable(f"no answer from {host}: {public_text(chain[-1])}")
    failure.was_sent = was_sent and failure.was_sent
    failure.__cause__ = LibraryError.of(error)
    return failure


def detached(error: EagletError, call: str) -> EagletError:
    """Return the error for the caller: it names the call and holds no frame of those below."""
    cause = error.__cause__
    if cause is not None:
        cause = cause.with_traceback(None)
        cause.__context__ = None
    if not isinstance(error, ResourceError):
        # "failed", for what follows a colon after a name like `auth.session` would be redacted.
        error.args = (f"{call} failed: {error}",)
    error.__context__ = None
    error.__cause__ = cause
    return error.with_traceback(None)


def _is_timeout(error: BaseException) -> bool:
    # A refused connection, too, is a kind of timeout to urllib3.
    return isinstance(error, _TIMEOUTS) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and what it wraps, outermost first.

    Not by `__context__`: that may be what the caller of all this is handling.
    """
    seen: set[int] = set()
    link: object = error
    while isinstance(link, BaseException) and id(link) not in seen:
        seen.add(id(link))
        yield link
        wrapped = [getattr(link, "reason", None), *reversed(link.args), link.__cause__]
        link = next((each for each in wrapped if isinstance(each, BaseException)), None)
