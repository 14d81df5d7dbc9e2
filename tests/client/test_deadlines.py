"""A call that a service makes for a caller never outlives that caller's own deadline."""

import threading
import time

import pytest
from django.test import Client

from eaglet.api import ApiResource
from eaglet.client import CircuitOpen, Resource

from .calling import CALL
from .recording_server import Reply, envelope


@pytest.fixture
def mall(declared):
    """A service that asks `card`, three times, whatever comes of it."""

    def get(args):
        return [Resource.use("card").get(CALL) for _ in range(3)]

    type(ApiResource)("Asking", (ApiResource,), {"app": "mall", "resource": "asking",
                      "__module__": __name__, "get": get})  # fmt: skip
    return lambda milliseconds: Client().get(
        "/mall/asking/", headers={"X-Request-Timeout-Ms": str(milliseconds)}
    )


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: Reply(raw=lambda stream: time.sleep(10)),
        lambda request: Reply(b"", status=503, headers={"Retry-After": "1"}),
    ],
    ids=["silence", "asks to wait"],
)
def test_calls_for_a_request_end_with_its_time(card, mall, answer):
    card.answer = answer
    started = time.monotonic()
    assert mall(300).json()["data"] == [None, None, None]
    # Not a measure of speed: alone they would take half a minute each.
    assert time.monotonic() - started < 5
    for each in card.received:
        assert int(each.headers["X-Request-Timeout-Ms"]) <= 300


def test_a_request_without_time_makes_no_calls(card, mall, records):
    assert mall(0).json()["data"] == [None, None, None]
    assert card.received == []
    assert {record.error for record in records()} == {"ServiceTimeout"}


def test_the_service_s_own_time_counts_where_the_caller_has_more(card, mall, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "TIMEOUT_SECONDS": 4}}
    mall(60_000)
    assert 3000 < int(card.received[0].headers["X-Request-Timeout-Ms"]) <= 4000


def test_what_a_callers_deadline_cuts_short_says_nothing_about_the_service(card, mall, settings):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 1
    release = threading.Event()
    card.answer = lambda request: release.wait(20) and Reply(envelope())
    mall(1200)
    release.set()
    assert Resource.use("card", raise_errors=True).get(CALL)["code"] == 200


def test_the_silence_that_a_service_may_keep_counts_whatever_its_caller_has_left(
    card, mall, settings
):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 1
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "READ_TIMEOUT_SECONDS": 0.2}}
    release = threading.Event()
    card.answer = lambda request: release.wait(20) and Reply(envelope())
    mall(20_000)
    with pytest.raises(CircuitOpen):
        Resource.use("card", raise_errors=True).get(CALL)
    release.set()
