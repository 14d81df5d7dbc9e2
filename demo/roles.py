"""The roles of the test project: their settings, management commands and processes."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from demo.processes import ManagedProcess, Processes

PROJECT_DIR = Path(__file__).resolve().parent.parent
ITSELF = "itself"
"""An EAGLET_ISSUER that is the role's own URL, which is known once it has a port."""
CONCURRENCY = 2
"""How many processes a worker runs tasks in."""
_OURS = re.compile(
    r"EAGLET_|CELERY_|APP_KEY$|APP_SECRET$|ENABLE_API_AUTH$|SECRET_KEY$|DJANGO_|PYTHONPATH$"
)


class CommandFailed(Exception):
    """A management command failed; what it wrote is in the text."""


@dataclass(frozen=True)
class Credentials:
    """What an app asks for access tokens with."""

    app_key: str
    app_secret: str = field(repr=False)


@dataclass(frozen=True)
class Role:
    """One of the project's services, in a run folder of its own.

    Attributes:
        name: the module of its settings, in `testproject.settings`.
        run_dir: where its database is.
        variables: settings of its own, as environment variables.
        port: its server's, if that is free, else one near it; 0: any that is free.
    """

    name: str
    run_dir: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int = 0

    def environment(self) -> dict[str, str]:
        """The environment of its processes; nothing of eaglet's leaks in from outside."""
        inherited = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        return {
            **inherited,
            "DJANGO_SETTINGS_MODULE": f"testproject.settings.{self.name}",
            "EAGLET_RUN_DIR": str(self.run_dir),
            "PYTHONPATH": str(PROJECT_DIR),
            "PYTHONUNBUFFERED": "1",
            **self.variables,
        }

    def manage(self, *arguments: str, **variables: str) -> str:
        """Run a management command; its output. Raises CommandFailed."""
        finished = subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            env={**self.environment(), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode != 0:
            raise CommandFailed(
                f"{self.name}: manage.py {arguments[0]} ended with exit code "
                f"{finished.returncode}:\n{finished.stderr or finished.stdout}"
            )
        return finished.stdout

    def migrate(self) -> None:
        """Make its tables, or bring them up to date."""
        self.manage("migrate", "--no-input", "--verbosity=0")

    def create_app(self, name: str, *grants: str) -> Credentials:
        """Register an app that may call it: everything, unless the options say what."""
        printed = self.manage("create_app", name, *(grants or ("--everything",)))
        key, secret = (
            re.search(rf'^{word} = "(.+)"$', printed, re.MULTILINE)
            for word in ("APP_KEY", "APP_SECRET")
        )
        if key is None or secret is None:
            raise CommandFailed(f"{self.name}: create_app printed no APP_KEY and APP_SECRET")
        return Credentials(key[1], secret[1])

    def tokens_issued(self, app: str) -> int:
        """How many access tokens it has issued to an app, by its own database."""
        return _number("issued", self.manage("app_tokens", app))

    def revoke_tokens(self, app: str) -> int:
        """Revoke every access token of an app; how many those were."""
        return _number("revoked", self.manage("app_tokens", app, "--revoke"))

    def serve(self, processes: Processes, name: str | None = None) -> Server:
        """Start its server on a port of this machine, and wait until it answers."""
        with _listener(self.port) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            environment = self.environment()
            if environment.get("EAGLET_ISSUER") == ITSELF:
                environment["EAGLET_ISSUER"] = url
            command = [sys.executable, "-m", "testproject.server", "--fd", str(listener.fileno())]
            process = processes.start(
                name or self.name,
                command,
                environment=environment,
                pass_fds=[listener.fileno()],
            )
        process.wait_until(lambda: is_healthy(url))
        return Server(url, process)

    def work(self, processes: Processes) -> ManagedProcess:
        """Start a worker, and wait until it takes the tasks that are sent to the role."""
        # Two workers of one name would take each other's commands, over a broker they share.
        node = f"{self.name}-{secrets.token_hex(4)}@%h"
        command = ["celery", "-A", "testproject", "worker", "--loglevel=INFO"]
        options = ["--hostname", node, f"--concurrency={CONCURRENCY}"]
        process = processes.start(
            f"{self.name}-worker",
            [sys.executable, "-m", *command, *options],
            environment=self.environment(),
        )
        process.wait_until(lambda: " ready." in process.written())
        return process

    def relay(self, processes: Processes) -> ManagedProcess:
        """Start the relay of its outbox."""
        process = processes.start(
            f"{self.name}-relay",
            [sys.executable, "-m", "django", "relay_tasks"],
            environment=self.environment(),
        )
        process.wait_until(lambda: "Relaying" in process.written())
        return process


@dataclass(frozen=True)
class Server:
    """A role that answers at an address."""

    url: str
    process: ManagedProcess


def hermes_role(run_dir: Path, service_url: str, credentials: Credentials, port: int = 0) -> Role:
    """Hermes, with what it needs to call the service at an address."""
    return Role(
        "hermes",
        run_dir,
        {
            "ENABLE_API_AUTH": "true",
            "APP_KEY": credentials.app_key,
            "APP_SECRET": credentials.app_secret,
            "EAGLET_SERVICES": json.dumps({"demo": {"HOST": service_url}}),
        },
        port,
    )


def is_healthy(url: str) -> bool:
    """Whether a service answers at its health endpoint."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{url}/healthz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _listener(port: int) -> socket.socket:
    """Return a listening socket: on that port, or 10 or 20 … further; 0 is any that is free."""
    for candidate in range(port, 65536, 10):
        try:
            return socket.create_server(("127.0.0.1", candidate), backlog=128)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise CommandFailed(f"no port is free from {port} on")


def _number(word: str, printed: str) -> int:
    found = re.search(rf"^{word}: (\d+)$", printed, re.MULTILINE)
    if found is None:
        raise CommandFailed(f"app_tokens printed no number after {word!r}: {printed!r}")
    return int(found[1])
