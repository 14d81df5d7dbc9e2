"""A browser gets the JSON; REST framework's page only where its renderer is named."""

import pytest
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer

from eaglet.api import param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"}
NAMED = [JSONRenderer, BrowsableAPIRenderer]


@pytest.fixture(params=["project", "class"])
def resource(request, declare, settings):
    more = {}
    if request.param == "project":
        paths = [f"{renderer.__module__}.{renderer.__name__}" for renderer in NAMED]
        settings.REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": paths}
    else:
        more = {"renderer_classes": NAMED}
    return declare(
        get=param_required(["?id:int"])(lambda args: {"名": "你好 <b>", "id": args.get("id")}),
        post=lambda args: args,
        __doc__="Tells about *items*.",
        **more,
    )


def is_page(response):
    return response["Content-Type"].startswith("text/html") and b"<html" in response.content


@pytest.mark.parametrize("debug", [True, False])
def test_where_no_renderer_is_named_a_browser_gets_json(client, declare, settings, debug):
    settings.DEBUG = debug
    declare(get=param_required(["?id:int"])(lambda args: args), post=lambda args: args)
    for response in (
        client.get("/shop/item/", headers=BROWSER),
        client.get("/shop/item/?id=x", headers=BROWSER),
        client.get("/shop/item/?format=api", headers=BROWSER),
        client.post("/shop/item/", {"a": "1"}, headers=BROWSER),
        client.options("/shop/item/", headers=BROWSER),
    ):
        assert response["Content-Type"].startswith("application/json")
        assert response.json()


def test_where_it_is_named_a_browser_gets_the_page(client, resource, db):
    response = client.get("/shop/item/?id=7", headers=BROWSER)
    assert response.status_code == 200
    assert is_page(response)
    text = response.content.decode()
    assert "Tells about" in text
    assert "你好 &lt;b&gt;" in text


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
def test_who_does_not_prefer_html_gets_json(client, resource, accept):
    headers = {"Accept": accept} if accept else {}
    response = client.get("/shop/item/", headers=headers)
    assert response["Content-Type"].startswith("application/json")
