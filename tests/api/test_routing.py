"""Section 2: the URLs of resources, and what stands beside them in a URLconf."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, resolve, reverse

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


def test_a_body_sent_without_the_slash_arrives(client, declare):
    declare(post=lambda args: args)
    assert client.post("/shop/item", {"a": "1"}).json()["data"] == {"a": "1"}


def test_a_project_s_own_pattern_is_still_redirected_to_its_slash(client, beside_own_pattern):
    response = client.get("/shop/list?a=1")
    assert (response.status_code, response["Location"]) == (301, "/shop/list/?a=1")
    assert client.get("/shop/list/").content == b"the project's own"


def test_an_unknown_pair_without_the_slash_is_django_s_to_redirect(client):
    response = client.get("/shop/nothing")
    assert (response.status_code, response["Location"]) == (301, "/shop/nothing/")


def test_an_unknown_pair_without_the_slash_is_404_without_append_slash(client, settings):
    settings.APPEND_SLASH = False
    assert client.get("/shop/nothing").status_code == 404


@pytest.mark.parametrize(
    "address", ["/shop/item//", "//shop/item/", "/shop//item/", "/shop/item/more/", "/shop/", "/"]
)
def test_other_paths_are_no_resource(client, declare, settings, address):
    settings.APPEND_SLASH = False
    declare(get=lambda args: "here")
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch", "options"])
def test_an_unknown_pair_is_404_in_the_envelope(client, verb):
    response = getattr(client, verb)("/shop/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/json; charset=utf-8"
    answer = response.json()
    assert answer["code"] == 404
    assert answer["data"] is None
    assert answer["errMsg"]


def test_an_unknown_pair_has_no_body_for_head(client):
    response = client.head("/shop/nothing/")
    assert (response.status_code, response.content) == (404, b"")


def test_names_are_told_apart_by_case(client, declare):
    declare(get=lambda args: "here")
    assert client.get("/Shop/item/").status_code == 404
    assert client.get("/shop/Item/").status_code == 404


def test_a_resource_declared_after_start_up_answers(client, declare):
    assert client.get("/shop/item/").status_code == 404
    declare(get=lambda args: "here")
    assert client.get("/shop/item/").status_code == 200


def test_the_address_of_a_resource_can_be_reversed(declare):
    declare()
    address = reverse("eaglet:resource", kwargs={"app": "shop", "resource": "item"})
    assert address == "/shop/item/"
    assert resolve(address).view_name == "eaglet:resource"


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


def test_the_middleware_still_holds_for_the_project_s_own_views(
    client, settings, beside_own_pattern, db
):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.get("/shop/list/").status_code == 302


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
