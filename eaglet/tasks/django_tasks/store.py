"""Write Django's tasks to the outbox, run them, and tell what has become of each.

What the ledger keeps of one beside all else is its `outcome`: "worker_ids", one of each attempt;
"began" and "last", when the first and the last did; "errors", as `TaskError` has them;
and the "value" that it returned.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import connections, router
from django.utils import timezone
from django.utils.module_loading import import_string

from eaglet.exceptions import InvalidMessage
from eaglet.exceptions import InvalidTask as UnfitTask
from eaglet.tasks import retention
from eaglet.tasks.celery_config import system_queue
from eaglet.tasks.display import describe
from eaglet.tasks.django_tasks import api
from eaglet.tasks.django_tasks.api import BaseTaskBackend, Result, Task, base, signals
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.receiving.decorator import declaration_of, declare
from eaglet.tasks.receiving.delivery import Delivery
from eaglet.tasks.receiving.execution import Declaration
from eaglet.tasks.receiving.stored_message import StoredMessage
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.sending import arguments, outbox
from eaglet.tasks.sending.send import new_id

_DIED: Final = "(died)"
Status = base.TaskResultStatus
_STATUS: Final[Mapping[int, base.TaskResultStatus]] = {
    ReceivedTask.State.STARTED: Status.RUNNING,
    ReceivedTask.State.DONE: Status.SUCCESSFUL,
    ReceivedTask.State.PARKED: Status.FAILED,
}


def _function_of(given: Any) -> Any:
    return import_string(given) if isinstance(given, str) else given


_OPTIONS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "USING": (
        "a database with an outbox",
        lambda one: one in connections and router.allow_migrate_model(one, OutboxTask),
    ),
    "ORDER_KEY": ("a function or the path of one", lambda one: callable(_function_of(one))),
    "ONCE": ("True or False", lambda one: isinstance(one, bool)),
    "MAX_ATTEMPTS": ("a whole number from 1", lambda one: type(one) is int and one > 0),
    "RETENTION": ("a number of seconds", lambda one: type(one) in (int, float) and one > 0),
}


def faults_of(backend: BaseTaskBackend) -> Iterator[str]:
    """Tell what is wrong with the settings of a backend."""
    for name in queues_of(backend).values():
        try:
            arguments.check_queue_name(name)
        except UnfitTask as error:
            yield str(error)
    for name, value in backend.options.items():
        what, fits = _OPTIONS.get(name, (f"one of {', '.join(_OPTIONS)}", lambda one: False))
        try:
            if (value is None and name in _OPTIONS) or fits(value):
                continue
        except Exception as error:  # noqa: BLE001 - of a module of the project's
            what = f"{what}: {describe(error)}"
        yield f"the option {name!r} is {value!r}, and not {what}"


def queues_of(backend: BaseTaskBackend) -> dict[str, str]:
    """Return the broker's queue for each of QUEUES; one, for "", where any is taken."""
    prefix = f"{system_queue('django')}:{backend.alias}:"
    return {name: prefix + name for name in sorted(backend.queues) or [""]}


def take(backend: BaseTaskBackend) -> None:
    """Have workers take its tasks, and results be kept for as long as is wanted."""
    options = backend.options
    for name in queues_of(backend).values():
        if not declaration_of(name):
            once, using = bool(options.get("ONCE")), options.get("USING")
            declare(Declaration(name, run, once, using, options.get("MAX_ATTEMPTS"), prepare))
        if "RETENTION" in options:
            retention.OF_QUEUES[name] = options["RETENTION"]


def write(backend: BaseTaskBackend, task: Task, args: Any, kwargs: Any) -> Result:
    """Write a task to the outbox.

    Raises TypeError for arguments that JSON can't carry or that are too large, and InvalidTask.
    """
    payload = {
        "task": task.module_path,
        "args": api.normalize_json(list(args)),
        "kwargs": api.normalize_json(dict(kwargs)),
        "queue_name": task.queue_name,
        "priority": task.priority,
        "run_after": task.run_after and task.run_after.isoformat(),
        "enqueued_at": timezone.now().isoformat(),
        "backend": backend.alias,
    }
    try:
        text = arguments.to_json(payload)
    except UnfitTask as error:
        raise TypeError(str(error)) from None
    result = _result(new_id(), payload, {}, Status.READY)
    take(backend)
    key_of = _function_of(backend.options.get("ORDER_KEY")) or (lambda *given: None)
    key = arguments.check_key(key_of(task, result.args, result.kwargs), "ORDER_KEY")
    outbox.put(
        outbox.outbox_alias(backend.options.get("USING")),
        queues_of(backend)[task.queue_name if backend.queues else ""],
        text,
        result.id,
        order_key=key,
        # Of -100 to 100; 0 is 4, which no broker takes for urgent.
        priority=(task.priority + 100) * arguments.MAX_PRIORITY // 200,
        not_before=arguments.check_time(None, task.run_after),
    )
    return result


def ids_of(backend: BaseTaskBackend) -> list[str]:
    """Return the ids of what is in the outbox, in order."""
    rows = OutboxTask.objects.using(_alias_of(backend)).order_by("pk")
    mine = rows.filter(queue_name__in=queues_of(backend).values())
    return list(mine.values_list("task_id", flat=True))


