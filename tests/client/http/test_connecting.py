import errno
import io
import os
import socket
import threading
import time

import pytest

from eaglet import deadline
from eaglet.client import Resource, ServiceTimeout, ServiceUnavailable
from eaglet.client.http import connections
from eaglet.client.http.transport import transport

from ..calling import CALL, call
from ..forking import forks, in_child
from ..recording_server import Reply


@pytest.fixture
def look_ups(monkeypatch):
    """Names that are looked up, by name: addresses, or a function that gives or raises them."""
    known, asked = {}, []
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if host not in known:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        found = known[host]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in (found() if callable(found) else found)
        ]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    known["asked"] = asked
    return known


@pytest.fixture
def named_card(card, settings, look_ups):
    """The service `card`, called by a name."""
    settings.EAGLET_SERVICES = {
        "card": {"HOST": f"card.test:{card.server_port}", "CONNECT_TIMEOUT_SECONDS": 0.3}
    }
    return card


def test_a_name_is_looked_up_once_for_a_connection(named_card, look_ups):
    look_ups["card.test"] = ["127.0.0.1"]
    call()
    call()
    assert look_ups["asked"] == ["card.test"]
    assert named_card.received[0].headers["Host"] == f"card.test:{named_card.server_port}"


def test_the_next_address_is_tried_where_one_refuses(named_card, look_ups):
    look_ups["card.test"] = ["127.0.0.2", "127.0.0.1"]
    assert call()["code"] == 200


def test_if_every_address_refuses_the_last_refusal_is_the_cause(named_card, look_ups):
    look_ups["card.test"] = ["127.0.0.2", "127.0.0.3"]
    with pytest.raises(ServiceUnavailable, match="Connection refused") as raised:
        call()
    assert not raised.value.was_sent


def test_a_look_up_that_hangs_is_given_up(named_card, look_ups):
    over = threading.Event()
    look_ups["card.test"] = lambda: over.wait(20) and ["127.0.0.1"]
    started = time.monotonic()
    with pytest.raises(ServiceTimeout, match="no connection to") as raised:
        call()
    with pytest.raises(ServiceTimeout), deadline.within(0.1):
        call()
    # Not a measure of speed: it would be 20 s.
    assert time.monotonic() - started < 10
    assert not raised.value.was_sent
    assert look_ups["asked"] == ["card.test"]  # shared by them all
    over.set()


def test_a_name_that_there_is_not_is_unavailable(named_card, look_ups):
    def nowhere():
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    look_ups["card.test"] = nowhere
    with pytest.raises(ServiceUnavailable, match="Name or service not known") as raised:
        call()
    assert not raised.value.was_sent


@forks
def test_a_child_waits_for_no_look_up_of_its_parent(named_card, look_ups):
    over = threading.Event()
    parent = os.getpid()

    def slow_in_the_parent():
        if os.getpid() == parent:
            over.wait(20)
        return ["127.0.0.1"]

    look_ups["card.test"] = slow_in_the_parent
    waiting = threading.Thread(target=lambda: Resource.use("card").post(CALL))
    waiting.start()
    assert in_child(lambda: call()["code"] == 200)
    over.set()
    waiting.join()


def test_a_connection_that_was_idle_for_long_is_not_used_again(card, clock):
    call()
    call()
    clock.ahead += 51
    call()
    assert len({each.connection for each in card.received}) == 2


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete"])
def test_a_service_that_closes_idle_connections_is_never_noticed(card, records, verb):
    closed = threading.Event()

    def answer(request):
        def write(stream):
            body = b'{"code":200}'
            stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

        return Reply(raw=write)

    card.answer = answer
    finish = card.shutdown_request

    def shutdown_request(request):
        finish(request)
        closed.set()

    card.shutdown_request = shutdown_request
    for _ in range(5):
        closed.clear()
        assert call(verb)["code"] == 200
        assert closed.wait(10)
    assert [record.attempts for record in records()] == [1] * 5
    assert len(card.received) == 5


def reset_on_request(listening, count):
    """A service that answers one request on a connection, and resets it at the next."""
    for _ in range(count):
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # the test is over
        with connection:
            for answer in (b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"code":200}', b""):
                received = b""
                end = b'{"a":1}'
                while not received.endswith(end):
                    part = connection.recv(65536)
                    if not part:
                        return
                    received += part
                    end = b'{"a":1}' if received.startswith(b"POST") else b"\r\n\r\n"
                connection.sendall(answer)
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, 0 seconds: RST instead of FIN
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@pytest.fixture
def resetting(settings):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings.EAGLET_SERVICES = {"card": {"HOST": f"127.0.0.1:{listening.getsockname()[1]}"}}
        thread = threading.Thread(target=reset_on_request, args=(listening, 2), daemon=True)
        thread.start()
        yield
        transport.close()
        # Closing alone would leave an accept() that waits.
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    assert not thread.is_alive()


def test_get_on_a_kept_connection_that_is_reset_is_repeated_on_another(resetting, records):
    assert call("get")["code"] == 200
    assert call("get")["code"] == 200
    assert [record.attempts for record in records()] == [1, 2]


def test_post_on_a_kept_connection_that_is_reset_may_have_arrived(resetting):
    assert call("post")["code"] == 200
    with pytest.raises(ServiceUnavailable) as raised:
        call("post")
    assert raised.value.was_sent


class Broken:
    """A socket that takes nothing, as one whose reset has come in since it was last looked at."""

    def __init__(self, sock):
        self._sock = sock

    def __getattr__(self, name):
        return getattr(self._sock, name)

    def send(self, data):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    def makefile(self, *args):
        return io.BytesIO()


def test_post_on_a_connection_that_takes_nothing_any_more_is_sent_on_another(card, records):
    call()
    (pool,) = transport._pools.values()
    connection = pool.pool.get()
    connection.sock = Broken(connection.sock)
    pool.pool.put(connection)
    assert call()["code"] == 200
    assert len(card.received) == 2
    assert records()[-1].attempts == 2


@pytest.mark.parametrize(("size", "sends"), [(10, 1), (1_000_000, 2)])
def test_head_and_body_leave_at_once_if_the_body_is_small(card, monkeypatch, size, sends):
    sent = []
    send = connections._Bounded.send

    def counted(self, data):
        if self._held is None:
            sent.append(len(data))
        send(self, data)

    monkeypatch.setattr(connections._Bounded, "send", counted)
    data = {"x": "x" * size}
    Resource.use("card", raise_errors=True).post({"resource": "card.trade", "data": data})
    assert card.received[0].json == data
    assert len(sent) == sends


@pytest.mark.parametrize("zone", ["eth0", "10", "e-0.1_x"])
def test_an_address_of_ipv6_is_connected_to_at_its_zone(settings, monkeypatch, zone):
    asked = []

    def getaddrinfo(host, *args, **kwargs):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "not here")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings.EAGLET_SERVICES = {"card": {"HOST": f"http://[fe80::1%25{zone}]:8000"}}
    settings.EAGLET_CLIENT_RETRIES = 0
    with pytest.raises(ServiceUnavailable):
        call()
    assert asked == [f"fe80::1%{zone}"]
