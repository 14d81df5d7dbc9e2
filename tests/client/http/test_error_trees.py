"""Every exception that requests and urllib3 define has a place among eaglet's, by decision."""

import pytest
import requests
import urllib3

from eaglet.client.http.errors import request_error
from eaglet.exceptions import (
    InvalidEnvelope,
    InvalidRequest,
    ServiceTimeout,
    ServiceUnavailable,
)

from .test_errors import made

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
