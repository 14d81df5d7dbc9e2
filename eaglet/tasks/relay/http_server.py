"""A relay's own endpoints: `/healthz`, `/readyz` and `/metrics`, for whoever watches over it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from django.db import connections

from eaglet.encoding import to_json
from eaglet.exceptions import TaskError
from eaglet.health import run_probes
from eaglet.observability import metrics

Answer = tuple[int, str, bytes]

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
        answer = {"/healthz": self._health, "/readyz": self._readiness, "/metrics": _metrics}.get(
            self.path.partition("?")[0], _nothing
        )
        status, content_type, body = answer()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: whoever asks every few seconds is no news."""

    def _health(self) -> Answer:
        alive = self.server.is_alive()
        return (200 if alive else 503), _JSON, to_json({"status": "ok" if alive else "stuck"})

    def _readiness(self) -> Answer:
        results = run_probes()
        ready = self.server.is_alive() and all(result.ok for result in results)
        body = {
            "status": "ok" if ready else "unavailable",
            "checks": {result.name: "ok" if result.ok else "failed" for result in results},
        }
        return (200 if ready else 503), _JSON, to_json(body)


def _metrics() -> Answer:
    try:
        text, content_type = metrics.exposition()
    finally:
        connections.close_all()  # of this thread
    return 200, content_type, text


def _nothing() -> Answer:
    return 404, "text/plain; charset=utf-8", b"/healthz, /readyz or /metrics\n"


@contextmanager
def serving(address: str, is_alive: Callable[[], bool]) -> Iterator[str]:
    """Serve in the block on `PORT` of the loopback interface, or on `HOST:PORT`; gives the URL.

    `is_alive` says whether the relay goes on. There is no login: what is beyond the loopback
    interface is for a network of one's own. Raises TaskError for an address that is none, or
    taken.
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
