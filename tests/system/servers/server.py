"""A server: what all of them have in common."""

import os
import secrets
import signal
import socket
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from demo.processes import ManagedProcess, Processes

from .ports import LOOPBACK, free_port

ANSWER_SECONDS = 2.0
START_SECONDS = 180.0
"""How long a server may take to start: a machine may be busy."""
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MACHINE = Path("/")
_LONGEST_FOLDER = 40
"""The path of a UNIX socket has room for 107 bytes."""


class ServerFailed(Exception):
    """A server can't be had; the text tells why."""


class Server(ABC):
    """A server with a folder and a port of its own, which outlive its process.

    Its programs are this machine's, or those in another root folder, such as debootstrap makes,
    into which `chroot` puts it; only root may do that.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    """What Debian calls it."""
    programs: ClassVar[tuple[str, ...]]
    """What it is started and prepared by: patterns of paths, or names on SEARCH_PATH."""
    account: ClassVar[str | None] = None
    """Whom it runs as if started by root, unless that is root."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGKILL
    """What ends it for good. Most keep nothing but files, and those go with their folder."""

    def __init__(self, processes: Processes, root: Path = MACHINE) -> None:
        self.root = root
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.folder = temporary_folder(self.name, root)
        processes.remove_at_the_end(self.folder)
        self._processes = processes
        self._process: ManagedProcess | None = None
        self._is_prepared = False
        self._owner = _ids(root, self.account) if self.account and os.geteuid() == 0 else None
        self._give(self.folder)

    def __str__(self) -> str:
        return self.name if self.root == MACHINE else f"{self.name} of {self.root}"

    @classmethod
    def is_installed(cls, root: Path = MACHINE) -> bool:
        """Tell whether its programs are there."""
        return all(find(root, program) for program in cls.programs)

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, with a name and password that may do everything."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what it needs before its first start."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return what runs it, in the foreground."""

    @abstractmethod
    def answers(self, connection: socket.socket) -> bool:
        """Tell whether what listens there speaks the protocol, and would serve."""

    def environment(self) -> Mapping[str, str]:
        """Return all of its environment: settings of another instance must not leak in."""
        return {"PATH": SEARCH_PATH, "HOME": self.path(), "LANG": "C.UTF-8"}

    def launch(self) -> None:
        """Start its process, if it does not run, or let it go on after `freeze`."""
        if self._process is not None:
            if self._process.is_running:
                self._signal(signal.SIGCONT)
                return
            self.kill()
        if not self._is_prepared:
            self.prepare()
            self._is_prepared = True
        self._process = self.spawn(self.command(), self.stop_signal)

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers. Raises ProcessFailed."""
        self.launch()
        if self._process is not None:
            self._process.wait_until(self._is_answering, START_SECONDS)

    def kill(self) -> None:
        """Kill it as `kill -9` does; what it has stored stays."""
        if self._process is not None:
            self._processes.kill(self._process)
            self._process = None

    def freeze(self) -> None:
        """Stop it from doing anything, its connections left open."""
        self._signal(signal.SIGSTOP)

    def check(self) -> None:
        """Raise ProcessFailed if it has ended although nobody wanted it to."""
        if self._process is not None:
            self._process.check_running()

    def spawn(
        self, command: Sequence[str], stop_signal: signal.Signals = signal.SIGKILL
    ) -> ManagedProcess:
        """Start a process of it, where its programs are and under its account."""
        if self._owner is not None or self.root != MACHINE:
            uid, gid = self._owner or (0, 0)
            command = ["chroot", f"--userspec={uid}:{gid}", "--groups=", str(self.root), *command]
        return self._processes.start(
            self.name, command, environment=self.environment(), stop_signal=stop_signal
        )

    def run(self, command: Sequence[str]) -> None:
        """Run a program of it to its end. Raises ProcessFailed if that fails."""
        process = self.spawn(command)
        if process.popen.wait() != 0:
            raise process.failure(f"could not be prepared: {command[0]} failed")

    def program(self, pattern: str) -> str:
        """Return the path of a program, as the server sees it."""
        return find(self.root, pattern) or pattern

    def path(self, *parts: str) -> str:
        """Return a path in its folder, as the server sees it."""
        return str(MACHINE / self.folder.joinpath(*parts).relative_to(self.root))

    def write(self, name: str, text: str) -> str:
        """Write a file into its folder that only the server may read; its path, as it sees it."""
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        self._give(file)
        return self.path(name)

    def _give(self, path: Path) -> None:
        if self._owner is not None:
            os.chown(path, *self._owner)

    def _is_answering(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), ANSWER_SECONDS) as connection:
                return self.answers(connection)
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self._process.is_running:
            raise ServerFailed(f"{self.name} does not run")
        # Itself first: what it starts before it is stopped would be missed otherwise.
        self._process.popen.send_signal(number)
        self._process.signal(number)


def temporary_folder(name: str, root: Path = MACHINE) -> Path:
    """Make a folder for this account only, with a path short enough for a socket in it."""
    parent = Path(tempfile.gettempdir())
    if root != MACHINE or len(str(parent)) > _LONGEST_FOLDER:
        parent = root / "tmp"
    return Path(tempfile.mkdtemp(prefix=f"eaglet-{name}-", dir=parent))


def find(root: Path, program: str) -> str | None:
    """Return the path of a program below a root folder, as seen from there: the newest version.

    Patterns are of paths, such as `/usr/lib/postgresql/*/bin/initdb`; what is not there, and what
    is only named, is looked for on SEARCH_PATH.
    """
    found = root.glob(program[1:]) if program.startswith("/") else ()
    if newest := max(found, key=lambda path: (len(path.parts[-3]), path.parts[-3]), default=None):
        return str(MACHINE / newest.relative_to(root))
    places = [f"{folder}/{Path(program).name}" for folder in SEARCH_PATH.split(":")]
    # A link may lead to where only the root folder has something.
    return next((place for place in places if os.path.lexists(f"{root}/{place}")), None)


def _ids(root: Path, account: str) -> tuple[int, int]:
    """Return the ids of an account of a root folder and of its group; those of nobody without."""
    entries = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
    ids = {name: (int(uid), int(gid)) for name, _, uid, gid, *_ in entries}
    return ids.get(account) or ids["nobody"]
