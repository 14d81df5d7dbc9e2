"""The console's pages as a server gives them; tests/system/browser/test_console.py uses them."""

import html
import json
import re
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from eaglet import api
from eaglet.api import access_token_required, param_required
from eaglet.auth.models import App
from eaglet.auth.tokens.issuing import issue_access_token

pytestmark = pytest.mark.usefixtures("declared")

PAGES = [
    "/", "/console/", "/console/shop/item/", "/console/console.js", "/console/console.css",
]  # fmt: skip
SCRIPT = Path(api.__file__).parent / "static/eaglet_api/console.js"


@pytest.fixture
def resource(declare):
    @param_required(["id:int", "?password"])
    @access_token_required()
    def get(args):
        """Read an <item>."""
        return args

    return declare(get=get, post=lambda args: 1, __doc__="Items & such.")


@pytest.fixture
def shown(settings):
    settings.EAGLET_CONSOLE = True


def text(response):
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.usefixtures("resource", "shown")
def test_the_list_has_every_resource_with_its_verbs(client):
    listed = client.get("/console/index.json").json()
    item = next(one for one in listed if (one["app"], one["name"]) == ("shop", "item"))
    assert item["summary"] == "Items & such."
    assert item["verbs"] == ["GET", "POST"]
    for word in ("password", "<item>.", "shop.item:get"):
        assert word in item["text"]


@pytest.mark.usefixtures("resource", "shown")
def test_a_resource_s_page_has_its_parameters_types_docs_and_grants(client):
    page = text(client.get("/console/shop/item/"))
    assert "Read an &lt;item&gt;." in page
    assert 'name="id" data-type="int"' in page
    assert re.search(r'name="password" data-type=""\s+type="password"', page)
    assert "<code>shop.item:get</code>" in page
    assert "No access token needed" in page
    assert 'data-path="/shop/item/"' in page


def corp(request):
    return {"id": 1}


corp.provides = ("id",)


@pytest.mark.usefixtures("shown")
def test_docstrings_are_markdown_and_what_is_html_in_them_is_text(client, declare):
    def get(args):
        """Read *one* `item`.

        # Heading
        - a [link](https://example.com/) and [another](javascript:alert(1))
        - <b onclick="x">bold</b> ![picture](https://example.com/x.png)
        """

    declare(get=get)
    page = text(client.get("/console/shop/item/"))
    assert "</span> Read one item." in page
    assert '<p class="heading">Heading</p>' in page
    assert '<a href="https://example.com/">link</a>' in page
    assert "&lt;b onclick=&quot;x&quot;&gt;bold&lt;/b&gt;" in page
    assert 'href="javascript' not in page
    assert "<img" not in page


@pytest.mark.usefixtures("shown")
def test_a_declared_answer_has_its_shape_and_a_true_example_in_the_page(client, declare):
    def get(args) -> dict[str, int]:
        return {}

    declare(get=get, post=lambda args: 1)
    page = text(client.get("/console/shop/item/"))
    (schema,) = re.findall(r'data-schema="([^"]*)"', page)
    (example,) = re.findall(r'data-example="([^"]*)"', page)
    assert json.loads(html.unescape(schema))["additionalProperties"] == {"type": "integer"}
    assert json.loads(html.unescape(example))["data"] == {"name": 1}
    assert "What it answers is not declared." in page


@pytest.mark.usefixtures("resource", "shown")
def test_the_root_leads_to_the_pages_there_are_unless_the_project_has_its_own(client, settings):
    page = text(client.get("/"))
    for path in ("/console/", "/openapi.json", "/admin/", "/healthz"):
        assert f'href="{path}"' in page
    settings.ROOT_URLCONF = "tests.api.console.own_root"
    assert text(client.get("/")) == "the project's own"


@pytest.mark.usefixtures("shown", "db")
def test_a_token_is_tried_for_those_who_may_see_the_console(client, settings):
    def tried(token):
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/console/token", headers=headers)

    created = App.objects.create_app("hermes")
    token = issue_access_token(created.app.app_key, created.secret)
    answer = tried(token.token).json()
    assert answer["app"] == "hermes"
    assert 7000 < answer["until"] - time.time() <= 7200
    assert tried("rubbish").status_code == tried("").status_code == 401
    settings.EAGLET_CONSOLE = "staff"
    assert tried(token.token).status_code == 403


@pytest.mark.usefixtures("resource", "shown")
def test_what_context_providers_provide_is_no_field(client, settings):
    settings.EAGLET_CONTEXT_PROVIDERS = [f"{__name__}.corp"]
    assert 'name="id"' not in text(client.get("/console/shop/item/"))


@pytest.mark.usefixtures("resource", "shown")
@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline_or_from_elsewhere_and_no_cache_keeps_it(client, path):
    response = client.get(path)
    page = text(response)
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "form-action 'none'" in policy
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    if path.endswith("/"):
        assert not re.search(r"<style|style=|\son\w+=|javascript:|https?://", page)
        texts = '<script id="texts" type="application/json">'
        assert re.findall(r"<script(?! src=)[^>]*>", page) == [texts] * (path != "/")


def test_the_script_keeps_nothing_but_the_last_calls_of_the_tab():
    script = SCRIPT.read_text(encoding="utf-8")
    assert not re.search(r"localStorage|indexedDB|document\.cookie|innerHTML|eval", script)
    assert re.findall(r"sessionStorage\.\w+\(\w+", script) == [
        "sessionStorage.getItem(CALLS", "sessionStorage.setItem(CALLS",
    ]  # fmt: skip
    assert "console.log" not in script


@pytest.mark.usefixtures("resource")
@pytest.mark.parametrize("path", PAGES)
def test_without_debug_it_is_for_staff_and_others_are_sent_to_log_in(client, db, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=%2F")
    client.force_login(User.objects.create_user("user"))
    assert client.get(path).status_code == 403
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(path).status_code == 200


@pytest.mark.usefixtures("resource", "shown")
def test_it_speaks_the_browser_s_language_and_the_one_that_is_chosen(client):
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9"}
    response = client.get("/console/", headers=chinese)
    assert "搜索资源" in text(response)
    assert response["Content-Language"] == "zh-hans"
    assert "Search resources" in text(client.get("/console/?lang=en", headers=chinese))
    assert "搜索资源" in text(client.get("/console/?lang=zh-hans"))
    assert "Search resources" in text(client.get("/console/?lang=xx"))


@pytest.mark.slow
def test_it_needs_no_admin_sessions_users_templates_or_database(project):
    resource = """
from eaglet.api import ApiResource, param_required
class AThing(ApiResource):
    app, resource = "shop", "thing"
    @param_required(["id:int"])
    def get(args):
        return 1
"""
    program = """
import sys, django
django.setup()
from django.test import Client
client = Client()
assert client.get("/shop/thing/?id=1").status_code == 200
for path in ("/", "/console/", "/console/shop/thing/", "/console/console.js"):
    assert client.get(path).status_code == 200, path
assert client.get("/console/index.json").json()[0]["name"] == "thing"
assert "drf_spectacular" not in sys.modules
assert "/shop/thing/" in client.get("/openapi.json").json()["paths"]
from django.conf import settings
settings.DEBUG = False
for path in ("/", "/console/", "/openapi.json", "/console/shop/thing/"):
    assert client.get(path).status_code == 404, path
"""
    more = "DEBUG = True\nEAGLET_RESOURCE_MODULES = ['api']"
    finished = project(program, {"api.py": resource}, more)
    assert finished.returncode == 0, finished.stderr
