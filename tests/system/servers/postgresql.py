"""PostgreSQL: a cluster of its own."""

import signal
import socket
import struct
from collections.abc import Mapping, Sequence

from .ports import LOOPBACK
from .server import Server, find

_USER = "eaglet"
_DATABASE = "postgres"
_PROTOCOL = 3 << 16
# Debian keeps them off PATH.
_INITDB = "/usr/lib/postgresql/*/bin/initdb"
_POSTGRES = "/usr/lib/postgresql/*/bin/postgres"
# The engine of a MongoDB, which has to be loaded at the start.
_DOCUMENTDB = "/usr/share/postgresql/*/extension/documentdb.control"


class PostgreSQL(Server):
    """A server that survives being killed, though not a power failure."""

    name = "postgresql"
    packages = ("postgresql",)
    programs = (_INITDB, _POSTGRES)
    account = "postgres"
    # Killed outright, it would leave shared memory behind.
    stop_signal = signal.SIGQUIT

    @property
    def url(self) -> str:
        """The database that is always there."""
        return f"postgresql://{_USER}:{self.password}@{LOOPBACK}:{self.port}/{_DATABASE}"

    def prepare(self) -> None:
        """Make the cluster."""
        password = self.write("password", self.password)
        options = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        account = [f"--username={_USER}", f"--pwfile={password}"]
        self.run([self.program(_INITDB), f"--pgdata={self.path('data')}", *options, *account])

    def command(self) -> Sequence[str]:
        """Return the server; what it has written to files need not have reached the disk."""
        settings: dict[str, object] = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 200,
        }
        if find(self.root, _DOCUMENTDB):
            settings["shared_preload_libraries"] = "pg_cron,pg_documentdb_core,pg_documentdb"
            settings["cron.database_name"] = _DATABASE
        options = [part for name in settings for part in ("-c", f"{name}={settings[name]}")]
        return [self.program(_POSTGRES), "-D", self.path("data"), *options]

    def environment(self) -> Mapping[str, str]:
        """Return its environment; documentdb connects to its own server, to make collections."""
        return {**super().environment(), "PGPASSWORD": self.password}

    def answers(self, connection: socket.socket) -> bool:
        """Tell whether it asks who is there; while it starts up it says that it can't."""
        parameters = f"user\0{_USER}\0database\0{_DATABASE}\0\0".encode()
        connection.sendall(struct.pack("!II", len(parameters) + 8, _PROTOCOL) + parameters)
        return connection.recv(1) == b"R"
