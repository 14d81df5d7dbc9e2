import pytest

from eaglet.client import Resource, TokenUnavailable
from eaglet.client.services.configuration import configuration
from eaglet.client.services.resolve import resolve

from ..calling import CALL
from ..recording_server import TokenIssuer


def call(name="card", host=None):
    return Resource.use(name, host, raise_errors=True).post(CALL)


def test_a_host_named_in_code_only_gets_no_credentials_and_the_log_says_so(
    server, credentials, records, caplog
):
    assert call("zeus", server.host)["code"] == 200
    (got,) = server.received
    assert "Authorization" not in got.headers
    assert got.json == {"a": 1}
    (record,) = records()
    assert record.credentials == "withheld"
    assert "credentials withheld" in record.getMessage()
    assert "called without credentials" in caplog.text


def test_a_legacy_host_named_in_code_only_gets_no_credentials_either(server, credentials, settings):
    settings.EAGLET_LEGACY_SERVICES = "*"
    call("zeus", server.host)
    (got,) = server.received
    assert got.form == [("a", "1")]


@pytest.mark.parametrize(
    "named",
    [
        lambda server: {"EAGLET_TRUSTED_HOSTS": [server.host]},
        lambda server: {"EAGLET_TRUSTED_HOSTS": [server.url]},
        lambda server: {"EAGLET_GATEWAY_HOST": server.host},
        lambda server: {"EAGLET_SERVICES": {"other": {"HOST": f"{server.url}/v1"}}},
    ],
)
def test_a_host_named_in_code_and_settings_gets_credentials(server, credentials, settings, named):
    server.answer = TokenIssuer()
    for name, value in named(server).items():
        setattr(settings, name, value)
    assert call("zeus", server.host)["data"] == "secret data"


def test_a_host_named_in_configure_gets_credentials(server, credentials):
    server.answer = TokenIssuer()
    Resource.configure({"gateway_host": server.host})
    assert call("zeus", server.host)["data"] == "secret data"
    assert call("zeus")["data"] == "secret data"


@pytest.mark.parametrize("trusted", ["127.0.0.1", "http://127.0.0.1", "https://127.0.0.1"])
def test_where_only_the_port_is_missing_the_log_says_so(
    server, credentials, settings, caplog, trusted
):
    settings.EAGLET_TRUSTED_HOSTS = [trusted]
    call("zeus", server.host)
    assert "(where they name no port, the scheme's own)" in caplog.text


def test_a_services_own_credentials_go_before_all_others(card, credentials, settings):
    card.answer = TokenIssuer()
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "APP_KEY": "own", "APP_SECRET": "pw"}}
    Resource.configure({"app_key": "configured", "app_secret": "pw2"})
    call()
    assert card.token_requests[0].json == {"app_key": "own", "app_secret": "pw"}


def test_configure_goes_before_the_settings(card):
    card.answer = TokenIssuer()
    Resource.configure({"enable_api_auth": True, "app_key": "configured", "app_secret": "pw2"})
    assert call()["data"] == "secret data"
    assert card.token_requests[0].json == {"app_key": "configured", "app_secret": "pw2"}


def test_authentication_without_credentials_fails_unsent(card, settings):
    settings.ENABLE_API_AUTH = True
    with pytest.raises(TokenUnavailable, match="no APP_KEY"):
        call()
    assert Resource.use("card").post(CALL) is None
    assert card.received == []


def test_a_service_does_not_show_its_secret(card, credentials):
    shown = repr(resolve("card"))
    assert "s3cr3t" not in shown
    assert "hermes" in shown
    Resource.configure({"app_secret": "pw2"})
    assert "pw2" not in repr(configuration())
