"""Services that geser writes, and their commands and processes."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

from demo.processes import ManagedProcess, Processes
from demo.roles import is_healthy
from eaglet.geser.cli import main
from tests.system.servers.ports import LOOPBACK, free_port

BIN = Path(sys.executable).parent
_OURS = re.compile(
    r"EAGLET_|CELERY_|APP_KEY$|APP_SECRET$|ENABLE_API_AUTH$|SECRET_KEY$|DJANGO_|PYTHONPATH$"
    r"|DATABASE_URL$|REDIS_URL$|DEBUG$|COV_|PYTEST_|PYTHONWARNINGS$"
)


def outer_environment() -> dict[str, str]:
    """The environment without what is of eaglet, of Django or of these tests."""
    kept = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}", "PYTHONUNBUFFERED": "1"}


def run(*command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**outer_environment(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def geser(*arguments: str, cwd: Path) -> None:
    """Run the command line of `geser`, which must not fail, without a process of its own."""
    with chdir(cwd):
        assert main(arguments) == 0


@dataclass(frozen=True)
class Generated:
    """A service in its folder, and what its environment says."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, name: str, parent: Path, *options: str, **variables: str) -> Generated:
        """Have geser write one; its queues are in a folder that those of one parent share."""
        geser("new", name, *options, cwd=parent)
        return cls(parent / name, {"EAGLET_QUEUE_DIR": str(parent / "queue"), **variables})

    def with_variables(self, **variables: str) -> Generated:
        """The same with more in its environment."""
        return Generated(self.folder, {**self.variables, **variables})

    def run(self, *command: str) -> str:
        """Run a command in it that must not fail; its output."""
        done = run(*command, cwd=self.folder, **self.variables)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run a management command that must not fail; its output."""
        return self.run(sys.executable, "manage.py", *arguments)

    def create_app(self, name: str, *grants: str) -> dict[str, str]:
        """Register a caller, whose APP_KEY and APP_SECRET these are."""
        printed = self.manage("create_app", name, *(grants or ("--everything",)))
        return dict(re.findall(r'^(APP_KEY|APP_SECRET) = "(.+)"$', printed, re.MULTILINE))

    def serve(self, processes: Processes, *own: str) -> str:
        """Start its server on a free port, as its Dockerfile does; the URL.

        `own` are the variables that hold it.
        """
        port = free_port()
        url = f"http://{LOOPBACK}:{port}"
        gunicorn = "exec gunicorn" in (self.folder / "serve").read_text()
        where = ["--bind", f"{LOOPBACK}:{port}"] if gunicorn else ["--port", str(port)]
        service = self.with_variables(**dict.fromkeys(own, url))
        process = service._start(processes, "server", ["./serve", *where])
        process.wait_until(lambda: is_healthy(url))
        return url

    def work(self, processes: Processes) -> ManagedProcess:
        """Start its worker, and wait until it takes tasks."""
        node = f"{self.folder.name}-{secrets.token_hex(4)}@%h"
        command = ["celery", "-A", "eaglet.tasks", "worker", "--loglevel", "INFO"]
        process = self._start(
            processes, "worker", [*command, "--hostname", node, "--concurrency", "1"]
        )
        process.wait_until(lambda: " ready." in process.written())
        return process

    def _start(self, processes: Processes, name: str, command: list[str]) -> ManagedProcess:
        environment = {
            **outer_environment(),
            "DJANGO_SETTINGS_MODULE": "settings",
            **self.variables,
        }
        in_folder = ["env", "--chdir", str(self.folder), *command]
        return processes.start(f"{self.folder.name}-{name}", in_folder, environment=environment)
