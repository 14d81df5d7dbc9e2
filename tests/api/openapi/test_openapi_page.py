"""`/openapi/` as a server gives it; tests/system/browser/test_openapi_page.py reads it."""

import re
import sys

import pytest

SCRIPT = "/openapi/swagger-ui-bundle.js"


@pytest.fixture
def _shown(settings):
    settings.EAGLET_CONSOLE = True


@pytest.mark.usefixtures("_shown")
def test_the_page_and_what_it_needs_are_from_this_host_alone(client):
    response = client.get("/openapi/")
    page = response.content.decode()
    assert response.status_code == 200
    assert 'data-document="/openapi.json"' in page
    needed = re.findall(r'(?:src|href)="(/[^"]*)"', page)
    assert needed == [
        "/openapi/swagger-ui.css", "/openapi/openapi.css", SCRIPT, "/openapi/start.js"
    ]  # fmt: skip
    assert "http" not in page
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    kinds = [client.get(path)["Content-Type"].partition(";")[0] for path in needed]
    assert kinds == ["text/css"] * 2 + ["text/javascript"] * 2
    assert b"SwaggerUIBundle" in client.get(SCRIPT).content


@pytest.mark.usefixtures("_shown")
def test_without_the_sidecar_the_page_says_what_to_install(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "drf_spectacular_sidecar", None)
    response = client.get("/openapi/")
    assert response.status_code == 404
    assert "pip install 'eaglet[swagger]'" in response.content.decode()
    assert client.get(SCRIPT).status_code == 404


@pytest.mark.usefixtures("_shown")
@pytest.mark.parametrize("name", ["other.js", "..%2F__init__.py", "swagger-ui-bundle.js.map"])
def test_no_other_file_is_given(client, name):
    assert client.get(f"/openapi/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/openapi/", SCRIPT])
def test_who_may_not_see_the_console_may_not_see_the_page(client, settings, path):
    settings.EAGLET_CONSOLE = False
    assert client.get(path).status_code == 404
    settings.EAGLET_CONSOLE = "staff"
    assert client.get(path).status_code in {302, 403}
