import json

import pytest

from eaglet.auth.models import AccessToken

from ..conftest import CARD

rfc = pytest.mark.rfc


@rfc("8707", "2", "The token is issued for the resource that the client names.")
def test_the_token_is_for_the_service_that_is_asked_for(issuer, hermes, call):
    issuer.allow(hermes, "auth_tests.guarded:*")
    assert call(issuer.token(hermes)).json()["data"] == {"app": hermes.app.app_key}
    assert call(issuer.token(hermes, resource="https://member.example")).status_code == 401


@rfc("8707", "2", "invalid_target: the resource is invalid, missing, unknown, or malformed.")
@pytest.mark.parametrize("resource", ["https://other.example", "card", f"{CARD}/", "x\0"])
def test_an_unknown_resource_is_an_invalid_target(issuer, hermes, resource):
    answer = issuer.ask(hermes, resource=resource)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_target"


@rfc("8707", "2", "Without a resource the server decides what the token is for: this service.")
def test_without_a_resource_it_is_this_services_own(issuer, hermes, call):
    token = issuer.oauth("token", {"grant_type": "client_credentials"}, credentials=hermes)
    token = token.json()["access_token"]
    assert token.startswith("egt_")
    assert call(token).status_code == 200


def test_an_opaque_token_for_another_service_is_none_here(issuer, settings, hermes, call):
    settings.EAGLET_AUDIENCE_TOKENS = "opaque"
    settings.EAGLET_AUDIENCE = None
    issuer.allow(hermes, "*")
    token = issuer.token(hermes)
    assert token.startswith("egt_")
    assert AccessToken.objects.get().audience == "card"
    assert call(token).status_code == 401


def test_a_service_asks_the_issuer_about_a_token_of_its_own(issuer, settings, make_app, call):
    hermes, card = make_app(), make_app("card", may_introspect=True)
    settings.EAGLET_AUDIENCE_TOKENS = "opaque"
    settings.EAGLET_TOKEN_VERIFIERS = ["introspection"]
    settings.APP_KEY, settings.APP_SECRET = card.app.app_key, card.secret
    settings.EAGLET_AUDIENCE = None
    issuer.allow(hermes, "auth_tests.guarded:get")
    token = issuer.token(hermes)
    settings.EAGLET_AUDIENCE = CARD
    assert [call(token).status_code, call(token, "post").status_code] == [200, 403]
    asked = [url for url in issuer.fetched if url.endswith("/oauth/introspect/")]
    assert len(asked) == 1  # within EAGLET_TOKEN_CACHE_SECONDS
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    hermes.app.is_active = False
    hermes.app.save()
    assert call(token).status_code == 401


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"active": "true"},
        {"active": True, "client_id": "a", "aud": "https://member.example"},
        {"active": True, "client_id": "a"},
        {"active": True, "client_id": "a", "aud": CARD, "iss": "https://other.example"},
        {"active": True, "client_id": "a", "aud": CARD, "exp": 1},
        {"active": True, "aud": CARD},
        [],
    ],
)
def test_what_the_issuer_does_not_say_is_good_is_refused(
    issuer, settings, call, db, monkeypatch, told
):
    settings.EAGLET_TOKEN_VERIFIERS = ["introspection"]
    monkeypatch.setattr(
        "eaglet.auth.verifiers.introspection.fetch", lambda *a, **k: json.dumps(told).encode()
    )
    assert call("any").status_code == 401
