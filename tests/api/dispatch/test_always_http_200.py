"""EAGLET_ALWAYS_HTTP_200."""

import pytest

from eaglet import health
from eaglet.api import param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@pytest.fixture(autouse=True)
def switched_on(settings):
    settings.EAGLET_ALWAYS_HTTP_200 = True


def test_health_keeps_its_status(client, monkeypatch):
    def failing():
        raise RuntimeError

    monkeypatch.setitem(health._probes, "test-failing", (failing, None))
    assert client.get("/readyz").status_code == 503


def test_with_renderers_named_it_is_http_200_too(client, declare, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]
    }
    declare(post=param_required(["x"])(lambda args: 1))
    response = client.post("/shop/item/")
    assert (response.status_code, response.json()["code"]) == (200, 400)
