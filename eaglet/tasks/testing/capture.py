"""Capture tasks and events instead of publishing them, while a test looks at what is sent."""

import datetime
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, overload
from unittest.mock import patch

from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import outbox

_AS_WRITTEN = ("task_id", "order_key", "not_before", "unique_key", "priority", "kind")


@dataclass(frozen=True)
class CapturedTask:
    """A task as its receiver would get it."""

    queue_name: str
    args: Any
    task_id: str
    using: str
    order_key: str = ""
    # When it is to be sent at the earliest; None: at once.
    not_before: datetime.datetime | None = None
    unique_key: str = ""
    priority: int = 0
    kind: int = OutboxTask.Kind.TASK

    @property
    def name(self) -> str:
        """Return the event's name, for one."""
        return self.queue_name


class CapturedTasks(Sequence[CapturedTask]):
    """What was sent so far, in order; what was rolled back or cancelled since is not among it."""

    def __init__(self, *kinds: OutboxTask.Kind) -> None:
        self._kinds = kinds
        self._written: list[tuple[str, OutboxTask]] = []
        # Of a block around this one, which has what is not for this one.
        self._outer: Any = getattr(outbox.hand_over, "__self__", None)

    def add(self, alias: str, task: OutboxTask, at_once: bool) -> None:
        """Keep a task that was written to the outbox, in place of publishing it."""
        if task.kind in self._kinds:
            self._written.append((alias, task))
        elif self._outer is not None:
            self._outer.add(alias, task, at_once)

    def _kept(self) -> list[CapturedTask]:
        # Not by the primary key: databases give one of a rolled back row to the next.
        ids = [task.task_id for _, task in self._written]
        kept = {
            task_id
            for alias in {alias for alias, _ in self._written}
            for task_id in OutboxTask.objects.using(alias)
            .filter(task_id__in=ids)
            .exclude(state=OutboxTask.State.CANCELLED)
            .values_list("task_id", flat=True)
        }
        return [
            CapturedTask(
                task.queue_name,
                json.loads(task.arguments),
                using=alias,
                **{name: getattr(task, name) for name in _AS_WRITTEN},
            )
            for alias, task in self._written
            if task.task_id in kept
        ]

    def __len__(self) -> int:
        return len(self._kept())

    def __iter__(self) -> Iterator[CapturedTask]:
        return iter(self._kept())

    @overload
    def __getitem__(self, index: int) -> CapturedTask: ...
    @overload
    def __getitem__(self, index: slice) -> list[CapturedTask]: ...
    def __getitem__(self, index: int | slice) -> CapturedTask | list[CapturedTask]:
        return self._kept()[index]

    def __repr__(self) -> str:
        return f"<CapturedTasks {[task.queue_name for task in self._kept()]}>"


def captured_tasks() -> AbstractContextManager[CapturedTasks]:
    """Capture the tasks sent in the block, by any thread, instead of publishing them.

    Gives a sequence of `CapturedTask`. What a transaction or a savepoint rolls back, or
    `cancel_task` takes back, is not in it; nor are events, which are not published either.
    It needs no commit, so it works in a TestCase and under pytest-django's `db` alike; captured
    tasks are never published.

        with captured_tasks() as tasks:
            change_points(member, 100)
        assert [task.queue_name for task in tasks] == ["services.points.tasks.changed"]
    """
    return captured(OutboxTask.Kind.TASK)


def captured_events() -> AbstractContextManager[CapturedTasks]:
    """Capture the events published in the block, as `captured_tasks` does tasks.

    with captured_events() as events:
        change_points(member, 100)
    assert [event.name for event in events] == ["points.changed"]
    """
    return captured(OutboxTask.Kind.EVENT, OutboxTask.Kind.NEEDED_EVENT)


@contextmanager
def captured(*kinds: OutboxTask.Kind) -> Iterator[CapturedTasks]:
    """Capture what of these kinds is sent in the block; of others nothing is published either."""
    tasks = CapturedTasks(*kinds)
    # Nobody is about to publish them, so they can be cancelled.
    with patch.object(outbox, "hand_over", tasks.add), patch.object(outbox, "OF_SENDER", ""):
        yield tasks
