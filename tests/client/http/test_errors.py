import builtins
import http.client
import inspect
import socket
import ssl

import pytest
import requests
import urllib3

from eaglet.client.http.errors import RAISED_BELOW, LibraryError, public_text, request_error
from eaglet.exceptions import (
    InvalidEnvelope,
    InvalidRequest,
    RequestError,
    ServiceTimeout,
    ServiceUnavailable,
)


def exceptions_of(module):
    return [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and not issubclass(each, Warning)
    ]


LOWER = sorted(
    {
        *exceptions_of(requests.exceptions),
        *exceptions_of(urllib3.exceptions),
        *exceptions_of(http.client),
        *(each for each in exceptions_of(builtins) if issubclass(each, OSError)),
        socket.gaierror,
        socket.herror,
        ssl.SSLError,
        ssl.SSLCertVerificationError,
        UnicodeError,
    }
    - {Exception},
    key=str,
)


ODDLY_MADE = {urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength}


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


@pytest.mark.parametrize("kind", LOWER, ids=lambda kind: kind.__name__)
def test_every_error_of_the_libraries_below_is_caught(kind):
    assert issubclass(kind, RAISED_BELOW)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(None, "/", "x")),
         ServiceTimeout),
        (requests.ConnectionError(
            urllib3.exceptions.ProtocolError("Connection aborted.", TimeoutError("x"))),
         ServiceTimeout),
        (http.client.RemoteDisconnected("x"), ServiceUnavailable),
        (UnicodeError("x"), InvalidRequest),
        (ValueError("Invalid header value"), InvalidRequest),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)  # fmt: skip
def test_errors_are_mapped_by_what_they_wrap(error, expected):
    assert type(request_error(error, "http://h")) is expected


@pytest.mark.parametrize("kind", LOWER, ids=lambda kind: kind.__name__)
def test_every_mapped_error_names_the_host_and_stands_for_its_cause(kind):
    mapped = request_error(made(kind), "http://card:80")
    assert isinstance(mapped, RequestError)
    assert "http://card:80" in str(mapped)
    assert isinstance(mapped.__cause__, LibraryError)
    assert kind.__qualname__ in str(mapped.__cause__)


def test_public_text_has_neither_queries_nor_secrets():
    text = "Max retries exceeded with url: /a/b/?phone=1&access_token=abc (Caused by X('/?y=2'))"
    assert public_text(text) == "Max retries exceeded with url: /a/b/?*** (Caused by X('/?***'))"
    assert public_text("{'app_secret': 'xyz'}") == "{'app_secret': ***}"


DECIDED = {
    ServiceTimeout: """
        requests: ConnectTimeout ReadTimeout Timeout
        urllib3: ConnectTimeoutError ReadTimeoutError TimeoutError
    """,
    InvalidEnvelope: """
        requests: ContentDecodingError JSONDecodeError
        urllib3: DecodeError
    """,
    InvalidRequest: """
        requests: InvalidHeader InvalidJSONError InvalidProxyURL InvalidSchema InvalidURL
        requests: MissingSchema URLRequired UnrewindableBodyError
        urllib3: LocationParseError LocationValueError ProxySchemeUnknown URLSchemeUnknown
        urllib3: UnrewindableBodyError
    """,
    ServiceUnavailable: """
        requests: ChunkedEncodingError ConnectionError HTTPError ProxyError RequestException
        requests: RetryError SSLError StreamConsumedError TooManyRedirects
        urllib3: BodyNotHttplibCompatible ClosedPoolError EmptyPoolError FullPoolError HTTPError
        urllib3: HeaderParsingError HostChangedError IncompleteRead InvalidChunkLength
        urllib3: InvalidHeader MaxRetryError NameResolutionError NewConnectionError PoolError
        urllib3: ProtocolError ProxyError RequestError ResponseError ResponseNotChunked SSLError
        urllib3: TimeoutStateError
    """,
}

PLACES = {
    f"{line.split(':')[0].strip()}.{name}": kind
    for kind, lines in DECIDED.items()
    for line in lines.strip().splitlines()
    for name in line.split(":")[1].split()
}


def tree(root):
    yield root
    for each in root.__subclasses__():
        yield from tree(each)


ALL = {
    f"{each.__module__.split('.')[0]}.{each.__name__}": each
    for root in (requests.RequestException, urllib3.exceptions.HTTPError)
    for each in tree(root)
    if each.__module__.split(".")[0] in ("requests", "urllib3")
}


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_exception_of_the_libraries_has_been_given_a_place(name):
    assert name in PLACES, f"decide what {name} stands for in eaglet/client/http/errors.py"
    assert type(request_error(made(ALL[name]), "http://card:80")) is PLACES[name]
