import time

import pytest

from eaglet.contracts import fetching
from tests.client.recording_server import RecordingServer, Reply


@pytest.fixture
def server():
    server = RecordingServer()
    yield server
    server.stop()


def drip(out):
    out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        time.sleep(0.02)
        out.write(b" ")


def test_an_answer_that_comes_a_byte_at_a_time_is_given_up(server, monkeypatch):
    monkeypatch.setattr(fetching, "LONGEST_SECONDS", 0.2)
    server.answer = lambda request: Reply(raw=drip)
    with pytest.raises(OSError, match="too long"):
        fetching.fetch(server.url, largest_bytes=1000)


def test_an_answer_is_cut_off_where_it_is_too_large(server):
    server.always(b"x" * 100_000)
    assert fetching.fetch(server.url, largest_bytes=1000) == b"x" * 1001
    assert fetching.fetch(server.url, largest_bytes=200_000) == b"x" * 100_000


def cut(out):
    out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def rubbish(out):
    out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nabcde")


@pytest.mark.parametrize("raw", [cut, rubbish])
def test_an_answer_that_breaks_off_or_can_not_be_read_is_an_os_error(server, raw):
    server.answer = lambda request: Reply(raw=raw)
    with pytest.raises(OSError, match=r"Incomplete|decode"):
        fetching.fetch(server.url, largest_bytes=1000)
