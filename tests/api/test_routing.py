"""The URLs of resources, and what stands beside them in a URLconf."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, resolve

from eaglet import health
from eaglet.api import registry

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

urlpatterns = [
    path("shop/list/", lambda request: HttpResponse("the project's own")),
    path("", include("eaglet.api.urls")),
]


@pytest.fixture
def beside_own_pattern(settings):
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch", "options", "head"])
@pytest.mark.parametrize("address", ["/shop/item/", "/shop/item"])
@pytest.mark.parametrize("debug", [False, True])
def test_a_registered_pair_answers_with_the_slash_and_without(
    client, declare, settings, verb, address, debug
):
    settings.DEBUG = debug
    names = ["get", "post", "put", "delete", "patch"]
    declare(**{name: (lambda args: "here") for name in names})
    assert getattr(client, verb)(address).status_code == 200


def test_a_project_s_own_pattern_is_still_redirected_to_its_slash(client, beside_own_pattern):
    response = client.get("/shop/list?a=1")
    assert (response.status_code, response["Location"]) == (301, "/shop/list/?a=1")
    assert client.get("/shop/list/").content == b"the project's own"


def test_an_unknown_pair_without_the_slash_is_django_s_to_redirect(client):
    response = client.get("/shop/nothing")
    assert (response.status_code, response["Location"]) == (301, "/shop/nothing/")


@pytest.fixture
def _ready(monkeypatch):
    """Nothing is probed: what is there to be looked at is not what these are about."""
    monkeypatch.setattr(health, "_probes", {})


@pytest.mark.usefixtures("_ready")
@pytest.mark.parametrize("address", ["/shop/item/", "/shop/nothing/", "/healthz", "/readyz"])
@pytest.mark.django_db(databases=["default", "second"])
def test_machine_views_are_exempt_from_csrf(declare, address):
    declare(post=lambda args: "posted")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, {"a": "1"}).status_code in (200, 404)


@pytest.mark.usefixtures("_ready")
@pytest.mark.parametrize(
    ("address", "status"),
    [("/shop/item/", 200), ("/shop/nothing/", 404), ("/healthz", 200), ("/readyz", 200)],
)
@pytest.mark.django_db(databases=["default", "second"])
def test_machine_views_are_exempt_from_login_required_middleware(
    client, declare, settings, address, status, db
):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    declare(get=lambda args: "here")
    assert client.get(address).status_code == status


def test_a_thousand_resources_are_found_by_one_look_up(declare):
    for number in range(300):
        declare(resource=f"item{number}", get=lambda args: "here")
    assert len(include("eaglet.api.urls")[0].urlpatterns) < 20
    assert resolve("/shop/item299/").func.cls is registry.lookup("shop", "item299")


def test_eaglet_works_below_a_prefix(client, declare, settings):
    settings.ROOT_URLCONF = "tests.api.below_prefix"
    declare(get=lambda args: "here")
    assert client.get("/v1/shop/item/").json()["data"] == "here"
    assert client.get("/v1/shop/item").json()["data"] == "here"
    assert client.get("/shop/item/").status_code == 404
