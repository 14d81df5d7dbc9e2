"""Serve the project on a socket that is already listening.

    python -m testproject.server --fd 3

Whoever starts it opens the socket, on port 0, so the port is known before the process is up, and
no other process can take it in between. It is the server of Django's `runserver` and of its live
tests: a thread per connection, connections kept alive.
"""

import argparse
import signal
import socket
import sys
import threading
from types import FrameType
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from testproject.wsgi import application


class RequestHandler(WSGIRequestHandler):
    """Sends an answer's headers and its body at once."""

    # They are two writes, and between them Nagle's algorithm would wait for the caller.
    disable_nagle_algorithm = True


class Server(ThreadedWSGIServer):
    """Takes over a listening socket in place of opening one."""

    def __init__(self, listener: socket.socket) -> None:
        address = listener.getsockname()
        super().__init__(address[:2], RequestHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_address = address
        self.server_name, self.server_port = address[:2]
        self.setup_environ()


def serve(listener: socket.socket) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    server = Server(listener)
    server.set_app(application)

    def stop(number: int, frame: FrameType | None) -> None:
        # On another thread, as `shutdown` waits for the loop that the signal has interrupted.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with server:
        server.serve_forever(poll_interval=0.1)


def main(arguments: list[str] | None = None) -> Any:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m testproject.server")
    parser.add_argument("--fd", type=int, required=True, help="of a listening TCP socket")
    serve(socket.socket(fileno=parser.parse_args(arguments).fd))


if __name__ == "__main__":
    sys.exit(main())
