"""What a project sets, and what it must not change about the standard's endpoints."""

import io
import logging
from urllib.parse import urlencode

import oauthlib
import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test import Client
from rest_framework.throttling import AnonRateThrottle

from eaglet.auth.oauth import validator
from eaglet.auth.oauth.views import token
from eaglet.exceptions import InvalidAppKey
from tests.auth.test_startup import GUARD, SERVICE, start

ENDPOINTS = ["token", "introspect", "revoke"]
FORM = {"grant_type": "client_credentials", "token": "x"}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_project_wide_permissions_and_authenticators_do_not_apply(
    oauth, hermes, endpoint, settings
):
    settings.REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": ["tests.auth.test_access_token_resource.Nobody"],
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    }
    assert oauth(endpoint, FORM, credentials=hermes).status_code == 200


def test_a_throttle_of_rest_framework_counts_here_too(ask_for_token, hermes, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_THROTTLE_CLASSES": ["tests.auth.oauth.test_endpoints.TwiceADay"]
    }
    statuses = [ask_for_token(hermes, REMOTE_ADDR="198.51.100.9").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


class TwiceADay(AnonRateThrottle):
    rate = "2/day"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_http_200_throughout_is_not_for_them(oauth, db, endpoint, settings):
    settings.EAGLET_ALWAYS_HTTP_200 = True
    answer = oauth(endpoint, FORM)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_neither_a_login_nor_csrf_protection_stands_in_the_way(oauth, hermes, endpoint, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    settings.LOGIN_URL = "/login/"
    settings.EAGLET_ISSUER = "https://card.example"
    client = Client(enforce_csrf_checks=True)
    form = urlencode({**FORM, **hermes.form})
    answer = client.post(
        f"/oauth/{endpoint}/", form, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert client.get("/.well-known/oauth-authorization-server").status_code == 200


@pytest.fixture
def everything_logged(caplog):
    oauthlib.set_debug(True)
    loggers = [logging.getLogger(name) for name in ("", "oauthlib", "eaglet", "django")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    caplog.handler.setLevel(logging.DEBUG)
    yield caplog
    oauthlib.set_debug(False)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_nothing_secret_is_logged_however_much_is(oauth, ask_for_token, hermes, everything_logged):
    answers = [ask_for_token(hermes), ask_for_token(form=hermes.form)]
    issued = [answer.json()["access_token"] for answer in answers]
    for endpoint in ("introspect", "revoke"):
        oauth(endpoint, {"token": issued[0]}, credentials=hermes)
        oauth(endpoint, {"token": issued[0], **hermes.form})
    assert "oauthlib" in {record.name.partition(".")[0] for record in everything_logged.records}
    for secret in (hermes.secret, *issued, hermes.basic["Authorization"]):
        assert secret not in everything_logged.text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_fault_inside_is_a_server_error_that_tells_nothing(
    oauth, hermes, endpoint, monkeypatch, everything_logged
):
    def fail(*args, **kwargs):
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(validator, "authenticate_app", fail)
    answer = oauth(endpoint, FORM, credentials=hermes)
    assert answer.status_code == 500
    assert answer.json() == {"error": "server_error"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "the database is gone" in everything_logged.text
    assert hermes.secret not in everything_logged.text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_count_is_locked_while_a_secret_is_checked(
    transactional_db, oauth, make_app, endpoint, monkeypatch
):
    """In a transaction, requests from one address would wait for each other."""

    def look(*args):
        open_ones.append(connection.in_atomic_block)
        raise InvalidAppKey

    open_ones = []
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    monkeypatch.setattr(validator, "authenticate_app", look)
    oauth(endpoint, FORM, credentials=make_app())
    assert open_ones == [False]


def test_a_body_without_a_length_is_bounded_too(hermes, settings):
    """Over ASGI a chunked body comes without its length."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/oauth/token/",
        "query_string": b"",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded")],
    }
    body = io.BytesIO(b"grant_type=client_credentials&x=" + b"a" * 1_000_000)
    answer = token(ASGIRequest(scope, body))
    assert answer.status_code == 400
    assert body.tell() < 20_000


@pytest.mark.slow
def test_a_resource_in_their_place_is_an_error_at_the_start(tmp_path):
    code = """
        from eaglet.api import ApiResource, public
        class AToken(ApiResource):
            app, resource = "oauth", "token"
            @public
            def get(args): return {}
        from django.core.checks import run_checks
        print([message.id for message in run_checks()])
    """
    assert start(tmp_path, SERVICE, code, guard=GUARD) == "['eaglet_api.E001']"
