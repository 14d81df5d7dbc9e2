import time

import pytest

from eaglet import deadline
from eaglet.client import Resource, TokenUnavailable
from eaglet.client.tokens.cache import tokens

from ..calling import CALL, call
from ..recording_server import Reply, envelope


def test_a_token_is_asked_for_with_post_and_sent_as_a_bearer_header(card, issuer):
    assert call()["data"] == "secret data"
    asked, called = card.received
    assert (asked.method, asked.target) == ("POST", "/auth/access_token/")
    assert asked.json == {"app_key": "hermes", "app_secret": "s3cr3t-of-hermes"}
    assert called.headers["Authorization"] == f"Bearer {issuer.issued[0]}"
    assert called.json == {"a": 1}
    assert "access_token" not in called.target


def test_a_legacy_token_is_asked_for_with_get_and_sent_as_a_parameter(card, legacy_issuer):
    for verb in ("get", "post", "put", "delete"):
        assert call(verb)["data"] == "secret data"
    token = legacy_issuer.issued[0]
    asked, got, posted, put, deleted = card.received
    assert asked.method == "GET"
    assert asked.target == "/auth/access_token/?app_key=hermes&app_secret=s3cr3t-of-hermes"
    assert got.target == f"/card/trade/?a=1&access_token={token}"
    assert (posted.target, posted.body.decode()) == ("/card/trade/", f"a=1&access_token={token}")
    assert put.target == "/card/trade/?_method=put"
    assert deleted.body == posted.body
    assert all("Authorization" not in each.headers for each in card.received)


def test_a_legacy_token_goes_along_without_other_parameters(card, legacy_issuer):
    Resource.use("card").get({"resource": "card.trade"})
    Resource.use("card").post({"resource": "card.trade"})
    token = legacy_issuer.issued[0]
    assert card.calls[0].target == f"/card/trade/?access_token={token}"
    assert card.calls[1].body.decode() == f"access_token={token}"


def test_the_token_is_asked_of_the_service_behind_the_gateway(server, credentials, settings):
    settings.EAGLET_GATEWAY_HOST = server.host
    server.always(envelope({"access_token": "t" * 20, "expires_in": 60}))
    Resource.use("card").get(CALL)
    assert [each.path for each in server.received] == [
        "/card/auth/access_token/",
        "/card/card/trade/",
    ]


def test_a_token_is_kept(card, issuer):
    for _ in range(5):
        call()
    assert len(card.token_requests) == 1


def test_tokens_are_kept_apart_by_service_key_and_secret(card, issuer, settings):
    call()
    settings.APP_SECRET = "another"
    call()
    settings.APP_KEY = "another"
    call()
    settings.EAGLET_SERVICES = {**settings.EAGLET_SERVICES, "other": {"HOST": card.url}}
    Resource.use("other", raise_errors=True).get(CALL)
    assert len(card.token_requests) == 4


@pytest.mark.parametrize("kind", ["issuer", "legacy_issuer"])
def test_a_token_of_the_callers_own_is_left_alone(request, card, kind):
    request.getfixturevalue(kind)
    Resource.use("card").post({"resource": "card.trade", "data": {"access_token": "mine"}})
    (got,) = card.received
    assert "Authorization" not in got.headers
    assert b"mine" in got.body


def test_asking_for_a_token_oneself_takes_no_token(card, issuer):
    resp = Resource.use("card").post(
        {"resource": "auth.access_token", "data": {"app_key": "k", "app_secret": "s"}}
    )
    assert resp["data"]["access_token"] == issuer.issued[0]
    assert len(card.received) == 1


def test_a_token_request_carries_the_trace_and_the_services_own_time(card, issuer):
    with deadline.within(5):
        call()
    asked, called = (each.headers for each in card.received)
    assert asked["X-Request-ID"] == called["X-Request-ID"]
    assert int(called["X-Request-Timeout-Ms"]) <= 5000 < int(asked["X-Request-Timeout-Ms"])


@pytest.mark.parametrize(
    "reply",
    [
        Reply(envelope(None, 401, "app_secret=s3cr3t-of-hermes is wrong"), status=401),
        Reply(envelope(None, 401, "s3cr3t-of-hermes is wrong")),
        Reply(envelope({"message": "no"}, 500)),
        Reply(envelope({})),
        Reply(envelope("x")),
        Reply(envelope({"access_token": ""})),
        Reply(envelope({"access_token": 7})),
        Reply(envelope({"access_token": "a\r\nX: y"})),
        Reply(envelope({"access_token": "a b"})),
        Reply(b"<html>"),
        Reply(b"", status=503),
        Reply(b"", status=302, headers={"Location": "/login"}),
        Reply(raw=lambda stream: None),
    ],
)
def test_a_call_whose_token_can_not_be_had_fails_unsent(card, issuer, reply):
    issuer.token_reply = reply
    assert Resource.use("card").post(CALL) is None
    tokens.clear_all()
    with pytest.raises(TokenUnavailable, match="gave no access token") as raised:
        call()
    assert "s3cr3t" not in str(raised.value)
    assert card.calls == []


@pytest.mark.parametrize(
    ("reply", "first", "longest"),
    [
        (Reply(envelope(None, 401, "no"), status=401), 1, 30),
        (Reply(b"", status=500), 0.25, 2),
        (Reply(b"", status=503), 0.25, 2),
        (Reply(raw=lambda stream: None), 0.25, 2),
    ],
    ids=["it says no", "it is not in order", "its gateway answers", "nothing answers"],
)
def test_from_the_second_failure_in_a_row_the_service_is_left_alone_for_a_while(
    card, issuer, clock, reply, first, longest, monkeypatch
):
    stopped = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: stopped + clock.ahead)
    issuer.token_reply = reply

    def tries(times):
        before = len(card.token_requests)
        for _ in range(times):
            with pytest.raises(TokenUnavailable):
                call()
        return len(card.token_requests) - before

    assert tries(1) == 1
    assert tries(3) == 1
    with pytest.raises(TokenUnavailable, match=r"none is asked for within .* 2 failures in a row"):
        call()
    clock.ahead += first * 1.01
    assert tries(3) == 1
    clock.ahead += first * 1.01
    assert tries(3) == 0
    clock.ahead += first * 1.01
    assert tries(3) == 1
    for _ in range(8):
        clock.ahead += longest
        assert tries(3) == 1
    clock.ahead += longest / 2
    assert tries(3) == 0
    clock.ahead += longest / 2
    issuer.token_reply = None
    assert call()["code"] == 200


def test_back_off_is_for_each_service_by_itself(card, issuer, settings, other_server):
    settings.EAGLET_SERVICES = {**settings.EAGLET_SERVICES, "other": {"HOST": other_server.url}}
    other_server.always(envelope({"access_token": "t" * 20, "expires_in": 60}))
    issuer.token_reply = Reply(b"", status=500)
    for _ in range(4):
        assert Resource.use("card").get(CALL) is None
    assert Resource.use("other").get(CALL)["code"] == 200
