import datetime
import logging
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, AppSecret
from tests.auth.tokens.test_issuing import WRONG, lone_surrogate, nul

pytestmark = pytest.mark.usefixtures("path_taken")


def as_json(client, url, params):
    return client.post(url, params, content_type="application/json")


def as_form(client, url, params):
    return client.post(url, params)


def as_query(client, url, params):
    return client.get(url, params)


@pytest.mark.parametrize("ask", [as_json, as_form, as_query])
def test_key_and_secret_are_exchanged_for_a_token(client, hermes, token_endpoint, call, ask):
    answer = ask(client, token_endpoint, hermes.params)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Pragma"] == "no-cache"
    data = answer.json()["data"]
    assert answer.json() == {"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""}
    assert set(data) == {"access_token", "expire_time", "expires_in", "token_type"}
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 7200)
    assert call(data["access_token"]).status_code == 200


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_expire_time_is_local(client, hermes, token_endpoint, settings, zone):
    settings.TIME_ZONE = zone
    data = client.post(token_endpoint, hermes.params).json()["data"]
    expires_at = AccessToken.objects.get().expires_at
    assert data["expire_time"] == timezone.localtime(expires_at).strftime("%Y-%m-%d %H:%M:%S")
    local = datetime.datetime.strptime(data["expire_time"], "%Y-%m-%d %H:%M:%S")
    left = timezone.make_aware(local) - timezone.now()
    assert 7100 < left.total_seconds() <= 7200


@pytest.mark.parametrize("ask", [as_json, as_query])
@pytest.mark.parametrize(
    "make_wrong", [wrong for wrong in WRONG if wrong not in (nul, lone_surrogate)]
)
def test_wrong_credentials_get_one_and_the_same_refusal(
    client, hermes, token_endpoint, make_wrong, ask, caplog
):
    app_key, secret = make_wrong(hermes)
    with caplog.at_level(logging.DEBUG):
        answer = ask(client, token_endpoint, {"app_key": app_key, "app_secret": secret})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json() == {
        "code": 401,
        "data": None,
        "errMsg": "Incorrect app key or secret.",
        "innerErrMsg": "",
    }
    if secret:
        assert secret not in caplog.text


@pytest.mark.parametrize("value", ["\x00", "\ud800"])
@pytest.mark.parametrize("name", ["app_key", "app_secret"])
def test_no_text_makes_it_fail(client, hermes, token_endpoint, name, value):
    answer = as_json(client, token_endpoint, {**hermes.params, name: value})
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("params", [{}, {"app_key": "a"}, {"app_key": ["a"], "app_secret": 7}])
def test_missing_and_malformed_parameters_are_named(client, db, token_endpoint, params):
    answer = as_json(client, token_endpoint, params)
    assert answer.status_code == 400
    wrong = {"app_key", "app_secret"} - ({"app_key"} if params == {"app_key": "a"} else set())
    assert {error["param"] for error in answer.json()["errors"]} == wrong


def test_get_can_be_switched_off(client, hermes, token_endpoint, settings):
    settings.EAGLET_SECRET_IN_QUERY = False
    answer = client.get(token_endpoint, hermes.params)
    assert answer.status_code == answer.json()["code"] == 405
    allowed = answer.headers["Allow"].split(", ")
    assert "POST" in allowed
    assert not {"GET", "HEAD"} & set(allowed)
    assert client.get(token_endpoint).status_code == 405
    assert client.head(token_endpoint, hermes.params).status_code == 405
    assert not AccessToken.objects.exists()
    assert client.post(token_endpoint, hermes.params).status_code == 200


def test_with_it_the_secret_in_the_query_of_a_post(client, hermes, token_endpoint, settings):
    url = f"{token_endpoint}?{urlencode(hermes.params)}"
    assert client.post(url).status_code == 200
    settings.EAGLET_SECRET_IN_QUERY = False
    answer = client.post(url)
    assert answer.status_code == answer.json()["code"] == 400
    assert "must be in the request body" in answer.json()["errMsg"]
    assert hermes.secret not in answer.content.decode()
    assert AccessToken.objects.count() == 1


def test_a_fault_shows_no_secret_anywhere(client, hermes, token_endpoint, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise OperationalError("the database is away")

    monkeypatch.setattr("eaglet.auth.tokens.issuing.AppSecret.objects.using", broken)
    client.raise_request_exception = False
    answer = client.post(token_endpoint, hermes.params)
    assert (answer.status_code, answer.json()["code"]) == (500, 531)
    assert "the database is away" in caplog.text
    assert hermes.secret not in caplog.text + answer.content.decode()
    [record] = [record for record in caplog.records if record.exc_info]
    trace, seen = record.exc_info[2], []
    while trace is not None:
        if "/eaglet/" in trace.tb_frame.f_code.co_filename:
            seen.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert any("app_secret" in text for text in seen)
    assert not [text for text in seen if hermes.secret in text]


class Nobody(BasePermission):
    def has_permission(self, request, view):
        return False


class Full(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 30


def test_a_project_wide_permission_does_not_close_it(client, hermes, token_endpoint, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": ["tests.auth.test_access_token_resource.Nobody"],
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    }
    assert client.post(token_endpoint, hermes.params).status_code == 200
    wrong = {**hermes.params, "app_secret": "wrong"}
    assert client.post(token_endpoint, wrong).headers["WWW-Authenticate"] == "Bearer"


def test_a_project_wide_throttle_does(client, hermes, token_endpoint, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_THROTTLE_CLASSES": ["tests.auth.test_access_token_resource.Full"]
    }
    answer = client.post(token_endpoint, hermes.params)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    assert not AccessToken.objects.exists()


def test_with_http_200_throughout_the_code_still_tells(client, hermes, token_endpoint, settings):
    settings.EAGLET_ALWAYS_HTTP_200 = True
    wrong = {**hermes.params, "app_secret": keys.generate_secret()}
    answer = client.post(token_endpoint, wrong)
    assert (answer.status_code, answer.json()["code"]) == (200, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    answer = client.post(token_endpoint, hermes.params)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_csrf_protection_does_not_stand_in_its_way(hermes, token_endpoint):
    client = Client(enforce_csrf_checks=True)
    assert client.post(token_endpoint, hermes.params).status_code == 200


def test_nothing_secret_is_logged(client, hermes, token_endpoint, call, caplog):
    with caplog.at_level(logging.DEBUG):
        token = client.post(token_endpoint, hermes.params).json()["data"]["access_token"]
        call(token)
        AppSecret.objects.get().revoke()
        call(token)
        client.post(token_endpoint, hermes.params)
    assert hermes.secret not in caplog.text
    assert token not in caplog.text
