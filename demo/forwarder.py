"""A way to a TCP server that can be cut and restored, without touching the server."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

_CONNECT_SECONDS = 5.0
_CHUNK = 65536
# Closing a socket then resets its connection.
_AT_ONCE = struct.pack("ii", 1, 0)


class Forwarder:
    """Listens on a port of this machine and forwards to a server; a context.

    While the way is cut there are no connections, and new ones are reset. The port is kept all
    the time: freed, it could go to somebody else before the way is restored.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_cut = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Forwarder:
        threading.Thread(target=self._accept, name="forwarder", daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        # A thread that waits in `accept` would not notice `close` alone.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection, and reset new ones."""
        with self._lock:
            self._is_cut = True
            for connection in self._open:
                _shut(connection)

    def restore(self) -> None:
        """Forward again."""
        with self._lock:
            self._is_cut = False

    def pass_on(self, data: bytes, target: socket.socket, to_server: bool) -> None:
        """Send what has come on its way; for those that do something to it."""
        target.sendall(data)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=[client], daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            # Until the way is seen to be free.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            with socket.create_connection(self._server, _CONNECT_SECONDS) as server:
                server.settimeout(None)
                with self._lock:
                    if self._is_cut:
                        return
                    self._open |= {client, server}
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes(8))
                back = threading.Thread(target=self._pump, args=[server, client, False])
                back.daemon = True
                back.start()
                self._pump(client, server, True)
                back.join()
                with self._lock:
                    self._open -= {client, server}

    def _pump(self, source: socket.socket, target: socket.socket, to_server: bool) -> None:
        """Pass on what comes, until either end is closed; then close the way for both."""
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                self.pass_on(data, target, to_server)
        _shut(source)
        _shut(target)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
