"""Have the broker fail, for tests."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import Broker
from eaglet.tasks.broker.rabbitmq_confirms import ResultCallback
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import publisher

# Gets what is to be published, and returns what of it the broker is to have.
_Fault = Callable[[Sequence[OutboxTask], ResultCallback], Sequence[OutboxTask]]

_publish: Final = Broker.publish


@contextmanager
def _broker_with(fault: _Fault) -> Iterator[None]:
    def publish(broker: Broker, tasks: Sequence[OutboxTask], report: ResultCallback) -> None:
        _publish(broker, fault(tasks, report), report)

    # Before: what a breaker, or a thread, remembers of other tests. After: what it would of this.
    publisher.renew()
    try:
        with patch.object(Broker, "publish", publish):
            yield
    finally:
        publisher.renew()


@contextmanager
def broker_down() -> Iterator[None]:
    """Have no broker be reachable in the block: what is sent stays in the outbox.

    Publishing follows a real commit, so tests with any of these faults need a TransactionTestCase
    (pytest-django: `transaction=True`) or `captureOnCommitCallbacks(execute=True)`.
    """

    def fail(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        raise BrokerUnavailable("the broker is down, on order")

    with _broker_with(fail):
        yield


@contextmanager
def broker_slow(seconds: float) -> Iterator[None]:
    """Have the broker take so long to confirm each batch in the block."""

    def wait(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        threading.Event().wait(seconds)
        return tasks

    with _broker_with(wait):
        yield


@contextmanager
def broker_silent() -> Iterator[None]:
    """Have the broker accept connections in the block, and never answer."""
    over = threading.Event()

    def hang(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        over.wait(60)
        raise BrokerUnavailable("the broker was silent, on order")

    try:
        with _broker_with(hang):
            yield
    finally:
        over.set()


@contextmanager
def broker_refusing(*queue_names: str) -> Iterator[None]:
    """Have the broker refuse what goes to these queues in the block, or to any if none is named."""

    def refuse(tasks: Sequence[OutboxTask], report: ResultCallback) -> Sequence[OutboxTask]:
        refused = [task for task in tasks if not queue_names or task.queue_name in queue_names]
        for task in refused:
            report(task, PublishError("refused, on order"))
        return [task for task in tasks if task not in refused]

    with _broker_with(refuse):
        yield
