"""MariaDB: an installation of its own."""

from __future__ import annotations

import secrets
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from .ports import LOOPBACK
from .processes import Processes
from .service import SEARCH_PATH, Service

_USER = "eaglet"
_DATABASE = "eaglet"
_PROTOCOL = 10


class MariaDB(Service):
    """A server that survives being killed, though not a power failure."""

    name = "mariadb"
    packages = ("mariadb-server-core", "mariadb-client-core")
    account_name = "mysql"

    def __init__(self, processes: Processes) -> None:
        super().__init__(processes)
        self._password = secrets.token_hex(16)

    @classmethod
    def is_installed(cls) -> bool:
        """Whether there is a server, and what makes its tables."""
        programs = ("mariadbd", "mariadb-install-db", "my_print_defaults")
        return all(shutil.which(program, path=SEARCH_PATH) for program in programs)

    @property
    def url(self) -> str:
        """A database that is always there."""
        return f"mysql://{_USER}:{self._password}@{LOOPBACK}:{self.port}/{_DATABASE}"

    def prepare(self) -> None:
        """Make its own tables, and write what is to be run before it listens."""
        statements = [
            f"CREATE DATABASE IF NOT EXISTS {_DATABASE}",
            f"CREATE USER IF NOT EXISTS {_USER}@{LOOPBACK!r} IDENTIFIED BY {self._password!r}",
            f"GRANT ALL ON *.* TO {_USER}@{LOOPBACK!r} WITH GRANT OPTION",
        ]
        self.write("first.sql", "".join(f"{statement};\n" for statement in statements))
        options = ["--skip-test-db", "--skip-name-resolve"]
        self.run(["mariadb-install-db", "--no-defaults", f"--datadir={self._data}", *options])

    def command(self) -> Sequence[str | Path]:
        """The server as Debian sets it up, but small."""
        settings = {
            "datadir": self._data,
            "socket": self.folder / "socket",
            "pid-file": self.folder / "pid",
            "init-file": self.folder / "first.sql",
            "bind-address": LOOPBACK,
            "port": self.port,
            "character-set-server": "utf8mb4",
            "collation-server": "utf8mb4_general_ci",
            # Written at every commit, so that nothing is lost when the process is killed.
            "innodb-flush-log-at-trx-commit": 2,
            "innodb-buffer-pool-size": "64M",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return ["mariadbd", "--no-defaults", "--skip-name-resolve", *options]

    def answers(self, connection: socket.socket) -> bool:
        """Whether it greets with its version instead of an error."""
        return connection.recv(5, socket.MSG_WAITALL)[4:] == bytes([_PROTOCOL])

    @property
    def _data(self) -> Path:
        return self.folder / "data"
