import builtins
import http.client
import inspect
import socket
import ssl

import pytest
import urllib3

from eaglet.client.http.errors import RAISED_BELOW, LibraryError, public_text, request_error
from eaglet.exceptions import (
    InvalidEnvelope,
    InvalidRequest,
    RequestError,
    ServiceTimeout,
    ServiceUnavailable,
)

ODDLY_MADE = {urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength}
DECIDED = {
    ServiceTimeout: "ConnectTimeoutError ReadTimeoutError TimeoutError",
    InvalidEnvelope: "DecodeError",
    InvalidRequest: """
        LocationParseError LocationValueError ProxySchemeUnknown URLSchemeUnknown
        UnrewindableBodyError
    """,
    ServiceUnavailable: """
        BodyNotHttplibCompatible ClosedPoolError EmptyPoolError FullPoolError HTTPError
        HeaderParsingError HostChangedError IncompleteRead InvalidChunkLength
        InvalidHeader MaxRetryError NameResolutionError NewConnectionError PoolError
        ProtocolError ProxyError RequestError ResponseError ResponseNotChunked SSLError
        TimeoutStateError
    """,
}
PLACES = {name: kind for kind, names in DECIDED.items() for name in names.split()}


def exceptions_of(module):
    return {
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and not issubclass(each, Warning)
    }


LOWER = {
    *exceptions_of(urllib3.exceptions),
    *exceptions_of(http.client),
    *(each for each in exceptions_of(builtins) if issubclass(each, OSError)),
    socket.gaierror,
    socket.herror,
    ssl.SSLError,
    ssl.SSLCertVerificationError,
    UnicodeError,
} - {Exception}


def made(kind):
    """An instance, where it can be made of nothing but a text or nothing at all."""
    if kind in ODDLY_MADE:
        error = kind.__new__(kind)
        error.__dict__.update(partial=1, expected=2, length=b"zz")
        return error
    try:
        return kind("why")
    except TypeError:
        return kind.__new__(kind)


@pytest.mark.parametrize("kind", sorted(LOWER, key=str), ids=lambda kind: kind.__name__)
def test_every_error_of_the_libraries_below_has_a_place_and_names_host_and_cause(kind):
    assert issubclass(kind, RAISED_BELOW)
    mapped = request_error(made(kind), "http://card:80")
    assert isinstance(mapped, RequestError)
    assert "http://card:80" in str(mapped)
    assert isinstance(mapped.__cause__, LibraryError)
    assert kind.__qualname__ in str(mapped.__cause__)
    if issubclass(kind, urllib3.exceptions.HTTPError):
        name = kind.__name__
        assert name in PLACES, f"decide what {name} stands for in eaglet/client/http/errors.py"
        assert type(mapped) is PLACES[name]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (urllib3.exceptions.ProtocolError("Connection aborted.", TimeoutError("x")),
         ServiceTimeout),
        (http.client.RemoteDisconnected("x"), ServiceUnavailable),
        (UnicodeError("x"), InvalidRequest),
        (ValueError("Invalid header value"), InvalidRequest),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)  # fmt: skip
def test_errors_are_mapped_by_what_they_wrap(error, expected):
    assert type(request_error(error, "http://h")) is expected


def test_public_text_has_neither_queries_nor_secrets():
    text = "Max retries exceeded with url: /a/b/?phone=1&access_token=abc (Caused by X('/?y=2'))"
    assert public_text(text) == "Max retries exceeded with url: /a/b/?*** (Caused by X('/?***'))"
    assert public_text("{'app_secret': 'xyz'}") == "{'app_secret': ***}"
