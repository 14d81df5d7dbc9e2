"""RabbitMQ: a node without plugins, with an Erlang port mapper of its own."""

import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.processes import Processes

from .ports import LOOPBACK, free_port
from .server import MACHINE, Server

_USER = "eaglet"
# Debian's program of the same name on PATH insists on its own account and folders.
_PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
_GREETING = b"AMQP\x00\x00\x09\x01"
_CONNECTION_START = b"\x00\x0a\x00\x0a"


class RabbitMQ(Server):
    """A broker that keeps durable queues and persistent messages when it is killed."""

    name = "rabbitmq"
    packages = ("rabbitmq-server",)
    programs = (_PROGRAM, "epmd")

    def __init__(self, processes: Processes, root: Path = MACHINE) -> None:
        super().__init__(processes, root)
        self._mapper_port = free_port()
        self._distribution_port = free_port()

    @property
    def url(self) -> str:
        """Its virtual host `/`."""
        return f"amqp://{_USER}:{self.password}@{LOOPBACK}:{self.port}//"

    def prepare(self) -> None:
        """Write its settings, and start the port mapper, which Erlang would leave behind."""
        settings = {
            "listeners.tcp.1": f"{LOOPBACK}:{self.port}",
            "default_user": _USER,
            "default_pass": self.password,
            "disk_free_limit.absolute": "50MB",
            "log.console": "true",
            "log.console.level": "warning",
            "log.file": "false",
        }
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        self.write("rabbitmq.conf", text)
        self.write("enabled_plugins", "[].\n")
        self.write("environment.conf", "")
        self.write("advanced.config", "[].\n")
        self.write(".erlang.cookie", secrets.token_hex(16))
        self.spawn(["epmd", "-address", LOOPBACK, "-port", str(self._mapper_port)])

    def command(self) -> Sequence[str]:
        """Return the server; its settings are in the environment."""
        return [self.program(_PROGRAM)]

    def environment(self) -> Mapping[str, str]:
        """Return every place where it would look for what belongs to the system's node."""
        return {
            **super().environment(),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": "eaglet@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": self.path("environment.conf"),
            "RABBITMQ_CONFIG_FILE": self.path("rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": self.path("conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": self.path("advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.path("enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": self.path("mnesia"),
            "RABBITMQ_LOG_BASE": self.path("log"),
            "RABBITMQ_PID_FILE": self.path("pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
            ),
            # Its script then becomes the server instead of waiting for it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def answers(self, connection: socket.socket) -> bool:
        """Tell whether it offers to start a connection."""
        connection.sendall(_GREETING)
        frame = connection.recv(11, socket.MSG_WAITALL)
        return frame[7:] == _CONNECTION_START
