"""Publish many messages to RabbitMQ at once, and note what it says of each."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from celery import Celery
from kombu.connection import Connection

from eaglet.exceptions import PublishError
from eaglet.tasks.broker.message import publish_message, without_subscriber
from eaglet.tasks.broker.queues import EVENTS, task_queue
from eaglet.tasks.display import describe
from eaglet.tasks.models import OutboxTask

ResultCallback = Callable[[OutboxTask, "PublishError | None"], None]
"""Called for a task when the broker has confirmed it, or with the reason why it did not."""

SILENCE_SECONDS: Final = 5.0
"""How long the broker may say nothing while confirmations are due."""

LONGEST_SECONDS: Final = 8.0
"""How long the confirmations of what was published together may take in all."""


class ConfirmingProducer:
    """Publish on a channel in confirm mode, and declare queues on another.

    RabbitMQ closes a channel on which a declaration fails, with the confirmations due on it.
    """

    def __init__(self, app: Celery, connection: Connection) -> None:
        self._app = app
        self._connection = connection
        self._declaring = connection.channel()
        self._declared: set[str] = set()
        channel: Any = connection.channel()
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acknowledged)
        channel.events["basic_nack"].add(self._rejected)
        channel.events["basic_return"].add(self._returned)
        self._producer = app.amqp.Producer(channel, auto_declare=False)
        self._published = 0
        self._due: dict[int, OutboxTask] = {}
        self._unroutable: dict[str, str] = {}
        self._report: ResultCallback

    def publish(self, tasks: Sequence[OutboxTask], report: ResultCallback) -> None:
        """Publish tasks and wait until the broker has said something of each.

        Raises what the connection raises; TimeoutError when it says nothing for too long.
        """
        self._report = report
        for task in self._with_a_queue(tasks, report):
            # The broker counts from 1, and what could not be written is not counted.
            try:
                publish_message(self._app, self._producer, task, declare=False)
            except PublishError as error:
                report(task, error)
            else:
                self._published += 1
                self._due[self._published] = task
        began = time.monotonic()
        silent_until = began + SILENCE_SECONDS
        while self._due:
            due = len(self._due)
            self._connection.drain_events(timeout=max(0.001, silent_until - time.monotonic()))
            if len(self._due) < due:
                silent_until = min(time.monotonic() + SILENCE_SECONDS, began + LONGEST_SECONDS)

    def _with_a_queue(
        self, tasks: Sequence[OutboxTask], report: ResultCallback
    ) -> list[OutboxTask]:
        faults: dict[str, PublishError] = {}
        for name in {_declared_name(task) for task in tasks} - self._declared:
            try:
                (task_queue(self._app, name) if name else EVENTS)(self._declaring).declare()
            except self._connection.connection_errors:
                raise
            except self._connection.channel_errors as error:
                faults[name] = PublishError(describe(error))
                self._declaring = self._connection.channel()
            else:
                self._declared.add(name)
        for task in tasks:
            if _declared_name(task) in faults:
                report(task, faults[_declared_name(task)])
        return [task for task in tasks if _declared_name(task) not in faults]

    def _returned(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        # RabbitMQ says so just before it confirms the message.
        self._unroutable[message.properties.get("correlation_id")] = describe(error)
        self._declared.discard(routing_key)

    def _acknowledged(self, tag: int, multiple: bool) -> None:
        for task in self._take(tag, multiple):
            reason = self._unroutable.pop(task.task_id, None)
            error = PublishError(reason) if reason else None
            self._report(task, without_subscriber(task) if error and task.is_event else error)

    def _rejected(self, tag: int, multiple: bool) -> None:
        for task in self._take(tag, multiple):
            self._report(task, PublishError("the broker rejected it (basic.nack)"))

    def _take(self, tag: int, multiple: bool) -> list[OutboxTask]:
        tags = [due for due in self._due if due <= tag] if multiple else [tag]
        return [self._due.pop(due) for due in tags if due in self._due]


def _declared_name(task: OutboxTask) -> str:
    return "" if task.is_event else task.queue_name
