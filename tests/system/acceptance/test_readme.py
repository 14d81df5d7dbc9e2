"""What the README shows of calls works as it stands."""

import ast
import re
import subprocess
import sys

import pytest

from demo.processes import Processes
from demo.roles import PROJECT_DIR, Role
from tests.system.docs.blocks import python_files

pytestmark = pytest.mark.slow

BASIS = """
SECRET_KEY = "of the project in the README"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "urls"
INSTALLED_APPS = []
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "%s/db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service written as the README says, running; its role and server."""
    code = python_files("README.md")
    folder = tmp_path_factory.mktemp("service")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "resources.py").write_text(code["shop/resources.py"])
    (folder / "settings.py").write_text(BASIS % folder + code["settings.py"])
    (folder / "urls.py").write_text(code["urls.py"])
    role = Role(
        "readme",
        folder,
        {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": f"{folder}:{PROJECT_DIR}"},
    )
    role.migrate()
    with Processes(folder) as processes:
        yield role, role.serve(processes)


def test_the_service_and_the_caller_it_shows_work(service, tmp_path):
    role, server = service
    credentials = role.create_app("hermes")
    code = python_files("README.md")
    settings = code["settings.py of the caller"].replace("http://127.0.0.1:8000", server.url)
    settings = settings.replace('APP_KEY = "…"', f'APP_KEY = "{credentials.app_key}"')
    settings = settings.replace('APP_SECRET = "…"', f'APP_SECRET = "{credentials.app_secret}"')
    (tmp_path / "settings.py").write_text(BASIS % tmp_path + settings)
    (tmp_path / "hermes").mkdir()
    (tmp_path / "hermes" / "orders.py").write_text(code["hermes/orders.py"])
    call = "import django; django.setup(); from hermes.orders import data_of; print(data_of(7))"
    environment = {**role.environment(), "PYTHONPATH": f"{tmp_path}:{PROJECT_DIR}"}
    printed = subprocess.run(
        [sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "{'args': {'id': 7}}"


def test_the_answer_it_shows_is_the_one_that_comes(service, caller):
    role, server = service
    credentials = role.create_app("reader")
    answer = caller.post(
        f"{server.url}/auth/access_token/",
        {"app_key": credentials.app_key, "app_secret": credentials.app_secret},
    )
    token = answer.json()["data"]["access_token"]
    answer = caller.get(f"{server.url}/demo/data/", token=token, id=7)
    shown = re.search(r'`(\{"code": 200.*\})`', (PROJECT_DIR / "README.md").read_text())
    assert answer.json() == ast.literal_eval(shown[1])
