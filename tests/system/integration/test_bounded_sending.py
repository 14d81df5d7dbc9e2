"""What the caller waits for: never for the broker longer than the timeout, for one task or 1,000.

How long is not measured here, only that it is no wait for the broker: that would last until the
test is over, or for seconds of timeouts.
"""

import socket
import time
import uuid

import pytest
from django.core.management import call_command
from django.db import transaction
from kombu import Connection

from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import publisher as publisher_module

from .broken_way import BrokenWay

TIMEOUT_SECONDS = 0.5
# Far below what sockets, handshakes and confirmations are given, and above a busy machine's mood.
GENEROUSLY = TIMEOUT_SECONDS + 4

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
]


@pytest.fixture(params=["rabbitmq", "redis_server"])
def broker(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def way(broker, settings):
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = TIMEOUT_SECONDS
    with BrokenWay(broker.url) as way:
        settings.CELERY_BROKER_URL = way.url
        publisher_module.renew()
        yield way
        way.mend()
    publisher_module.renew()


@pytest.fixture
def queue():
    return f"services.bounded.{uuid.uuid4()}"


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def refuse(way, broker, settings, tasks):
    host = way.url.rpartition(":")[0]
    settings.CELERY_BROKER_URL = f"{host}:{closed_port()}//"


def stay_silent(way, broker, settings, tasks):
    way.be_silent()
    publisher_module.renew()


def be_slow(way, broker, settings, tasks):
    way.answer_delay_seconds = 0.2


def freeze(way, broker, settings, tasks):
    broker.freeze()


def break_off(way, broker, settings, tasks):
    # In the middle of the one, or of those that follow the first.
    way.bytes_left = 300 if tasks == 1 else 5000


def received(broker, queue_name, expected):
    numbers = set()
    with Connection(broker.url) as connection:
        queue = connection.SimpleQueue(queue_name, queue_opts={"no_declare": True})
        while numbers != expected:
            try:
                message = queue.get(timeout=10)
            except queue.Empty:
                break
            numbers.add(message.payload[0][0]["n"])
            message.ack()
    return numbers


@pytest.mark.parametrize("tasks", [1, 1000])
@pytest.mark.parametrize("fault", [refuse, stay_silent, be_slow, freeze, break_off])
def test_the_caller_goes_on_in_time_and_nothing_is_lost(way, broker, settings, queue, fault, tasks):
    send_task(queue, {"n": -1})
    fault(way, broker, settings, tasks)
    with transaction.atomic():
        for n in range(tasks):
            send_task(queue, {"n": n})
        committed = time.monotonic()
    assert time.monotonic() - committed < GENEROUSLY
    left = OutboxTask.objects.waiting().count()
    assert OutboxTask.objects.count() == tasks + 1
    if not publisher_module.publisher().is_available:
        # While it is left alone nobody waits at all, whatever it does.
        before = time.monotonic()
        for n in range(20):
            send_task(queue, {"n": tasks + n})
        assert time.monotonic() - before < GENEROUSLY
        tasks += 20
    assert left or fault is be_slow
    broker.restore()
    way.mend()
    settings.CELERY_BROKER_URL = broker.url
    OutboxTask.objects.waiting().update(due_at=OutboxTask.objects.latest("pk").written_at)
    call_command("relay_tasks", once=True)
    assert not OutboxTask.objects.waiting().exists()
    expected = {*range(-1, tasks)}
    assert received(broker, queue, expected) == expected
