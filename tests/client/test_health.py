import pytest

from eaglet.client.health import examine_services

from .recording_server import Reply


def test_a_service_that_answers_is_asked_for_its_health(card):
    (finding,) = examine_services()
    assert finding.text == "service 'card': answers"
    assert card.received[0].target == "/healthz"


def test_a_service_that_is_not_there_is_named(settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": "127.0.0.1:1"}}
    (finding,) = examine_services()
    assert "Connection refused" in finding.text
    assert "http://127.0.0.1:1" in finding.remedy


@pytest.mark.parametrize("gives", [True, False])
def test_a_service_that_wants_tokens_is_asked_for_one(issuer, card, gives):
    if not gives:
        issuer.token_reply = Reply({"code": 401, "errMsg": "no"}, status=401)
    (finding,) = examine_services()
    assert ("gives access tokens" in finding.text) is gives
    assert len(card.token_requests) == 1
