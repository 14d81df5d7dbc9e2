import subprocess
import sys

import django
import pytest
from django.core.checks import run_checks

from eaglet.tasks import sends, task
from eaglet.tasks.django_tasks import api
from eaglet.tasks.sending import send as sending


def found():
    return {message.id for message in run_checks() if message.id.startswith("eaglet_tasks.")}


def test_a_sound_project_gives_nothing():
    assert found() == set()


def test_a_misspelt_queue_is_found(no_tasks, monkeypatch):
    monkeypatch.setattr(sending, "_declared", {})

    @task("services.points.tasks.changed")
    def changed(args):
        """Nothing."""

    sends("services.mail.tasks.changed", ["a"])
    sends("services.points.tasks.changed", ["a"])
    assert found() == set()
    sends("services.points.task.changed", ["a"])
    assert found() == {"eaglet_tasks.W003"}


@pytest.mark.parametrize(
    ("name", "value", "check_id"),
    [
        ("CELERY_ACCEPT_CONTENT", ["json", "pickle"], "E001"),
        ("CELERY_TASK_SERIALIZER", "yaml", "E001"),
        ("CELERY_BROKER_URL", "eaglet://", "W001"),
        ("EAGLET_INBOX_RETENTION_SECONDS", 3600, "W002"),
    ],
)
def test_a_fault_is_found(settings, name, value, check_id):
    setattr(settings, name, value)
    assert found() == {f"eaglet_tasks.{check_id}"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CELERY_ACCEPT_CONTENT", ["application/json"]),
        ("CELERY_BROKER_URL", "redis://127.0.0.1/0"),
    ],
)
def test_what_is_sound_is_not_found(settings, name, value):
    setattr(settings, name, value)
    assert found() == set()


def test_with_debug_the_embedded_broker_is_no_matter(settings):
    settings.CELERY_BROKER_URL = "eaglet://"
    settings.DEBUG = True
    assert found() == set()


def test_a_module_of_tasks_that_can_not_be_imported_is_named(settings, monkeypatch, tmp_path):
    text = f"from {api.task.__module__} import task\n@task(queue_name='nowhere')\ndef lost(): ..."
    (tmp_path / "misdirected.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    settings.EAGLET_TASK_MODULES = ["misdirected"]
    (message,) = [one for one in run_checks() if one.id == "eaglet_tasks.W005"]
    assert "'nowhere'" in message.msg


@pytest.mark.skipif(django.VERSION >= (6,), reason="Django has tasks of its own")
def test_tasks_that_this_django_does_not_have_are_named():
    program = """
import sys, django
from django.conf import settings
from django.core.management import call_command
sys.modules["django_tasks"] = None
settings.configure(
    INSTALLED_APPS=["eaglet.tasks"], SECRET_KEY="x", DEBUG=True, TASKS={"default": {"BACKEND": "x"}}
)
django.setup()
call_command("check")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert "eaglet_tasks.E005" in done.stderr
    assert "Install the package django-tasks" in done.stderr


def test_an_inbox_that_forgets_before_the_broker_redelivers_is_found(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3 * 24 * 3600}
    settings.EAGLET_INBOX_RETENTION_SECONDS = 5 * 24 * 3600
    assert found() == {"eaglet_tasks.W002"}
    settings.EAGLET_INBOX_RETENTION_SECONDS = None
    assert found() == set()
