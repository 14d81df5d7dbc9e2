"""What a resource class names, or overrides, is honoured."""

from unittest import mock

import pytest
from django.test import Client
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.metadata import BaseMetadata
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from eaglet.api import ApiResource, access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


class Deny(BasePermission):
    def has_permission(self, request, view):
        return False


class Plain(BaseRenderer):
    media_type = "text/plain"
    format = "txt"

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return str(data["data"]).encode()


class Refusing(BaseThrottle):
    def allow_request(self, request, view):
        refuse()


def got(args):
    return "got"


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch", "options"])
def test_a_class_s_permission_refuses(client, declare, verb):
    declare(get=got, post=got, put=got, delete=got, patch=got, permission_classes=[Deny])
    assert getattr(client, verb)("/shop/item/").status_code == 403


def test_a_class_s_parsers_replace_eaglet_s(client, declare):
    declare(post=lambda args: dict(args), parser_classes=[JSONParser])
    assert client.post("/shop/item/", {"a": 1}, "application/json").json()["data"] == {"a": 1}
    assert client.post("/shop/item/", {"a": 1}).status_code == 415


def test_a_class_s_renderers_replace_eaglet_s(client, declare):
    declare(get=got, renderer_classes=[Plain])
    response = client.get("/shop/item/", headers={"Accept": "application/json"})
    assert response.content == b"got"
    assert response["Content-Type"].startswith("text/plain")


def test_a_class_s_negotiation_is_asked(client, declare):
    declare(get=got, content_negotiation_class=DefaultContentNegotiation)
    assert client.get("/shop/item/", headers={"Accept": "image/png"}).status_code == 406


def test_a_class_s_metadata_answers_options(client, declare):
    class Metadata(BaseMetadata):
        def determine_metadata(self, request, view):
            return {"mine": view.resource}

    declare(get=got, metadata_class=Metadata)
    assert client.options("/shop/item/").json()["data"] == {"mine": "item"}


HOOKED = [
    ("get_throttles", lambda self: [Refusing()]),
    ("initial", lambda self, request, *args, **kwargs: refuse()),
    ("check_permissions", lambda self, request: refuse()),
    ("check_throttles", lambda self, request: refuse()),
    ("perform_authentication", lambda self, request: refuse()),
    ("determine_version", lambda self, request, *args, **kwargs: refuse()),
    ("get_permissions", lambda self: [Deny()]),
]


def refuse():
    raise PermissionDenied("by the hook")


@pytest.mark.parametrize(("name", "hook"), HOOKED, ids=[name for name, _ in HOOKED])
@pytest.mark.parametrize("carried_by", ["the class", "a mixin", "an abstract base"])
@pytest.mark.parametrize("verb", ["get", "put", "post"])
def test_an_overridden_hook_is_run(client, declare, name, hook, carried_by, verb):
    handlers = {"get": got, "post": got, "put": got}
    if carried_by == "the class":
        declare(**handlers, **{name: hook})
    elif carried_by == "a mixin":
        declare(bases=(type("Mixin", (), {name: hook}), ApiResource), **handlers)
    else:
        base = type(ApiResource)("Base", (ApiResource,), {"abstract": True, name: hook})
        declare(bases=(base,), **handlers)
    assert getattr(client, verb)("/shop/item/").status_code == 403


def test_get_exception_handler_is_asked(client, declare):
    def handler(exception, context):
        return Response({"kind": type(exception).__name__}, status=418)

    declare(get=param_required(["x"])(got), get_exception_handler=lambda self: handler)
    response = client.get("/shop/item/")
    assert (response.status_code, response.json()) == (418, {"kind": "InvalidParams"})


def test_handle_exception_is_run(client, declare):
    def handle_exception(self, exc):
        if isinstance(exc, KeyError):
            exc = NotFound("translated")
        return ApiResource.handle_exception(self, exc)

    def get(args):
        raise KeyError("x")

    declare(get=get, handle_exception=handle_exception)
    response = client.get("/shop/item/")
    assert (response.status_code, response.json()["errMsg"]) == (404, "translated")


