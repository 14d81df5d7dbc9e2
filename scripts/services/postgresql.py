"""PostgreSQL: a cluster of its own."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

from .ports import LOOPBACK
from .processes import Processes
from .service import SEARCH_PATH, Service

_USER = "eaglet"
_DATABASE = "postgres"
_DEBIAN = Path("/usr/lib/postgresql")
_PROTOCOL = 3 << 16


class PostgreSQL(Service):
    """A server that survives being killed, though not a power failure."""

    name = "postgresql"
    packages = ("postgresql",)
    account_name = "postgres"
    # Killed outright, it would leave shared memory behind.
    end_with = signal.SIGQUIT

    def __init__(self, processes: Processes) -> None:
        super().__init__(processes)
        self._password = secrets.token_hex(16)

    @classmethod
    def is_installed(cls) -> bool:
        """Whether there is a server."""
        return _programs() is not None

    @property
    def url(self) -> str:
        """The database that is always there."""
        return f"postgresql://{_USER}:{self._password}@{LOOPBACK}:{self.port}/{_DATABASE}"

    def prepare(self) -> None:
        """Make the cluster."""
        password = self.write("password", self._password)
        options = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        account = [f"--username={_USER}", f"--pwfile={password}"]
        self.run([self._program("initdb"), f"--pgdata={self._data}", *options, *account])

    def command(self) -> Sequence[str | Path]:
        """The server; what it has written to files need not have reached the disk."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 200,
        }
        options = [part for name in settings for part in ("-c", f"{name}={settings[name]}")]
        return [self._program("postgres"), "-D", self._data, *options]

    def answers(self, connection: socket.socket) -> bool:
        """Whether it asks who is there; while it starts up it says that it can't."""
        parameters = f"user\0{_USER}\0database\0{_DATABASE}\0\0".encode()
        connection.sendall(struct.pack("!II", len(parameters) + 8, _PROTOCOL) + parameters)
        return connection.recv(1) == b"R"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _program(self, name: str) -> Path:
        return (_programs() or _DEBIAN) / name


def _programs() -> Path | None:
    """The folder of the newest version's programs; Debian keeps them off PATH."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    elsewhere = shutil.which("initdb", path=SEARCH_PATH)
    newest = found[-1] if found else elsewhere and Path(elsewhere)
    return newest.parent if newest else None
