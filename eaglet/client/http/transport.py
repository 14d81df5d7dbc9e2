"""Send a request and read its answer, within the deadline and up to a size."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry, Timeout

from eaglet import deadline
from eaglet.client.http.connections import BoundedHTTPPool, BoundedHTTPSPool, sending
from eaglet.client.http.errors import RAISED_BELOW, request_error
from eaglet.client.http.request import CallRequest
from eaglet.client.services.resolve import Service
from eaglet.contracts.fetching import authorities
from eaglet.exceptions import InvalidEnvelope, RequestError, ServiceTimeout
from eaglet.observability.redaction import RedactingFilter

HOSTS: Final = 100
"""For how many hosts connections are kept open."""
CONNECTIONS: Final = 100
"""How many connections to each of them; more are opened when needed, and not kept."""
_NEVER: Final = Retry(total=False)
_PIECE: Final = 64 * 1024
# Only one at a time: a few kilobytes that are compressed several times over could be gigabytes.
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_URL_LOGGERS: Final = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")


@dataclass(frozen=True)
class Answer:
    """What came back: any HTTP status at all."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


Wire: TypeAlias = Callable[[CallRequest, Service, Timeout], Answer]
"""Gets an answer, or raises as a socket does; `sending.has_begun` says whether a request left."""


class PooledTransport:
    """Keeps connections open, shares them between threads, and never over a fork.

    Proxies and netrc of the environment are ignored, cookies are neither kept nor sent, and no
    redirect is followed. A test may put another `wire` in place of the sockets.
    """

    def __init__(self) -> None:
        self._pools: dict[tuple[str, str | None], HTTPConnectionPool] = {}
        self.wire: Wire = self.exchange

    def close(self) -> None:
        """Close the connections that are not in use; the next request opens new ones."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        self._pools = {}

    def send(self, request: CallRequest, service: Service) -> Answer:
        """Send a request within `eaglet.deadline`; return the whole answer.

        Raises ServiceTimeout, ServiceUnavailable, InvalidEnvelope (an answer too large or not
        decodable) or InvalidRequest, each without a trace of the request in it.
        """
        left = deadline.remaining()
        if left is None:
            left = service.timeout_seconds
        if left <= 0:
            failure: RequestError = ServiceTimeout(f"no time was left to ask {service.host}")
            failure.was_sent = False
            raise failure
        timeout = Timeout(
            connect=min(left, service.connect_timeout_seconds),
            read=min(left, service.read_timeout_seconds or left),
        )
        sending.has_begun = False
        try:
            return self.wire(request, service, timeout)
        except RAISED_BELOW as error:
            failure = request_error(error, service.host, was_sent=sending.has_begun)
        except BaseException as stranger:  # noqa: BLE001 - goes on, but without the frames below,
            # which hold the request's URL and headers.
            raise stranger.with_traceback(None)  # noqa: B904
        raise failure

    def exchange(self, request: CallRequest, service: Service, timeout: Timeout) -> Answer:
        """Send a request over one of the connections, and read the answer."""
        start = request.url.index("/", request.url.index("://") + 3)
        origin, target = request.url[:start], request.url[start:]
        response = self._pool(origin, service.ca_bundle).urlopen(
            request.method,
            target,
            request.body,
            request.headers,
            retries=_NEVER,
            redirect=False,
            assert_same_host=False,
            timeout=timeout,
            preload_content=False,
        )
        try:
            body = _read_body(response, service.max_response_bytes, service.host)
        except BaseException:  # Ctrl-C too: the rest must not be read as the next answer
            response.close()
            raise
        return Answer(response.status, response.headers, body)

    def _pool(self, origin: str, ca_bundle: str | None) -> HTTPConnectionPool:
        """Return the pool for a scheme, host and port; it is made once."""
        pools = self._pools
        pool = pools.get((origin, ca_bundle))
        if pool is None:
            for name in _URL_LOGGERS:  # they write URLs with their queries, and so with tokens
                logger = logging.getLogger(name)
                if not any(isinstance(each, RedactingFilter) for each in logger.filters):
                    logger.addFilter(RedactingFilter())
            parts = urlsplit(origin)
            host, port = str(parts.hostname), parts.port
            if parts.scheme == "https":
                trusted = ca_bundle or authorities()
                is_folder = os.path.isdir(trusted)
                pool = BoundedHTTPSPool(
                    host, port, maxsize=CONNECTIONS, cert_reqs="CERT_REQUIRED",
                    ca_certs=None if is_folder else trusted,
                    ca_cert_dir=trusted if is_folder else None,
                )  # fmt: skip
            else:
                pool = BoundedHTTPPool(host, port, maxsize=CONNECTIONS)
            if len(pools) >= HOSTS:
                self.close()
            pool = self._pools.setdefault((origin, ca_bundle), pool)
        return pool


def _read_body(response: BaseHTTPResponse, limit: int, host: str) -> bytes:
    """Return the decoded body of an answer that is unread yet.

    Raises InvalidEnvelope for one that is larger than `limit` bytes, before reading it where it
    says so itself, or is encoded in a way that was not asked for.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise InvalidEnvelope(f"the answer of {host} has an encoding that was not asked for")
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and len(declared) < 20:
        if int(declared) > limit:
            raise _too_large(host, limit)
        if not encoding and not response.chunked:
            return response.read()
    whole = bytearray()  # one buffer, as a service may send a byte at a time
    for piece in response.stream(_PIECE, decode_content=True):
        if len(whole) + len(piece) > limit:
            raise _too_large(host, limit)
        whole += piece
    return bytes(whole)


def _too_large(host: str, limit: int) -> InvalidEnvelope:
    return InvalidEnvelope(f"the answer of {host} is larger than {limit} bytes")


transport = PooledTransport()
"""What every call of this process goes through."""

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=transport.after_fork)
