"""The forwarder of the walkthrough: a way to a server that is cut and restored."""

import socket
import threading

import pytest

from demo.forwarder import Forwarder

pytestmark = pytest.mark.slow


@pytest.fixture
def echo():
    """A server that sends back what comes; its port."""

    def serve(connection):
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def forwarder(echo):
    with Forwarder("127.0.0.1", echo) as forwarder:
        yield forwarder


def connected(forwarder):
    return socket.create_connection(("127.0.0.1", forwarder.port), 10)


def echoed(connection, data=b"ping"):
    connection.sendall(data)
    with connection.makefile("rb") as answers:
        return answers.read(len(data))


def is_broken(connection):
    try:
        return echoed(connection) == b""
    except OSError:
        return True


def is_broken_from_the_start(forwarder):
    try:
        with connected(forwarder) as connection:
            return is_broken(connection)
    except OSError:  # reset before it was seen to be there
        return True


def test_what_is_sent_comes_back(forwarder):
    with connected(forwarder) as connection:
        assert echoed(connection, b"x" * 500_000) == b"x" * 500_000


def test_cutting_breaks_what_is_connected_and_what_connects(forwarder):
    with connected(forwarder) as connection:
        assert echoed(connection) == b"ping"
        forwarder.cut()
        assert is_broken(connection)
    assert is_broken_from_the_start(forwarder)


def test_restoring_lets_new_connections_through(forwarder):
    forwarder.cut()
    forwarder.restore()
    with connected(forwarder) as connection:
        assert echoed(connection) == b"ping"


def test_a_server_that_is_not_there_is_a_broken_connection():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # it does not listen, and nobody else gets its port
        with Forwarder("127.0.0.1", deaf.getsockname()[1]) as forwarder:
            assert is_broken_from_the_start(forwarder)


def test_a_client_that_leaves_takes_its_connection_to_the_server_along(echo):
    with Forwarder("127.0.0.1", echo) as forwarder, connected(forwarder) as connection:
        connection.sendall(b"ping")
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answers:
            assert answers.read() in (b"ping", b"")
