import pytest

from eaglet.client import Resource, ResourceError

from ..calling import CALL, call
from ..recording_server import Reply, envelope

BEARER = 'Bearer realm="x", error="invalid_token", error_description="ended"'


def test_an_invalid_token_is_renewed_and_the_call_repeated(card, issuer):
    call()
    issuer.valid.clear()
    assert call("put")["data"] == "secret data"
    assert [each.method for each in card.received] == ["POST", "POST", "PUT", "POST", "PUT"]
    assert card.calls[-1].json == {"a": 1}


def test_a_token_that_worked_is_renewed_without_back_off_however_often_it_is_revoked(card, issuer):
    for _ in range(5):
        assert call()["data"] == "secret data"
        issuer.valid.clear()
    assert len(card.token_requests) == 5


def test_a_repeated_call_that_is_refused_again_is_not_repeated_again(card, issuer):
    issuer.guarded = lambda request: Reply(
        envelope(None, 401, "no"), status=401, headers={"WWW-Authenticate": BEARER}
    )
    with pytest.raises(ResourceError) as raised:
        call()
    assert raised.value.status_code == 401
    assert len(card.calls) == 2
    assert len(card.token_requests) == 2


def test_a_service_that_refuses_what_it_issues_is_asked_with_back_off(card, issuer):
    issuer.guarded = lambda request: Reply(
        envelope(None, 401, "no"), status=401, headers={"WWW-Authenticate": BEARER}
    )
    for _ in range(20):
        assert Resource.use("card").post(CALL) is None
    assert len(card.token_requests) == 2
    assert len(card.calls) == 3


@pytest.mark.parametrize(
    "reply",
    [
        Reply(envelope(None, 401, "invalid_token")),
        Reply(envelope(None, 401, "no"), status=401),
        Reply(envelope(None, 401, "no"), status=401, headers={"WWW-Authenticate": "Bearer"}),
        Reply(
            envelope(None, 401), status=401,
            headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
        ),
        Reply(envelope(None, 403), status=403, headers={"WWW-Authenticate": BEARER}),
        Reply(envelope({"message": "Incorrect access_token!"}, 500)),
    ],
)  # fmt: skip
def test_other_refusals_repeat_nothing(card, issuer, reply):
    issuer.guarded = lambda request: reply
    Resource.use("card").post(CALL)
    assert len(card.received) == 2


def test_if_no_other_token_can_be_had_the_refusal_is_the_answer(card, issuer):
    call()
    issuer.valid.clear()
    issuer.token_reply = Reply(b"", status=500)
    with pytest.raises(ResourceError) as raised:
        call()
    assert (raised.value.code, raised.value.status_code) == (401, 401)
    assert len(card.calls) == 2


@pytest.mark.parametrize(
    "message", ["Incorrect access_token!", "Missing or incorrect access_token!"]
)
@pytest.mark.parametrize(
    "refusal",
    [
        lambda message: envelope(None, 500, message),
        lambda message: envelope(None, 500, {"message": message}),
        lambda message: envelope(None, 500, f'{{"message": "{message}"}}'),
        lambda message: envelope({"message": message}, 500),
    ],
)
def test_a_legacy_refusal_counts_as_an_invalid_token(card, legacy_issuer, refusal, message):
    guarded = legacy_issuer.guarded

    def answer(request):
        reply = guarded(request)
        return Reply(refusal(message)) if reply.body["code"] == 500 else reply

    legacy_issuer.guarded = answer
    call()
    legacy_issuer.valid.clear()
    assert call()["data"] == "secret data"
    assert len(card.calls) == 3


@pytest.mark.parametrize(
    "body",
    [
        envelope(None, 200, "Incorrect access_token!"),
        envelope(None, 531, "Incorrect access_token!"),
        envelope(None, 500, "Sorry: Incorrect access_token!"),
        envelope({"text": "Incorrect access_token!"}, 500),
        envelope(["Incorrect access_token!"], 500),
        envelope(None, 500, "{Incorrect access_token!"),
        [1, "Incorrect access_token!"],
    ],
)
def test_other_legacy_answers_are_no_refusals(card, legacy_issuer, body):
    legacy_issuer.guarded = lambda request: Reply(body)
    Resource.use("card").get(CALL)
    assert len(card.received) == 2


def test_a_token_of_another_address_is_not_sent_after_a_change(
    card, issuer, other_server, settings
):
    call()
    issuer.valid.clear()

    def moved(request):
        settings.EAGLET_SERVICES = {"card": {"HOST": other_server.url, "APP_SECRET": "x"}}
        return issuer(request)

    card.answer = moved
    assert call()["data"] == "secret data"
    assert other_server.received == []
