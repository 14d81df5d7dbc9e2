"""Declare the queues of tasks; on RabbitMQ 4 as quorum queues, where they are not there already."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import amqp
from celery import Celery
from celery.app.amqp import AMQP, Queues
from django.utils.version import get_version_tuple
from kombu import Exchange, Queue
from kombu.connection import Connection

from eaglet.conf import conf
from eaglet.contracts.topics import EXCHANGE
from eaglet.tasks.broker.headers import EVENT
from eaglet.tasks.display import describe

logger = logging.getLogger("eaglet.tasks")

TYPE: Final = "x-queue-type"
QUORUM: Final[Mapping[str, Any]] = {
    TYPE: "quorum",
    # RabbitMQ 4 drops what was given back 20 times. How often a task is tried, and that it is
    # parked then, is the ledger's to say. (-1, which is "no limit" to 4, is "never" to 3.)
    "x-delivery-limit": 2**31 - 1,
    # Milliseconds: how long a task may run, as `redelivery` has it. RabbitMQ would give what takes
    # longer than 30 minutes to another worker.
    "x-consumer-timeout": 24 * 3600 * 1000,
}


EVENTS: Final = Exchange(EXCHANGE, "topic")
"""Where events are published, each with its name as the routing key."""


class TaskQueue(Queue):
    """A queue that is of the type that is wanted if it is new, and used as it is if not.

    One that is not durable, or goes with its last consumer, is refused.
    """

    # Another code base may have declared it.
    _level_of_other_arguments = logging.INFO

    def queue_declare(
        self, nowait: bool = False, passive: bool = False, channel: Any = None
    ) -> Any:
        """Declare it, or see that it is there; on other brokers as kombu does."""
        channel = channel or self.channel
        if not isinstance(channel, amqp.Channel):
            return super().queue_declare(nowait, passive, channel)
        connection = channel.connection
        version = _rabbitmq_version(connection.server_properties)
        self.queue_arguments = _arguments(self.queue_arguments or {}, version)
        try:
            # RabbitMQ closes the channel on which this fails.
            with connection.channel() as own:
                return super().queue_declare(False, passive, own)
        except amqp.PreconditionFailed as error:
            # It would lose what it has confirmed.
            if "'durable'" in str(error) or "'auto_delete'" in str(error):
                raise
            logger.log(
                self._level_of_other_arguments,
                "the queue %s is there already, and is used as it is: %s. Deleted once nothing is "
                "in it, it is made anew by a worker that starts",
                self.name,
                describe(error),
            )
        with connection.channel() as own:
            return super().queue_declare(False, True, own)


class EventQueue(TaskQueue):
    """A queue that is bound for events; each is the task of the queue's name to its consumers."""

    # It is this service's alone, and is to keep every event until it is taken.
    _level_of_other_arguments = logging.WARNING

    def consume(
        self, consumer_tag: str = "", callback: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Consume from it, each message as one that was sent to this queue alone."""

        def consume(message: Any) -> Any:
            headers, info = message.headers, message.delivery_info
            if isinstance(headers, dict) and headers.get("task") != self.name:
                headers[EVENT] = headers.get("task")
                headers["task"] = self.name
            # Where a retry or a replay is published, and not to the other subscribers.
            info.update(exchange="", routing_key=self.name)
            return callback(message)

        consumed: Any = super()  # kombu's stub has another callback
        return consumed.consume(consumer_tag, consume, *args, **kwargs)


def event_queue(name: str, pattern: str) -> EventQueue:
    """Return the queue of that name, bound for the events of a pattern."""
    return EventQueue(name, EVENTS, pattern)


def task_queue(app: Celery, name: str) -> Queue:
    """Return the queue of a name: the project's own declaration of it, or eaglet's."""
    queues = app.amqp.queues
    if name not in queues:
        queues.add(TaskQueue(**queues.new_missing(name).as_dict()))
    return queues[name]


class TaskQueues(Queues):
    """The queues of an app of eaglet's own: one that is not declared yet is a TaskQueue."""

    def new_missing(self, name: str) -> TaskQueue:
        """Make the declaration of a queue that the project has not declared."""
        return TaskQueue(**super().new_missing(name).as_dict())


class TaskAMQP(AMQP):
    """What Celery declares queues with, in an app of eaglet's own."""

    queues_cls = TaskQueues


def _rabbitmq_version(server: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the version of a server, by what it says of itself; none if it is no RabbitMQ."""
    if server.get("product") != "RabbitMQ":
        return ()
    version: tuple[int, ...] = get_version_tuple(str(server.get("version", "")))
    return version


def limit_each_consumer(connection: Connection) -> None:
    """Have a worker's prefetch count be that of each queue: quorum queues know no other.

    So it is on RabbitMQ 4 anyway.
    """
    transport: Any = connection.transport
    server = getattr(connection.connection, "server_properties", {})
    if conf.EAGLET_QUEUE_TYPE != "classic" and _rabbitmq_version(server) >= (3, 8):
        transport.qos_semantics_matches_spec = lambda connection: True


def _arguments(own: Mapping[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    """Return what a queue is declared with, of which the project's settings have given some."""
    wanted = conf.EAGLET_QUEUE_TYPE
    if wanted is None:
        # Beside RabbitMQ 3 there are workers of other code bases, which declare classic queues.
        # Quorum queues have no `x-max-priority`: who sets CELERY_TASK_QUEUE_MAX_PRIORITY wants
        # classic ones.
        is_classic = version < (4,) or "x-max-priority" in own
        wanted = own.get(TYPE) or ("classic" if is_classic else "quorum")
    if wanted == "quorum":
        return dict(QUORUM)
    return {**own, TYPE: wanted} if own or conf.EAGLET_QUEUE_TYPE else {}
