"""Keep a worker's queues from one another: what a broker holds against one keeps only that one."""

import logging
import uuid
from typing import Any, Final

from celery import Celery
from kombu import Queue
from kombu.connection import Connection

from eaglet.tasks.broker.errors import concerns_every_task, reason
from eaglet.tasks.celery_config import RABBITMQ_SCHEMES, broker_scheme

logger = logging.getLogger("eaglet.tasks")

LOOK_AGAIN_AFTER_SECONDS: Final = 30.0


def name_control_queue_anew(app: Celery) -> None:
    """Give a worker's control queue a name of its own each time that it connects.

    As long as RabbitMQ takes a connection that went silent for alive, an exclusive queue of the
    same name is locked, and Celery ends the worker that has come back. In the embedded broker two
    workers of one name would share it. Redis keeps none, but all that was ever bound.
    """
    if broker_scheme(app.conf.broker_read_url) in (*RABBITMQ_SCHEMES, "eaglet"):
        control: Any = app.control
        mailbox = control.mailbox
        named = mailbox.get_queue
        mailbox.get_queue = lambda hostname: named(f"{hostname}.{uuid.uuid4().hex[:12]}")


class WorkerQueues:
    """Have a worker's consumer take from those of its queues that the broker lets it declare.

    Those that exist with other arguments, belong to the broker or are locked are told in the log,
    and looked at again every LOOK_AGAIN_AFTER_SECONDS.
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._queues = consumer.app.amqp.queues
        self._refused: dict[str, Queue] = {}

    def look_over(self, connection: Connection) -> None:
        """Look at all of them on a new connection, before the worker takes from any."""
        for queue in self._refused.values():
            self._queues.select_add(queue)
        self._refused.clear()
        for name, queue in list(self._queues.consume_from.items()):
            if self._is_refused(connection, queue):
                self._queues.deselect(name)
                self._refused[name] = queue
        if self._refused:
            self._look_again_later()

    def _look_again_later(self) -> None:
        self._consumer.timer.call_after(LOOK_AGAIN_AFTER_SECONDS, self._look_again)

    def _look_again(self) -> None:
        connection = self._consumer.connection
        if connection is None or self._consumer.task_consumer is None:
            return  # the next connection's turn
        for name, queue in list(self._refused.items()):
            if not self._is_refused(connection, queue):
                del self._refused[name]
                self._queues.select_add(queue)
                self._consumer.add_task_queue(name)
        if self._refused:
            self._look_again_later()

    def _is_refused(self, connection: Connection, queue: Queue) -> bool:
        channel: Any = connection.channel()
        try:
            queue(channel).declare()
        except connection.connection_errors:
            raise
        except connection.channel_errors as error:
            if concerns_every_task(error):
                raise
            logger.error(
                "this worker takes nothing from the queue %r, since the broker refuses it: %s. If "
                "it, or its exchange, is there with other arguments, delete that once nothing is "
                "in it: it is made anew",
                queue.name,
                reason(error),
            )
            return True
        channel.close()
        return False
