"""`manage.py dev`: server, worker and relay in one terminal."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.color import supports_color
from django.utils import autoreload, termcolors

from eaglet.autoreload import project_modules

_END_SECONDS: Final = 10
"""How long one has to end by itself before it is killed."""
_LOOK_SECONDS: Final = 0.5
_COLOURS: Final = {"server": "green", "worker": "cyan", "relay": "magenta"}
_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Processes = dict[str, subprocess.Popen[str]]


class Command(BaseCommand):
    """Start them together, and again when a module changes or appears; end them together."""

    help = (
        "Run the server, a worker and the relay in one terminal, for development: started again "
        "when a file changes or appears, ended together by Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("addrport", nargs="?", default="8000", help="as runserver takes it")
        parser.add_argument("--concurrency", default="2", help="of the worker; 2 if not given")

    def handle(self, *args: Any, addrport: str, concurrency: str, **options: Any) -> None:
        """Run until Ctrl-C. Raises CommandError for one that ends before anything was changed."""
        parts = {
            "server": ["runserver", addrport, "--noreload"],
            "worker": ["worker", "--loglevel", "INFO", "--concurrency", concurrency],
            "relay": ["relay_tasks"],
        }
        for number in _INTERRUPTS:
            signal.signal(number, signal.default_int_handler)
        failed = ""
        # With KeyboardInterrupt, also where a process that is to end is waited for.
        with suppress(KeyboardInterrupt):
            for changes in range(sys.maxsize):
                known = project_modules()
                with self._running(parts) as processes:
                    while known == project_modules() and not (failed := _ended(processes)):
                        time.sleep(_LOOK_SECONDS)
                if failed and not changes:
                    raise CommandError(f"{failed}; the others were ended too")
                if failed:
                    self._write(f"{failed}; the others were ended too, until a file changes")
                while failed and known == project_modules():
                    time.sleep(_LOOK_SECONDS)
                self._write("a file has changed: starting again")

    @contextmanager
    def _running(self, parts: dict[str, list[str]]) -> Iterator[Processes]:
        # `manage.py`, however that was started.
        manage = autoreload.get_child_arguments()[: 1 - len(sys.argv)]
        processes: Processes = {}
        writers = []
        try:
            for name, command in parts.items():
                # In this process's group: a terminal that is closed leaves none behind.
                processes[name] = process = subprocess.Popen(  # noqa: S603
                    [*manage, *command],
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
                writers.append(threading.Thread(target=self._copy, args=(name, process)))
                writers[-1].start()
            yield processes
        finally:
            _end(processes)
            for writer in writers:
                writer.join()

    def _copy(self, name: str, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._write(line.rstrip("\n"), name)

    def _write(self, line: str, name: str = "dev") -> None:
        prefix = f"{name:6} |"
        if supports_color() and name in _COLOURS:
            prefix = termcolors.colorize(prefix, fg=_COLOURS[name])
        self.stdout.write(f"{prefix} {line}\n", ending="")
        self.stdout.flush()


def _ended(processes: Processes) -> str:
    """Say which has ended by itself, if one has."""
    for name, process in processes.items():
        if process.poll() is not None:
            return f"{name} ended with exit code {process.returncode}"
    return ""


def _end(processes: Processes) -> None:
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in _INTERRUPTS]
    for process in processes.values():
        process.terminate()
    ends_at = time.monotonic() + _END_SECONDS
    for process in processes.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, ends_at - time.monotonic()))
        process.kill()
        process.wait()
    for number, handler in before:
        signal.signal(number, handler)
