import logging
import socket
import threading

import pytest
from prometheus_client import REGISTRY

from eaglet.client import CircuitOpen, Resource, ResourceError, ServiceUnavailable
from eaglet.client.circuit import guard_of
from eaglet.client.services.resolve import resolve

from .calling import CALL, call
from .forking import forks, in_child
from .recording_server import Reply, envelope


def unavailable(request):
    return Reply(b"busy", status=503)


def fail(times, error=ServiceUnavailable, service="card"):
    for _ in range(times):
        with pytest.raises(error) as raised:
            call(service=service)
        assert not isinstance(raised.value, CircuitOpen)


@pytest.fixture
def changes(caplog):
    """The level and the state of each change that was logged."""
    caplog.set_level(logging.DEBUG)
    return lambda: [
        (record.levelname, record.state)
        for record in caplog.records
        if record.name == "eaglet.client.breaker" and hasattr(record, "state")
    ]


def test_a_service_that_fails_five_times_in_a_row_is_left_alone(card, records):
    card.answer = unavailable
    fail(5)
    with pytest.raises(CircuitOpen) as raised:
        call()
    assert len(card.received) == 5
    assert isinstance(raised.value, ServiceUnavailable)
    assert raised.value.service == "card"
    assert 0 < raised.value.retry_in_seconds <= 1
    assert not raised.value.was_sent
    record = records()[-1]
    assert (record.error, record.attempts, record.levelno) == ("CircuitOpen", 0, logging.WARNING)
    assert f"card at {card.url} has failed too often in a row: it is tried again in" in str(
        raised.value
    )


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(envelope(None, 531), status=500), ResourceError),
        (Reply(envelope(None, 429), status=429), ResourceError),
        (Reply(b"<html>", status=404), ResourceError),
    ],
    ids=["531", "429", "404"],
)
def test_a_service_that_answers_is_not_left_alone_whatever_it_says(card, reply, error):
    card.answer = lambda request: reply
    fail(10, error)
    assert len(card.received) == 10


def test_when_its_time_is_over_one_call_tries_and_closes_it(card, clock, changes):
    card.answer = unavailable
    fail(5)
    clock.ahead += 1
    card.answer = lambda request: Reply(envelope())
    assert call()["code"] == 200
    assert call()["code"] == 200
    assert changes() == [("WARNING", "open"), ("INFO", "closed")]


def test_a_trial_that_fails_keeps_it_open_for_as_long_again(card, clock, changes):
    card.answer = unavailable
    fail(5)
    for _ in range(3):
        clock.ahead += 1
        fail(1)
        with pytest.raises(CircuitOpen):
            call()
    assert changes() == [("WARNING", "open")]
    assert len(card.received) == 8


def test_repetitions_stop_when_it_opens(card, settings, monkeypatch):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 2
    monkeypatch.setattr("random.uniform", lambda low, high: 0)
    card.answer = unavailable
    with pytest.raises(ServiceUnavailable, match="HTTP 503"):
        call("get")
    assert len(card.received) == 2


def test_each_service_has_its_own(card, other_server, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url}, "mall": {"HOST": other_server.url}}
    card.answer = unavailable
    fail(5)
    assert call(service="mall")["code"] == 200
    with pytest.raises(CircuitOpen):
        call()


def test_no_token_is_asked_for_while_it_is_open(issuer, card):
    issuer.guarded = unavailable
    fail(5)
    Resource.forget_token("card")
    before = len(card.received)
    with pytest.raises(CircuitOpen):
        call()
    assert len(card.received) == before


def test_a_trial_for_which_no_token_can_be_had_is_followed_by_another(issuer, card, clock):
    issuer.guarded = unavailable
    fail(5)
    Resource.forget_token("card")
    issuer.token_reply = Reply(b"", status=500)
    clock.ahead += 1
    with pytest.raises(Exception, match="no access token"):
        call()
    issuer.token_reply = None
    del issuer.guarded
    assert call()["code"] == 200


@forks
def test_a_child_forked_while_it_is_open_begins_anew(card, settings):
    settings.EAGLET_CLIENT_BREAKER_SECONDS = 60
    card.answer = unavailable
    fail(5)
    card.answer = lambda request: Reply(envelope())
    guard = guard_of(resolve("card"))
    with guard._breaker._lock, guard.budget._lock:
        assert in_child(lambda: call()["code"] == 200)
    with pytest.raises(CircuitOpen):
        call()


CALLS = "eaglet_client_calls_total"
OUTCOMES = ("200", "531", "other", "ServiceUnavailable", "CircuitOpen")


def sample(name, **labels):
    return REGISTRY.get_sample_value(name, {"service": "card", **labels}) or 0


def counted():
    labels = {"method": "GET"}
    names = ("eaglet_client_call_seconds_count", "eaglet_client_retries_total")
    return [
        *(sample(CALLS, outcome=outcome, **labels) for outcome in OUTCOMES),
        *(sample(name, **labels) for name in names),
    ]


def test_calls_repetitions_and_the_breaker_are_counted(card, clock, monkeypatch, settings):
    monkeypatch.setattr("random.uniform", lambda low, high: 0)
    before = counted()
    settings.EAGLET_METRICS = False
    call("get")
    settings.EAGLET_METRICS = True
    call("get")
    card.always(envelope(None, 531), status=500)
    Resource.use("card").get(CALL)
    card.always(envelope(None, 77))
    Resource.use("card").get(CALL)
    assert sample("eaglet_client_breaker_state") == 0
    card.answer = unavailable
    Resource.use("card").get(CALL)
    Resource.use("card").get(CALL)
    assert sample("eaglet_client_breaker_state") == 2
    Resource.use("card").get(CALL)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [
        1,
        1,
        1,
        2,
        1,
        6,
        3,
    ]
    clock.ahead += 1
    seen = []

    def answer(request):
        seen.append(sample("eaglet_client_breaker_state"))
        return Reply(envelope())

    card.answer = answer
    call("get")
    assert seen == [1]
    assert sample("eaglet_client_breaker_state") == 0


def test_the_name_of_an_unknown_service_is_no_label(settings):
    labels = {"service": "", "method": "GET", "outcome": "InvalidRequest"}
    before = sample(CALLS, **labels)
    Resource.use("who knows").get(CALL)
    assert sample(CALLS, **labels) == before + 1


def test_a_refused_connection_counts(settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EAGLET_SERVICES = {"card": {"HOST": f"127.0.0.1:{unused.getsockname()[1]}"}}
        settings.EAGLET_CLIENT_RETRIES = 0
        fail(5)
        with pytest.raises(CircuitOpen):
            call()


def test_while_one_call_tries_the_others_are_refused(card, clock):
    card.answer = unavailable
    fail(5)
    clock.ahead += 1
    begun, go_on = threading.Event(), threading.Event()

    def answer(request):
        begun.set()
        go_on.wait(10)
        return Reply(envelope())

    card.answer = answer
    results = []
    trial = threading.Thread(target=lambda: results.append(call()["code"]))
    trial.start()
    begun.wait(10)
    clock.ahead += 5
    with pytest.raises(CircuitOpen):
        call()
    go_on.set()
    trial.join()
    assert results == [200]
    assert call()["code"] == 200
