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

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from demo.processes import Processes, ProcessFailed, leave_by_exception

from .control import CONTROL, control
from .debian import provide
from .mariadb import MariaDB
from .postgresql import PostgreSQL
from .rabbitmq import RabbitMQ
from .redis import Redis
from .server import MACHINE, Server, ServerFailed, find, temporary_folder

SERVERS: dict[str, type[Server]] = {
    server.name: server for server in (RabbitMQ, Redis, PostgreSQL, MariaDB)
}
CHECKOUT = Path(__file__).resolve().parents[3]
DATABASES = (PostgreSQL.name, MariaDB.name)
BROWSER = "tests/system/browser"
WORKERS = "tests/tasks"
# The marked tests in two halves, which may run beside each other on servers of their own.
HALVES = {
    "servers": [f"--ignore={BROWSER}", f"--ignore={WORKERS}"],
    "workers": [WORKERS],
}
# Of the marked tests, what also runs by itself.
PARTS = {
    "readiness": "tests/system/integration/test_readiness.py",
    "browser": BROWSER,
}
PHASES = (*HALVES, *PARTS, *DATABASES)
# For the tests of the browser; the font is for Chinese.
CHROMIUM = ("chromium", "fonts-noto-cjk")
CHROMIUM_FILES = ("chromium", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
NOT_STARTED = 127
INTERRUPTED_SECONDS = 15.0
"""How long an interrupted command may take to clean up after itself."""


def main() -> int:
    """Run the commands; 0 if all of them end so."""
    leave_by_exception()
    options = _options()
    kinds = [SERVERS[name] for name in dict.fromkeys(options.only or SERVERS)]
    roots = {kind: options.root if kind.is_installed(options.root) else MACHINE for kind in kinds}
    missing = {
        kind.name: kind.packages
        for kind, root in roots.items()
        if root == MACHINE and not kind.is_installed()
    }
    # A command with servers of its own choice has no use for the browser.
    if not options.command and not all(find(MACHINE, file) for file in CHROMIUM_FILES):
        missing["chromium"] = CHROMIUM
    try:
        provide(missing)
        return _run(roots, options.command, options.tests)
    except (ProcessFailed, ServerFailed) as error:
        print(f"servers: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _options() -> argparse.Namespace:
    def some_of(known: Collection[str]) -> Callable[[str], list[str]]:
        def names(text: str) -> list[str]:
            if unknown := set(text.split(",")) - set(known):
                raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
            return text.split(",")

        return names

    parser = argparse.ArgumentParser(prog="python -m tests.system.servers")
    parser.add_argument(
        "--only",
        metavar="SERVER,…",
        type=some_of(SERVERS),
        help=f"some of {', '.join(SERVERS)}; needs a COMMAND",
    )
    parser.add_argument(
        "--tests",
        metavar="PHASE,…",
        type=some_of(PHASES),
        default=[*HALVES, "browser", *DATABASES],
        help=f"without a COMMAND: some of {', '.join(PHASES)}; readiness is in servers",
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
        told = {
            **os.environ,
            **urls,
            "EAGLET_TEST_SERVICES": "required",
            CONTROL: str(folder / "control"),
        }
        with control(folder / "control", servers):
            if command:
                return _run_one(processes, servers, command, told)
            codes = {name: _run_tests(processes, servers, name, told) for name in tests}
    for name, code in codes.items():
        print(f"servers: {'passed' if code == 0 else 'FAILED'}: {name}")
    return max(codes.values())


def _run_tests(
    processes: Processes, servers: Mapping[str, Server], name: str, told: Mapping[str, str]
) -> int:
    """Run the marked tests, a part of them, or what any database must pass on one."""
    print(f"servers: {name}", flush=True)
    pytest = [sys.executable, "-m", "pytest", "--quiet"]
    beside = ["--numprocesses", "auto", "--dist", "loadfile"]
    if name in HALVES:
        pytest += ["-m", "services", *HALVES[name]]
    elif name in PARTS:
        pytest += ["-m", "services", PARTS[name], *beside]
    else:
        told = {**told, "EAGLET_TEST_DATABASE_URL": servers[name].url}
        pytest += ["--ds", "tests.system.servers.settings", "-m", "not services and not slow"]
        pytest += [*beside, "tests/auth", "tests/tasks", "--ignore=tests/tasks/embedded"]
    return _run_one(processes, servers, pytest, told)


def _run_one(
    processes: Processes,
    servers: Mapping[str, Server],
    command: Sequence[str],
    told: Mapping[str, str],
) -> int:
    """Run one command; its exit code, or 1 if a server has gone in the meantime."""
    try:
        process = processes.start(
            command[0], command, environment=told, stop_signal=signal.SIGINT, is_logged=False
        )
    except OSError as error:
        print(f"servers: {command[0]}: {error.strerror}", file=sys.stderr)
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