def find(backend: BaseTaskBackend, task_id: str) -> Result:
    """Return what the outbox and the ledger tell of a task. Raises TaskResultDoesNotExist."""
    sent = taken = None
    if isinstance(task_id, str) and task_id.isprintable():
        mine = {"task_id": task_id, "queue_name__in": queues_of(backend).values()}
        sent = OutboxTask.objects.using(_alias_of(backend)).filter(**mine).first()
        taken = ReceivedTask.objects.using(ledger_alias()).filter(**mine).first()
    if not (sent or taken):
        raise api.TaskResultDoesNotExist(f"{task_id!r:.50}")
    try:
        return _told_by(task_id, sent, taken)
    except Exception as error:  # noqa: BLE001 - its function is gone, or it is none of Django's
        raise api.TaskResultDoesNotExist(f"{task_id}: {describe(error)}") from None


def _told_by(task_id: str, sent: OutboxTask | None, taken: ReceivedTask | None) -> Result:
    status, ended_at, cause = Status.READY, None, ""
    outcome = json.loads((taken and taken.outcome) or "{}")
    message: Any = None
    if taken:
        message = StoredMessage.from_text(taken.message).arguments
        status, ended_at = _STATUS.get(taken.state, status), taken.ended_at
        if taken.attempts != len(outcome.get("worker_ids", ())) or not outcome:
            cause = taken.cause
        if taken.started_at:
            _begin(outcome, taken.attempts, taken.worker, taken.started_at)
    elif sent:
        message = json.loads(sent.arguments)
        if sent.state in (OutboxTask.State.PARKED, OutboxTask.State.CANCELLED):
            status, ended_at = Status.FAILED, sent.parked_at or sent.due_at
            cause = f"TaskError: {sent.last_error if sent.parked_at else 'cancelled'}"
    if status == Status.FAILED and cause:
        error = {"exception_class_path": "eaglet.exceptions.TaskError", "traceback": cause}
        outcome.setdefault("errors", []).append(error)
    return _result(task_id, message, outcome, status, ended_at)


def registered_task(path: str) -> Task:
    """Return the task that an imported module has at a path. Raises InvalidTask.

    Nothing is imported for a path that a message names.
    """
    module, _, name = path.rpartition(".")
    for look_further in (discover, lambda: None):
        # Not `getattr`: what a module has for that may import what it is asked for.
        if isinstance(task := vars(sys.modules.get(module, base)).get(name), base.Task):
            return task
        look_further()
    raise api.InvalidTask(
        f"no task {path!r:.200} is declared here: it is gone, or in a module that is neither "
        "the `tasks` of an installed app nor named in EAGLET_TASK_MODULES"
    )


def prepare(delivery: Delivery, attempt: int, args: Sequence[Any], has_died: bool) -> None:
    """Begin what is kept of an attempt, after what is kept of those before, and have its end told.

    Raises InvalidMessage for a task that is not declared here.
    """
    rows = ReceivedTask.objects.using(ledger_alias()).filter(key=delivery.key)
    known = rows.values_list("outcome", flat=True).first() if has_died or attempt > 1 else None
    delivery.outcome = json.loads(known or "{}")
    _begin(delivery.outcome, attempt, _DIED if has_died else delivery.worker, timezone.now())
    try:
        backend = type(api.task_backends[args[0]["backend"]])
        told = partial(_result, delivery.task_id, args[0], delivery.outcome)
        told(Status.RUNNING)
    except Exception as error:
        raise InvalidMessage(f"it can't be run: {describe(error)}") from error

    def tell(error: BaseException | None) -> None:
        status = Status.FAILED if error else Status.SUCCESSFUL
        signals.task_finished.send_robust(backend, task_result=told(status, timezone.now()))

    delivery.on_end = tell


def run(delivery: Delivery, payload: Any) -> Any:
    """Run the function that a payload names; return what it returns, as JSON has it."""
    backend = type(api.task_backends[payload["backend"]])
    result = _result(delivery.task_id, payload, delivery.outcome, Status.RUNNING)
    signals.task_started.send(backend, task_result=result)
    context: Any = (base.TaskContext(task_result=result),) if result.task.takes_context else ()
    value = api.normalize_json(result.task.call(*context, *result.args, **result.kwargs))
    json.dumps(value)  # what can't be written fails this attempt, not the keeping of it
    return value


def _alias_of(backend: BaseTaskBackend) -> str:
    return backend.options.get("USING") or router.db_for_write(OutboxTask)


def _begin(outcome: dict[str, Any], attempt: int, worker: str, at: datetime.datetime) -> None:
    workers = outcome.setdefault("worker_ids", [])
    if (missing := attempt - len(workers)) > 0:
        workers += [*[_DIED] * (missing - 1), worker]
        outcome["last"] = at.isoformat()
        outcome.setdefault("began", outcome["last"])


def _result(
    task_id: str, payload: Any, outcome: Any, status: base.TaskResultStatus, finished_at: Any = None
) -> Result:
    """Return it as Django has it. Raises InvalidTask when its function is gone."""
    changes = {name: payload[name] for name in ("backend", "queue_name", "priority")}
    changes["run_after"] = _moment(payload["run_after"])
    result: Result = base.TaskResult(
        task=replace(registered_task(payload["task"]), **changes),
        id=task_id,
        status=status,
        enqueued_at=_moment(payload["enqueued_at"]),
        started_at=_moment(outcome.get("began")),
        last_attempted_at=_moment(outcome.get("last")),
        finished_at=finished_at,
        errors=[base.TaskError(**error) for error in outcome.get("errors", ())],
        worker_ids=[*outcome.get("worker_ids", ())],
        **{name: payload[name] for name in ("args", "kwargs", "backend")},
    )
    object.__setattr__(result, "_return_value", outcome.get("value"))
    return result


def _moment(text: str | None) -> datetime.datetime | None:
    moment = datetime.datetime.fromisoformat(text) if text else None
    if moment is None or settings.USE_TZ or timezone.is_naive(moment):
        return moment
    return timezone.make_naive(moment)
