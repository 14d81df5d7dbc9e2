"""Tasks over brokers that are real, and that are killed, frozen, and changed under the sender."""

import time
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from kombu import Connection, Queue

from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import publisher as publisher_module

PAYLOAD = {"member_id": 1, "event_type": "好友通过分享链接购买商品 🦅", "increase_integral": 100}
SENT, PENDING = OutboxTask.State.SENT, OutboxTask.State.PENDING

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
]


@pytest.fixture(params=["rabbitmq", "redis_server"])
def broker(request, settings):
    """Each of the brokers in turn, or the one that a test asks for, as the project's."""
    service = request.getfixturevalue(request.param)
    settings.CELERY_BROKER_URL = service.url
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 30  # a busy machine's broker confirms in its own time
    publisher_module.renew()
    yield service
    publisher_module.renew()


ON_RABBITMQ = pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
ON_REDIS = pytest.mark.parametrize("broker", ["redis_server"], indirect=True)


@pytest.fixture
def client(broker):
    """The client of the broker that kombu uses."""
    with Connection(broker.url) as connection:
        yield connection.default_channel.client


@pytest.fixture
def queue():
    """A queue no other test has: these brokers outlive a test."""
    return f"services.积分.{uuid.uuid4()}"


def received(broker, queue_name):
    messages = []
    with Connection(broker.url) as connection:
        queue = connection.SimpleQueue(queue_name, queue_opts={"no_declare": True})
        while True:
            try:
                message = queue.get(timeout=0.2)
            except queue.Empty:
                return messages
            messages.append((message.headers, message.payload))
            message.ack()


def numbers(messages):
    return sorted(body[0][0]["n"] for _, body in messages)


def states():
    return sorted(OutboxTask.objects.values_list("state", flat=True))


def test_a_task_arrives_as_it_was_sent(broker, queue):
    with transaction.atomic():
        task_id = send_task(queue, PAYLOAD)
    [(headers, body)] = received(broker, queue)
    assert (headers["task"], headers["id"]) == (queue, task_id)
    assert body[0] == [PAYLOAD]
    assert states() == [SENT]


def test_what_is_sent_while_the_broker_is_dead_arrives_when_it_is_back(broker, queue):
    send_task(queue, {"n": 0})
    time.sleep(2)  # RabbitMQ notes after half a second where a new quorum queue lies
    broker.kill()
    for n in range(1, 6):
        send_task(queue, {"n": n})
    assert states() == [PENDING] * 5 + [SENT]
    with pytest.raises(CommandError, match="not everything could be published"):
        call_command("relay_tasks", once=True)
    broker.start()
    call_command("relay_tasks", once=True)
    assert set(states()) == {SENT}
    assert numbers(received(broker, queue)) == list(range(6))


@ON_RABBITMQ
def test_a_queue_deleted_under_the_sender_is_an_error_and_the_relay_makes_it_anew(broker, queue):
    send_task(queue, {"n": 0})
    with Connection(broker.url) as connection:
        Queue(queue, channel=connection.default_channel).delete()
    send_task(queue, {"n": 1})
    [row] = OutboxTask.objects.filter(state=PENDING)
    assert "NO_ROUTE" in row.last_error
    call_command("relay_tasks", once=True)
    assert numbers(received(broker, queue)) == [1]


@ON_RABBITMQ
def test_a_queue_of_another_kind_refuses_its_own_tasks_and_no_others(broker, queue):
    with Connection(broker.url) as connection:
        Queue(queue, durable=False, channel=connection.default_channel).declare()
    other = f"{queue}.other"
    with transaction.atomic():
        send_task(queue, {"n": 0})
        send_task(other, {"n": 1})
    assert states() == [PENDING, SENT]
    assert "PreconditionFailed" in OutboxTask.objects.get(state=PENDING).last_error
    with pytest.raises(CommandError, match="refused"):
        call_command("relay_tasks", once=True)
    assert numbers(received(broker, other)) == [1]
    with Connection(broker.url) as connection:
        Queue(queue, channel=connection.default_channel).delete()
    OutboxTask.objects.update(due_at=OutboxTask.objects.get(state=PENDING).written_at)
    call_command("relay_tasks", once=True)
    assert numbers(received(broker, queue)) == [0]


@ON_REDIS
def test_a_redis_that_takes_nothing_is_no_fault_of_the_tasks(client, broker, queue):
    client.config_set("maxmemory", 1)
    try:
        send_task(queue, {"n": 0})
        with pytest.raises(CommandError, match="OutOfMemory"):
            call_command("relay_tasks", once=True)
    finally:
        client.config_set("maxmemory", 0)
    row = OutboxTask.objects.get()
    assert (row.state, row.attempts) == (PENDING, 0)
    call_command("relay_tasks", once=True)
    assert numbers(received(broker, queue)) == [0]


@ON_REDIS
def test_a_key_of_another_kind_refuses_its_own_tasks_and_no_others(
    client, broker, queue, settings, caplog
):
    settings.EAGLET_TASK_MAX_ATTEMPTS = 2
    other = f"{queue}.other"
    client.set(queue, "no list")
    with transaction.atomic():
        for n in range(5):
            send_task(queue if n == 2 else other, {"n": n, "app_secret": "hush"})
    with pytest.raises(CommandError, match="refused"):
        call_command("relay_tasks", once=True)
    row = OutboxTask.objects.exclude(state=SENT).get()
    assert (row.state, "WRONGTYPE" in row.last_error) == (OutboxTask.State.PARKED, True)
    assert set(numbers(received(broker, other))) == {0, 1, 3, 4}
    assert "hush" not in caplog.text + row.last_error
    client.delete(queue)


@ON_RABBITMQ
def test_what_rabbitmq_refuses_among_hundreds_does_not_keep_them(broker, queue, settings):
    settings.EAGLET_TASK_MAX_ATTEMPTS = 1
    another_kind = f"{queue}.another_kind"
    with Connection(broker.url) as connection:
        Queue(another_kind, durable=False, channel=connection.default_channel).declare()
        with transaction.atomic():
            for n in range(250):
                send_task(another_kind if n % 50 == 7 else queue, {"n": n}, delay_seconds=0.001)
        with pytest.raises(CommandError, match="refused"):
            call_command("relay_tasks", once=True)
        Queue(another_kind, durable=False, channel=connection.default_channel).delete()
    parked = OutboxTask.objects.parked()
    assert [row.arguments for row in parked.order_by("pk")] == [
        f'{{"n":{n}}}' for n in range(7, 250, 50)
    ]
    assert numbers(received(broker, queue)) == [n for n in range(250) if n % 50 != 7]


@ON_RABBITMQ
def test_a_wrong_password_is_told_without_the_password(broker, queue, settings, caplog):
    scheme, _, rest = broker.url.partition("://")
    settings.CELERY_BROKER_URL = f"{scheme}://nobody:hush-hush@{rest.partition('@')[2]}"
    send_task(queue, PAYLOAD)
    [row] = OutboxTask.objects.all()
    assert "ACCESS_REFUSED" in row.last_error
    assert "hush-hush" not in row.last_error + caplog.text
