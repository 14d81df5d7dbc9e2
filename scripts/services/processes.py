"""Processes that end together with this one, however it ends."""

from __future__ import annotations

import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from .process_tree import kill_group, signal_all, still_running, tree_of

STOP_SECONDS = 5.0
"""How long a process has to end by itself before it is killed."""
POLL_SECONDS = 0.05
_LONGEST_FOLDER = 40
"""The path of a UNIX socket has room for 107 bytes."""
_SCRIPTS = Path(__file__).resolve().parent.parent
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopping(Exception):
    """Nothing is started any more, as everything is about to end."""


class Processes:
    """A context in which processes run, and the folder they work in.

    Leaving it, in whatever way, ends them all and removes the folder. Should this process be
    killed outright, another one (`reaper`) does it.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[int, tuple[subprocess.Popen[bytes], int]] = {}

    def __enter__(self) -> Processes:
        parent = tempfile.gettempdir()
        short = parent if len(parent) <= _LONGEST_FOLDER else "/tmp"  # noqa: S108 - mkdtemp follows
        self.folder = Path(tempfile.mkdtemp(prefix="eaglet-", dir=short))
        # Servers that run under an account of their own have to get through.
        self.folder.chmod(0o711)
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "services.reaper", str(self.folder)],
            cwd=_SCRIPTS,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path | None = None,
        account: pwd.struct_passwd | None = None,
        end_with: int = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own; without a log it shares this one's streams."""
        output = None if log is None else log.open("ab")
        try:
            with self._lock:
                if self.stopping.is_set():
                    raise Stopping
                process = subprocess.Popen(
                    [str(part) for part in command],
                    env=dict(environment),
                    cwd=folder,
                    stdin=None if log is None else subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    user=account and account.pw_uid,
                    group=account and account.pw_gid,
                    extra_groups=account and [],
                )
                self._running[process.pid] = (process, end_with)
                self._tell_reaper(f"+{process.pid} {int(end_with)}")
        finally:
            if output is not None:
                output.close()
        return process

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """Wait until a process has ended by itself; its exit code."""
        while (code := process.poll()) is None:
            self.pause()
        self._forget(process)
        return code

    def pause(self) -> None:
        """Let a moment pass; raises Stopping when all is about to end."""
        if self.stopping.wait(POLL_SECONDS):
            raise Stopping

    def end(self, process: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> None:
        """End a process in its own way, and kill what is left of it after a while."""
        self._end([process], seconds)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process with all that it has started, and wait until they are gone."""
        self._end([process], 0.0)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # An impatient second Ctrl-C must not leave half of them behind.
        restore = [(number, signal.signal(number, signal.SIG_IGN)) for number in _INTERRUPTS]
        try:
            self.stopping.set()
            with self._lock:
                running = [process for process, _ in self._running.values()]
            self._end(running, STOP_SECONDS)
            shutil.rmtree(self.folder, ignore_errors=True)
            if self._reaper.stdin is not None:
                self._reaper.stdin.close()
            self._reaper.wait()
        finally:
            for number, handler in restore:
                signal.signal(number, handler)

    def _end(self, processes: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
        # Taken down while they can be found: the descendants of the dead belong to somebody else.
        alive = [process for process in processes if process.poll() is None]
        members = [member for process in alive for member in tree_of(process.pid)]
        if seconds:
            for process in alive:
                end_with = self._running[process.pid][1]
                if end_with == signal.SIGKILL:
                    kill_group(process.pid)
                else:
                    process.send_signal(end_with)
            signal_all(members, signal.SIGCONT)
            deadline = time.monotonic() + seconds
            while still_running(members) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        for process in alive:
            kill_group(process.pid)
        signal_all(members, signal.SIGKILL)
        while still_running(members):
            time.sleep(POLL_SECONDS)
        for process in processes:
            process.wait()
            self._forget(process)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._running.pop(process.pid, None) is not None:
                self._tell_reaper(f"-{process.pid}")

    def _tell_reaper(self, line: str) -> None:
        if self._reaper.stdin is not None:
            self._reaper.stdin.write(f"{line}\n".encode())
            self._reaper.stdin.flush()
