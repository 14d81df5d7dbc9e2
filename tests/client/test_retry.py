import itertools
import socket
import threading
import time
from email.utils import formatdate

import pytest

from eaglet import deadline
from eaglet.client import (
    InvalidEnvelope,
    Resource,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
)
from eaglet.client.circuit import RESERVE

from .calling import CALL, call, in_threads
from .recording_server import Reply, envelope


def answering(*replies):
    """Answers with these one after the other, and then with the last for ever."""
    sequence = itertools.chain(replies, itertools.repeat(replies[-1]))
    return lambda request: next(sequence)


def unavailable(status=503, **headers):
    return Reply(b"<html>busy</html>", status=status, content_type="text/html", headers=headers)


GOOD = Reply(envelope({"ok": True}))
BROKEN = Reply(raw=lambda stream: None)
HALF = Reply(raw=lambda stream: stream.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"c'))


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: 0)


@pytest.fixture
def pauses(monkeypatch):
    """The longest of what is slept between requests, which here takes no time."""
    slept = []
    monkeypatch.setattr("eaglet.client.retry.time.sleep", slept.append)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return slept


@pytest.mark.parametrize(
    "failure",
    [BROKEN, HALF, unavailable(502), unavailable(503), unavailable(504)],
    ids=["closed", "half a body", "502", "503", "504"],
)
def test_get_is_repeated_after_what_may_pass(card, no_pause, failure, records):
    card.answer = answering(failure, failure, GOOD)
    assert call("get")["data"] == {"ok": True}
    assert len(card.received) == 3
    (record,) = records()
    assert record.attempts == 3


@pytest.mark.parametrize("verb", ["post", "put", "delete"])
@pytest.mark.parametrize("failure", [BROKEN, HALF, unavailable()], ids=["closed", "half", "503"])
def test_what_may_have_been_done_is_not_sent_again(card, verb, failure):
    card.answer = answering(failure, GOOD)
    with pytest.raises(ServiceUnavailable) as raised:
        call(verb)
    assert len(card.received) == 1
    assert raised.value.was_sent


@pytest.mark.parametrize("legacy", [False, True], ids=["standard", "legacy"])
@pytest.mark.parametrize("verb", ["put", "delete"])
def test_verbs_that_the_service_calls_idempotent_are_repeated(
    card, settings, no_pause, verb, legacy
):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "IDEMPOTENT": ["PUT", "delete"]}}
    settings.EAGLET_LEGACY_SERVICES = ["card"] if legacy else []
    card.answer = answering(BROKEN, unavailable(), GOOD)
    assert call(verb)["code"] == 200
    assert len(card.received) == 3


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete"])
def test_a_call_that_never_left_is_repeated_whatever_it_does(settings, monkeypatch, verb, card):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = unused.getsockname()
    settings.EAGLET_SERVICES = {"card": {"HOST": f"127.0.0.1:{address[1]}"}}
    proxy = socket.socket()
    sleeping = time.sleep
    stop = threading.Event()

    def serve():
        proxy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        proxy.bind(address)
        proxy.listen()
        proxy.settimeout(10)
        connection, _ = proxy.accept()
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"code":200}')
        stop.wait(10)
        connection.close()

    thread = threading.Thread(target=serve)

    def begin_to_listen(seconds):
        thread.start()
        sleeping(0.2)

    monkeypatch.setattr("eaglet.client.retry.time.sleep", begin_to_listen)
    try:
        assert call(verb)["code"] == 200
    finally:
        stop.set()
        thread.join()
        proxy.close()


def test_of_several_failures_one_that_may_have_arrived_counts_for_all(card, settings, pauses):
    def answer(request):
        card.server_close()  # further connections are refused
        return BROKEN

    card.answer = answer
    with pytest.raises(ServiceUnavailable, match="Connection refused") as raised:
        call("get")
    assert raised.value.was_sent


