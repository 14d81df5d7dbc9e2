"""Run tasks in the process that sent them, for tests: through JSON, as a worker would."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from eaglet.contracts.topics import matches
from eaglet.exceptions import AlreadyFinished, TaskError
from eaglet.observability.tracing import Trace, tracing
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.broker.headers import headers_for
from eaglet.tasks.display import redacted_repr
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.receiving.decorator import declarations
from eaglet.tasks.receiving.delivery import Delivery
from eaglet.tasks.receiving.execution import Declaration, RetryLater, handle
from eaglet.tasks.receiving.stored_message import StoredMessage
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.testing.capture import CapturedTask, CapturedTasks, captured

MOST_RUN: Final = 1000
"""Tasks that are run in one go: more are taken for ones that send each other for ever."""


@dataclass(frozen=True)
class RanTask:
    """A task that was run; `error` is what its last attempt raised."""

    queue_name: str
    args: Any
    task_id: str
    attempts: int
    result: Any = None
    error: BaseException | None = None
    is_parked: bool = False


class InlineTasks(Sequence[RanTask]):
    """What was run so far, in order; `untaken` is what no function of the project takes."""

    def __init__(self, captured: CapturedTasks, *, raise_errors: bool, deliveries: int) -> None:
        self.untaken: list[CapturedTask] = []
        self._captured = captured
        self._raise_errors = raise_errors
        self._deliveries = deliveries
        self._ran: list[RanTask] = []
        self._seen: set[str] = set()

    def run(self) -> None:
        """Run what was sent and not run yet, and what that sends, until nothing is left."""
        discover()
        for _ in range(MOST_RUN):
            task = next((task for task in self._captured if task.task_id not in self._seen), None)
            if task is None:
                return
            self._seen.add(task.task_id)
            takers = _takers(task)
            if not takers and task.kind != OutboxTask.Kind.EVENT:
                self.untaken.append(task)
            for declaration in takers:
                for _ in range(self._deliveries):
                    self._deliver(declaration, task)
        raise TaskError(f"more than {MOST_RUN} tasks were run: do they send each other for ever?")

    def _deliver(self, declaration: Declaration, task: CapturedTask) -> None:
        row = OutboxTask.objects.using(task.using).get(task_id=task.task_id)
        trace = Trace(row.traceparent or None, None, row.request_id or None)
        result, error, is_parked, attempt = None, None, False, 0
        with tracing(trace):
            delivery = _delivery(task, declaration, row, trace)
            while True:
                attempt += 1
                given = replace(delivery, attempt=attempt)
                try:
                    result = handle(declaration, given, (task.args,), {})
                except RetryLater as again:
                    error = again.error
                    if not self._raise_errors:
                        continue
                except AlreadyFinished:
                    pass
                except Exception as parked:  # noqa: BLE001 - raised below, or told of
                    error, is_parked = parked, True
                else:
                    error = None
                break
        ran = RanTask(declaration.queue_name, task.args, task.task_id, attempt, result, error)
        self._ran.append(replace(ran, is_parked=is_parked))
        if error is not None and self._raise_errors:
            raise error

    def __len__(self) -> int:
        return len(self._ran)

    def __getitem__(self, index: Any) -> Any:
        return self._ran[index]

    def __repr__(self) -> str:
        return f"<InlineTasks {[task.queue_name for task in self._ran]}>"


@contextmanager
def inline_tasks(*, raise_errors: bool = True, deliveries: int = 1) -> Iterator[InlineTasks]:
    """Run the tasks sent in the block at its end, in this process, as a worker would.

    What was rolled back is not run; what the tasks send is. Each goes through JSON and headers to
    the function that `@task` has declared, with its contract, `once=True`, the trace, and a row in
    the ledger; an event to each that `@on_event` has declared in this project. Nothing waits, and
    no commit is needed. Gives a sequence of `RanTask`, in `queue_name` with the subscription's
    queue for an event, filled at the end of the block, or by `run()` in it.

        with inline_tasks() as ran:
            change_points(member, 100)
        assert ran[0].result == {"message_id": 7}

    Args:
        raise_errors: raise what a handler raises, at its first attempt. Else it is tried as often
            as a worker would, and then parked.
        deliveries: how often each task is delivered: 2 shows what a repeat does.
    """
    with captured(*OutboxTask.Kind) as tasks:
        ran = InlineTasks(tasks, raise_errors=raise_errors, deliveries=deliveries)
        yield ran
        ran.run()


def _takers(task: CapturedTask) -> list[Declaration]:
    name, is_task = task.queue_name, task.kind == OutboxTask.Kind.TASK
    return [
        one
        for one in declarations()
        if (one.queue_name == name if is_task else one.event and matches(one.event, name))
    ]


def _delivery(
    task: CapturedTask, declaration: Declaration, row: OutboxTask, trace: Trace
) -> Delivery:
    queue_name = declaration.queue_name
    message = publishing_app().amqp.as_task_v2(
        task.task_id, queue_name, (task.args,), argsrepr=redacted_repr([task.args])
    )
    return Delivery(
        task_id=task.task_id,
        queue_name=queue_name,
        event=task.queue_name if declaration.event else "",
        message=lambda: StoredMessage(
            body=json.dumps(message.body).encode(),
            headers={**message.headers, **headers_for(row.request_id, row.traceparent)},
            routing_key=queue_name,
        ),
        worker=f"inline-{uuid.getnode():x}"[:20],
        request_id=trace.request_id,
        traceparent=trace.headers()["traceparent"],
    )
