"""What the README shows of tasks works as it stands: one project that sends, and takes."""

import subprocess
import sys

import pytest

from demo.processes import Processes
from demo.roles import PROJECT_DIR, Role
from tests.system.docs.blocks import python_files

pytestmark = pytest.mark.slow

SETTINGS = """
SECRET_KEY = "of the project in the README"
USE_TZ = True
INSTALLED_APPS = ["members", "messages"]
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


@pytest.fixture
def project(tmp_path):
    """The project in a folder of its own, without a Celery app."""
    code = python_files("README.md")
    for app in ("members", "messages"):
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").touch()
    (tmp_path / "members" / "models.py").write_text(MODELS)
    for name in ("members/points.py", "members/tests.py", "messages/tasks.py"):
        (tmp_path / name).write_text(code[name])
    settings = SETTINGS % {"folder": tmp_path} + code["settings.py of both"]
    (tmp_path / "settings.py").write_text(settings)
    role = Role(
        "readme",
        tmp_path,
        {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": f"{tmp_path}:{PROJECT_DIR}"},
    )
    role.manage("migrate", "--run-syncdb", "--verbosity=0")
    return role


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


def test_what_the_sender_sends_the_worker_takes(project):
    python(project, SEND)
    with Processes(project.run_dir) as processes:
        worker = processes.start(
            "worker",
            [sys.executable, "-m", "celery", "-A", "eaglet.tasks", "worker", "--concurrency=1"],
            environment=project.environment(),
        )
        worker.wait_until(lambda: python(project, RESULTS))
        assert python(project, RESULTS) == ('SUCCESS "weizoom: 好友通过分享链接购买商品, +100"\n')


def test_its_test_passes(project):
    assert project.manage("test", "members", "--verbosity=0") == ""
