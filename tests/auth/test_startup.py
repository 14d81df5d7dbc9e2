"""Projects that install less, each started in a process of its own."""

import json
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.slow

DATABASE = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}


def start(tmp_path, apps, code, **settings):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    guard = settings.pop("guard", "")
    (tmp_path / "shop" / "resources.py").write_text(
        "from eaglet.api import ApiResource, access_token_required\n"
        "class AOrder(ApiResource):\n"
        "    app, resource = 'shop', 'order'\n"
        f"    {guard}\n"
        "    def get(args): return {}\n"
    )
    settings = {
        "SECRET_KEY": "x",
        "INSTALLED_APPS": apps,
        "DATABASES": DATABASE,
        "USE_TZ": True,
        "ALLOWED_HOSTS": ["*"],
        **({"ROOT_URLCONF": "eaglet.api.urls"} if "eaglet.api" in apps else {}),
        **settings,
    }
    script = (
        "import django, json, sys\n"
        "from django.conf import settings\n"
        f"settings.configure(**json.loads({json.dumps(settings)!r}))\n"
        "django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "call_command('check')\n" + textwrap.dedent(code)
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{tmp_path}:.", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_alone_it_needs_no_other_app_and_no_rest_framework(tmp_path):
    code = """
        from eaglet.auth.models import App
        from eaglet.auth.tokens.issuing import issue_access_token
        from eaglet.api.security.decorator import verifier
        created = App.objects.create_app("hermes")
        token = issue_access_token(created.app.app_key, created.secret).token
        assert verifier().verify(token).app.name == "hermes"
        from eaglet.tokens import StoredToken, TokenKey, shared_store
        key = TokenKey.of("http://a", "card", "k", "s")
        shared_store().put(key, StoredToken("t", 7200, 7200))
        assert shared_store().get(key).value == "t"
        unwanted = ("rest_framework", "django.contrib.admin", "django.contrib.contenttypes.models",
                    "django.contrib.auth.models", "django.contrib.sessions.models")
        print([name for name in unwanted if name in sys.modules])
    """
    assert start(tmp_path, ["eaglet.auth"], code) == "[]"


ASK = """
    from django.test import Client
    paths = ("/auth/access_token/", "/oauth/token/", "/oauth/introspect/", "/oauth/revoke/")
    print({Client().post(path).status_code for path in paths})
"""
GUARD = "@access_token_required()"
SERVICE = ["rest_framework", "eaglet.api", "eaglet.auth", "shop"]


@pytest.mark.parametrize(
    ("apps", "guard", "issue", "status"),
    [
        (SERVICE, "", None, "{404}"),
        (SERVICE[::-1], GUARD, None, "{400}"),
        (SERVICE, "", True, "{400}"),
        (SERVICE, GUARD, False, "{404}"),
    ],
    ids=["unguarded", "guarded, apps reversed", "set to", "set not to"],
)
def test_tokens_are_issued_where_a_resource_asks_for_one_or_settings_say_so(
    tmp_path, apps, guard, issue, status
):
    settings = {"guard": guard, "EAGLET_ISSUE_TOKENS": issue}
    assert start(tmp_path, apps, ASK, **settings) == status


def test_a_service_works_without_admin_sessions_and_users(tmp_path):
    code = """
        from django.test import Client
        from eaglet.auth.models import App
        created = App.objects.create_app("hermes")
        params = {"app_key": created.app.app_key, "app_secret": created.secret}
        token = Client().post("/auth/access_token/", params).json()["data"]["access_token"]
        answer = Client().get("/shop/order/", headers={"Authorization": f"Bearer {token}"})
        print(answer.status_code, Client().get("/shop/order/").status_code)
    """
    assert start(tmp_path, SERVICE, code, guard=GUARD) == "200 401"
