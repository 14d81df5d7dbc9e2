"""Broker faults on order, for tests: what `Broker.publish` asks before it publishes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.models import OutboxTask

Tell = Callable[[OutboxTask, PublishError | None], None]
Fault = Callable[[Sequence[OutboxTask], Tell], Sequence[OutboxTask]]
"""Gets what is to be published, and gives what of it the broker is to have."""

_fault: Fault | None = None


def fault() -> Fault | None:
    """The fault that is ordered now, if any is."""
    return _fault


@contextmanager
def ordered(fault: Fault) -> Iterator[None]:
    """Have every publishing in the block meet with a fault."""
    global _fault  # noqa: PLW0603
    before, _fault = _fault, fault
    try:
        yield
    finally:
        _fault = before


def down(tasks: Sequence[OutboxTask], tell: Tell) -> Sequence[OutboxTask]:
    """The broker can't be reached."""
    raise BrokerUnavailable("the broker is down, on order")


def slow(seconds: float) -> Fault:
    """The broker takes its time for each batch, and then takes it."""

    def wait(tasks: Sequence[OutboxTask], tell: Tell) -> Sequence[OutboxTask]:
        threading.Event().wait(seconds)
        return tasks

    return wait


def silent(until: threading.Event) -> Fault:
    """The broker accepts, and does not answer, until the event is set."""

    def hang(tasks: Sequence[OutboxTask], tell: Tell) -> Sequence[OutboxTask]:
        until.wait(60)
        raise BrokerUnavailable("the broker was silent, on order")

    return hang


def refusing(queue_names: Sequence[str]) -> Fault:
    """The broker refuses what goes to some queues, or everything where none are named."""

    def refuse(tasks: Sequence[OutboxTask], tell: Tell) -> Sequence[OutboxTask]:
        refused = [task for task in tasks if not queue_names or task.queue_name in queue_names]
        for task in refused:
            tell(task, PublishError("refused, on order"))
        return [task for task in tasks if task not in refused]

    return refuse
