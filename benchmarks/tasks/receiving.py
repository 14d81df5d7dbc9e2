"""What one worker process takes a second with `@task`, beside plain Celery on the same broker.

    python -m benchmarks.tasks.receiving [ROUNDS [TASKS [DATABASE … BROKER …]]]
    python -m tests.system.servers --only rabbitmq,redis,postgresql -- \
        python -m benchmarks.tasks.receiving

Through a real Celery worker: prefork, one child, late acknowledgement, prefetch 1, a handler that
only notes the time. `row` is plain Celery with a row that the ORM inserts in a transaction, by
hand: what `once` is beside. The contestants take turns; the figure to quote is the median of the
ratios of one round, with its range. For the embedded broker there is also the rate behind a
backlog of 10,000, and what an idle worker costs.
"""

import os
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.services import broker_urls, database_urls

# Of each the kind of worker, and beside what it stands.
CONTESTANTS = {
    "plain": ("plain", "plain"),
    "task": ("eaglet", "plain"),
    "row": ("plain", "row"),
    "once": ("eaglet", "row"),
}
IDLE_SECONDS = 10.0
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Measured(NamedTuple):
    """Tasks a second; and the CPU milliseconds of the worker and its child for each."""

    rate: float
    cpu: float


def prepare() -> None:
    """Make the tables."""
    from benchmarks.services import migrate
    from benchmarks.tasks.receiving_worker import Effect

    migrate()
    from django.db import connection

    with connection.schema_editor() as editor:
        editor.create_model(Effect)


def fill(queue: str, tasks: int) -> None:
    """Publish tasks straight to the broker."""
    import kombu

    from benchmarks.tasks.receiving_worker import app

    with app.connection_for_write() as connection:
        declared = kombu.Queue(queue, kombu.Exchange(queue), routing_key=queue)
        producer = app.amqp.Producer(connection.default_channel)
        for number in range(tasks):
            app.send_task(queue, args=[{"number": number}], queue=declared, producer=producer)


def run(step: str, *arguments: object, **environment: str) -> None:
    code = f"from benchmarks.tasks.receiving import *; {step}{arguments!r}"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, check=True)


@contextmanager
def worker(queue: str, environment: dict[str, str]) -> Iterator[int]:
    """A worker for one queue; gives its process id."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "benchmarks.tasks.receiving_worker",
        "worker",
    ]
    options = ["--concurrency=1", "--loglevel=WARNING", f"--queues={queue}"]
    settled = {**os.environ, "PYTHONWARNINGS": "ignore", **environment}
    with subprocess.Popen(command + options, env=settled) as process:
        yield process.pid
        process.send_signal(signal.SIGTERM)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2] for one in (pid, *children)]
    return sum(int(ticks) for stat in stats for ticks in stat.split()[11:13]) / CLOCK_TICKS


def take(contestant: str, tasks: int, of: int, environment: dict[str, str]) -> Measured:
    """Have a worker take the first of so many tasks; the first tenth is not counted."""
    queue = f"benchmark.{contestant}"
    times = Path(environment["BENCHMARK_TIMES"])
    times.unlink(missing_ok=True)
    run("fill", queue, of, **environment)
    begun = cpu = 0.0
    times.write_bytes(b"")
    with worker(queue, environment) as pid:
        while (done := times.stat().st_size // 8) < tasks:
            if not begun and done > tasks // 10:
                begun, cpu = done, cpu_of(pid)
            time.sleep(0.05)
        cpu = (cpu_of(pid) - cpu) / (times.stat().st_size // 8 - begun)
    moments = struct.unpack(f"{tasks}d", times.read_bytes()[: tasks * 8])
    first = tasks // 10
    return Measured((tasks - 1 - first) / (moments[-1] - moments[first]), cpu * 1000)


def idle(environment: dict[str, str]) -> float:
    """Return what share of a core a worker takes that has nothing to do."""
    times = Path(environment["BENCHMARK_TIMES"])
    times.unlink()
    run("fill", "benchmark.task", 1, **environment)
    with worker("benchmark.task", environment) as pid:
        while not times.exists() or not times.stat().st_size:
            time.sleep(0.05)
        time.sleep(IDLE_SECONDS)
        cpu = cpu_of(pid)
        time.sleep(IDLE_SECONDS)
        return (cpu_of(pid) - cpu) / IDLE_SECONDS


def report(figures: dict[str, list[Measured]]) -> None:
    for contestant, (_, base) in CONTESTANTS.items():
        own = figures[contestant]
        ratios = [mine.rate / other.rate for mine, other in zip(own, figures[base], strict=True)]
        print(
            f"  {contestant:6} {statistics.median(one.rate for one in own):6.0f} a second, "
            f"CPU {statistics.median(one.cpu for one in own):.2f} ms, "
            f"{statistics.median(ratios):.2f} x {base} ({min(ratios):.2f} to {max(ratios):.2f})",
            flush=True,
        )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    with tempfile.TemporaryDirectory() as folder:
        times = str(Path(folder, "times"))
        brokers = {"embedded": f"eaglet://{folder}/queue", **broker_urls()}
        chosen = [name for name in brokers if name in sys.argv[3:]] or list(brokers)
        for database, url in database_urls(folder).items():
            if {"sqlite", "postgresql", "mariadb"} & {*sys.argv[3:]} - {database}:
                continue
            common = {"BENCHMARK_DATABASE": url, "BENCHMARK_TIMES": times, "BENCHMARK_BROKER": ""}
            run("prepare", **{**common, "BENCHMARK_BROKER": brokers["embedded"]})
            for broker in chosen:
                print(f"{broker}, {database}, load {os.getloadavg()[0]:.1f}", flush=True)
                environment = {**common, "BENCHMARK_BROKER": brokers[broker]}
                figures: dict[str, list[Measured]] = {name: [] for name in CONTESTANTS}
                for position in range(rounds):
                    for name, (app, _) in CONTESTANTS.items():
                        # The rows by hand are unique: each round has its own.
                        own = {
                            "BENCHMARK_TIMES": f"{times}-{broker}{position}",
                            "BENCHMARK_APP": app,
                        }
                        figures[name].append(take(name, tasks, tasks, {**environment, **own}))
                report(figures)
                if broker == "embedded":
                    behind = take("task", tasks, 10_000, environment)
                    print(f"  task, 10,000 in the queue: {behind.rate:.0f} a second")
                    empty = {**environment, "BENCHMARK_BROKER": f"eaglet://{folder}/empty"}
                    print(f"  idle: {idle(empty) * 100:.1f} % of a core", flush=True)


if __name__ == "__main__":
    main()
