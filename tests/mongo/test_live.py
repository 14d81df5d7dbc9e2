import os
import subprocess
import sys

import pytest

from tests.mongo import stand_in

pytestmark = [pytest.mark.services, pytest.mark.slow]


def test_the_live_suite_passes():
    """Against EAGLET_TEST_MONGO_URL; else against the stand-in, which is not MongoDB."""
    environment = {**os.environ}
    process = None
    if not environment.get("EAGLET_TEST_MONGO_URL"):
        stand_in.require()
        process, port = stand_in.start()
        environment["EAGLET_TEST_MONGO_URL"] = f"mongodb://127.0.0.1:{port}"
        environment["EAGLET_TEST_MONGO_STAND_IN"] = "1"
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["--ds", "tests.mongo.settings", "tests/mongo/live_suite.py"]
        finished = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    finally:
        if process is not None:
            stand_in.stop(process)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    sys.stdout.write(finished.stdout)