def test_finalize_response_is_run(client, declare):
    def finalize_response(self, request, response, *args, **kwargs):
        response = ApiResource.finalize_response(self, request, response, *args, **kwargs)
        response["X-Mine"] = "yes"
        return response

    declare(get=got, post=param_required(["x"])(got), finalize_response=finalize_response)
    assert client.get("/shop/item/")["X-Mine"] == "yes"
    response = client.post("/shop/item/")
    assert (response.status_code, response["X-Mine"]) == (400, "yes")


def test_a_patched_handler_counts_and_so_does_taking_the_patch_back(client):
    class Base(ApiResource):
        abstract = True
        app = "shop"

        def get(args):
            return "real"

    class AItem(Base):
        resource = "item"

    def patched(args):
        return "patched"

    assert client.get("/shop/item/").json()["data"] == "real"

    with mock.patch.object(AItem, "get", patched):
        assert client.get("/shop/item/").json()["data"] == "patched"
    assert client.get("/shop/item/").json()["data"] == "real"
    with mock.patch.object(Base, "get", patched):
        assert client.get("/shop/item/").json()["data"] == "patched"
    assert client.get("/shop/item/").json()["data"] == "real"


def test_a_guard_or_hook_set_on_a_plain_mixin_after_a_call_counts(client, declare, verifier):
    mixin = type("Mixin", (), {"get": got})
    declare(bases=(mixin, ApiResource))
    assert client.get("/shop/item/").status_code == 200
    mixin.get = access_token_required()(got)
    assert client.get("/shop/item/").status_code == 401
    mixin.get, mixin.initial = got, lambda self, request, *args, **kwargs: refuse()
    assert client.get("/shop/item/").status_code == 403


def test_a_class_s_session_authentication_keeps_its_csrf_check(
    declare, settings, django_user_model, db
):
    mary = django_user_model.objects.create_user("mary")
    handler = lambda args: args.request.user.username  # noqa: E731
    declare(get=handler, post=handler, put=handler,
            authentication_classes=[SessionAuthentication])  # fmt: skip
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(mary)
    assert strict.get("/shop/item/").json()["data"] == "mary"
    for refused in (
        strict.post("/shop/item/", {"a": "1"}),
        strict.post("/shop/item/", {"a": "1"}, "application/json"),
        strict.put("/shop/item/"),
        strict.post("/shop/item/?_method=put"),
    ):
        assert refused.status_code == 403
        assert "CSRF" in refused.json()["errMsg"]
    strict.cookies["csrftoken"] = token = "a" * 32
    header = {"X-CSRFToken": token}
    assert strict.post("/shop/item/", {"a": "1"}, headers=header).json()["data"] == "mary"
    assert strict.put("/shop/item/", headers=header).json()["data"] == "mary"
    form = {"csrfmiddlewaretoken": token}
    assert strict.post("/shop/item/", form).json()["data"] == "mary"


def test_permissions_come_before_bodies_and_parameters(client, declare):
    declare(post=param_required(["x"])(got), put=param_required(["x"])(got),
            permission_classes=[Deny])  # fmt: skip
    for verb in ("POST", "PUT"):
        assert client.generic(verb, "/shop/item/").status_code == 403
        assert client.generic(verb, "/shop/item/", "{", "application/json").status_code == 403
        assert client.generic(verb, "/shop/item/", "x", "text/plain").status_code == 403


def test_a_token_and_a_permission_are_both_asked(client, declare, verifier):
    class NeedsApp(BasePermission):
        def has_permission(self, request, view):
            return request.auth.app.name == "app of good"

    verifier.grants["other"] = {"*"}
    declare(get=access_token_required()(got), permission_classes=[IsAuthenticated, NeedsApp])
    assert client.get("/shop/item/?access_token=good").status_code == 200
    assert client.get("/shop/item/?access_token=other").status_code == 403
    assert client.get("/shop/item/").status_code == 401
