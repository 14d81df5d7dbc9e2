"""What the project's REST_FRAMEWORK names is honoured, and nothing unnamed is added."""

import datetime
import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, UserRateThrottle
from rest_framework.versioning import AcceptHeaderVersioning

from eaglet.api import ApiError, access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@pytest.fixture
def framework(settings):
    """Put classes of this module into REST_FRAMEWORK."""

    def put(**named):
        settings.REST_FRAMEWORK = {
            name: [f"{__name__}.{item.__name__}" for item in value]
            if isinstance(value, list)
            else (f"{__name__}.{value.__name__}" if callable(value) else value)
            for name, value in named.items()
        }

    return put


class Deny(BasePermission):
    message = "not today"

    def has_permission(self, request, view):
        return False


class NeedsUser(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated)


class ByHeader(BaseAuthentication):
    def authenticate(self, request):
        name = request.headers.get("X-User")
        if name == "bad":
            raise AuthenticationFailed("bad user")
        if not name:
            return None
        user = AnonymousUser()
        user.username = name
        user.__class__ = type("User", (AnonymousUser,), {"is_authenticated": True})
        return user, "by header"

    def authenticate_header(self, request):
        return 'Header realm="shop"'


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 12.3


class Shouting(BaseRenderer):
    media_type = "text/x-shout"
    format = "shout"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return json.dumps(data).upper().encode()


class Colons(BaseParser):
    media_type = "text/x-colons"

    def parse(self, stream, media_type=None, parser_context=None):
        return dict(line.split(":") for line in stream.read().decode().splitlines())


def handle(exception, context):
    if type(exception).__name__ == "LeftAlone":
        return None
    status = getattr(exception, "status_code", 555)
    return Response({"kind": type(exception).__name__, "view": type(context["view"]).__name__},
                    status=status)  # fmt: skip


class LeftAlone(Exception):
    pass


class Json(JSONRenderer):
    pass


class ByAccept(AcceptHeaderVersioning):
    allowed_versions = ("1", "2")
    default_version = "1"


def got(args):
    return "got"


