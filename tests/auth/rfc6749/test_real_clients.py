"""Clients that many projects use, over a socket."""

import time

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from django.utils import timezone
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, TokenExpiredError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from eaglet.auth.models import AccessToken

rfc = pytest.mark.rfc


@pytest.fixture
def service(transactional_db, settings, guarded, live_server, monkeypatch):
    # The live server has no TLS, which both would insist on.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    settings.ROOT_URLCONF = "tests.auth.oauth.urls"
    return live_server.url


def token_url(service):
    return f"{service}/oauth/token/"


def guarded_url(service):
    return f"{service}/auth_tests/guarded/"


@rfc("6749", "4.4", "requests-oauthlib's BackendApplicationClient gets a token and calls with it.")
@pytest.mark.parametrize("way", ["basic", "body"])
def test_requests_oauthlib(service, make_app, way):
    hermes = make_app()
    key, secret = hermes.app.app_key, hermes.secret
    how = (
        {"auth": HTTPBasicAuth(key, secret)}
        if way == "basic"
        else {"client_id": key, "client_secret": secret, "include_client_id": True}
    )
    with OAuth2Session(client=BackendApplicationClient(client_id=key)) as session:
        token = session.fetch_token(token_url(service), **how)
        assert token["expires_in"] == 7200
        assert session.get(guarded_url(service)).json()["data"] == {"app": "hermes"}

        # Its time is over, by the client's clock: it fetches another.
        session.token = {**token, "expires_in": -1, "expires_at": time.time() - 1}
        with pytest.raises(TokenExpiredError):
            session.get(guarded_url(service))
        another = session.fetch_token(token_url(service), **how)
        assert another["access_token"] != token["access_token"]
        assert session.get(guarded_url(service)).status_code == 200


@rfc("6749", "5.2", "requests-oauthlib understands the refusal of its credentials.")
def test_requests_oauthlib_with_a_wrong_secret(service, make_app):
    key = make_app().app.app_key
    with (
        OAuth2Session(client=BackendApplicationClient(client_id=key)) as session,
        pytest.raises(InvalidClientError),
    ):
        session.fetch_token(token_url(service), auth=HTTPBasicAuth(key, "wrong"))


@rfc("6749", "4.4", "Authlib's OAuth2Session gets a token, and another when that has expired.")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib(service, make_app, method):
    hermes = make_app()
    with AuthlibSession(
        hermes.app.app_key,
        hermes.secret,
        token_endpoint=token_url(service),
        token_endpoint_auth_method=method,
        grant_type="client_credentials",
    ) as session:
        token = session.fetch_token()
        assert session.get(guarded_url(service)).json()["data"] == {"app": "hermes"}

        session.token = {**token, "expires_at": int(time.time()) - 1}
        assert session.get(guarded_url(service)).status_code == 200
        assert session.token["access_token"] != token["access_token"]
        assert AccessToken.objects.count() == 2


@rfc("6750", "3.1", "A token that has expired at the service is invalid_token; another is got.")
def test_a_client_whose_token_was_ended_fetches_another(service, make_app):
    hermes = make_app()
    with AuthlibSession(
        hermes.app.app_key, hermes.secret, token_endpoint=token_url(service)
    ) as session:
        session.fetch_token(grant_type="client_credentials")
        AccessToken.objects.update(expires_at=timezone.now())
        refusal = session.get(guarded_url(service))
        assert refusal.status_code == 401
        assert 'error="invalid_token"' in refusal.headers["WWW-Authenticate"]
        session.fetch_token(grant_type="client_credentials")
        assert session.get(guarded_url(service)).status_code == 200


@rfc("7662", "2", "Authlib's OAuth2Session introspects a token.")
@rfc("7009", "2", "Authlib's OAuth2Session revokes a token.")
def test_authlib_introspects_and_revokes(service, make_app):
    hermes = make_app()
    with AuthlibSession(
        hermes.app.app_key,
        hermes.secret,
        token_endpoint=token_url(service),
        revocation_endpoint_auth_method="client_secret_basic",
    ) as session:
        token = session.fetch_token(grant_type="client_credentials")["access_token"]
        url = f"{service}/oauth/introspect/"
        assert session.introspect_token(url, token=token).json()["active"] is True
        assert session.revoke_token(f"{service}/oauth/revoke/", token=token).status_code == 200
        assert session.introspect_token(url, token=token).json() == {"active": False}
