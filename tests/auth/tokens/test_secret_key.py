"""What a change of SECRET_KEY does to the tokens that a service has got from others."""

import pytest

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, CachedToken
from eaglet.auth.tokens import encryption
from eaglet.client import Resource
from eaglet.client.tokens.cache import tokens

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call_service(live_server, make_app, guarded, token_endpoint, settings):
    """Calls a guarded resource of a service as a process does that has just started."""
    hermes = make_app()
    credentials = {"APP_KEY": hermes.app.app_key, "APP_SECRET": hermes.secret}
    settings.ENABLE_API_AUTH = True
    settings.EAGLET_SERVICES = {"service": {"HOST": live_server.url, **credentials}}
    settings.EAGLET_CLIENT_RAISE_ERRORS = True

    def call():
        tokens._entries.clear()
        answer = Resource.use("service").get({"resource": "auth_tests.guarded", "data": {}})
        return answer["data"]["app"]

    yield call
    tokens._entries.clear()


def issued():
    return AccessToken.objects.count()


def test_a_token_is_kept_for_processes_that_start_later(call_service):
    assert call_service() == call_service() == "hermes"
    assert issued() == CachedToken.objects.exclude(encrypted_token="").count() == 1


def test_with_the_former_key_as_a_fallback_it_is_used_on(call_service, settings):
    call_service()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert call_service() == "hermes"
    assert issued() == 1


def test_without_it_a_fresh_token_is_got_and_the_caller_notices_nothing(call_service, settings):
    call_service()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", []
    assert call_service() == call_service() == "hermes"
    assert issued() == 2
    row = CachedToken.objects.get()
    token = encryption.decrypt(row.encrypted_token, row.digest)
    assert keys.digest(token) == AccessToken.objects.latest("pk").digest


def test_a_token_that_is_got_anew_is_encrypted_under_the_new_key_alone(call_service, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    call_service()
    settings.SECRET_KEY_FALLBACKS = []
    assert call_service() == "hermes"
    assert issued() == 1
