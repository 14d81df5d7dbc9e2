"""The processes that are killed, and started again."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.processes import Processes

CHECKOUT = Path(__file__).resolve().parents[3]
WORKER = ("-m", "celery", "-A", "eaglet.tasks", "worker", "--concurrency=2", "--without-mingle",
          "--without-gossip", "--loglevel=WARNING")  # fmt: skip
RELAY = ("manage.py", "relay_tasks")
SENDER = ("-m", "tests.system.chaos.sender")


class Supervised:
    """A process that is started anew when it has ended, as any supervisor would."""

    def __init__(
        self,
        processes: Processes,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self.ended_by_itself = 0
        self._processes = processes
        self._name = name
        self._command = [sys.executable, *arguments]
        self._environment = {**os.environ, **environment}
        self.start()

    def start(self) -> None:
        self._process = self._processes.start(
            self._name, self._command, environment=self._environment, folder=CHECKOUT
        )

    @property
    def exit_code(self) -> int | None:
        return self._process.popen.poll()

    def look_after(self) -> None:
        if not self._process.is_running:
            self.ended_by_itself += 1
            self.kill_and_start()

    def kill(self) -> None:
        self._processes.kill(self._process)

    def kill_and_start(self) -> None:
        self.kill()
        self.start()

    def end(self) -> int:
        """End it as a supervisor would, and kill what is left; gives its exit code."""
        self._processes.stop(self._process)
        return self._process.popen.returncode
