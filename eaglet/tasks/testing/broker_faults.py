"""Have the broker fail, for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import Broker
from eaglet.tasks.broker.rabbitmq_confirms import ResultCallback
from eaglet.tasks.models import OutboxTask

Fault = Callable[[Sequence[OutboxTask], ResultCallback], Sequence[OutboxTask]]
"""Gets what is to be published, and returns what of it the broker is to have."""

_publish: Final = Broker.publish


@contextmanager
def ordered(fault: Fault) -> Iterator[None]:
    """Have every publishing in the block meet with a fault."""

    def publish(broker: Broker, tasks: Sequence[OutboxTask], report: ResultCallback) -> None:
        _publish(broker, fault(tasks, report), report)

    with patch.object(Broker, "publish", publish):
        yield


def down(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
    """The broker can't be reached."""
    raise BrokerUnavailable("the broker is down, on order")


def slow(seconds: float) -> Fault:
    """The broker takes its time for each batch, and then takes it."""

    def wait(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        threading.Event().wait(seconds)
        return tasks

    return wait


def silent(until: threading.Event) -> Fault:
    """The broker accepts, and does not answer, until the event is set."""

    def hang(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        until.wait(60)
        raise BrokerUnavailable("the broker was silent, on order")

    return hang


def refusing(queue_names: Sequence[str]) -> Fault:
    """The broker refuses what goes to some queues, or everything where none are named."""

    def refuse(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        refused = [task for task in tasks if not queue_names or task.queue_name in queue_names]
        for task in refused:
            report(task, PublishError("refused, on order"))
        return [task for task in tasks if task not in refused]

    return refuse
