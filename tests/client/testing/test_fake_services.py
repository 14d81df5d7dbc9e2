"""`eaglet.client.testing`, as the tests of a user's service work with it."""

import datetime
import subprocess
import sys
from contextlib import suppress

import pytest
from django.utils.timezone import make_aware

from eaglet import deadline
from eaglet.client import (
    InvalidEnvelope,
    Resource,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
    TokenUnavailable,
)
from eaglet.client.testing import UnexpectedCall
from eaglet.client.testing import fake_services as faking
from eaglet.client.tokens.cache import tokens
from eaglet.exceptions import ApiError
from eaglet.observability import tracing
from eaglet.tokens import shared_store

from ..calling import call


@pytest.fixture
def card(fake_services):
    """The service `card`, of which no setting says where it is, with an answer."""
    fake_services.answers("card", "card.trade", data={"id": 7})
    return fake_services


@pytest.fixture
def guarded(card, credentials):
    """The same; calls carry a token."""
    return card


def test_a_service_answers_by_resource(card):
    card.answers("card", "card.price", data=[1.5])
    assert call()["data"] == {"id": 7}
    assert Resource.use("card").get({"resource": "card.price"})["data"] == [1.5]


def test_settings_may_say_where_a_service_is_and_nothing_goes_there(card, settings, server):
    settings.EAGLET_SERVICES = {"card": {"HOST": server.url}}
    assert call()["data"] == {"id": 7}
    gateway = Resource.use("card", gateway_host=server.host, raise_errors=True)
    assert gateway.post({"resource": "card.trade"})["data"] == {"id": 7}
    assert server.received == []


def test_an_answer_may_be_for_one_method_and_for_some_calls(card):
    card.answers("card", "card.trade", data="put", method="PUT")
    card.answers("card", "card.trade", data="once", times=1)
    assert [call(verb)["data"] for verb in ("post", "post", "put")] == ["once", {"id": 7}, "put"]


def test_an_answer_may_be_made_from_the_call(card):
    def trade(recorded):
        if recorded.params["a"] == 2:
            raise ApiError("sold out", data={"left": 0})
        return recorded.params

    card.answers("card", "card.trade", data=trade)
    assert call()["data"] == {"a": 1}
    assert call(a=2) == {
        "code": 500, "data": {"left": 0}, "errMsg": "sold out", "innerErrMsg": ""
    }  # fmt: skip


def test_an_answer_that_can_not_be_made_fails_the_test(card):
    for data in (lambda recorded: int("x"), object(), float("nan")):
        card.answers("card", "card.trade", data=data)
        with pytest.raises(AssertionError, match=r"no answer can be made to <POST card card.trade"):
            Resource.use("card").post({"resource": "card.trade"})


def test_headers_of_an_answer_go_before_those_it_has(card):
    card.answers("card", "card.trade", body="<html>", headers={"content-type": "text/html"})
    with pytest.raises(InvalidEnvelope, match="HTTP 200 with text/html, 6 bytes"):
        call()


@pytest.mark.parametrize("legacy", [False, True], ids=["standard", "legacy"])
@pytest.mark.parametrize("verb", ["get", "post", "put", "delete"])
def test_calls_are_recorded_with_their_types_on_every_wire(guarded, settings, verb, legacy):
    settings.EAGLET_LEGACY_SERVICES = ["card"] if legacy else []
    with tracing.tracing(tracing.Trace(request_id="from-the-test")):
        call(verb, tags=[1], none=None)
    (recorded,) = guarded.calls_of("card", "card.trade", method=verb)
    assert guarded.calls_of("mall") == []
    assert (recorded.service, recorded.resource) == ("card", "card.trade")
    assert recorded.method == verb.upper()
    expected = {"a": 1, "tags": [1]}
    assert recorded.params == (expected if legacy or verb == "get" else expected | {"none": None})
    assert recorded.request_id == recorded.headers["x-request-id"] == "from-the-test"
    assert recorded.token == "fake-token-1"


def test_no_secret_is_in_what_is_shown_of_calls(guarded):
    call(access_token="of-the-caller", password="geheim", a=1)
    call()
    shown = repr([guarded, guarded.calls, guarded.token_requests])
    shown += repr([dict(each.headers) for each in guarded.calls])
    shown += repr([each.params for each in guarded.token_requests])
    for secret in ("of-the-caller", "geheim", "s3cr3t-of-hermes", "fake-token"):
        assert secret not in shown
    assert "<POST card card.trade {'a': 1}>" in shown


def test_an_unexpected_call_fails_with_what_is_declared():
    with pytest.raises(UnexpectedCall) as raised, faking() as services:  # noqa: PT012
        services.answers("card", "card.price", method="get", times=2)
        Resource.use("card").put({"resource": "card.price", "data": {"a": 1}})
    assert str(raised.value) == (
        "no answer was declared for <PUT card card.price {'a': 1}>; there are answers for:\n"
        "  GET card card.price (for 2 more)"
    )


def test_an_unexpected_call_fails_even_if_the_code_catches_it():
    with pytest.raises(UnexpectedCall), faking(), suppress(AssertionError):
        call()


