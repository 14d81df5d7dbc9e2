"""What a test starts: each is a program of Python's, and is killed with all of it at the end."""

import os
import sys
import time
from pathlib import Path

from demo.processes import Processes

ROOT = Path(__file__).resolve().parents[2]


class Started(Processes):
    """Processes over one folder, with variables of the environment in place of any settings."""

    def __init__(self, folder, **environment):
        super().__init__(folder)
        outer = {name: value for name, value in os.environ.items() if "SETTINGS" not in name}
        self._environment = {**outer, **environment, "PYTHONPATH": str(ROOT)}
        self._count = 0

    def __exit__(self, *error):
        for process in list(self.running):
            self.kill(process)
        super().__exit__(*error)

    def program(self, *args, **environment):
        self._count += 1
        command, environment = [sys.executable, "-m", *args], {**self._environment, **environment}
        return self.start(f"{self._count:03}", command, environment=environment, folder=ROOT)

    def celery_worker(self, app, *options, wait=True, **environment):
        args = "celery", f"--app={app}", "worker", "--loglevel=INFO", *options
        process = self.program(*args, **environment)
        if wait:
            until(lambda: " ready." in process.written(), process)
        return process


def until(is_so, *processes, seconds=120):
    """Wait until it is so; fail when it does not get so, or one of the processes ends."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        for process in processes:
            process.check_running()
        logs = "".join(process.written() for process in processes)
        assert time.monotonic() < give_up_at, f"it did not get so: {logs}"
        time.sleep(0.02)
