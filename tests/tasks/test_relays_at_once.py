"""Several relays over one outbox share the work."""

import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay import Relay

QUEUE = "services.points.tasks.changed"


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_each_task_is_published_once(received):
    if connection.vendor == "sqlite":
        pytest.skip(
            "needs a database server, as in make test-services; tests/acceptance has SQLite"
        )
    now = timezone.now()
    OutboxTask.objects.bulk_create(
        OutboxTask(
            task_id=str(n),
            queue_name=QUEUE,
            arguments=f'{{"n":{n}}}',
            written_at=now,
            due_at=now,
        )
        for n in range(600)
    )
    relays = [Relay(["default"], batch_size=7) for _ in range(4)]

    def run(relay):
        try:
            relay.run_once(threading.Event())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[relay]) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(body[0][0]["n"] for _, body in received(QUEUE)) == list(range(600))
    assert sum(relay.progress.published for relay in relays) == 600
    assert not OutboxTask.objects.pending().exists()
