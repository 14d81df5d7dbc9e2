"""For the tests of services that send tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eaglet.tasks.capturing import CapturedTask, CapturedTasks, capture


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


__all__ = ["CapturedTask", "CapturedTasks", "captured_tasks"]
