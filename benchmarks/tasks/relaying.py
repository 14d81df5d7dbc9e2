"""The relay beside publishing one by one with confirms: tasks a second, and from commit to broker.

    python -m tests.system.servers --only rabbitmq,redis,postgresql,mariadb -- \
        python -m benchmarks.tasks.relaying [ROUNDS [TASKS]]

Throughput: `Relay.run_once` over an outbox that so many rows were written to before, against
Celery's `send_task` with publisher confirms (Redis: its answer to each LPUSH), in one process, in
turns; the figure to quote is the median of the ratios of one round.

Latency, at 20 tasks a second: from the end of the transaction until a consumer on the same machine
has the message; published by the relay, which is another process, and directly after the commit.
"""

import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection

from benchmarks.services import broker_urls, database_urls, migrate, set_up
from benchmarks.tasks.sending import PAYLOAD

QUEUE = "benchmark.relaying"
PAUSE_SECONDS = 0.05
SENDS = 100


def start(url: str, broker: str) -> None:
    set_up(url, CELERY_BROKER_URL=broker)


def fill(tasks: int) -> None:
    import uuid

    from django.utils import timezone

    from eaglet.tasks.models import OutboxTask
    from eaglet.tasks.sending.arguments import to_json

    OutboxTask.objects.all().delete()
    now, text = timezone.now(), to_json(PAYLOAD)
    OutboxTask.objects.bulk_create(
        (
            OutboxTask(
                task_id=str(uuid.uuid4()),
                queue_name=QUEUE,
                arguments=text,
                written_at=now,
                due_at=now,
            )
            for _ in range(tasks)
        ),
        batch_size=500,
    )


def purge() -> None:
    from eaglet.tasks.broker.connection import publishing_app
    from eaglet.tasks.broker.queues import task_queue

    app = publishing_app()
    with app.connection_for_write() as connection:
        queue = task_queue(app, QUEUE)(connection.default_channel)
        queue.declare()
        queue.purge()


def relay_all(tasks: int) -> float:
    from eaglet.tasks.models import OutboxTask
    from eaglet.tasks.relay.relay import Relay

    fill(tasks)
    relay = Relay(["default"])
    began = time.perf_counter()
    relay.run_once(threading.Event())
    seconds = time.perf_counter() - began
    assert OutboxTask.objects.filter(state=OutboxTask.State.SENT).count() == tasks
    return tasks / seconds


def one_by_one(tasks: int) -> float:
    from eaglet.tasks.broker.connection import publishing_app

    app = publishing_app()
    with app.connection_for_write() as connection:
        producer = app.amqp.Producer(connection.default_channel, auto_declare=False)
        began = time.perf_counter()
        for _ in range(tasks):
            app.send_task(QUEUE, args=[PAYLOAD], queue=QUEUE, producer=producer)
        return tasks / (time.perf_counter() - began)


def throughput(url: str, broker: str, rounds: int, tasks: int, pipe: Connection) -> None:
    start(url, broker)
    figures = []
    for _ in range(rounds):
        direct = one_by_one(tasks)
        purge()
        relayed = relay_all(tasks)
        purge()
        figures.append((relayed, direct))
    pipe.send(figures)


def relay(url: str, broker: str) -> None:
    start(url, broker)
    from eaglet.tasks.relay.relay import Relay

    Relay(["default"]).run(threading.Event())


def consume(broker: str, times: dict[str, float], stop: threading.Event) -> None:
    import kombu
    from kombu import Queue

    # kombu's own: it waits in Redis, where eaglet's workers ask every 15 ms.
    with kombu.Connection(broker) as connection:

        def take(body, message) -> None:
            times[message.headers["id"]] = time.perf_counter()
            message.ack()

        with connection.Consumer([Queue(QUEUE)], callbacks=[take], accept=["json"]):
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.2)


def latency(url: str, broker: str, pipe: Connection) -> None:
    start(url, broker)
    from django.db import transaction

    from eaglet.tasks import send_task
    from eaglet.tasks.models import OutboxTask

    OutboxTask.objects.all().delete()
    purge()
    times: dict[str, float] = {}
    stop = threading.Event()
    consumer = threading.Thread(target=consume, args=(broker, times, stop), daemon=True)
    consumer.start()
    committed: dict[str, dict[str, float]] = {"relay": {}, "direct": {}}
    for number in range(-5, SENDS):
        for way, of_way in committed.items():
            options = {"order_key": str(number)} if way == "relay" else {}
            with transaction.atomic():
                task_id = send_task(QUEUE, PAYLOAD, **options)
                # The last of what follows the commit: the direct publish is not waited for.
                began = time.perf_counter()
            of_way[task_id] = began
            time.sleep(PAUSE_SECONDS)
    deadline = time.monotonic() + 10
    sent = {task_id for of_way in committed.values() for task_id in of_way}
    while not sent <= set(times) and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    consumer.join()
    pipe.send(
        {
            way: [times[task_id] - began for task_id, began in list(of_way.items())[5:]]
            for way, of_way in committed.items()
        }
    )


def in_process(context, function, *args):
    pipe, theirs = context.Pipe()
    process = context.Process(target=function, args=(*args, theirs))
    process.start()
    theirs.close()
    answer = pipe.recv()
    process.join()
    return answer


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    tasks = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        print(
            f"{'':22} {'relay /s':>9} {'one by one /s':>14} {'ratio':>6}   range"
            f"  {'relay ms':>9} {'direct ms':>10}   (medians)"
        )
        for database, url in database_urls(folder).items():
            preparing = context.Process(target=prepare, args=(url,))
            preparing.start()
            preparing.join()
            for name, broker in broker_urls().items():
                figures = in_process(context, throughput, url, broker, rounds, tasks)
                ratios = [relayed / direct for relayed, direct in figures]
                relaying = context.Process(target=relay, args=(url, broker), daemon=True)
                relaying.start()
                time.sleep(3)
                seconds = in_process(context, latency, url, broker)
                relaying.terminate()
                relaying.join()
                print(
                    f"{database + ', ' + name:22} "
                    f"{statistics.median(one for one, _ in figures):9.0f} "
                    f"{statistics.median(one for _, one in figures):14.0f} "
                    f"{statistics.median(ratios):6.2f}   {min(ratios):.2f}–{max(ratios):.2f}"
                    f" {statistics.median(seconds['relay']) * 1000:9.1f} "
                    f"{statistics.median(seconds['direct']) * 1000:10.1f}",
                    flush=True,
                )


def prepare(url: str) -> None:
    set_up(url)
    migrate()


if __name__ == "__main__":
    main()
