import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.services, pytest.mark.slow]


def test_the_live_suite_passes(mongo_url):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--ds", "tests.mongo.settings", "tests/mongo/live_suite.py"]
    finished = subprocess.run(
        command,
        env={**os.environ, "EAGLET_TEST_MONGO_URL": mongo_url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    sys.stdout.write(finished.stdout)
