"""What the README shows of calls and of tasks works as it stands."""

import ast
import re
import subprocess
import sys

import pytest

from demo.processes import Processes
from demo.roles import PROJECT_DIR, Role
from tests.system.docs.blocks import python_files

pytestmark = pytest.mark.slow

CODE = python_files("README.md")
BASIS = """
SECRET_KEY = "of the project in the README"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "urls"
INSTALLED_APPS = %(apps)r
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "%(folder)s/db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EAGLET_QUEUE_DIR = "%(folder)s/queue"
"""
MODELS = """
from django.db import models


class Member(models.Model):
    nick_name = models.CharField(max_length=50)
    integral = models.IntegerField()
"""
SEND = """
import django; django.setup()
from members.models import Member
from members.points import add_points
member = Member.objects.create(nick_name="weizoom", integral=100)
add_points(member.pk, 100, "好友通过分享链接购买商品")
"""
RESULTS = """
import django; django.setup()
from django_celery_results.models import TaskResult
for result in TaskResult.objects.all():
    print(result.status, result.result.encode().decode("unicode_escape"))
"""
CALL = "import django; django.setup(); from hermes.orders import data_of; print(data_of(7))"


def project(folder, settings, *files, **others):
    """Write files as the README has them, and others; the role of what they make."""
    texts = {name: CODE[name] for name in files} | others
    apps = sorted({name.partition("/")[0] for name in texts if "/" in name})
    texts |= {f"{app}/__init__.py": "" for app in apps}
    apps = [app for app in apps if f'"{app}"' not in settings]
    texts["settings.py"] = BASIS % {"apps": apps, "folder": folder} + settings
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    paths = f"{folder}:{PROJECT_DIR}"
    return Role("readme", folder, {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": paths})


def python(role, code):
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env=role.environment(),
        cwd=role.run_dir,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_service_and_the_caller_it_shows_work(tmp_path, caller):
    (tmp_path / "service").mkdir()
    role = project(tmp_path / "service", CODE["settings.py"], "shop/resources.py", "urls.py")
    role.migrate()
    credentials = role.create_app("hermes")
    with Processes(tmp_path) as processes:
        url = role.serve(processes).url
        settings = CODE["settings.py of the caller"].replace("http://127.0.0.1:8000", url)
        settings = settings.replace('APP_KEY = "…"', f'APP_KEY = "{credentials.app_key}"')
        settings = settings.replace('APP_SECRET = "…"', f'APP_SECRET = "{credentials.app_secret}"')
        hermes = project(tmp_path, settings, "hermes/orders.py")
        assert python(hermes, CALL).strip() == "{'args': {'id': 7}}"

        answer = caller.post(
            f"{url}/auth/access_token/",
            {"app_key": credentials.app_key, "app_secret": credentials.app_secret},
        )
        token = answer.json()["data"]["access_token"]
        answer = caller.get(f"{url}/demo/data/", token=token, id=7)
    shown = re.search(r'`(\{"code": 200.*\})`', (PROJECT_DIR / "README.md").read_text())
    assert answer.json() == ast.literal_eval(shown[1])


def test_what_the_sender_sends_the_worker_takes_and_its_test_passes(tmp_path):
    files = ("members/points.py", "members/tests.py", "messages/tasks.py")
    settings = CODE["settings.py of both"]
    role = project(
        tmp_path, settings, *files, **{"members/models.py": MODELS, "urls.py": "urlpatterns = []"}
    )
    role.manage("migrate", "--run-syncdb", "--verbosity=0")
    python(role, SEND)
    with Processes(tmp_path) as processes:
        worker = processes.start(
            "worker",
            [sys.executable, "-m", "django", "worker", "--concurrency=1"],
            environment=role.environment(),
        )
        worker.wait_until(lambda: python(role, RESULTS))
        assert python(role, RESULTS) == 'SUCCESS "weizoom: 好友通过分享链接购买商品, +100"\n'
    assert role.manage("test", "members", "--verbosity=0") == ""
