"""Redis, or its descendant Valkey, with every change appended to a file."""

import socket
from collections.abc import Sequence
from pathlib import Path

from .ports import LOOPBACK
from .server import MACHINE, Server, find


class Redis(Server):
    """A server that loses nothing it confirmed when it is killed, though not in a power failure."""

    name = "redis"
    packages = ("redis-server",)
    programs = ("redis-server",)

    @classmethod
    def is_installed(cls, root: Path = MACHINE) -> bool:
        """Tell whether either of them is there."""
        return _server(root) is not None

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Write its settings: other users can read a command line."""
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "dir": self.path(),
            "requirepass": self.password,
            "appendonly": "yes",
            # Written before it is confirmed, so that nothing is lost when the process is killed.
            # By default a write may leave it up to 2 s later, when the fsync of the second before
            # is not done; to wait for the disk each time is for power failures.
            "appendfsync": "no",
            "save": '""',
            "daemonize": "no",
        }
        self.write("redis.conf", "".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self) -> Sequence[str]:
        """Return the server with those settings."""
        return [_server(self.root) or self.programs[0], self.path("redis.conf")]

    def answers(self, connection: socket.socket) -> bool:
        """Tell whether it has read its file: until then it answers LOADING."""
        connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
        with connection.makefile("rb") as answers:
            return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]


def _server(root: Path) -> str | None:
    return find(root, "valkey-server") or find(root, "redis-server")
