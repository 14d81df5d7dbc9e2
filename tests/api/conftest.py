import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.test import Client

from eaglet.api import ApiResource
from eaglet.api.security import decorator
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken

FORM = "application/x-www-form-urlencoded"
REPOSITORY = Path(__file__).parents[2]
# A project of nothing but REST framework and eaglet.api: no admin, sessions, databases.
PROJECT = {
    "settings.py": """
SECRET_KEY = "x"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["rest_framework", "eaglet.api"]
USE_TZ = True
""",
    "urls.py": """
from django.urls import include, path
urlpatterns = [path("", include("eaglet.api.urls"))]
""",
}


@pytest.fixture
def declare(declared):
    """Declare the resource `shop.item`, unless told otherwise, with the body given."""

    def declare(app="shop", resource="item", bases=(ApiResource,), **body):
        body = {"app": app, "resource": resource, "__module__": __name__, **body}
        return type(ApiResource)("Declared", bases, body)

    return declare


class FormClient(Client):
    """Posts a dict as a URL-encoded form: multipart always takes the REST framework path."""

    def post(self, path, data=None, content_type=FORM, **extra):
        if content_type == FORM and not isinstance(data, str | bytes):
            data = urlencode(data or {}, doseq=True)
        return super().post(path, data, content_type, **extra)


@pytest.fixture
def client():
    return FormClient()


class FakeVerifier:
    """Knows the tokens `good` (every grant), `poor` (none) and `old` (expired)."""

    def __init__(self):
        self.asked = []
        self.grants = {"good": {"*"}, "poor": set()}

    def verify(self, token):
        self.asked.append(token)
        if token == "old":
            raise ExpiredAccessToken("its time is over")
        if token not in self.grants:
            raise InvalidAccessToken("no such token")
        app = SimpleNamespace(pk=7, name=f"app of {token}", app_key=f"key-of-{token}")
        return SimpleNamespace(
            app=app,
            allows=lambda grant: bool({"*", grant} & self.grants[token]),
        )


@pytest.fixture
def verifier():
    """Put a fake verifier into the slot for the length of a test."""
    before = decorator._verifier
    fake = FakeVerifier()
    decorator.register_verifier(fake)
    yield fake
    decorator.register_verifier(before)


@pytest.fixture
def run_python(tmp_path):
    """Run a Python program in an empty folder that can import eaglet; warnings are errors."""

    def run(program, **environment):
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(tmp_path)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def project(tmp_path, run_python):
    """Run a program in a project of these files, and what is added to its settings."""

    def run(program, files, more="", **environment):
        texts = {**PROJECT, **files, "settings.py": f"{PROJECT['settings.py']}{more}\n"}
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return run_python(program, DJANGO_SETTINGS_MODULE="settings", **environment)

    return run
