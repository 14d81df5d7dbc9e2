"""Publishers, consumers and Celery workers as processes of their own, over one queue folder."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
APP = "tests.tasks.embedded.worker_app"


class Processes:
    """All that a test starts; each is the leader of a session, and is killed with all of it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.record = self.folder / "record"
        self.record.touch()
        self._started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._started:
            kill_group(process)

    def start(self, *args):
        environment = {
            **{name: value for name, value in os.environ.items() if "SETTINGS" not in name},
            "PYTHONPATH": str(ROOT),
            "EAGLET_TEST_QUEUE_FOLDER": str(self.folder / "queue"),
            "EAGLET_TEST_RECORD": str(self.record),
        }
        log = self.folder / f"log-{len(self._started)}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *args],
                cwd=ROOT, env=environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        process.log = log
        self._started.append(process)
        return process

    def publisher(self, first, end):
        return self.start(f"{__package__}.program", "publish", str(first), str(end))

    def consumer(self):
        return self.start(f"{__package__}.program", "consume")

    def worker(self, *options, concurrency=2, name="w1", wait=True):
        named = f"--concurrency={concurrency}", f"--hostname={name}@test", "--loglevel=INFO"
        process = self.start("celery", f"--app={APP}", "worker", *named, *options)
        if wait:
            until(lambda: b" ready." in process.log.read_bytes(), process)
        return process

    def recorded(self):
        """What was written to the record, line by line."""
        return self.record.read_text().split()


def kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def children(process):
    """The ids of the processes that a process has started."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def until(is_so, *processes, seconds=120):
    """Wait until it is so; fail when it does not get so, or one of the processes ends."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        for process in processes:
            assert process.poll() is None, process.log.read_text()
        logs = "".join(process.log.read_text() for process in processes)
        assert time.monotonic() < give_up_at, f"it did not get so: {logs}"
        time.sleep(0.02)
