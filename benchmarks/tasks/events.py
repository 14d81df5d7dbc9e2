"""What an event for five subscribers costs its publisher, beside one task.

    python -m benchmarks.tasks.events [ROUNDS]
    python -m tests.system.servers --only rabbitmq,redis -- python -m benchmarks.tasks.events

Wall time of a transaction that sends, until it has returned: the row, the commit, and the broker's
confirmation. Both go in turns, in one process for each broker; the figure to quote is the median of
the ratios of one round, with its quartiles.
"""

import statistics
import sys
import tempfile
import time

from benchmarks.services import broker_urls, each_in_a_process, migrate, set_up

CALLS_A_ROUND = 50
SUBSCRIBERS = 5
PAYLOAD = {"member_id": 1, "increase_integral": 100, "current_integral": 200}


def measure(name: str, url: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        set_up(f"sqlite:{folder}/benchmark.sqlite3", CELERY_BROKER_URL=url, DEBUG=False)
        migrate()
        from django.db import transaction

        from eaglet.tasks import publish_event, send_task
        from eaglet.tasks.broker import publishing_app
        from eaglet.tasks.broker.queues import event_queue
        from eaglet.tasks.models import OutboxTask

        queues = [f"bench{n}.points.changed" for n in range(SUBSCRIBERS)]
        with publishing_app().connection_for_write() as connection:
            for queue in queues:
                event_queue(queue, "points.changed")(connection.default_channel).declare()
            calls = {
                "one task": lambda: send_task("bench.points.tasks.changed", PAYLOAD),
                "one event": lambda: publish_event("points.changed", PAYLOAD),
            }
            taken: dict[str, list[float]] = {contestant: [] for contestant in calls}
            for number in range(-2, rounds):
                for contestant, call in calls.items():
                    began = time.perf_counter()
                    for _ in range(CALLS_A_ROUND):
                        with transaction.atomic():
                            call()
                    if number >= 0:
                        taken[contestant].append((time.perf_counter() - began) / CALLS_A_ROUND)
            for queue in (*queues, "bench.points.tasks.changed"):
                connection.default_channel.queue_purge(queue)
        left = OutboxTask.objects.exclude(state=OutboxTask.State.SENT).count()
        ratios = [event / task for event, task in zip(*reversed(taken.values()), strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"{name:10} one task {statistics.median(taken['one task']) * 1e6:6.0f} µs; an event "
            f"for {SUBSCRIBERS} {middle:.2f} of that ({low:.2f}–{high:.2f}); {left} unsent",
            flush=True,
        )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        brokers = {"embedded": f"eaglet://{folder}/queue", **broker_urls()}
        each_in_a_process(measure, brokers, rounds)


if __name__ == "__main__":
    main()
