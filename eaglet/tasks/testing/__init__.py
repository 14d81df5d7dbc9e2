"""For the tests of services that send tasks, and take them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from eaglet.tasks.sending import publisher
from eaglet.tasks.testing.broker_faults import Fault, down, ordered, refusing, silent, slow
from eaglet.tasks.testing.capture import CapturedTask, CapturedTasks, capture
from eaglet.tasks.testing.inline import InlineTasks, RanTask


@contextmanager
def captured_tasks() -> Iterator[CapturedTasks]:
    """Capture the tasks sent in the block, instead of publishing them.

    Gives a sequence of `CapturedTask(queue_name, args, task_id, using, order_key, not_before)`,
    `args` as the receiver would get them. What a transaction or a savepoint rolls back is not in
    it. It needs no commit, so it works in a TestCase and under pytest-django's `db` alike; captured
    tasks stay in the outbox of the test's database, and are never published by it.

        with captured_tasks() as tasks:
            change_points(member, 100)
        assert [task.queue_name for task in tasks] == ["services.points.tasks.changed"]
    """
    with capture() as tasks:
        yield tasks


@contextmanager
def inline_tasks(*, raise_errors: bool = True, deliveries: int = 1) -> Iterator[InlineTasks]:
    """Run the tasks sent in the block at its end, in this process, as a worker would.

    What was rolled back is not run; what the tasks send is. Each goes through JSON and a message's
    headers to the function that `@task` has declared, with its contract, `once=True`, the trace of
    the call that sent it, and a row in the ledger. Nothing waits: not for a time a task is sent
    for, nor between two attempts. It needs no commit.

    Gives a sequence of `RanTask(queue_name, args, task_id, attempts, result, error, is_parked)`,
    filled at the end of the block, or by `run()` in it. `untaken` lists what no function takes.

        with inline_tasks() as ran:
            change_points(member, 100)
        assert ran[0].result == {"message_id": 7}

    Args:
        raise_errors: raise what a handler raises, at its first attempt. Else it is tried as often
            as a worker would, and then parked.
        deliveries: how often each task is delivered: 2 shows what a repeat does.
    """
    with capture() as tasks:
        ran = InlineTasks(tasks, raise_errors=raise_errors, deliveries=deliveries)
        yield ran
        ran.run()


@contextmanager
def _broker_with(fault: Fault) -> Iterator[None]:
    # Before: what a breaker, or a thread, remembers of other tests. After: what it would of this.
    publisher.renew()
    try:
        with ordered(fault):
            yield
    finally:
        publisher.renew()


@contextmanager
def broker_down() -> Iterator[None]:
    """In the block no broker can be reached: what is sent stays in the outbox.

    Publishing follows a real commit, so such tests need a TransactionTestCase (pytest-django:
    `transaction=True`) or `captureOnCommitCallbacks(execute=True)`. This goes for all faults.
    """
    with _broker_with(down):
        yield


@contextmanager
def broker_slow(seconds: float) -> Iterator[None]:
    """In the block the broker takes so long to confirm."""
    with _broker_with(slow(seconds)):
        yield


@contextmanager
def broker_silent() -> Iterator[None]:
    """In the block the broker accepts connections, and never answers."""
    over = threading.Event()
    try:
        with _broker_with(silent(over)):
            yield
    finally:
        over.set()


@contextmanager
def broker_refusing(*queue_names: str) -> Iterator[None]:
    """In the block the broker refuses what goes to these queues, or to any if none is named."""
    with _broker_with(refusing(queue_names)):
        yield


__all__ = [
    "CapturedTask",
    "CapturedTasks",
    "InlineTasks",
    "RanTask",
    "broker_down",
    "broker_refusing",
    "broker_silent",
    "broker_slow",
    "captured_tasks",
    "inline_tasks",
]
