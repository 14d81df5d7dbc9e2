"""Serve a relay's own endpoints: `/healthz`, `/readyz` and `/metrics`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from django.db import connections

from eaglet.encoding import to_json
from eaglet.exceptions import TaskError
from eaglet.health import readiness
from eaglet.observability import metrics

_JSON: Final = "application/json"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    is_alive: Callable[[], bool]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "eaglet"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        """Answer one of the three."""
        status, content_type, body = self._answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: whoever asks every few seconds is no news."""

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        alive = self.server.is_alive()
        if path == "/healthz":
            return (200 if alive else 503), _JSON, to_json({"status": "ok" if alive else "stuck"})
        if path == "/readyz":
            body = readiness() | ({} if alive else {"status": "unavailable"})
            return (200 if body["status"] == "ok" else 503), _JSON, to_json(body)
        if path == "/metrics":
            try:
                text, content_type = metrics.exposition()
            finally:
                connections.close_all()  # of this thread
            return 200, content_type, text
        return 404, "text/plain; charset=utf-8", b"/healthz, /readyz or /metrics\n"


@contextmanager
def serving(address: str, is_alive: Callable[[], bool]) -> Iterator[str]:
    """Serve in the block, without a login, on `PORT` of the loopback interface or on `HOST:PORT`.

    `is_alive` says whether the relay goes on. Gives the URL. Raises TaskError for an address that
    is none, or taken.
    """
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise TaskError(f"{address!r} is neither PORT nor HOST:PORT")
    try:
        server = _Server((host.strip("[]") or "127.0.0.1", int(port)), _Handler)
    except OSError as error:
        raise TaskError(f"{address} can't be listened on: {error.strerror or error}") from error
    server.is_alive = is_alive
    thread = threading.Thread(
        target=server.serve_forever, args=(0.1,), name="eaglet-relay-server", daemon=True
    )
    thread.start()
    try:
        yield f"http://{server.server_address[0]!s}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
