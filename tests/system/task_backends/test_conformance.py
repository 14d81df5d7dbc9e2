"""The cases over the public API of Django's tasks, tried with eaglet's backend and its worker."""

import sys
from dataclasses import replace

import pytest

from scripts.compare_task_backends import BACKENDS, tried


@pytest.mark.slow
def test_every_case_passes_with_the_embedded_broker(tmp_path):
    eaglet = BACKENDS["eaglet"]
    eaglet = replace(eaglet, settings={**eaglet.settings, "CELERY_BROKER_URL": None}, seconds=30)
    outcome = tried(sys.executable, eaglet, tmp_path)
    cases = {(group, name): told for group in outcome for name, told in outcome[group].items()}
    assert len(cases) >= 80
    assert {case: told for case, told in cases.items() if told != "passed"} == {}


@pytest.mark.slow
def test_a_backend_that_runs_at_once_fails_those_of_transactions(tmp_path):
    try:
        import django.tasks  # noqa: F401, PLC0415 - Django 6
    except ImportError:
        package = "django_tasks"
    else:
        package = "django.tasks"
    immediate = replace(
        BACKENDS["Immediate (Django)"], path=f"{package}.backends.immediate.ImmediateBackend"
    )
    outcome = tried(sys.executable, immediate, tmp_path)
    assert set(outcome["arguments"].values()) == {"passed"}
    assert outcome["transactions"]["what is rolled back is not run"].startswith("failed")
    assert set(outcome["results"].values()) == {"unsupported"}
