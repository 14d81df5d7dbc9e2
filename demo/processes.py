"""Processes that are started together, watched while they start, and ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

START_SECONDS = 60.0
"""How long a process may take until it is ready."""
STOP_SECONDS = 10.0
"""How long a process has to end by itself before it is killed."""
TAIL_LINES = 30
"""How much of a log is shown when a process fails."""
_POLL_SECONDS = 0.05


class ProcessFailed(Exception):
    """A process ended before its time, or did not get ready; the end of its log is in the text."""


@dataclass(frozen=True)
class ManagedProcess:
    """A process with a session and process group of its own, and a log.

    `log_begins` is where its own part of the log begins: others of the name may have written.
    """

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    log_begins: int = 0

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def written(self) -> str:
        """What it has written to its log."""
        return self.log.read_bytes()[self.log_begins :].decode(errors="replace")

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The end of its log."""
        return "\n".join(self.written().splitlines()[-lines:])

    def check_running(self) -> None:
        """Raise ProcessFailed if it has ended."""
        if not self.is_running:
            raise self._failed(f"ended with exit code {self.popen.returncode}")

    def wait_until(self, ready: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Ask `ready` until it says so; ProcessFailed if the process ends or time runs out."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check_running()
            if time.monotonic() > deadline:
                raise self._failed(f"was not ready within {seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all it has started."""
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            return

    def _failed(self, what: str) -> ProcessFailed:
        return ProcessFailed(f"{self.name} {what}; its log ends:\n{self.tail() or '(empty)'}")


class Processes:
    """A context in which processes run; leaving it, in whatever way, ends them all.

    Should this process be killed outright, another one (`reaper`) ends them in its place.
    """

    def __init__(self, log_folder: Path) -> None:
        self.log_folder = log_folder
        self.running: list[ManagedProcess] = []
        self._reaper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Processes:
        self.log_folder.mkdir(parents=True, exist_ok=True)
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).with_name("reaper.py"))],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        pass_fds: Sequence[int] = (),
    ) -> ManagedProcess:
        """Start a process; what it writes goes to `{name}.log` in the log folder."""
        log = self.log_folder / f"{name}.log"
        with log.open("ab") as output:
            log_begins = output.tell()
            popen = subprocess.Popen(
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=tuple(pass_fds),
                start_new_session=True,
            )
        process = ManagedProcess(name, popen, log, log_begins)
        self.running.append(process)
        self._tell_reaper(f"+{popen.pid}")
        return process

    def stop(self, *processes: ManagedProcess, seconds: float = STOP_SECONDS) -> None:
        """End processes: SIGTERM, and SIGKILL for what is still there after a while.

        SIGTERM is for the first process of a group alone: it may want to end what it has started
        in its own way, as a worker does that lets its children finish.
        """
        for process in processes:
            process.popen.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.popen.wait(max(0.0, deadline - time.monotonic()))
            # Of the group too, whose first process may be gone already.
            self.kill(process)

    def kill(self, process: ManagedProcess) -> None:
        """Kill a process and all it has started."""
        process.signal(signal.SIGKILL)
        process.popen.wait()
        if process in self.running:
            self._tell_reaper(f"-{process.popen.pid}")
            self.running.remove(process)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # An impatient second Ctrl-C must not leave half of them behind.
        restore = [(number, signal.signal(number, signal.SIG_IGN)) for number in _INTERRUPTS]
        try:
            self.stop(*reversed(self.running))
            if self._reaper is not None and self._reaper.stdin is not None:
                self._reaper.stdin.close()
                self._reaper.wait()
        finally:
            for number, handler in restore:
                signal.signal(number, handler)

    def _tell_reaper(self, line: str) -> None:
        if self._reaper is not None and self._reaper.stdin is not None:
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def leave_by_exception() -> None:
    """Let SIGTERM and SIGHUP end this process as Ctrl-C does: with every context left."""

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
