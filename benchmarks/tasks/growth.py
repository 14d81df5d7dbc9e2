"""What rows of before cost: the relay and `once=True` over grown tables, beside empty ones.

    python -m benchmarks.tasks.growth [ROWS [ROUNDS [TASKS]]]
    python -m tests.system.servers --only rabbitmq,postgresql -- python -m benchmarks.tasks.growth

ROWS (1,000,000) tasks that were sent, received and done stand in one of two databases. In each
round both have TASKS (2,000) published by a relay, and as many done by a real worker with one
child; the figure to quote is the median of the ratios of one round, with its range.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from benchmarks.services import broker_urls, database_urls
from benchmarks.tasks.receiving import run, take

AT_ONCE = 5000
QUEUE = "benchmark.once"


def database_of_its_own(url: str, name: str) -> str:
    """Make a database beside another; return its URL."""
    if url.startswith("sqlite:"):
        return f"{url}.{name}"
    code = (
        "from benchmarks.services import set_up; import sys; set_up(sys.argv[1]);"
        "from django.db import connection; connection.ensure_connection();"
        "connection.cursor().execute('CREATE DATABASE ' + sys.argv[2])"
    )
    name = f"{name}_{uuid.uuid4().hex[:8]}"
    subprocess.run([sys.executable, "-c", code, url, name], check=True)
    return f"{url.rpartition('/')[0]}/{name}"


def grow(rows: int) -> None:
    """Write what so many tasks of before have left."""
    from django.utils import timezone

    from benchmarks.tasks import receiving_worker  # noqa: F401 - it sets Django up
    from eaglet.tasks.models import InboxEntry, OutboxTask, ReceivedTask

    now, sent, done = timezone.now(), OutboxTask.State.SENT, ReceivedTask.State.DONE
    for start in range(0, rows, AT_ONCE):
        ids = [str(uuid.uuid4()) for _ in range(min(AT_ONCE, rows - start))]
        of_all = {"queue_name": QUEUE}
        sending = {**of_all, "arguments": "{}", "state": sent, "written_at": now, "due_at": now}
        taking = {**of_all, "state": done, "received_at": now, "due_at": now, "message": "{}"}
        OutboxTask.objects.bulk_create(OutboxTask(task_id=one, **sending) for one in ids)
        ReceivedTask.objects.bulk_create(
            ReceivedTask(key=one, task_id=one, **taking) for one in ids
        )
        InboxEntry.objects.bulk_create(
            InboxEntry(key=one, task_id=one, done_at=now, **of_all) for one in ids
        )


def relay(tasks: int) -> None:
    """Print how many tasks a second a relay publishes of so many that wait."""
    from django.utils import timezone

    from benchmarks.tasks import receiving_worker  # noqa: F401 - it sets Django up
    from eaglet.tasks.models import OutboxTask
    from eaglet.tasks.relay.relay import Relay

    now = timezone.now()
    waiting = {"queue_name": "benchmark.relayed", "written_at": now, "due_at": now}
    OutboxTask.objects.bulk_create(
        OutboxTask(task_id=str(uuid.uuid4()), arguments="{}", **waiting) for _ in range(tasks)
    )
    began = time.perf_counter()
    Relay(["default"]).run_once(threading.Event())
    print(tasks / (time.perf_counter() - began))


def relayed(tasks: int, environment: dict[str, str]) -> float:
    code = f"from benchmarks.tasks.growth import relay; relay({tasks})"
    command = [sys.executable, "-W", "ignore", "-c", code]
    settled = {**os.environ, **environment}
    return float(subprocess.run(command, env=settled, check=True, stdout=subprocess.PIPE).stdout)


def main() -> None:
    rows, rounds, tasks = (
        int(sys.argv[place]) if len(sys.argv) > place else usual
        for place, usual in ((1, 1_000_000), (2, 5), (3, 2000))
    )
    with tempfile.TemporaryDirectory() as folder:
        brokers = broker_urls() or {"embedded": f"eaglet://{folder}/queue"}
        common = {"BENCHMARK_TIMES": str(Path(folder, "times")), "BENCHMARK_APP": "eaglet"}
        for kind, url in database_urls(folder).items():
            databases = {}
            for name, held in (("empty", 0), ("grown", rows)):
                own = {**common, "BENCHMARK_DATABASE": database_of_its_own(url, name)}
                own["BENCHMARK_BROKER"] = next(iter(brokers.values()))
                run("prepare", **own)
                code = f"from benchmarks.tasks.growth import grow; grow({held})"
                subprocess.run([sys.executable, "-c", code], env={**os.environ, **own}, check=True)
                databases[name] = own
            for broker, broker_url in brokers.items():
                figures: dict[str, list[float]] = {"relay": [], "once": []}
                for _ in range(rounds):
                    rates = {}
                    for name, own in databases.items():
                        environment = {**own, "BENCHMARK_BROKER": broker_url}
                        rates["relay", name] = relayed(tasks, environment)
                        rates["once", name] = take("once", tasks, tasks, environment).rate
                    for what, ratios in figures.items():
                        ratios.append(rates[what, "grown"] / rates[what, "empty"])
                print(f"{kind}, {broker}, {rows} rows, load {os.getloadavg()[0]:.1f}")
                for what, ratios in figures.items():
                    median = statistics.median(ratios)
                    print(f"  {what:5} {median:.2f} x empty ({min(ratios):.2f}-{max(ratios):.2f})")


if __name__ == "__main__":
    main()
