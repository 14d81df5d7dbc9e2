import threading
import time

import pytest
from django.utils import timezone

from eaglet import deadline
from eaglet.client import Resource, TokenUnavailable, auth, token_entry

from .calling import CALL, call, in_threads
from .recording_server import Reply, envelope


def test_twenty_cold_threads_ask_for_one_token(card, issuer):
    issuer.before_issue = lambda: time.sleep(0.2)
    results = in_threads(20, lambda: call()["data"])
    assert results == ["secret data"] * 20
    assert len(card.token_requests) == 1


def test_twenty_threads_whose_token_was_revoked_ask_for_one_token(card, issuer):
    call()
    issuer.valid.clear()
    issuer.before_issue = lambda: time.sleep(0.1)
    results = in_threads(20, lambda: call()["data"])
    assert results == ["secret data"] * 20
    assert len(card.token_requests) == 2


def test_those_who_wait_share_a_failure(card, issuer):
    issuer.before_issue = lambda: time.sleep(1)
    issuer.token_reply = Reply(b"", status=500)
    results = in_threads(10, call)
    assert all(isinstance(result, TokenUnavailable) for result in results)
    assert len(card.token_requests) == 1


def test_those_who_wait_do_not_wait_longer_than_they_may(card, issuer):
    asked = threading.Event()
    release = threading.Event()

    def before_issue():
        asked.set()
        release.wait(20)

    issuer.before_issue = before_issue
    patient = threading.Thread(target=call)
    patient.start()
    assert asked.wait(10)
    with pytest.raises(TokenUnavailable, match="takes too long"), deadline.within(0.2):
        call()
    release.set()
    patient.join()
    assert len(card.token_requests) == 1


def test_a_callers_short_time_does_not_fail_those_who_have_more(card, issuer):
    asked = threading.Event()

    def before_issue():
        if not asked.is_set():
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


def test_another_service_does_not_wait(card, issuer, other_server, settings):
    settings.EAGLET_SERVICES = {**settings.EAGLET_SERVICES, "other": {"HOST": other_server.url}}
    other_server.always(envelope({"access_token": "t" * 20, "expires_in": 60}))
    asked, release = threading.Event(), threading.Event()

    def before_issue():
        asked.set()
        release.wait(20)

    issuer.before_issue = before_issue
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
    assert len(card.token_requests) == 1
    clock.ahead = lifetime - early / 2 + 1
    call()
    assert len(card.token_requests) == 2
    assert card.calls[-1].headers["Authorization"] == f"Bearer {issuer.issued[1]}"


def test_the_moment_of_renewal_is_jittered():
    moments = {
        round(held.expires_at - held.renew_at)
        for held in (token_entry.Held.of("t", 7200, 7200) for _ in range(200))
    }
    assert len(moments) > 10
    assert min(moments) >= 30
    assert max(moments) <= 60


def test_while_one_caller_renews_others_go_on_with_the_old_token(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    asked, release = threading.Event(), threading.Event()

    def before_issue():
        asked.set()
        release.wait(20)

    issuer.before_issue = before_issue
    renewing = threading.Thread(target=call)
    renewing.start()
    assert asked.wait(10)
    for _ in range(3):
        assert call()["data"] == "secret data"
    release.set()
    renewing.join()
    assert len(card.token_requests) == 2
    used = [each.headers["Authorization"][-1] for each in card.calls]
    assert used == ["0", "0", "0", "0", "1"]


def test_an_early_renewal_that_fails_leaves_the_old_token_in_use(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    issuer.token_reply = Reply(b"", status=500)
    for _ in range(5):
        assert call()["data"] == "secret data"
    assert len(card.token_requests) == 3


def test_a_hanging_renewal_does_not_use_up_the_time_of_the_call(card, issuer, clock):
    call()
    clock.ahead = 7200 - 10
    issuer.before_issue = lambda: time.sleep(1)
    with deadline.within(0.8):
        assert call()["data"] == "secret data"


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
    assert auth.lifetime_of(data) == expected


def test_without_expires_in_the_expire_time_counts(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    moment = timezone.now() + timezone.timedelta(seconds=5000)
    text = timezone.localtime(moment, timezone.get_default_timezone()).strftime("%Y-%m-%d %H:%M:%S")
    assert 4990 < auth.lifetime_of({"expire_time": text}) <= 5000