@pytest.mark.parametrize("legacy", [False, True], ids=["standard", "legacy"])
def test_a_revoked_token_is_replaced_and_the_call_is_made_again(guarded, settings, legacy):
    settings.EAGLET_LEGACY_SERVICES = ["card"] if legacy else []
    call()
    guarded.revoked_token("card")
    assert call()["code"] == 200
    assert call()["code"] == 200
    assert len(guarded.token_requests) == 2
    sent = [each.token[-1] for each in guarded.calls]
    assert sent == ["1", "1", "2", "2"]


def test_a_slow_service_times_out_without_keeping_the_test(card, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    with card.slow("card"), deadline.within(3600):
        for verb in ("get", "post"):
            with pytest.raises(ServiceTimeout, match="no answer from") as raised:
                call(verb)
            assert raised.value.was_sent
        assert deadline.remaining() > 3000
    assert waits == []
    assert len(card.calls) == 2
    assert call()["code"] == 200


def test_a_service_that_is_slow_by_less_than_its_callers_wait_answers(card, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    card.slow("card", seconds=2)
    assert call()["code"] == 200
    assert waits == [2]
    with pytest.raises(ServiceTimeout), deadline.within(1):
        call()


def test_a_service_that_is_down_refuses_connections(card):
    with card.down("card"):
        with pytest.raises(ServiceUnavailable, match="Connection refused") as raised:
            call("post")
        assert raised.value.was_sent is False
    assert call()["code"] == 200


def test_calls_are_repeated_as_in_production(card):
    card.down("card", times=2)
    assert call("post")["code"] == 200
    assert len(card.calls) == 3
    card.answers("card", "card.trade", status=503, times=1)
    assert call("get")["code"] == 200
    card.answers("card", "card.trade", status=503, times=1)
    with pytest.raises(ResourceError):
        call("post")


def test_faults_may_be_of_one_resource(guarded):
    guarded.down("card", "auth.access_token")
    with pytest.raises(TokenUnavailable):
        call()
    assert guarded.calls == []


@pytest.mark.parametrize("legacy", [False, True], ids=["standard", "legacy"])
@pytest.mark.parametrize("seconds", [-300, 300, 86400, -86400])
def test_a_clock_that_is_wrong_does_no_harm(guarded, settings, seconds, legacy):
    settings.USE_TZ = legacy
    settings.EAGLET_LEGACY_SERVICES = ["card"] if legacy else []
    guarded.clock_skew("card", seconds)
    given = Resource.use("card").post({"resource": "auth.access_token"})["data"]["expire_time"]
    ends_at = make_aware(datetime.datetime.fromisoformat(given))
    now = datetime.datetime.now(datetime.UTC)
    assert abs((ends_at - now).total_seconds() - 7200 - seconds) < 60
    for _ in range(3):
        assert call()["code"] == 200
    assert len(guarded.token_requests) == 2


def test_the_tokens_answer_can_be_declared(guarded):
    guarded.answers("card", "auth.access_token", code=401, message="no such app", status=401)
    with pytest.raises(TokenUnavailable, match="no such app"):
        call()
    guarded.answers("card", "auth.access_token", data={"access_token": "mine", "expires_in": 9})
    Resource.forget_token()
    assert call()["code"] == 200
    assert guarded.calls[-1].token == "mine"


@pytest.mark.parametrize(
    "declare",
    [
        lambda services: services.answers("card", "a/b"),
        lambda services: services.answers("card", "a.b", method="head"),
        lambda services: services.down("card", times=0),
    ],
    ids=["resource", "method", "times"],
)
def test_what_can_not_be_is_refused_when_it_is_declared(fake_services, declare):
    with pytest.raises(ValueError, match=r"card|head|times|a/b"):
        declare(fake_services)


def test_nothing_is_left_behind(settings, server, credentials):
    settings.EAGLET_CLIENT_BREAKER_FAILURES = 1
    store = shared_store()
    with faking() as services:
        services.answers("card", "card.trade")
        call()
        services.down("card")
        with pytest.raises(ServiceUnavailable):
            call()
    assert shared_store() is store
    assert tokens._entries == {}
    with pytest.raises(Exception, match="nothing says where 'card' is"):
        call()
    settings.ENABLE_API_AUTH = False
    settings.EAGLET_SERVICES = {"card": {"HOST": server.url}}
    assert call()["data"] == {"ok": True}


@pytest.mark.slow
def test_the_fixture_is_there_and_an_unexpected_call_fails_the_test(tmp_path):
    (tmp_path / "settings.py").write_text("INSTALLED_APPS = ['eaglet.client']\nSECRET_KEY = 'x'\n")
    (tmp_path / "test_buying.py").write_text(
        "from eaglet.client import Resource\n"
        "def buy(fake_services):\n"
        "    try:\n"
        "        return Resource.use('card').post({'resource': 'card.trade'})\n"
        "    except AssertionError:\n"
        "        return None\n"
        "def test_good(fake_services):\n"
        "    fake_services.answers('card', 'card.trade', data=1)\n"
        "    assert buy(fake_services)['data'] == 1\n"
        "def test_bad(fake_services):\n"
        "    assert buy(fake_services) is None\n"
    )
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--ds=settings", "-p", "no:cacheprovider"],
        cwd=tmp_path, env={"PYTHONPATH": f"{tmp_path}:{sys.path[0]}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "2 passed, 1 error" in finished.stdout
    assert "no answer was declared for <POST card card.trade {}>" in finished.stdout