VERBS = ["get", "post", "put", "delete", "patch", "options", "head"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_project_wide_permission_refuses_every_verb(client, declare, framework, verb):
    framework(DEFAULT_PERMISSION_CLASSES=[Deny])
    declare(**dict.fromkeys(VERBS[:5], got))
    response = getattr(client, verb)("/shop/item/")
    assert response.status_code == 403
    if verb != "head":
        answer = response.json()
        assert (answer["code"], answer["errMsg"], answer["data"]) == (403, "not today", None)


def test_a_project_wide_authenticator_makes_the_user(client, declare, framework):
    framework(DEFAULT_AUTHENTICATION_CLASSES=[ByHeader])
    declare(get=lambda args: [args.request.user.username, str(args.request.auth), args.auth])
    response = client.get("/shop/item/", headers={"X-User": "mary"})
    assert response.json()["data"] == ["mary", "by header", None]


def test_an_authenticator_that_refuses_is_401_with_its_scheme(client, declare, framework):
    framework(DEFAULT_AUTHENTICATION_CLASSES=[ByHeader])
    declare(get=got)
    response = client.get("/shop/item/", headers={"X-User": "bad"})
    assert (response.status_code, response.json()["code"]) == (401, 401)
    assert response["WWW-Authenticate"] == 'Header realm="shop"'
    assert response.json()["errMsg"] == "bad user"


def test_a_permission_that_wants_a_user_is_401_where_one_could_be_named(client, declare, framework):
    framework(DEFAULT_AUTHENTICATION_CLASSES=[ByHeader], DEFAULT_PERMISSION_CLASSES=[NeedsUser])
    declare(get=got)
    response = client.get("/shop/item/")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Header realm="shop"')
    assert client.get("/shop/item/", headers={"X-User": "mary"}).status_code == 200


def test_neither_session_nor_basic_is_added(client, declare, framework, django_user_model, db):
    django_user_model.objects.create_user("mary", password="pw")
    client.login(username="mary", password="pw")
    declare(get=lambda args: args.request.user.is_authenticated)
    basic = {"Authorization": "Basic bWFyeTpwdw=="}
    assert client.get("/shop/item/", headers=basic).json()["data"] is False
    framework(DEFAULT_PERMISSION_CLASSES=[NeedsUser])
    response = client.get("/shop/item/", headers=basic)
    assert response.status_code == 403
    assert "WWW-Authenticate" not in response


def test_a_token_satisfies_a_project_wide_permission(client, declare, framework, verifier):
    framework(DEFAULT_PERMISSION_CLASSES=[NeedsUser])
    declare(get=access_token_required()(got), post=got)
    assert client.get("/shop/item/?access_token=good").status_code == 200
    response = client.get("/shop/item/")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    # A token on an unguarded method is nobody's credential.
    assert client.post("/shop/item/", {"access_token": "good"}).status_code == 403


@pytest.mark.parametrize("verb", VERBS)
def test_a_project_wide_throttle_is_429_with_retry_after(client, declare, framework, verb):
    framework(DEFAULT_THROTTLE_CLASSES=[Never])
    declare(**dict.fromkeys(VERBS[:5], got))
    response = getattr(client, verb)("/shop/item/")
    assert (response.status_code, response["Retry-After"]) == (429, "13")
    if verb != "head":
        assert response.json()["code"] == 429


def test_a_project_wide_parser_reads_the_body(client, declare, framework):
    framework(DEFAULT_PARSER_CLASSES=[Colons])
    declare(post=lambda args: dict(args), put=lambda args: dict(args))
    for verb in ("POST", "PUT"):
        response = client.generic(verb, "/shop/item/?q=1", "a:1\nb:2", "text/x-colons")
        assert response.json()["data"] == {"q": "1", "a": "1", "b": "2"}
        assert client.generic(verb, "/shop/item/", "a=1", "text/x-other").status_code == 415
        response = client.generic(verb, "/shop/item/", "a", "text/x-colons")
        assert response.status_code == 400


def test_a_project_wide_renderer_writes_the_answer(client, declare, framework):
    framework(DEFAULT_RENDERER_CLASSES=[Shouting])
    declare(get=got, post=param_required(["x"])(got))
    response = client.get("/shop/item/")
    assert response["Content-Type"].startswith("text/x-shout")
    assert b'"DATA": "GOT"' in response.content
    response = client.post("/shop/item/")
    assert response.status_code == 400
    assert b'"ERRORS": [{"PARAM": "X"' in response.content


def test_among_several_renderers_the_accept_header_chooses(client, declare, framework):
    framework(DEFAULT_RENDERER_CLASSES=[Json, Shouting])
    declare(get=got)
    for accept, expected in [
        ("text/x-shout", "text/x-shout"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/x-shout;q=0.1, application/json", "application/json"),
        ("text/x-shout, application/json;q=0.1", "text/x-shout"),
        ("image/png", "application/json"),
        ("nonsense", "application/json"),
        ("", "application/json"),
    ]:
        response = client.get("/shop/item/?format=shout", headers={"Accept": accept})
        assert response.status_code == 200
        assert response["Content-Type"].startswith(expected), accept


def test_values_are_written_by_eaglet_s_rules_whatever_the_renderer(client, declare, settings):

    settings.REST_FRAMEWORK = {
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]
    }
    moment = datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    declare(get=lambda args: [moment, Decimal("1.50"), {1}])
    response = client.get("/shop/item/")
    assert response.json()["data"] == ["2020-01-02 11:04:05", "1.50", [1]]


def test_a_project_wide_exception_handler_writes_the_answer(client, declare, framework):
    framework(EXCEPTION_HANDLER=handle)

    def put(args):
        raise ApiError("no")

    def delete(args):
        raise KeyError("x")

    def patch(args):
        raise LeftAlone

    declare(get=param_required(["x"])(got), put=put, delete=delete, patch=patch)
    response = client.get("/shop/item/")
    assert response.status_code == 400
    assert response.json() == {"kind": "InvalidParams", "view": "Declared"}
    assert client.post("/shop/item/").json()["kind"] == "MethodNotAllowed"
    assert client.put("/shop/item/").json()["kind"] == "ApiError"
    assert client.delete("/shop/item/").status_code == 555
    response = client.patch("/shop/item/")
    assert (response.status_code, response.json()["code"]) == (500, 531)


def test_versioning_by_the_accept_header_is_honoured(client, declare, framework):
    framework(DEFAULT_VERSIONING_CLASS=ByAccept)
    declare(get=lambda args: args.request.version)
    accept = {"Accept": "application/json; version=2"}
    assert client.get("/shop/item/").json()["data"] == "1"
    assert client.get("/shop/item/", headers=accept).json()["data"] == "2"
    accept = {"Accept": "application/json; version=9"}
    assert client.get("/shop/item/", headers=accept).status_code == 406


@pytest.mark.usefixtures("verifier")
def test_a_user_rate_throttle_counts_each_app_by_itself(client, declare, settings, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "1/day"})
    settings.REST_FRAMEWORK = {
        "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"]
    }
    declare(get=access_token_required([])(lambda args: 1))
    cache.clear()
    try:
        for token in ("good", "poor"):
            headers = {"Authorization": f"Bearer {token}"}
            assert client.get("/shop/item/", headers=headers).status_code == 200
            again = client.get("/shop/item/", headers=headers)
            assert (again.status_code, again.json()["code"]) == (429, 429)
            assert int(again["Retry-After"]) > 0
    finally:
        cache.clear()
