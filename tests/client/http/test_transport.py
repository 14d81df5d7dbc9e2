import gzip
import itertools
import socket
import threading
import time

import pytest

from eaglet import deadline
from eaglet.client import (
    InvalidEnvelope,
    Resource,
    ResourceError,
    ServiceTimeout,
)
from eaglet.client.http.transport import transport

from ..calling import call, in_threads
from ..forking import forks, in_child
from ..recording_server import Reply, envelope

ANSWER = b'{"code":200,"data":null,"errMsg":"","innerErrMsg":""}'


def test_connections_are_kept_and_used_again(card):
    for verb in ("get", "post", "put", "delete", "get"):
        call(verb)
    assert len({each.connection for each in card.received}) == 1


def test_threads_can_share_it(card):
    results = in_threads(20, lambda: [call("post")["code"] for _ in range(10)])
    assert results == [[200] * 10] * 20


def test_the_environments_proxies_and_netrc_are_ignored(card, monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login joe password geheim\n")
    monkeypatch.setenv("NETRC", str(netrc))
    transport.close()
    assert call("get")["code"] == 200
    assert "Authorization" not in card.received[0].headers


def test_cookies_are_neither_kept_nor_sent(card):
    card.always(envelope(), headers={"Set-Cookie": "sessionid=x; Path=/"})
    call("get")
    call("get")
    assert "Cookie" not in card.received[1].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed_and_are_named(card, other_server, status):
    target = f"{other_server.url}/card/trade/?access_token=abc"
    card.always(b"", status=status, headers={"Location": target})
    with pytest.raises(ResourceError) as raised:
        call("get")
    assert raised.value.code == status
    told = str(raised.value)
    assert f"redirects to {other_server.url}/card/trade/, which is not followed" in told
    assert "abc" not in told
    assert other_server.received == []
    assert len(card.received) == 1


def test_a_connection_that_is_not_accepted_is_a_timeout(settings):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # With the queue full, the kernel leaves further connections unanswered.
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        settings.EAGLET_SERVICES = {
            "card": {"HOST": f"127.0.0.1:{address[1]}", "CONNECT_TIMEOUT_SECONDS": 0.2}
        }
        with deadline.within(10):
            with pytest.raises(ServiceTimeout, match="no connection to"):
                call("get")
            assert deadline.remaining() > 0
        for each in waiting:
            each.close()


def test_a_service_that_does_not_read_is_cut_off(settings):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        settings.EAGLET_SERVICES = {
            "card": {"HOST": f"127.0.0.1:{deaf.getsockname()[1]}", "TIMEOUT_SECONDS": 0.3}
        }
        with pytest.raises(ServiceTimeout):
            Resource.use("card", raise_errors=True).post(
                {"resource": "a.b", "data": {"x": "x" * 30_000_000}}
            )


def test_a_long_upload_is_not_held_to_the_time_for_connecting(card, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "CONNECT_TIMEOUT_SECONDS": 0.1}}
    accepted = threading.Event()

    class Slow(card.RequestHandlerClass):
        def answer(self):
            time.sleep(0.4)
            accepted.set()
            super().answer()

        do_POST = answer

    card.RequestHandlerClass = Slow
    resp = Resource.use("card", raise_errors=True).post(
        {"resource": "a.b", "data": {"x": "x" * 30_000_000}}
    )
    assert resp["code"] == 200
    assert accepted.is_set()


def test_a_timed_out_connection_is_not_used_again(card, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "TIMEOUT_SECONDS": 0.2}}
    late = iter([0.5, 0, 0])
    counter = itertools.count()

    def answer(request):
        mine = next(counter)
        time.sleep(next(late))
        return Reply(envelope(mine))

    card.answer = answer
    with pytest.raises(ServiceTimeout):
        call("get")
    assert call("get")["data"] == 1
    assert call("get")["data"] == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_that_is_too_large_is_an_invalid_envelope(card, settings, chunked):
    settings.EAGLET_CLIENT_MAX_RESPONSE_BYTES = 1000
    body = b'{"code":200,"data":"' + b"x" * 979 + b'"}'

    def write(stream):
        if chunked:
            stream.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
            stream.write(b"Transfer-Encoding: chunked\r\n\r\n")
            stream.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        else:
            stream.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
            stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    card.answer = lambda request: Reply(raw=write)
    with pytest.raises(InvalidEnvelope, match="larger than 1000 bytes"):
        call("get")
    settings.EAGLET_CLIENT_MAX_RESPONSE_BYTES = len(body)
    assert call("get")["code"] == 200


def test_compressed_answers_are_read(card):
    card.always(gzip.compress(ANSWER), headers={"Content-Encoding": "gzip"})
    assert call("get")["code"] == 200


@forks
def test_a_forked_child_opens_connections_of_its_own(card):
    call("get")
    assert in_child(lambda: call("get")["code"] == 200)
    call("get")
    first, of_child, last = (each.connection for each in card.received)
    assert first == last != of_child


def test_half_a_head_is_no_answer(card):
    card.answer = lambda request: Reply(
        raw=lambda stream: stream.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    )
    with pytest.raises(InvalidEnvelope):
        call("post")
