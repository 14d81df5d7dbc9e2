"""Calls of many threads through a bad day: tokens that end, secrets that change, services away.

    python -m benchmarks.soak [CALLS]
    python -m tests.system.servers --only postgresql -- python -m benchmarks.soak

By default 100,000 calls or more from 32 threads of 2 processes, which share their tokens in a
database, to a service of eaglet's with tokens that live for 3 s. Meanwhile the secret is rotated
twice, the service is killed and started again five times, and the token service is away for 10 s.

It fails unless: no answer was wrong; no call failed outside of the restarts and of the outage;
each token was asked for once, by all processes together, and not before the last tenth of the
life of the one before; and no process of callers grew.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.soak.calling import Callers, Tally
from benchmarks.soak.serving import HOST, configure
from benchmarks.soak.verdict import Events, faults, unexcused_failures

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
LONGEST_SECONDS = 1800


class Away(Exception):
    """A process did not come up."""


class Serving:
    """A process of `benchmarks.soak.serving` that is killed and started again."""

    def __init__(self, role: str, port: int, *arguments: object) -> None:
        self._port = port
        self._command = [
            sys.executable, "-m", "benchmarks.soak.serving", role, str(port),
            *map(str, arguments),
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=CHECKOUT, stdin=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError), socket.create_connection((HOST, self._port), 1):
                return
            time.sleep(0.02)
        raise Away(f"{self._command[3]} did not come up on port {self._port}")

    def stop(self, *, kill: bool) -> None:
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def ended(*things: object) -> Iterator[None]:
    try:
        yield
    finally:
        for thing in things:
            thing.stop(kill=True) if isinstance(thing, Serving) else thing.end()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("calls", nargs="?", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=32, help="of all processes together")
    parser.add_argument("--pause", type=float, default=0, help="seconds between calls of a thread")
    parser.add_argument("--lifetime", type=int, default=3, help="seconds a token lives")
    parser.add_argument("--rotations", type=int, default=2)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--outage", type=float, default=10, help="seconds without token service")
    return parser.parse_args()


def main() -> int:
    options = parsed()
    with tempfile.TemporaryDirectory(prefix="eaglet-soak-") as folder:
        url = os.environ.get("EAGLET_TEST_POSTGRESQL_URL")
        serving_database = f"sqlite:{folder}/service.sqlite3"
        calling_database = url or f"sqlite:{folder}/callers.sqlite3"
        configure(serving_database, options.lifetime, others={"callers": calling_database})
        _migrate()
        return _soak(options, serving_database, calling_database, Path(folder) / "journal")


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connections

    for alias in connections:
        call_command("migrate", verbosity=0, interactive=False, database=alias)
    connections.close_all()


def _soak(
    options: argparse.Namespace, serving_database: str, calling_database: str, journal: Path
) -> int:
    from eaglet.auth.models import App

    created = App.objects.create_app("soak")
    app, secret = created.app, created.secret
    port, tokens_port = free_port(), free_port()
    given = (serving_database, options.lifetime, tokens_port, journal)
    tokens = Serving("tokens", tokens_port, *given)
    service = Serving("service", port, *given)
    callers = [
        Callers(
            f"http://{HOST}:{port}",
            calling_database,
            (app.app_key, secret),
            calls=options.calls // options.processes,
            threads=options.threads // options.processes,
            pause=options.pause,
        )
        for _ in range(options.processes)
    ]
    with ended(tokens, service, *callers):
        for each in callers:
            each.begin()
        began = time.monotonic()
        tallies: dict[int, Tally] = {}
        day = BadDay(options, app, service, tokens, callers)
        while len(tallies) < len(callers) and time.monotonic() - began < LONGEST_SECONDS:
            if day.go_on(time.monotonic() - began):
                for each in callers:
                    each.is_over()
            for number, each in enumerate(callers):
                if number not in tallies and (tally := each.done()):
                    tallies[number] = tally
            time.sleep(0.05)
        seconds = time.monotonic() - began
    day.events.asked = _asked(journal)
    return _tell(options, list(tallies.values()), day, seconds)


class BadDay:
    """What is done to the services, one thing after the other, as long as calls are made."""

    def __init__(self, options, app, service: Serving, tokens: Serving, callers) -> None:
        self.events = Events()
        self.rotations = 0
        self._options = options
        self._app = app
        self._service = service
        self._tokens = tokens
        self._callers = callers
        self._steps = list(self._plan())

    def go_on(self, seconds: float) -> bool:
        """Do what is due so many seconds into the day; True when that was the last."""
        if not self._steps or seconds < self._steps[0][0]:
            return False
        self._steps.pop(0)[1]()
        return not self._steps

    def _plan(self) -> Iterator[tuple[float, object]]:
        lifetime = self._options.lifetime
        moment = 2.0 * lifetime
        for number in range(max(self._options.rotations, self._options.restarts)):
            if number < self._options.restarts:
                yield moment, lambda kill=number % 2 == 0: self._restart(kill=kill)
                moment += 1.5 * lifetime
            if number < self._options.rotations:
                yield moment, self._rotate
                yield moment + 1, self._revoke_former
                moment += 1.5 * lifetime
        if self._options.outage:
            yield moment, self._begin_outage
            yield moment + self._options.outage, self._end_outage
            moment += self._options.outage
        yield moment + 3 * lifetime, lambda: None

    def _restart(self, *, kill: bool) -> None:
        down = time.monotonic()
        self._service.stop(kill=kill)
        self._service.start()
        self.events.restarts.append((down, time.monotonic()))

    def _rotate(self) -> None:
        created = self._app.add_secret()
        for each in self._callers:
            each.use_secret(created.secret)

    def _revoke_former(self) -> None:
        for secret in list(self._app.secrets.order_by("-created_at"))[1:]:
            secret.revoke()
        self.rotations += 1

    def _begin_outage(self) -> None:
        self._down = time.monotonic()
        self._tokens.stop(kill=True)

    def _end_outage(self) -> None:
        self._tokens.start()
        self.events.outages.append((self._down, time.monotonic()))


def _asked(journal: Path) -> dict[str, list[float]]:
    """When tokens were asked for, by the secret they were asked for with."""
    asked: dict[str, list[float]] = {}
    for line in journal.read_text(encoding="ascii").splitlines():
        moment, secret = line.split()
        asked.setdefault(secret, []).append(float(moment))
    return asked


def _tell(options, tallies: list[Tally], day: BadDay, seconds: float) -> int:
    good = sum(tally.good for tally in tallies)
    failed = sum(sum(tally.failures.values()) for tally in tallies)
    outside = sum(unexcused_failures(tallies, day.events).values())
    asked = sum(map(len, day.events.asked.values()))
    print(f"{good} calls answered right in {seconds:.0f} s, {good / seconds:.0f} a second")
    print(f"{sum(len(tally.wrong) for tally in tallies)} answered wrong")
    print(f"{failed - outside} failed in restarts and outages, {outside} outside of them")
    print(
        f"{len(day.events.restarts)} restarts, {day.rotations} rotations, "
        f"{len(day.events.outages)} outages"
    )
    print(
        f"{asked} requests for tokens, by {options.processes} processes together; a token lasts "
        f"{options.lifetime} s, and the soak {seconds:.0f} s"
    )
    for number, tally in enumerate(tallies):
        megabytes = " · ".join(f"{one:.1f}" for one in tally.resident)
        print(
            f"process {number}: {megabytes} MB after a fifth and half of its share, and in the end"
        )
    found = list(faults(tallies, day.events, options.lifetime))
    if len(tallies) < options.processes:
        found.append(f"not all calls were made within {LONGEST_SECONDS} s")
    for fault in found:
        print(f"FAULT {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
