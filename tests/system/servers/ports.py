"""Ports that nothing listens on."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LOWEST = 15000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ATTEMPTS = 1000


def free_port() -> int:
    """A free port of the loopback interface that no outgoing connection will be given.

    A client that tries to reach a stopped server on one of *those* ports may end up connected
    to itself, or its next connection may keep the server from coming back.
    """
    highest = int(_EPHEMERAL.read_text().split()[0]) - 1 if _EPHEMERAL.exists() else 32767
    lowest = min(_LOWEST, highest - 1000)
    for _ in range(_ATTEMPTS):
        port = random.randint(lowest, highest)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {lowest} and {highest}")
