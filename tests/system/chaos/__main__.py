"""Send tasks while broker, workers, relays and sender are killed, and count: none may be lost.

    python -m tests.system.servers --only rabbitmq,redis,postgresql -- python -m tests.system.chaos

With PostgreSQL or MariaDB started the outbox is there, else in SQLite. The embedded broker is tried
too. With `--django` the tasks are Django's, enqueued; with `--events` they are events for three
services, one of which is away while they are published.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import django

from demo.processes import Processes
from tests.system.chaos.killer import Killer
from tests.system.chaos.outcome import Outcome, count_wrong_results, look
from tests.system.chaos.sender import POISONED
from tests.system.chaos.supervised import RELAY, SENDER, WORKER, Supervised
from tests.system.servers.control import CONTROL, ControlledServer

SERVERS = ("rabbitmq", "redis")
EMBEDDED = "embedded"
POISON = 5
"""Rows that no broker could take, among the others."""
LONGEST_STANDSTILL_SECONDS = 180
QUIET_SECONDS = 3


def main() -> int:
    options = _options()
    if not options.broker:
        # Each in a process of its own: Django is configured for one broker.
        started = [name for name in SERVERS if f"EAGLET_TEST_{name.upper()}_URL" in os.environ]
        command = [sys.executable, "-m", "tests.system.chaos", *sys.argv[1:], "--broker"]
        runs = [subprocess.Popen([*command, name]) for name in (*started, EMBEDDED)]
        return max(run.wait() for run in runs)
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    with (
        tempfile.TemporaryDirectory(prefix="eaglet-chaos-") as folder,
        Processes(Path(folder)) as processes,
    ):
        return Chaos(options.broker, processes, options, seed).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.chaos")
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=5, help="of each kind")
    parser.add_argument("--pace", type=int, default=200, help="tasks sent a second")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--broker", choices=(*SERVERS, EMBEDDED), help="by default each started")
    parser.add_argument("--django", action="store_true", help="enqueue Django's tasks")
    parser.add_argument("--events", action="store_true", help="publish events")
    return parser.parse_args()


class Chaos:
    """One run over one broker."""

    def __init__(
        self, broker: str, processes: Processes, options: argparse.Namespace, seed: int
    ) -> None:
        url = os.environ.get(f"EAGLET_TEST_{broker.upper()}_URL", "eaglet://")
        # The embedded broker is no process that could be killed: those that use it are.
        is_server = broker in SERVERS
        self._broker = ControlledServer(broker, url, os.environ[CONTROL]) if is_server else None
        kind = "Django's tasks, " * options.django or "events, " * options.events
        self._name = f"{kind}{broker}"
        self._processes = processes
        self._options = options
        self._seed = seed
        self._environment = {
            "DJANGO_SETTINGS_MODULE": "tests.system.chaos.settings",
            "EAGLET_CHAOS_FOLDER": str(processes.log_folder),
            "EAGLET_CHAOS_BROKER_URL": url,
            "EAGLET_CHAOS_DATABASE": f"chaos_{broker}{'_django' * options.django}"
            f"{'_events' * options.events}",
            "EAGLET_QUEUE_DIR": str(processes.log_folder / "queues"),
            "EAGLET_CHAOS_DJANGO": "1" if options.django else "",
            "EAGLET_CHAOS_EVENTS": "1" if options.events else "",
        }

    def run(self) -> int:
        began = time.monotonic()
        os.environ.update(self._environment)
        django.setup()
        self._prepare()
        relays = [self._start(f"relay {n}", RELAY) for n in (1, 2)]
        workers = self._subscribers() if self._options.events else []
        workers = workers or [
            self._start(f"worker {n}", (*WORKER, f"--hostname=w{n}@%h")) for n in (1, 2)
        ]
        choice = random.Random(self._seed)
        told = (self._options.tasks, self._options.pace, self._seed)
        sender = self._start("sender", (*SENDER, *map(str, told)))
        killer = Killer(self._broker, workers, relays, sender, self._options.kills, choice)
        self._send_and_kill(killer, sender, [*workers, *relays])
        if self._options.events:
            workers.append(self._subscriber(self._away))
        outcome = self._drain([*workers, *relays])
        if self._options.django:
            outcome = replace(outcome, wrong_results=count_wrong_results())
        faults = [*outcome.faults(), *self._end(relays)]
        killed = ", ".join(f"{name} {times}" for name, times in sorted(killer.killed.items()))
        restarted = sum(process.ended_by_itself for process in (*workers, *relays))
        print(
            f"chaos: {self._name}: {outcome}; killed: {killed}; ended by themselves: "
            f"{restarted}; seed {self._seed}; {time.monotonic() - began:.0f} s",
            flush=True,
        )
        for fault in faults:
            print(f"chaos: {self._name}: FAILED: {fault}", flush=True)
        if faults:
            self._show_logs()
        return 1 if faults else 0

    def _prepare(self) -> None:
        from django.core.management import call_command  # noqa: PLC0415 - needs the settings
        from django.db import connection  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from eaglet.tasks.models import OutboxTask  # noqa: PLC0415 - needs the apps

        if connection.vendor != "sqlite":
            with connection._nodb_cursor() as cursor:
                name = connection.ops.quote_name(os.environ["EAGLET_CHAOS_DATABASE"])
                cursor.execute(f"CREATE DATABASE {name}")
        call_command("migrate", run_syncdb=True, verbosity=0)
        now = timezone.now()
        for n in range(POISON):
            OutboxTask.objects.create(
                task_id=f"poison {n}",
                queue_name=POISONED,
                arguments="{",
                written_at=now,
                due_at=now,
            )

    def _start(self, name: str, arguments: tuple[str, ...], **variables: str) -> Supervised:
        return Supervised(self._processes, name, arguments, {**self._environment, **variables})

    def _subscribers(self) -> list[Supervised]:
        """Start those services that are there all the time; the others are only subscribed."""
        from eaglet.tasks.broker import publishing_app  # noqa: PLC0415 - needs the settings
        from tests.system.chaos.effects.tasks import SUBSCRIBERS  # noqa: PLC0415

        started = {name: self._subscriber(name) for name in SUBSCRIBERS}
        subscribed: set[str] = set()
        while not {f"{name}.chaos.*" for name in SUBSCRIBERS} <= subscribed:
            for worker in started.values():
                worker.look_after()
            answers = publishing_app().control.inspect(timeout=2).active_queues() or {}
            subscribed |= {queue["name"] for queues in answers.values() for queue in queues}
        self._away = SUBSCRIBERS[-1]
        started.pop(self._away).kill()
        return list(started.values())

    def _subscriber(self, name: str) -> Supervised:
        hostname = f"--hostname={name}@%h"
        return self._start(f"worker of {name}", (*WORKER, hostname), EAGLET_CHAOS_SERVICE=name)

    def _send_and_kill(self, killer: Killer, sender: Supervised, others: list[Supervised]) -> None:
        while killer.next_at < 1 or sender.exit_code is None:
            # Of events there is one for each subscriber.
            if look().sent >= killer.next_at * self._options.tasks * (
                3 if self._options.events else 1
            ):
                killer.kill_next()
            for process in others:
                process.look_after()
            if sender.exit_code:
                raise SystemExit("the sender ended early")
            time.sleep(0.1)

    def _drain(self, supervised: list[Supervised]) -> Outcome:
        """Wait until all are done or parked, and a little longer, for what comes too often."""
        least, deadline = None, time.monotonic()
        while (lost := look().lost) and (lost != least or time.monotonic() < deadline):
            if lost != least:
                least, deadline = lost, time.monotonic() + LONGEST_STANDSTILL_SECONDS
            for process in supervised:
                process.look_after()
            time.sleep(0.5)
        time.sleep(QUIET_SECONDS)
        return look()

    def _end(self, relays: list[Supervised]) -> list[str]:
        """End the relays with SIGTERM; what was not as it should be."""
        codes = [relay.end() for relay in relays]
        return [f"a relay ended with {code} on SIGTERM" for code in codes if code]

    def _show_logs(self) -> None:
        for log in sorted(self._processes.log_folder.glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-15:]
            print(f"--- {log.stem}", *lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
