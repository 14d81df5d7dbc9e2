"""Run what needs RabbitMQ, Redis, PostgreSQL and MariaDB, with servers made for the purpose.

    python -m tests.system.servers                            the tests that need them
    python -m tests.system.servers -- COMMAND …               something else, with all of them
    python -m tests.system.servers --only redis -- COMMAND …  with some of them
    python -m tests.system.servers --root FOLDER …            those in another root folder, if there
    python -m tests.system.servers --tests readiness          some of the tests

The servers listen on free ports of the loopback interface, keep their data in temporary folders,
and end when this does. Root gets them installed, without having them started.
`EAGLET_TEST_RABBITMQ_URL`, `…_REDIS_URL`, `…_POSTGRESQL_URL` and `…_MARIADB_URL` tell where they
are.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from demo.processes import Processes, ProcessFailed, leave_by_exception

from .control import CONTROL, controlled
from .debian import CHROMIUM, provide
from .mariadb import MariaDB
from .postgresql import PostgreSQL
from .rabbitmq import RabbitMQ
from .redis import Redis
from .server import MACHINE, Server, ServerFailed, temporary_folder

SERVERS: dict[str, type[Server]] = {
    server.name: server for server in (RabbitMQ, Redis, PostgreSQL, MariaDB)
}
CHECKOUT = Path(__file__).resolve().parents[3]
DATABASES = (PostgreSQL.name, MariaDB.name)
PHASES = ("servers", "readiness", *DATABASES)
NOT_STARTED = 127
INTERRUPTED_SECONDS = 15.0
"""How long an interrupted command may take to clean up after itself."""


@dataclass(frozen=True)
class Phase:
    """A command, and what it finds in its environment besides."""

    title: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = CHECKOUT


def main() -> int:
    """Run the commands; 0 if all of them end so."""
    leave_by_exception()
    options = _options()
    kinds = [SERVERS[name] for name in dict.fromkeys(options.only or SERVERS)]
    try:
        roots = {
            kind: options.root if kind.is_installed(options.root) else MACHINE for kind in kinds
        }
        # A command with servers of its own choice has no use for the browser.
        tools = [] if options.command else [CHROMIUM]
        provide([*(kind for kind in kinds if roots[kind] == MACHINE), *tools])
        return _run(roots, options.command, options.tests)
    except (ProcessFailed, ServerFailed) as error:
        print(f"servers: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.servers")
    parser.add_argument(
        "--only",
        metavar="SERVER,…",
        type=lambda text: text.split(","),
        help=f"some of {', '.join(SERVERS)}; needs a COMMAND",
    )
    parser.add_argument(
        "--tests",
        metavar="PHASE,…",
        type=lambda text: text.split(","),
        default=["servers", *DATABASES],
        help=f"without a COMMAND: some of {', '.join(PHASES)}; by default all but readiness",
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="FOLDER",
        default=os.environ.get("EAGLET_TEST_SERVERS_ROOT") or MACHINE,
        help="start those that another root folder has from there, by chroot",
    )
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --")
    options = parser.parse_args()
    if unknown := set(options.only or ()) - set(SERVERS):
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    if unknown := set(options.tests) - set(PHASES):
        parser.error(f"no such tests: {', '.join(sorted(unknown))}")
    if options.only and not options.command:
        parser.error("--only needs a command: the tests need all of them")
    if options.root != MACHINE and os.geteuid() != 0:
        parser.error("--root: only root may start what is in another root folder")
    options.root = options.root.resolve()
    return options


def _run(roots: Mapping[type[Server], Path], command: Sequence[str], tests: Sequence[str]) -> int:
    began = time.monotonic()
    folder = temporary_folder("servers")
    with Processes(folder) as processes:
        processes.remove_at_the_end(folder)
        servers = {kind.name: kind(processes, root) for kind, root in roots.items()}
        # They get ready while the next are started.
        for server in servers.values():
            server.launch()
        for server in servers.values():
            server.start()
        names = ", ".join(map(str, servers.values()))
        print(f"servers: {names} up in {time.monotonic() - began:.1f} s", flush=True)
        urls = {f"EAGLET_TEST_{name.upper()}_URL": server.url for name, server in servers.items()}
        control = folder / "control"
        told = {**urls, "EAGLET_TEST_SERVICES": "required", CONTROL: str(control)}
        given = Phase(shlex.join(command), command, folder=Path.cwd())
        phases = [given] if command else [_test_phase(name, urls) for name in tests]
        with controlled(control, servers):
            codes = [_run_phase(processes, servers, phase, told) for phase in phases]
    if not command:
        for phase, code in zip(phases, codes, strict=True):
            print(f"servers: {'passed' if code == 0 else 'FAILED'}: {phase.title}")
    return next((code for code in codes if code), 0)


def _test_phase(name: str, urls: Mapping[str, str]) -> Phase:
    """Return the marked tests, those of readiness, or what any database must pass on one."""
    pytest = [sys.executable, "-m", "pytest", "--quiet"]
    if name == "servers":
        return Phase("tests that need servers", [*pytest, "-m", "services"])
    if name == "readiness":
        return Phase("readiness", [*pytest, "tests/system/integration/test_readiness.py"])
    suites = ["tests/auth", "tests/tasks", "--ignore=tests/tasks/embedded"]
    options = ["--ds", "tests.system.servers.settings", "-m", "not services and not slow"]
    options += ["--numprocesses", "auto", "--dist", "loadfile"]
    on = {"EAGLET_TEST_DATABASE_URL": urls[f"EAGLET_TEST_{name.upper()}_URL"]}
    return Phase(f"{' '.join(suites[:2])} on {name}", [*pytest, *options, *suites], on)


def _run_phase(
    processes: Processes, servers: Mapping[str, Server], phase: Phase, told: Mapping[str, str]
) -> int:
    """Run one command; its exit code, or 1 if a server has gone in the meantime."""
    print(f"servers: {phase.title}", flush=True)
    try:
        process = processes.start(
            phase.command[0],
            phase.command,
            environment={**os.environ, **told, **phase.environment},
            folder=phase.folder,
            stop_signal=signal.SIGINT,
            is_logged=False,
        )
    except OSError as error:
        print(f"servers: {phase.command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_STARTED
    try:
        code = process.popen.wait()
    finally:
        processes.stop(process, seconds=INTERRUPTED_SECONDS)
    for server in servers.values():
        try:
            server.check()
        except ProcessFailed as error:
            print(f"servers: {error}", file=sys.stderr)
            code = code or 1
    # A command that a signal has ended has a negative code.
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
