"""Section 11: the browsable page, with DEBUG only."""

import pytest
from rest_framework.permissions import BasePermission

from eaglet.api import access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"}


class Deny(BasePermission):
    def has_permission(self, request, view):
        return False


@pytest.fixture
def debug(settings):
    settings.DEBUG = True


@pytest.fixture
def resource(declare):
    return declare(
        get=param_required(["?id:int"])(lambda args: {"名": "你好 <b>", "id": args.get("id")}),
        post=lambda args: args,
        __doc__="Tells about *items*.",
    )


def is_page(response):
    return response["Content-Type"].startswith("text/html") and b"<html" in response.content


def test_with_debug_a_browser_gets_the_page(client, resource, debug, db):
    response = client.get("/shop/item/?id=7", headers=BROWSER)
    assert response.status_code == 200
    assert is_page(response)
    text = response.content.decode()
    assert "Tells about" in text
    assert "你好 &lt;b&gt;" in text


def test_the_page_of_a_failure_has_its_status(client, resource, debug, db):
    response = client.get("/shop/item/?id=x", headers=BROWSER)
    assert response.status_code == 400
    assert is_page(response)
    assert "not an integer" in response.content.decode()


@pytest.mark.parametrize(
    "handler",
    [lambda args: 1 / 0, lambda args: object(), lambda args: (500, "no"), lambda args: None],
    ids=["fault", "unwritable", "tuple", "none"],
)
def test_every_answer_has_a_page(client, declare, debug, handler, db):
    declare(get=handler)
    assert is_page(client.get("/shop/item/", headers=BROWSER))


@pytest.mark.parametrize("debug_on", [True, False])
@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/json",
        "application/json, text/html;q=0.5",
        "text/html;q=0",
        "image/png",
    ],
)
def test_who_does_not_prefer_html_gets_json(client, resource, settings, accept, debug_on):
    settings.DEBUG = debug_on
    headers = {"Accept": accept} if accept else {}
    response = client.get("/shop/item/", headers=headers)
    assert response["Content-Type"] == "application/json"


def test_without_debug_a_browser_gets_json(client, resource):
    for response in (
        client.get("/shop/item/", headers=BROWSER),
        client.get("/shop/item/?id=x", headers=BROWSER),
        client.get("/shop/item/?format=api", headers=BROWSER),
        client.post("/shop/item/", {"a": "1"}, headers=BROWSER),
        client.options("/shop/item/", headers=BROWSER),
    ):
        assert response["Content-Type"] == "application/json"
        assert response.json()


def test_without_debug_there_is_no_page_even_where_the_project_names_its_renderer(
    client, resource, settings
):
    settings.REST_FRAMEWORK = {
        "DEFAULT_RENDERER_CLASSES": [
            "rest_framework.renderers.JSONRenderer",
            "rest_framework.renderers.BrowsableAPIRenderer",
        ]
    }
    response = client.get("/shop/item/", headers=BROWSER)
    assert response["Content-Type"] == "application/json"


def test_the_page_opens_nothing(client, declare, debug, verifier, db):
    declare(get=access_token_required()(lambda args: "inside"))
    response = client.get("/shop/item/", headers=BROWSER)
    assert response.status_code == 401
    assert is_page(response)
    assert b"inside" not in response.content
    declare(resource="shut", get=lambda args: "inside", permission_classes=[Deny])
    response = client.get("/shop/shut/", headers=BROWSER)
    assert response.status_code == 403
    assert b"inside" not in response.content


def test_rendering_the_page_runs_the_handler_once(client, declare, debug, db):
    ran = []

    def handler(args):
        ran.append(args.request.method)
        return 1

    declare(get=handler, post=handler, put=handler, delete=handler, patch=handler)
    client.get("/shop/item/", headers=BROWSER)
    assert ran == ["GET"]


def test_the_page_of_options_describes(client, resource, debug, db):
    response = client.options("/shop/item/", headers=BROWSER)
    assert response.status_code == 200
    assert is_page(response)
