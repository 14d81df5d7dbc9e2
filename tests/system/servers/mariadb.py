"""MariaDB: an installation of its own."""

import socket
from collections.abc import Sequence

from .ports import LOOPBACK
from .server import Server

_USER = "eaglet"
_DATABASE = "eaglet"
_PROTOCOL = 10
# What it has written to files need not have reached the disk: making tables waits for that else.
_NO_SYNC = ("--debug-no-sync", "--innodb-flush-method=nosync")


class MariaDB(Server):
    """A server that survives being killed, though not a power failure."""

    name = "mariadb"
    packages = ("mariadb-server-core", "mariadb-client-core")
    programs = ("mariadbd", "mariadb-install-db", "my_print_defaults")
    account = "mysql"

    @property
    def url(self) -> str:
        """A database that is always there."""
        return f"mysql://{_USER}:{self.password}@{LOOPBACK}:{self.port}/{_DATABASE}"

    def prepare(self) -> None:
        """Make its own tables, and write what is to be run before it listens."""
        statements = [
            f"CREATE DATABASE IF NOT EXISTS {_DATABASE}",
            f"CREATE USER IF NOT EXISTS {_USER}@{LOOPBACK!r} IDENTIFIED BY {self.password!r}",
            f"GRANT ALL ON *.* TO {_USER}@{LOOPBACK!r} WITH GRANT OPTION",
        ]
        self.write("first.sql", "".join(f"{statement};\n" for statement in statements))
        options = [f"--datadir={self.path('data')}", "--skip-test-db", "--skip-name-resolve"]
        self.run(["mariadb-install-db", "--no-defaults", *_NO_SYNC, *options])

    def command(self) -> Sequence[str]:
        """Return the server as Debian sets it up, but small."""
        settings = {
            "datadir": self.path("data"),
            "socket": self.path("socket"),
            "pid-file": self.path("pid"),
            "init-file": self.path("first.sql"),
            "bind-address": LOOPBACK,
            "port": self.port,
            "character-set-server": "utf8mb4",
            "collation-server": "utf8mb4_general_ci",
            # Written at every commit, so that nothing is lost when the process is killed.
            "innodb-flush-log-at-trx-commit": 2,
            "innodb-buffer-pool-size": "64M",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return ["mariadbd", "--no-defaults", "--skip-name-resolve", *_NO_SYNC, *options]

    def answers(self, connection: socket.socket) -> bool:
        """Tell whether it greets with its version instead of an error."""
        return connection.recv(5, socket.MSG_WAITALL)[4:] == bytes([_PROTOCOL])
