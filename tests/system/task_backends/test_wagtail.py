"""Tasks of an app that knows nothing of eaglet: Wagtail's."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

HERE = "tests.system.task_backends.wagtail_project"


@pytest.mark.slow
def test_the_tasks_of_wagtail_are_run(tmp_path):
    if not importlib.util.find_spec("wagtail"):
        pytest.skip("needs Wagtail: pip install 'wagtail>=7'")
    ended = subprocess.run(
        [sys.executable, "-m", HERE],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": f"{HERE}.settings",
            "WAGTAIL_PROJECT_FOLDER": str(tmp_path),
            "PYTHONWARNINGS": "",
        },
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=500,
    )
    assert ended.returncode == 0
    told = json.loads(ended.stdout.splitlines()[-1])
    assert {status for _, status in told["tasks"]} == {"SUCCESSFUL"}
    assert {
        "wagtail.tasks.update_reference_index_task",
        "wagtail.tasks.delete_file_from_storage_task",
    } <= {path for path, _ in told["tasks"]}
    assert not told["is_there"]
