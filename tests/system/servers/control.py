"""Lets tests kill, freeze and start the servers, on a UNIX socket.

The servers remain children of the process that has started them, which ends them whatever the
tests have done.
"""

import threading
from collections.abc import Mapping
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

import pytest

from demo.processes import ProcessFailed

from .server import Server, ServerFailed

CONTROL = "EAGLET_TEST_SERVICES_CONTROL"
"""The environment variable that tells a test where the socket is."""


def control(path: Path, servers: Mapping[str, Server]) -> Listener:
    """Serve the socket, in a folder of this account only, until it is closed."""
    listener = Listener(str(path), "AF_UNIX", backlog=50)

    def answer(connection: Connection) -> None:
        with connection:
            name, action = connection.recv()
            try:
                getattr(servers[name], action)()
            except (ProcessFailed, ServerFailed) as error:
                connection.send(str(error))
            else:
                connection.send(None)

    def accept() -> None:
        while True:
            threading.Thread(target=answer, args=[listener.accept()], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


class ControlledServer:
    """A server that a test may kill and freeze, and start again with what it has stored."""

    def __init__(self, name: str, url: str, control: str | None) -> None:
        self.name = name
        self.url = url
        self._control = control
        self._is_disturbed = False

    def kill(self) -> None:
        self._ask("kill")
        self._is_disturbed = True

    def freeze(self) -> None:
        self._ask("freeze")
        self._is_disturbed = True

    def start(self) -> None:
        """Start it, or thaw it, if it does not run; it answers when this returns."""
        self._ask("start")
        self._is_disturbed = False

    def restore(self) -> None:
        """Undo what a test has done to it."""
        if self._is_disturbed:
            self.start()

    def _ask(self, action: str) -> None:
        if self._control is None:
            pytest.skip(f"needs a {self.name} that a test may {action}: make test-services")
        with Client(self._control, "AF_UNIX") as connection:
            connection.send((self.name, action))
            failure = connection.recv()
        if failure:
            raise AssertionError(f"{action} {self.name}: {failure}")
