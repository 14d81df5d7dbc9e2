"""The console's pages as a server gives them; tests/system/browser/test_console.py uses them."""

import re
import textwrap
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from eaglet import api
from eaglet.api import access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared")

PAGES = ["/console/", "/console/shop/item/", "/console/console.js", "/console/console.css"]
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
    page = text(client.get("/console/"))
    assert 'data-resource="shop.item"' in page
    assert "Items &amp; such." in page
    assert re.search(r'verb GET">GET.*verb POST">POST', page)


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
        assert re.findall(r"<script(?! src=)[^>]*>", page) == [
            '<script id="texts" type="application/json">'
        ]


def test_the_script_keeps_nothing(db):
    script = SCRIPT.read_text(encoding="utf-8")
    assert not re.search(
        r"localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|eval", script
    )
    assert "console.log" not in script


@pytest.mark.usefixtures("resource")
@pytest.mark.parametrize("path", PAGES)
def test_without_debug_it_is_for_staff_and_others_are_sent_to_log_in(client, db, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=%2Fconsole%2F")
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
def test_it_needs_no_admin_sessions_users_templates_or_database(run_python, tmp_path):
    (tmp_path / "settings.py").write_text(
        textwrap.dedent("""
            SECRET_KEY = "x"
            DEBUG = True
            ALLOWED_HOSTS = ["*"]
            ROOT_URLCONF = "urls"
            INSTALLED_APPS = ["rest_framework", "eaglet.api"]
            EAGLET_RESOURCE_MODULES = ["api"]
        """)
    )
    (tmp_path / "urls.py").write_text(
        "from django.urls import include, path\n"
        'urlpatterns = [path("", include("eaglet.api.urls"))]\n'
    )
    (tmp_path / "api.py").write_text(
        textwrap.dedent("""
            from eaglet.api import ApiResource, param_required
            class AThing(ApiResource):
                app = "shop"
                resource = "thing"
                @param_required(["id:int"])
                def get(args):
                    return 1
        """)
    )
    finished = run_python(
        textwrap.dedent("""
            import sys, django
            django.setup()
            from django.test import Client
            client = Client()
            assert client.get("/shop/thing/?id=1").status_code == 200
            assert "drf_spectacular" not in sys.modules
            for path in ("/console/", "/console/shop/thing/", "/console/console.js"):
                assert client.get(path).status_code == 200, path
            assert b"shop.thing" in client.get("/console/").content
            assert "drf_spectacular" not in sys.modules
            assert "/shop/thing/" in client.get("/openapi.json").json()["paths"]
            from django.conf import settings
            settings.DEBUG = False
            for path in ("/console/", "/openapi.json", "/console/shop/thing/"):
                assert client.get(path).status_code == 404, path
        """),
        DJANGO_SETTINGS_MODULE="settings",
    )
    assert finished.returncode == 0, finished.stderr
