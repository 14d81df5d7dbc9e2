"""A service: what all of them have in common."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from .accounts import account_for
from .failures import ServiceFailed
from .ports import LOOPBACK, free_port
from .process_tree import signal_all, tree_of
from .processes import Processes

START_SECONDS = 60.0
ANSWER_SECONDS = 2.0
TAIL_LINES = 30
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Service(ABC):
    """A server with a folder and a port of its own, which outlive its process."""

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    """What Debian calls it."""
    account_name: ClassVar[str | None] = None
    """Whom it runs as if started by root, unless that is root."""
    end_with: ClassVar[int] = signal.SIGKILL
    """What ends it for good. Most keep nothing but files, and those go with their folder."""

    def __init__(self, processes: Processes) -> None:
        self.folder = processes.folder / self.name
        self.log = processes.folder / f"{self.name}.log"
        self.port = free_port()
        self._processes = processes
        self._account = account_for(self.account_name) if self.account_name else None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def is_installed(cls) -> bool:
        """Whether its programs are there."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, with a name and password that may do everything."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what it needs before its first start."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What runs it, in the foreground."""

    @abstractmethod
    def answers(self, connection: socket.socket) -> bool:
        """Whether what listens there speaks the protocol, and would serve."""

    def environment(self) -> Mapping[str, str]:
        """All that it finds in its environment: settings of another instance must not leak in."""
        return {"PATH": SEARCH_PATH, "HOME": str(self.folder), "LANG": "C.UTF-8"}

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            self.kill()
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            if self._account is not None:
                os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
            self.prepare()
        self._process = self.launch(self.command(), end_with=self.end_with)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_answering():
            if self._process.poll() is not None:
                raise self.failed(f"ended with exit code {self._process.returncode}")
            if time.monotonic() > deadline:
                raise self.failed(f"did not answer within {START_SECONDS:g} s")
            self._processes.pause()

    def kill(self) -> None:
        """Kill it as `kill -9` does; what it has stored stays."""
        if self._process is not None:
            self._processes.kill(self._process)
            self._process = None

    def freeze(self) -> None:
        """Stop it from doing anything, its connections left open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(signal.SIGCONT)

    def check(self) -> None:
        """Raise ServiceFailed if it has ended although nobody wanted it to."""
        if self._process is not None and self._process.poll() is not None:
            raise self.failed(f"ended by itself with exit code {self._process.returncode}")

    def launch(
        self, command: Sequence[str | Path], *, end_with: int = signal.SIGKILL
    ) -> subprocess.Popen[bytes]:
        """Start a process of the service."""
        return self._processes.start(
            command,
            environment=self.environment(),
            folder=self.folder,
            log=self.log,
            account=self._account,
            end_with=end_with,
        )

    def run(self, command: Sequence[str | Path]) -> None:
        """Run a program of the service to its end; ServiceFailed if it fails."""
        code = self._processes.wait(self.launch(command))
        if code != 0:
            raise self.failed(f"could not be prepared: {command[0]} ended with exit code {code}")

    def write(self, name: str, text: str) -> Path:
        """Write a file into the folder of the service that only the service may read."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)
        return path

    def failed(self, what: str) -> ServiceFailed:
        """What to raise, with the end of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        tail = "\n".join(text.splitlines()[-TAIL_LINES:])
        return ServiceFailed(f"{self.name} {what}; its log ends:\n{tail or '(empty)'}")

    def _is_answering(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), ANSWER_SECONDS) as connection:
                return self.answers(connection)
        except OSError:
            return False

    def _signal(self, number: int) -> None:
        if self._process is None or self._process.poll() is not None:
            raise self.failed("does not run")
        # What it starts before it is stopped itself would be missed otherwise.
        os.kill(self._process.pid, number)
        signal_all(tree_of(self._process.pid), number)
