"""What a queue is on RabbitMQ: a quorum queue on RabbitMQ 4, or what is wanted, or there."""

import amqp
import pytest
from django.contrib.auth.models import Group
from kombu import Connection, Queue

from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import publisher as publisher_module
from tests.tasks.receiver.running import ALIAS, Receiver

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def connection(rabbitmq, settings):
    settings.CELERY_BROKER_URL = rabbitmq.url
    publisher_module.renew()
    with Connection(rabbitmq.url) as connection:
        yield connection
    publisher_module.renew()


@pytest.fixture
def receiver(connection, tmp_path, rabbitmq, django_db_blocker):
    with django_db_blocker.unblock(), Receiver(tmp_path, rabbitmq.url, None) as receiver:
        yield receiver


def is_of_type(connection, name, queue_type):
    """Only the type that a queue has is not complained of."""
    try:
        with connection.channel() as channel:
            Queue(name, queue_arguments={"x-queue-type": queue_type})(channel).queue_declare()
    except amqp.PreconditionFailed as error:
        return "x-queue-type" not in str(error)
    return True


def is_new(connection, name):
    """It is a quorum queue on RabbitMQ 4, and a classic one before."""
    version = connection.connection.server_properties["version"]
    return is_of_type(connection, name, "quorum" if int(version.split(".")[0]) > 3 else "classic")


def taken(receiver, *expected):
    receiver.until(
        lambda: sorted(Group.objects.using(ALIAS).values_list("name", flat=True)) == list(expected)
    )


def test_a_new_queue_takes_back_a_task_without_end(connection, receiver):
    queue = f"{receiver.queue}.note"
    send_task(queue, {"name": "well"})
    assert is_new(connection, queue)
    for _ in range(25):  # RabbitMQ 4 drops it after 20 unless told otherwise
        with connection.channel() as channel:
            message = None
            while message is None:
                message = channel.basic_get(queue)
            channel.basic_reject(message.delivery_tag, requeue=True)
    receiver.worker()
    taken(receiver, "well")


def test_a_worker_that_comes_first_makes_the_same_queues(connection, receiver):
    receiver.worker()
    assert is_new(connection, f"{receiver.queue}.note")
    send_task(f"{receiver.queue}.note", {"name": "well"})
    taken(receiver, "well")


def test_a_classic_queue_that_is_there_is_used_by_senders_and_workers(connection, receiver):
    queue = f"{receiver.queue}.note"
    Queue(queue)(connection.default_channel).declare()
    send_task(queue, {"name": "before"})
    assert OutboxTask.objects.get().state == OutboxTask.State.SENT
    receiver.worker()
    send_task(queue, {"name": "after"})
    taken(receiver, "after", "before")
    assert is_of_type(connection, queue, "classic")


@pytest.mark.parametrize("queue_type", ["classic", "quorum"])
def test_the_project_may_say_what_its_new_queues_are(connection, settings, queue_type):
    settings.EAGLET_QUEUE_TYPE = queue_type
    queue = f"services.{id(settings)}.{queue_type}"
    send_task(queue, {})
    assert is_of_type(connection, queue, queue_type)
    connection.default_channel.queue_delete(queue)


def test_a_project_that_wants_priorities_of_its_broker_has_classic_queues(connection, settings):
    settings.CELERY_TASK_QUEUE_MAX_PRIORITY = 9
    queue = f"services.{id(settings)}.priorities"
    send_task(queue, {})
    assert is_of_type(connection, queue, "classic")
    connection.default_channel.queue_delete(queue)
