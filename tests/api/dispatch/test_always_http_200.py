"""Section 5: EAGLET_ALWAYS_HTTP_200."""

import pytest
from rest_framework.permissions import BasePermission
from rest_framework.throttling import BaseThrottle

from eaglet import health
from eaglet.api import access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


class Deny(BasePermission):
    def has_permission(self, request, view):
        return False


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 5


@pytest.fixture(autouse=True)
def switched_on(settings):
    settings.EAGLET_ALWAYS_HTTP_200 = True


def test_every_failure_of_a_resource_is_http_200_with_its_code(client, declare, verifier):
    declare(
        get=access_token_required()(lambda args: 1),
        post=param_required(["x:int"])(lambda args: 1),
        put=lambda args: 1 / 0,
    )
    declare(resource="shut", get=lambda args: 1, permission_classes=[Deny])
    for response, code in [
        (client.get("/shop/item/"), 401),
        (client.get("/shop/item/?access_token=bad"), 401),
        (client.get("/shop/item/?access_token=poor"), 403),
        (client.post("/shop/item/"), 400),
        (client.put("/shop/item/"), 531),
        (client.delete("/shop/item/"), 405),
        (client.get("/shop/shut/"), 403),
        (client.generic("POST", "/shop/item/", "{", "application/json"), 400),
        (client.generic("POST", "/shop/item/", "{", "text/plain"), 415),
        (client.get("/shop/nothing/"), 404),
        (client.get("/shop/item/?access_token=good"), 200),
    ]:
        assert response.status_code == 200
        assert response.json()["code"] == code


def test_the_headers_are_kept(client, declare, verifier):
    declare(get=access_token_required()(lambda args: 1))
    declare(resource="busy", get=lambda args: 1, throttle_classes=[Never])
    assert client.get("/shop/item/")["WWW-Authenticate"] == "Bearer"
    bad = client.get("/shop/item/?access_token=bad")
    assert bad["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert client.post("/shop/item/")["Allow"] == "GET, HEAD, OPTIONS"
    assert client.get("/shop/busy/")["Retry-After"] == "5"


def test_the_faults_are_listed_still(client, declare):
    declare(post=param_required(["x:int"])(lambda args: 1))
    assert client.post("/shop/item/").json()["errors"] == [{"param": "x", "reason": "missing"}]


def test_the_envelope_is_written_even_where_a_problem_is_asked_for(client, declare):
    response = client.get("/shop/nothing/", headers={"Accept": "application/problem+json"})
    assert (response.status_code, response["Content-Type"]) == (
        200,
        "application/json; charset=utf-8",
    )
    assert response.json()["code"] == 404


def test_health_keeps_its_status(client):
    def failing():
        raise RuntimeError

    health.register_probe("test-failing", failing)
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        health.unregister_probe("test-failing")


def test_with_renderers_named_it_is_http_200_too(client, declare, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]
    }
    declare(post=param_required(["x"])(lambda args: 1))
    response = client.post("/shop/item/")
    assert (response.status_code, response.json()["code"]) == (200, 400)
