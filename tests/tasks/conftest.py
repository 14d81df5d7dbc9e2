import uuid

import pytest
from kombu import Connection
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
def queue(monkeypatch, settings):
    """A queue's and a service's name of this test alone: Celery never forgets a shared task."""
    monkeypatch.setattr(decorator, "_handlers", {})
    settings.EAGLET_SERVICE_NAME = f"service-{uuid.uuid4()}"
    monkeypatch.setattr(celery_task, "_PAUSE_BEFORE_REQUEUE_SECONDS", 0)
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 3
    return f"services.points.{uuid.uuid4()}"
