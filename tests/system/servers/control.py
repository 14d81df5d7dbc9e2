"""Lets tests kill, start, freeze and thaw the servers.

A UNIX socket takes lines such as `kill redis`, and answers each with `ok`, or with what went
wrong. The servers remain children of the process that has started them, which ends them whatever
the tests have done.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.processes import ProcessFailed

from .server import Server, ServerFailed

CONTROL = "EAGLET_TEST_SERVICES_CONTROL"
"""The environment variable that tells a test where the socket is."""
ACTIONS = ("kill", "start", "freeze", "thaw")


@contextmanager
def controlled(path: Path, servers: Mapping[str, Server]) -> Iterator[None]:
    """Serve the socket."""
    with _Listener(str(path), _Handler) as listener:
        listener.servers = servers
        path.chmod(0o600)
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield
        finally:
            listener.shutdown()


class _Listener(socketserver.ThreadingUnixStreamServer):
    # A test that waits for a server to start must not hold up the end.
    daemon_threads = True
    block_on_close = False
    servers: Mapping[str, Server]


class _Handler(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        """Do what one line asks for."""
        action, _, name = self.rfile.readline().decode().strip().partition(" ")
        self.wfile.write(self._answer(action, name).encode())

    def _answer(self, action: str, name: str) -> str:
        server = self.server.servers.get(name)
        if server is None or action not in ACTIONS:
            return f"there is no server {name!r}, or nothing like {action!r}"
        try:
            getattr(server, action)()
        except (ProcessFailed, ServerFailed) as error:
            return str(error)
        return "ok"


class ControlledServer:
    """A server that a test may kill, start again with what it has stored, freeze and thaw."""

    def __init__(self, name: str, url: str, control: str | None) -> None:
        self.name = name
        self.url = url
        self._control = control
        self._killed = self._frozen = False

    def kill(self) -> None:
        self._ask("kill")
        self._killed, self._frozen = True, False

    def start(self) -> None:
        """Start it, if it does not run; it answers when this returns."""
        self._ask("start")
        self._killed = False

    def freeze(self) -> None:
        self._ask("freeze")
        self._frozen = True

    def thaw(self) -> None:
        self._ask("thaw")
        self._frozen = False

    def restore(self) -> None:
        """Undo what the test has done to it, or found done."""
        if self._frozen:
            self.thaw()
        if self._killed:
            self.start()

    def _ask(self, action: str) -> None:
        if self._control is None:
            pytest.skip(f"needs a {self.name} that a test may {action}: make test-services")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._control)
            connection.sendall(f"{action} {self.name}\n".encode())
            with connection.makefile(encoding="utf-8") as answers:
                answer = answers.read()
        if answer != "ok":
            raise AssertionError(f"{action} {self.name}: {answer or 'no answer'}")
