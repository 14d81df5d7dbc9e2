"""The processes that are killed, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
WORKER = ("-m", "celery", "-A", "eaglet.tasks", "worker", "--concurrency=2", "--without-mingle",
          "--without-gossip", "--loglevel=WARNING")  # fmt: skip
RELAY = ("manage.py", "relay_tasks")


class Supervised:
    """A process that is started anew when it has ended, as any supervisor would."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.ended_by_itself = 0
        self._arguments = arguments
        self._environment = {**os.environ, **environment}
        self._log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._arguments],
                env=self._environment,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def look_after(self) -> None:
        if self._process.poll() is not None:
            self.ended_by_itself += 1
            self.start()

    def kill(self) -> None:
        """Kill it and what it has started, at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_and_start(self) -> None:
        self.kill()
        self.start()

    def end(self, seconds: float = 10) -> int:
        """End it as a supervisor would, and kill what is left; gives its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            self.sweep()

    def sweep(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait()