def test_silence_is_not_repeated(card, settings):
    settings.EAGLET_SERVICES = {
        "card": {"HOST": card.url, "READ_TIMEOUT_SECONDS": 0.1, "IDEMPOTENT": ["PUT"]}
    }
    card.answer = lambda request: Reply(raw=lambda stream: time.sleep(0.5))
    for verb in ("get", "put"):
        card.received.clear()
        with pytest.raises(ServiceTimeout):
            call(verb)
        assert len(card.received) == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(envelope(None, 531), status=500), ResourceError),
        (Reply(envelope(None, 503)), ResourceError),
        (Reply(envelope(None, 429), status=429, headers={"Retry-After": "1"}), ResourceError),
        (Reply(b"<html>"), InvalidEnvelope),
    ],
    ids=["500", "code 503", "429", "HTML"],
)
def test_an_answer_is_not_asked_for_again(card, reply, error):
    card.always(b"")
    card.answer = lambda request: reply
    with pytest.raises(error):
        call("get")
    assert len(card.received) == 1


def test_how_often_is_a_setting(card, settings, no_pause):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 0
    for retries in (0, 4):
        settings.EAGLET_CLIENT_RETRIES = retries
        card.received.clear()
        card.answer = lambda request: unavailable()
        with pytest.raises(ServiceUnavailable, match="HTTP 503"):
            call("get")
        assert len(card.received) == retries + 1


def test_the_pauses_double_up_to_a_longest(card, settings, pauses):
    settings.EAGLET_CLIENT_RETRIES = 6
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 0
    card.answer = lambda request: unavailable()
    with pytest.raises(ServiceUnavailable):
        call("get")
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_what_the_service_asks_for_is_waited(card, pauses, form):
    asked = "7" if form == "seconds" else formatdate(time.time() + 7, usegmt=True)
    card.answer = answering(unavailable(**{"Retry-After": asked}), GOOD)
    assert call("get")["code"] == 200
    (pause,) = pauses
    assert 5 < pause <= 7


@pytest.mark.parametrize("asked", ["3600", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9", "9" * 500])
def test_a_service_that_is_away_for_long_is_not_waited_for(card, pauses, asked):
    card.answer = lambda request: unavailable(**{"Retry-After": asked})
    with pytest.raises(ServiceUnavailable):
        call("get")
    assert sum(pauses) < 1


def test_nothing_is_repeated_that_the_deadline_would_cut_off(card, pauses):
    card.answer = lambda request: unavailable(**{"Retry-After": "5"})
    with pytest.raises(ServiceUnavailable, match="HTTP 503"), deadline.within(3):
        call("get")
    assert pauses == []
    assert len(card.received) == 1


def test_each_request_says_how_much_time_is_left_by_then(card, settings):
    card.answer = answering(unavailable(**{"Retry-After": "1"}), GOOD)
    with deadline.within(20):
        call("get")
    first, second = (int(each.headers["X-Request-Timeout-Ms"]) for each in card.received)
    assert 19_000 < first <= 20_000
    assert second <= first - 1000


def test_a_budget_keeps_repetitions_a_share_of_the_calls(card, settings, no_pause):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 0
    card.answer = lambda request: unavailable()
    for _ in range(200):
        with pytest.raises(ServiceUnavailable):
            call("get")
    assert 200 + RESERVE <= len(card.received) <= 200 + RESERVE + 20


def test_the_budget_is_the_services_own_and_is_shared_by_threads(
    card, other_server, settings, no_pause
):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 0
    settings.EAGLET_CLIENT_RETRY_RATIO = 0
    settings.EAGLET_SERVICES = {
        "card": {"HOST": card.url},
        "mall": {"HOST": other_server.url},
    }
    for server in (card, other_server):
        server.answer = lambda request: unavailable()

    in_threads(8, lambda: [Resource.use("card").get(CALL) for _ in range(5)])
    assert len(card.received) == 40 + RESERVE
    Resource.use("mall").get(CALL)
    assert len(other_server.received) == 3


def test_a_call_repeated_with_another_token_is_repeated_with_that(issuer, card, no_pause):
    call("get")
    token = issuer.issued[-1]
    issuer.valid.clear()
    guarded = issuer.guarded
    failures = iter([BROKEN])

    def flaky(request):
        if token not in request.headers.get("Authorization", ""):
            for failure in failures:
                return failure
        return guarded(request)

    issuer.guarded = flaky
    assert call("get")["code"] == 200
    assert [each.headers["Authorization"][-1] for each in card.calls] == ["0", "0", "1", "1"]
