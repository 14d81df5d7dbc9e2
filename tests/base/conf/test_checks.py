"""`manage.py check` on settings: names there are not, and values of a wrong type."""

import math
import subprocess
import sys

import pytest
from django.apps import apps
from django.core.checks import ERROR, WARNING, run_checks
from django.db import connections

from eaglet.conf import Settings
from eaglet.conf.checks import declared_settings
from eaglet.conf.validation import fault_of

SECRET = "s3cret-of-somebody"
LIFETIME = "it must be a whole number at least 1"
TIME = "it must be a number above 0"


class Strange:
    """Of no type that any setting has."""

    def __repr__(self):
        return SECRET


def found(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)
    return [message for message in run_checks() if (message.id or "").startswith("eaglet.")]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("EAGLET_TOKEN_CACHE_SECOND", "EAGLET_TOKEN_CACHE_SECONDS"),
        ("EAGLET_RESOURCES_MODULE", "EAGLET_RESOURCE_MODULES"),
        ("EAGLET_SERVICE", "EAGLET_SERVICES"),
        ("EAGLET_ALWAYS_200", "EAGLET_ALWAYS_HTTP_200"),
        ("EAGLET_TOKEN_LIFETIME", "EAGLET_TOKEN_LIFETIME_SECONDS"),
    ],
)
def test_a_name_there_is_not_is_warned_of_with_the_nearest_there_is(settings, name, nearest):
    (message,) = found(settings, **{name: 1})
    assert message.level == WARNING
    assert name in message.msg
    assert message.hint == f"Did you mean {nearest}?"


def test_a_name_that_is_like_none_is_warned_of_without_a_guess(settings):
    (message,) = found(settings, EAGLET_XYZZY=1)
    assert "EAGLET_XYZZY" in message.msg
    assert "Did you mean" not in message.hint


@pytest.mark.parametrize("name", declared_settings())
def test_every_default_is_of_the_type_and_within_the_limits_declared(name):
    setting = getattr(Settings, name)
    assert fault_of(setting, setting.default) is None


@pytest.mark.parametrize("name", declared_settings())
def test_a_wrong_type_is_one_error_of_all_checks_that_name_the_setting(settings, name):
    """Whatever other checks read the setting."""
    setattr(settings, name, Strange())
    (message,) = [message for message in run_checks() if name in message.msg.split()[0]]
    assert message.id == "eaglet.E001"
    assert message.level == ERROR
    assert message.msg.startswith(f"{name} is of type Strange; it must be ")
    assert message.hint
    assert SECRET not in f"{message.msg} {message.hint}"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("EAGLET_FAST_PATH", "true", "'true' (of type str); it must be True or False."),
        ("EAGLET_FAST_PATH", 1, "1 (of type int); it must be True or False."),
        ("EAGLET_ISSUE_TOKENS", 0, "0 (of type int); it must be True or False or None."),
        ("EAGLET_TOKEN_LIFETIME_SECONDS", "7200", f"'7200' (of type str); {LIFETIME}."),
        ("EAGLET_TOKEN_LIFETIME_SECONDS", 0, f"0 (of type int); {LIFETIME}."),
        ("EAGLET_TOKEN_LIFETIME_SECONDS", 7200.5, f"7200.5 (of type float); {LIFETIME}."),
        ("EAGLET_TOKEN_CACHE_SECONDS", True, "True; it must be a number at least 0."),
        (
            "EAGLET_TOKEN_CACHE_SECONDS",
            -0.5,
            "-0.5 (of type float); it must be a number at least 0.",
        ),
        ("EAGLET_TASK_RETENTION_SECONDS", math.nan, f"nan (of type float); {TIME} or None."),
        ("EAGLET_CLIENT_TIMEOUT_SECONDS", math.inf, f"inf (of type float); {TIME}."),
        ("EAGLET_CLIENT_TIMEOUT_SECONDS", 0, f"0 (of type int); {TIME}."),
        ("EAGLET_ISSUER", b"https://a", "of type bytes; it must be a string or None."),
        ("EAGLET_QUEUE_DIR", ["/q"], "of type list; it must be a string or a path or None."),
        ("EAGLET_QUEUE_TYPE", "q", "of type str; it must be 'quorum' or 'classic' or None."),
        ("EAGLET_TRUSTED_HOSTS", "card", "of type str; it must be a list of strings."),
        ("EAGLET_TRUSTED_HOSTS", {"card"}, "of type set; it must be a list of strings."),
        ("EAGLET_TRUSTED_HOSTS", ["a", None], "of type list; it must be a list of strings."),
        ("EAGLET_SERVICES", [], "of type list; it must be a dict of dicts."),
        ("EAGLET_SERVICES", {"card": "http://a"}, "of type dict; it must be a dict of dicts."),
        ("EAGLET_SERVICES", {7: {}}, "of type dict; it must be a dict of dicts."),
        ("APP_SECRET", SECRET.encode(), "of type bytes; it must be a string or None."),
    ],
)
def test_an_error_tells_the_setting_what_it_is_and_what_is_allowed(settings, name, value, told):
    messages = found(settings, **{name: value})
    assert [message.msg for message in messages] == [f"{name} is {told}"]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("EAGLET_TRUSTED_HOSTS", "card", 'EAGLET_TRUSTED_HOSTS = ["…"]'),
        ("EAGLET_TASK_MAX_BYTES", "1024", "int()"),
        ("EAGLET_LOG_PARAMS", "1", "== 'true'"),
        ("EAGLET_TRUSTED_PROXIES", None, "The default is 0."),
    ],
)
def test_a_hint_says_what_to_write(settings, name, value, hint):
    (message,) = found(settings, **{name: value})
    assert hint in message.hint


def test_tables_that_are_routed_to_mongodb_are_found(settings, monkeypatch):
    monkeypatch.setitem(connections.settings["second"], "ENGINE", "django_mongodb_backend")
    assert found(settings) == []
    settings.DATABASE_ROUTERS = ["tests.tasks.routers.OutboxOnSecond"]
    messages = [message for message in run_checks() if message.id == "eaglet.E002"]
    tables = set(apps.get_app_config("eaglet_tasks").get_models())
    assert {message.obj for message in messages} == tables


def test_the_documented_names_are_another_s_where_no_service_is_called(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "eaglet.client"]
    assert found(settings, APP_KEY=7) == []


ALONE = """
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS={apps!r}, EAGLET_SERVICE=1, EAGLET_TOKEN_CACHE_SECONDS="5",
    SECRET_KEY="x", **({{"ROOT_URLCONF": "eaglet.api.urls"}} if "eaglet.api" in {apps!r} else {{}}),
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    CELERY_BROKER_URL="memory://",
)
django.setup()
from django.core.checks import run_checks
print(*[m.id for m in run_checks() if m.id.startswith("eaglet.")])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "apps",
    [
        ["eaglet.client"],
        ["eaglet.tasks"],
        ["eaglet.auth"],
        ["eaglet.api"],
        ["eaglet.api", "eaglet.auth", "eaglet.client", "eaglet.tasks"],
    ],
    ids=lambda apps: "+".join(app.removeprefix("eaglet.") for app in apps),
)
def test_every_app_alone_or_with_others_checks_the_settings_once(apps):
    done = subprocess.run(
        [sys.executable, "-c", ALONE.format(apps=apps)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["eaglet.W001", "eaglet.E001"], done.stderr
