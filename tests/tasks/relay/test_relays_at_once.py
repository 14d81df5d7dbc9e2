"""Several relays over one outbox share the work."""

import threading
from collections import defaultdict

import pytest
from django.db import connection, connections
from django.utils import timezone

from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay.relay import Relay

QUEUE = "services.points.tasks.changed"


pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
    pytest.mark.skipif(
        connection.vendor == "sqlite",
        reason="needs a database server, as in make test-services; tests/system/ has SQLite",
    ),
]


def write(order_key=lambda n: ""):
    now = timezone.now()
    OutboxTask.objects.bulk_create(
        OutboxTask(
            task_id=str(n),
            queue_name=QUEUE,
            arguments=f'{{"n":{n}}}',
            order_key=order_key(n),
            state=OutboxTask.State.IN_ORDER if order_key(n) else OutboxTask.State.PENDING,
            written_at=now,
            due_at=now,
        )
        for n in range(600)
    )


def run_four(until_done=False):
    relays = [Relay(["default"], batch_size=7) for _ in range(4)]

    def run(relay):
        try:
            relay.run_once(threading.Event())
            while until_done and OutboxTask.objects.waiting().exists():
                relay.run_once(threading.Event())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[relay]) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(relay.progress.published for relay in relays)


def test_each_task_is_published_once(numbers):
    write()
    assert run_four() == 600
    assert sorted(numbers(QUEUE)) == list(range(600))
    assert not OutboxTask.objects.waiting().exists()


def test_each_key_keeps_its_order(numbers):
    write(lambda n: f"member {n * n % 7}")
    assert run_four(until_done=True) == 600
    of_key = defaultdict(list)
    for n in numbers(QUEUE):
        of_key[n * n % 7].append(n)
    assert sum(map(len, of_key.values())) == 600
    for arrived in of_key.values():
        assert arrived == sorted(arrived)
