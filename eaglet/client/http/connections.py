"""Keep connections on which the deadline of the call counts for every byte.

A socket's own timeout starts anew with each read, so a service that sends a byte now and then
could hold a caller for ever. Here each read and write may take what `eaglet.deadline` has left.
Before that come the look-up of the name, and the connection to each of its addresses in turn:
each may take the time for connecting, and all together what is left.
"""

import http.client
import io
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from eaglet import deadline
from eaglet.client.http import dns

LONGEST_IDLE_SECONDS: Final = 50.0
"""Balancers commonly drop a connection that was idle for a minute, without telling."""
_SMALL: Final = 16 * 1024


class _Sending(threading.local):
    has_begun = True


sending: Final = _Sending()
"""Whether this thread's last request may have left (`has_begun`), were it its first byte only."""


def _time_left(longest: float | None) -> float | None:
    """Return what is left of the call's time, `longest` at most; TimeoutError if it is over."""
    left = deadline.remaining()
    if left is None:
        return longest
    if left <= 0:
        raise TimeoutError("the time for the call is over")
    return left if longest is None or left < longest else longest


class _BoundedStream(io.RawIOBase):
    """Reads from a socket, each time within what is left, and within the time for reading."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self.sock = sock
        self.is_over = False
        self._stream = stream
        self._longest = sock.gettimeout()  # urllib3 has just set it for the answer

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read into a buffer; TimeoutError when the time for the call is over."""
        if self.is_over:
            return 0
        self.sock.settimeout(_time_left(self._longest))
        return self._stream.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._stream.close()
        super().close()


class _AnswerReader(io.BufferedReader):
    """Reads one answer, and ends the connection if anything has come behind it.

    That would be taken for the answer to the next call.
    """

    raw: _BoundedStream

    def close(self) -> None:
        """Close it, once the answer has been read."""
        if not self.closed:
            sock, self.raw.is_over = self.raw.sock, True
            with suppress(OSError, ValueError):
                if self.peek(1) or (hasattr(sock, "pending") and sock.pending()):
                    sock.shutdown(socket.SHUT_RDWR)
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A response whose head and body are read within the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp: io.BufferedReader = _AnswerReader(_BoundedStream(self.fp.detach(), sock))

    def begin(self) -> None:
        """Read the answer's head; pass over interim answers before it (RFC 9110 §15.2)."""
        super().begin()
        while 100 <= self.status < 200 and self.status != http.client.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


class _Bounded(http.client.HTTPConnection):
    """What the two kinds of connection have in common."""

    response_class = _BoundedResponse

    _held: list[bytes] | None = None
    used_at = 0.0
    server_hostname: str | None

    def connect(self) -> None:
        """Connect to the first of the host's addresses that answers; TLS is for its name."""
        name, longest = self.host, self.timeout
        # The zone of an IPv6 address stands escaped in URLs (RFC 6874).
        asked = name.replace("%25", "%", 1) if ":" in name else name
        self.server_hostname = name
        failure: Exception = OSError(f"{asked} has no address")
        try:
            for address in dns.addresses(asked, self.port, _time_left(longest)):
                self.host, self.timeout = address, _time_left(longest)
                try:
                    super().connect()
                    return
                except (ConnectTimeoutError, NewConnectionError) as error:
                    failure = error
        except TimeoutError as error:
            failure = ConnectTimeoutError(self, str(error))
        finally:
            self.host, self.timeout = name, longest
        raise failure

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        """Send a request: head and body at once, if the body is a small one.

        On a connection that was idle for long it is sent over a new one. One that the service has
        closed is noticed by urllib3; what a router or a balancer on the way has dropped is not: no
        answer would ever come.
        """
        now = time.monotonic()
        if self.sock is not None and now - self.used_at > LONGEST_IDLE_SECONDS:
            self.close()
        self.used_at = now
        if not body or not isinstance(body, bytes) or len(body) > _SMALL:
            super().request(method, url, body, headers, **options)
            return
        held: list[bytes] = []
        self._held = held
        try:
            super().request(method, url, body, headers, **options)
        finally:
            self._held = None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        """Send the whole of it within the deadline; connect first where that is to be done."""
        if self._held is not None:
            self._held.append(data)
            return
        if self.sock is None:
            self.connect()
        if not isinstance(data, bytes):
            sending.has_begun = True
            super().send(data)
            return
        rest = memoryview(data)
        while rest:
            if (left := _time_left(None)) is not None:
                self.sock.settimeout(left)
            rest = rest[self.sock.send(rest) :]
            sending.has_begun = True


class _BoundedHTTPConnection(_Bounded, HTTPConnection):
    pass


class _BoundedHTTPSConnection(_Bounded, HTTPSConnection):
    pass


class BoundedHTTPPool(HTTPConnectionPool):
    """A pool of such connections to one host."""

    ConnectionCls = _BoundedHTTPConnection


class BoundedHTTPSPool(HTTPSConnectionPool):
    """A pool of such connections to one host, by TLS."""

    ConnectionCls = _BoundedHTTPSConnection
