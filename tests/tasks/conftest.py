import logging
import uuid

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError
from kombu.transport import virtual
from kombu.transport.memory import Channel, Transport

from eaglet.circuit_breaker import Breaker
from eaglet.tasks.broker.message import publish_message
from eaglet.tasks.receiving import celery_task, decorator
from eaglet.tasks.sending import publisher as publisher_module
from tests.system.servers.fixtures import mariadb, postgresql, rabbitmq, redis_server

__all__ = ["mariadb", "postgresql", "rabbitmq", "redis_server"]


@pytest.fixture(autouse=True)
def clean_broker():
    """Empty the broker that lives in the process's memory, and begin with a fresh publisher."""
    Channel.queues.clear()
    Transport.global_state = virtual.BrokerState()
    publisher_module.renew()
    yield
    publisher_module.renew()


@pytest.fixture
def logging_as_it_was():
    """A worker sets up the root logger, and everything after it would be silent."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def received():
    """Take what is in a queue, as any consumer would: a list of (headers, body)."""

    def take(queue_name, url="memory://", **options):
        messages = []
        with Connection(url, **options) as connection:
            queue = connection.SimpleQueue(queue_name)
            while True:
                try:
                    message = queue.get(block=False)
                except queue.Empty:
                    return messages
                messages.append((message.headers, message.payload))
                message.ack()

    return take


@pytest.fixture
def when_publishing(monkeypatch):
    """Have a function called with each task in place of publishing it, and with what does that."""

    def patch(instead):
        def publish(app, producer, task, **options):
            instead(lambda: publish_message(app, producer, task, **options), task)

        return monkeypatch.setattr("eaglet.tasks.broker.connection.publish_message", publish)

    return patch


@pytest.fixture
def quick_breaker(monkeypatch):
    """Give the publisher a breaker that opens at the first failure and stays open."""
    publisher = publisher_module.Publisher(Breaker(threshold=1, open_seconds=3600))
    monkeypatch.setattr(publisher_module, "_publisher", publisher)
    return publisher


@pytest.fixture
def as_by_a_worker():
    """Run a task as in a worker, where a retry is published, and give what Celery is told."""

    def run(declared, args, **request):
        declared.push_request(
            id="1", args=[args], kwargs={}, called_directly=False, is_eager=False,
            delivery_info={"exchange": "", "routing_key": declared.name}, **request,
        )  # fmt: skip
        try:
            return declared.run(args)
        finally:
            declared.pop_request()

    return run


@pytest.fixture
def numbers(received):
    """Take what is in a queue, and give the `n` of each task's arguments."""
    return lambda queue_name: [body[0][0]["n"] for _, body in received(queue_name)]


@pytest.fixture
def refuse(when_publishing):
    """Have the broker refuse the tasks of these numbers from now on, and no others."""

    def refuse(*refused):
        def publish_others(publish, task):
            if task.arguments in {f'{{"n":{n}}}' for n in refused}:
                raise ChannelError("PRECONDITION_FAILED")
            publish()

        when_publishing(publish_others)

    return refuse


@pytest.fixture
def queue(monkeypatch, settings):
    """A queue's and a service's name of this test alone: Celery never forgets a shared task."""
    monkeypatch.setattr(decorator, "_handlers", {})
    settings.EAGLET_SERVICE_NAME = f"service-{uuid.uuid4()}"
    monkeypatch.setattr(celery_task, "_PAUSE_BEFORE_REQUEUE_SECONDS", 0)
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 3
    return f"services.points.{uuid.uuid4()}"
