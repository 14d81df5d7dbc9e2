"""Processes that are started together, watched while they start, and ended together.

The one supervisor of the checkout: the demonstration's services run under it, and in tests the
services, brokers and databases.
"""

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

import psutil

from demo.reaper import is_alive, tree

START_SECONDS = 120.0
"""How long a process may take until it is ready."""
STOP_SECONDS = 10.0
"""How long a process has to end by itself before it is killed."""
TAIL_LINES = 30
"""How much of a log is shown when a process fails."""
POLL_SECONDS = 0.05
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessFailed(Exception):
    """A process ended before its time, or did not get ready; the end of its log is in the text."""


@dataclass(frozen=True)
class ManagedProcess:
    """A process with a session and process group of its own.

    Attributes:
        log: what it writes goes there; None if it shares the streams of this process.
        log_begins: where its own part of the log begins, in bytes: others of the name may have
            written before.
        stop_signal: what asks it to end.
    """

    name: str
    popen: subprocess.Popen[bytes]
    log: Path | None
    log_begins: int
    stop_signal: signal.Signals

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def written(self) -> str:
        """Return what it has written to its log."""
        if self.log is None:
            return ""
        return self.log.read_bytes()[self.log_begins :].decode(errors="replace")

    def tail(self, lines: int = TAIL_LINES) -> str:
        """Return the end of its log."""
        return "\n".join(self.written().splitlines()[-lines:])

    def check_running(self) -> None:
        """Raise ProcessFailed if it has ended."""
        if not self.is_running:
            raise self.failure(f"ended with exit code {self.popen.returncode}")

    def wait_until(self, ready: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Ask `ready` until it says so; ProcessFailed if the process ends or time runs out."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check_running()
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready within {seconds:g} s")
            time.sleep(POLL_SECONDS)

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all it has started."""
        for member in tree(self.popen.pid):
            with suppress(psutil.NoSuchProcess):
                member.send_signal(number)

    def failure(self, what: str) -> ProcessFailed:
        """Return what to raise, with the end of the log."""
        return ProcessFailed(f"{self.name} {what}; its log ends:\n{self.tail() or '(empty)'}")


class Processes:
    """A context in which processes run; leaving it, in whatever way, ends them all.

    Should this process be killed outright, another one (`demo.reaper`) ends them in its place.
    """

    def __init__(self, log_folder: Path) -> None:
        self.log_folder = log_folder
        self.running: list[ManagedProcess] = []

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
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path | None = None,
        pass_fds: Sequence[int] = (),
        stop_signal: signal.Signals = signal.SIGTERM,
        is_logged: bool = True,
    ) -> ManagedProcess:
        """Start a process; what it writes goes to `{name}.log` in the log folder.

        One that is not logged shares the streams of this process.
        """
        log = self.log_folder / f"{name}.log" if is_logged else None
        output = log.open("ab") if log else None
        try:
            popen = subprocess.Popen(
                [str(part) for part in command],
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL if output else None,
                stdout=output,
                stderr=output,
                pass_fds=tuple(pass_fds),
                start_new_session=True,
            )
            log_begins = output.tell() if output else 0
        finally:
            if output is not None:
                output.close()
        process = ManagedProcess(name, popen, log, log_begins, stop_signal)
        self.running.append(process)
        self._tell_reaper(f"process {popen.pid} {int(stop_signal)}")
        return process

    def remove_at_the_end(self, folder: Path) -> None:
        """Remove a folder when everything has ended, however this process ends."""
        self._tell_reaper(f"folder {folder}")

    def stop(self, *processes: ManagedProcess, seconds: float = STOP_SECONDS) -> None:
        """End processes in their own way, and kill what is still there after a while.

        Only the first process of each is asked to end: it may want to end what it has started in
        its own way, as a worker does that lets its children finish.
        """
        # Taken down while they can be found: the descendants of the dead belong to somebody else.
        members = [member for process in processes for member in tree(process.popen.pid)]
        for process in processes:
            process.popen.send_signal(process.stop_signal)
            # One that is frozen can't end.
            process.signal(signal.SIGCONT)
        deadline = time.monotonic() + seconds
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.popen.wait(max(0.0, deadline - time.monotonic()))
        self._kill(processes, members)

    def kill(self, process: ManagedProcess) -> None:
        """Kill a process with all that it has started, and wait until they are gone."""
        self._kill([process], tree(process.popen.pid))

    def _kill(self, processes: Sequence[ManagedProcess], members: list[psutil.Process]) -> None:
        for process in processes:
            # Of the group too, in which something may just be starting.
            with suppress(ProcessLookupError):
                os.killpg(process.popen.pid, signal.SIGKILL)
        for member in members:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        for process in processes:
            process.popen.wait()
            if process in self.running:
                self.running.remove(process)
        while any(is_alive(member) for member in members):
            time.sleep(POLL_SECONDS)

    def __exit__(self, *raised: object) -> None:
        # An impatient second Ctrl-C must not leave half of them behind.
        restore = [(number, signal.signal(number, signal.SIG_IGN)) for number in _INTERRUPTS]
        try:
            self.stop(*reversed(self.running))
            if self._reaper.stdin is not None:
                with suppress(BrokenPipeError):
                    self._reaper.stdin.close()
            self._reaper.wait()
        finally:
            for number, handler in restore:
                signal.signal(number, handler)

    def _tell_reaper(self, line: str) -> None:
        if self._reaper.stdin is not None:
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()


def leave_by_exception() -> None:
    """Let SIGTERM and SIGHUP end this process as Ctrl-C does: with every context left."""

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
