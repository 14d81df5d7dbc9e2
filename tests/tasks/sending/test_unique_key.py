"""One task of a unique key waits in the outbox at a time."""

import threading

import pytest
from django.db import connection, connections, transaction

from eaglet.exceptions import InvalidTask
from eaglet.tasks import cancel_task, send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay.relay import Relay
from eaglet.tasks.testing import broker_down, broker_refusing

QUEUE = "services.points.tasks.recount"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])

ON_A_SERVER = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="needs a database server, as in make test-services: one thread at a time writes here",
)


def relay():
    Relay(["default"]).run_once(threading.Event())


def send(n, **options):
    return send_task(QUEUE, {"n": n}, **{"unique_key": "member 1", **options})


def test_a_second_send_gives_the_id_of_the_one_that_waits(received):
    first = send(1)
    assert send(2) == first
    with transaction.atomic():
        assert send(3, delay_seconds=60) == first
    relay()
    assert [body[0] for _, body in received(QUEUE)] == [[{"n": 1}]]


def test_other_queues_and_keys_and_tasks_without_a_key_are_others():
    sent = {send(1), send(1, unique_key="member 2"), send(1, unique_key="Member 1")}
    sent |= {send_task(f"{QUEUE}2", {}, unique_key="member 1"), send_task(QUEUE, {})}
    assert len(sent) == 5


def test_one_that_was_published_or_cancelled_or_rolled_back_waits_no_more():
    with transaction.atomic():
        ids = [send(1)]
        transaction.set_rollback(True)
    ids.append(send(1))
    relay()
    ids.append(send(1))
    assert cancel_task(ids[-1])
    ids.append(send(1))
    assert len(set(ids)) == 4


def test_one_that_is_being_published_is_no_answer_to_who_writes_now(when_publishing):
    """Its function may run before what the second sender writes is committed."""
    ids = []

    def publish(go_on, task):
        if task.task_id == ids[0]:
            ids.append(send(2))
            ids.append(send(3))
        go_on()

    when_publishing(publish)
    ids.append(send(1))
    relay()
    assert ids[1] == ids[2] != ids[0]
    assert OutboxTask.objects.waiting().count() == 0


def test_one_waits_however_often_the_broker_is_away_or_refuses():
    first = send(1)
    with broker_down():
        for _ in range(3):
            relay()
            assert send(2) == first
    with broker_refusing():
        relay()
    assert send(2) == first
    assert OutboxTask.objects.count() == 1


def test_one_that_is_parked_keeps_nobody_from_sending(settings):
    settings.EAGLET_TASK_MAX_ATTEMPTS = 1
    with broker_refusing():
        first = send(1)
        relay()
    second = send(2)
    assert second != first
    OutboxTask.objects.replay()
    relay()
    assert set(OutboxTask.objects.values_list("state", flat=True)) == {OutboxTask.State.SENT}


def test_keys_that_can_be_none_are_refused():
    for key in ("", "a\n", "k" * 256, 7):
        with pytest.raises(InvalidTask, match="unique_key"):
            send(1, unique_key=key)
    assert not OutboxTask.objects.exists()


def in_threads(run, count):
    def closing(n):
        try:
            run(n)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=closing, args=[n]) for n in range(count)]
    for thread in threads:
        thread.start()
    return threads


@ON_A_SERVER
def test_of_many_that_send_at_once_one_is_written():
    ids = []

    def run(n):
        for _ in range(10):
            with transaction.atomic():
                ids.append(send(n))

    for thread in in_threads(run, 8):
        thread.join()
    assert len(ids) == 80
    assert len(set(ids)) == 1
    assert OutboxTask.objects.count() == 1


@ON_A_SERVER
def test_senders_and_relays_at_once_lose_nothing(received):
    """Whatever a sender wrote is there when the task runs whose id it was given."""
    stop, given = threading.Event(), []

    def run(n):
        if n == 0:
            while not stop.is_set():
                relay()
        else:
            for _ in range(20):
                given.append(send(n))

    relaying, *sending = in_threads(run, 4)
    for thread in sending:
        thread.join()
    stop.set()
    relaying.join()
    relay()
    published = [headers["id"] for headers, _ in received(QUEUE)]
    assert set(given) == set(published)
    assert len(published) == len(set(published))
