import threading
import time
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from eaglet import deadline
from eaglet.client import Resource, TokenUnavailable
from eaglet.client.services.resolve import resolve
from eaglet.client.tokens.cache import tokens
from eaglet.client.tokens.entry import CachedToken
from eaglet.client.tokens.fetch import lifetime_of
from eaglet.tokens import StoredToken, register_shared_store

from ..calling import CALL, call, in_threads, settle
from ..recording_server import Reply, envelope
from .memory_store import MemoryTokenStore


def test_those_who_wait_share_a_failure(card, issuer):
    issuer.before_issue = lambda: time.sleep(1)
    issuer.token_reply = Reply(b"", status=500)
    results = in_threads(10, call)
    assert all(isinstance(result, TokenUnavailable) for result in results)
    assert len(card.token_requests) == 1


def test_callers_who_give_up_bring_no_back_off(card, issuer):
    issuer.before_issue = lambda: time.sleep(0.3)
    for _ in range(5):
        with pytest.raises(TokenUnavailable), deadline.within(0.04):
            call()
    assert call()["data"] == "secret data"
    assert len(card.token_requests) == 1


def test_another_service_does_not_wait(card, issuer, other_server, settings):
    settings.EAGLET_SERVICES = {**settings.EAGLET_SERVICES, "other": {"HOST": other_server.url}}
    other_server.always(envelope({"access_token": "t" * 20, "expires_in": 60}))
    asked, release = issuer.hold()
    thread = threading.Thread(target=call)
    thread.start()
    assert asked.wait(10)
    assert Resource.use("other").get(CALL)["code"] == 200
    release.set()
    thread.join()


@pytest.mark.parametrize(("lifetime", "early"), [(7200, 60), (100, 10)])
def test_a_token_is_renewed_a_tenth_of_its_life_but_at_most_a_minute_early(
    card, issuer, clock, lifetime, early
):
    issuer.lifetime = lifetime
    call()
    clock.ahead = lifetime - early - 1
    call()
    settle()
    assert len(card.token_requests) == 1
    clock.ahead = lifetime - early / 2 + 1
    call()
    settle()
    call()
    assert len(card.token_requests) == 2
    assert [each.headers["Authorization"] for each in card.calls[-2:]] == [
        f"Bearer {token}" for token in issuer.issued
    ]


def test_the_moment_of_renewal_is_jittered():
    moments = {
        round(held.expires_at - held.renew_at)
        for held in (CachedToken.of(StoredToken("t", 7200, 7200)) for _ in range(200))
    }
    assert len(moments) > 10
    assert min(moments) >= 30
    assert max(moments) <= 60


def test_nobody_waits_for_a_renewal(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    _, release = issuer.hold()
    for _ in range(4):
        assert call()["data"] == "secret data"
    release.set()
    settle()
    call()
    assert len(card.token_requests) == 2
    used = [each.headers["Authorization"][-1] for each in card.calls]
    assert used == ["0", "0", "0", "0", "0", "1"]


def test_a_token_that_ends_while_it_is_renewed_is_waited_for(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    asked, release = issuer.hold()
    call()
    assert asked.wait(10)
    clock.ahead = 7201
    threading.Timer(0.1, release.set).start()
    assert call()["data"] == "secret data"
    assert len(card.token_requests) == 2
    assert card.calls[-1].headers["Authorization"] == f"Bearer {issuer.issued[1]}"


def test_a_renewal_has_the_services_time_and_not_what_its_caller_has_left(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    issuer.before_issue = lambda: time.sleep(0.5)
    with deadline.within(0.3):
        call()
    settle()
    call()
    assert card.calls[-1].headers["Authorization"] == f"Bearer {issuer.issued[1]}"


def test_a_refusal_while_the_token_is_renewed_asks_for_no_other(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    asked, release = issuer.hold()
    call()
    assert asked.wait(10)
    issuer.valid.clear()
    threading.Timer(0.1, release.set).start()
    assert call()["data"] == "secret data"
    assert len(card.token_requests) == 2


def test_while_another_process_renews_the_token_at_hand_is_used(card, issuer, clock):
    store = MemoryTokenStore()
    register_shared_store(store)
    call()
    key = resolve("card").token_key
    clock.ahead = 7200 - 10
    store.leases[key] = "another"
    for _ in range(3):
        assert call()["data"] == "secret data"
    settle()
    assert len(card.token_requests) == 1
    store.leases.clear()
    clock.ahead += 2
    call()
    settle()
    assert len(card.token_requests) == 2


def test_where_no_thread_is_to_be_had_the_token_at_hand_is_used(card, issuer, clock, monkeypatch):
    call()
    clock.ahead = 7200 - 10

    def no_thread(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        tokens.token(resolve("card").token_key, None)
    call()
    settle()
    assert len(card.token_requests) == 2


def test_an_early_renewal_that_fails_leaves_the_old_token_in_use(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    issuer.token_reply = Reply(b"", status=500)
    for _ in range(5):
        assert call()["data"] == "secret data"
        settle()
    assert len(card.token_requests) == 3


def test_a_token_that_has_ended_is_not_sent(card, issuer, clock):
    call()
    clock.ahead = 7201
    issuer.token_reply = Reply(b"", status=500)
    with pytest.raises(TokenUnavailable):
        call()
    assert len(card.calls) == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"expires_in": 60}, 60),
        ({"expires_in": "60"}, 60),
        ({"expires_in": 60.5, "expire_time": "2999-01-01 00:00:00"}, 60.5),
        ({"expires_in": 0}, 600),
        ({"expires_in": -1}, 600),
        ({"expires_in": "soon"}, 600),
        ({"expires_in": float("inf")}, 600),
        ({"expires_in": 10**400}, 600),
        ({"expires_in": 10**9}, 30 * 24 * 3600),
        ({}, 600),
        ({"expire_time": None}, 600),
        ({"expire_time": "tomorrow"}, 600),
        ({"expire_time": "2016-01-01 00:00:00"}, 600),
        ({"expire_time": "2999-01-01 00:00:00"}, 600),
    ],
)
def test_how_long_a_token_is_good(data, expected):
    assert lifetime_of(data, timezone.now()) == expected


def test_without_expires_in_the_expire_time_counts_from_the_services_own_moment(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    answered_at = datetime(2016, 1, 1, 2, 0, tzinfo=UTC)
    assert lifetime_of({"expire_time": "2016-01-01 11:00:00"}, answered_at) == 3600


def test_the_services_moment_is_its_dates(card, legacy_issuer, settings, clock):
    settings.TIME_ZONE = "Asia/Shanghai"
    card.answer = lambda request: (
        Reply(
            envelope({"access_token": "t" * 20, "expire_time": "2016-01-01 09:00:00"}),
            headers={"Date": "Fri, 01 Jan 2016 00:00:00 GMT"},
        )
        if request.path.endswith("/auth/access_token/")
        else Reply(envelope("data"))
    )
    call()
    clock.ahead = 3500
    call()
    assert len(card.token_requests) == 1
    clock.ahead = 3601
    call()
    assert len(card.token_requests) == 2


def test_a_caller_that_gives_up_takes_nothing_from_those_who_wait(card, issuer):
    asked = threading.Event()

    def before_issue():
        asked.set()
        time.sleep(1)

    issuer.before_issue = before_issue
    failures = []

    def hurried():
        try:
            with deadline.within(0.4):
                call()
        except TokenUnavailable as error:
            failures.append(error)

    thread = threading.Thread(target=hurried)
    thread.start()
    assert asked.wait(10)
    assert call()["data"] == "secret data"
    thread.join()
    assert len(failures) == 1
    assert len(card.token_requests) == 1
