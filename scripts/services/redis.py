"""Redis, with every change appended to a file."""

from __future__ import annotations

import secrets
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from .ports import LOOPBACK
from .processes import Processes
from .service import SEARCH_PATH, Service


class Redis(Service):
    """A server that has lost nothing it confirmed when it is killed."""

    name = "redis"
    packages = ("redis-server",)

    def __init__(self, processes: Processes) -> None:
        super().__init__(processes)
        self._password = secrets.token_hex(16)

    @classmethod
    def is_installed(cls) -> bool:
        """Whether there is a server."""
        return shutil.which("redis-server", path=SEARCH_PATH) is not None

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Write its settings: other users can read a command line."""
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "dir": self.folder,
            "requirepass": self._password,
            "appendonly": "yes",
            # By default a write may be confirmed up to 2 s before it leaves the process, when
            # the fsync of the second before is not done.
            "appendfsync": "always",
            "save": '""',
            "daemonize": "no",
        }
        self.write("redis.conf", "".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self) -> Sequence[str | Path]:
        """The server with those settings."""
        return ["redis-server", self.folder / "redis.conf"]

    def answers(self, connection: socket.socket) -> bool:
        """Whether it has read its file: until then it answers LOADING."""
        connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
        with connection.makefile("rb") as answers:
            return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
