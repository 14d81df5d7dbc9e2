"""Run what needs RabbitMQ, Redis, PostgreSQL and MariaDB, with instances made for the purpose.

    python scripts/test_services.py                            the tests that need them
    python scripts/test_services.py -- COMMAND …               something else, with all of them
    python scripts/test_services.py --only redis -- COMMAND …  with some of them

The services listen on free ports of the loopback interface, keep their data in a temporary
folder, and end when this does. Root gets them installed, without having them started.
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
from pathlib import Path

from services.catalogue import SERVICES
from services.chromium import Chromium
from services.debian import provide
from services.failures import ServiceFailed
from services.landscape import running
from services.node import Node
from services.phases import Phase, default_phases
from services.processes import Processes
from services.service import Service

NOT_STARTED = 127
INTERRUPTED_SECONDS = 15.0
"""How long an interrupted command may take to clean up after itself."""


def main() -> int:
    """Run the commands; 0 if all of them end so."""
    options = _options()
    try:
        return _run(options.only or list(SERVICES), options.command)
    except ServiceFailed as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--only",
        metavar="SERVICE,…",
        type=lambda text: text.split(","),
        help=f"some of {', '.join(SERVICES)}; needs a COMMAND",
    )
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --")
    options = parser.parse_args()
    if unknown := set(options.only or ()) - set(SERVICES):
        parser.error(f"no such service: {', '.join(sorted(unknown))}")
    if options.only and not options.command:
        parser.error("--only needs a command: the tests need all of them")
    return options


def _run(names: Sequence[str], command: Sequence[str]) -> int:
    _leave_by_exception()
    kinds = [SERVICES[name] for name in dict.fromkeys(names)]
    # These are for the tests; a command with services of its own choice has no use for them.
    provide(kinds if command else [*kinds, Chromium, Node])
    began = time.monotonic()
    with Processes() as processes, running(processes, kinds) as (told, services):
        print(f"services: {', '.join(services)} up in {time.monotonic() - began:.1f} s", flush=True)
        given = Phase(shlex.join(command), command, folder=Path.cwd())
        phases = [given] if command else default_phases(told)
        codes = [_run_phase(processes, services, phase, told) for phase in phases]
    if not command:
        for phase, code in zip(phases, codes, strict=True):
            print(f"services: {'passed' if code == 0 else 'FAILED'}: {phase.title}")
    return next((code for code in codes if code), 0)


def _run_phase(
    processes: Processes, services: Mapping[str, Service], phase: Phase, told: Mapping[str, str]
) -> int:
    """Run one command; its exit code, or 1 if a service has gone in the meantime."""
    print(f"services: {phase.title}", flush=True)
    try:
        process = processes.start(
            phase.command,
            environment={**os.environ, **told, **phase.environment},
            folder=phase.folder,
            end_with=signal.SIGINT,
        )
    except OSError as error:
        print(f"services: {phase.command[0]}: {error.strerror}", file=sys.stderr)
        return NOT_STARTED
    try:
        code = processes.wait(process)
    except BaseException:
        processes.end(process, INTERRUPTED_SECONDS)
        raise
    for service in services.values():
        try:
            service.check()
        except ServiceFailed as error:
            print(f"services: {error}", file=sys.stderr)
            code = code or 1
    # A command that a signal has ended has a negative code.
    return code if code >= 0 else 128 - code


def _leave_by_exception() -> None:
    """Let SIGTERM and SIGHUP end this as Ctrl-C does: with everything stopped."""

    def leave(number: int, frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


if __name__ == "__main__":
    sys.exit(main())
