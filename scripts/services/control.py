"""Lets the tests kill, start, freeze and thaw the services.

A UNIX socket takes lines such as `kill redis`, and answers each with `ok`, or with what went
wrong. The services remain children of this process, which ends them whatever the tests have done.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from .failures import ServiceFailed
from .processes import Stopping
from .service import Service

ACTIONS = ("kill", "start", "freeze", "thaw")


class Control:
    """A context in which the socket is served."""

    def __init__(self, path: Path, services: Mapping[str, Service]) -> None:
        self.path = path
        self._server = _Server(str(path), _Handler)
        self._server.services = services
        path.chmod(0o600)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Control:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.UnixStreamServer):
    services: Mapping[str, Service]


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Do what one line asks for."""
        action, _, name = self.rfile.readline().decode().strip().partition(" ")
        self.wfile.write(self._answer(action, name).encode())

    def _answer(self, action: str, name: str) -> str:
        service = self.server.services.get(name)
        if service is None or action not in ACTIONS:
            return f"there is no service {name!r}, or nothing like {action!r}"
        try:
            getattr(service, action)()
        except ServiceFailed as error:
            return str(error)
        except Stopping:
            return "all services are being stopped"
        return "ok"
