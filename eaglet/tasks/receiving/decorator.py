"""`@task` and `@every`: declare what a service does with a queue's tasks, and when."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

from celery import Task, shared_task
from django.core.exceptions import ImproperlyConfigured

from eaglet.tasks.database import utc_now
from eaglet.tasks.receiving.celery_task import deliver
from eaglet.tasks.receiving.execution import Declaration
from eaglet.tasks.relay import periodic
from eaglet.tasks.sending.arguments import check_queue_name, to_json

Handler = Callable[[Any], Any]
Made = TypeVar("Made", bound=Task[Any, Any])

_handlers: Final[dict[str, Declaration]] = {}
_tasks: Final[dict[str, Task[Any, Any]]] = {}


class _DeclaredTask(Task[Any, Any]):
    Request = "eaglet.tasks.receiving.celery_task:Request"

    @classmethod
    def annotate(cls) -> None:
        """Do nothing: CELERY_TASK_ANNOTATIONS are for the project's own tasks."""


def task(
    queue_name: str,
    *,
    once: bool = False,
    using: str | None = None,
    max_attempts: int | None = None,
) -> Callable[[Handler], Task[Any, Any]]:
    """Declare the function that takes the tasks sent to a queue; it gets their arguments.

    A worker of the project listens to the queue without being told. It acknowledges a task once
    the function has ended, so a task may be run more than once. A function that raises is tried
    again, with pauses that double, and then parked with its cause; what does not fit its
    `param_required` is parked at once. What it returns is the task's result.

    Args:
        queue_name: the queue.
        once: run it in a transaction with a row of the inbox: its effects in that database happen
            exactly once, for as long as that row is kept (EAGLET_INBOX_RETENTION_SECONDS).
        using: the database whose inbox that is; by default the one the routers say.
        max_attempts: how often it is tried; by default EAGLET_HANDLER_MAX_ATTEMPTS.

    Raises InvalidTask for a name that no queue could have, and ImproperlyConfigured when two
    functions declare the same queue.
    """
    if callable(queue_name):
        raise ImproperlyConfigured('@task takes the queue\'s name: @task("service.tasks.changed")')
    return declarator(queue_name, once, using, max_attempts)


def declarator(
    queue_name: str, once: bool, using: str | None, max_attempts: int | None, event: str = ""
) -> Callable[[Handler], Task[Any, Any]]:
    """Return what declares a function that takes from a queue, which is bound for an event's."""
    check_queue_name(queue_name)
    if max_attempts is not None and not (type(max_attempts) is int and max_attempts > 0):
        raise ImproperlyConfigured(f"max_attempts of {queue_name!r} is a whole number from 1")

    def decorate(function: Handler) -> Task[Any, Any]:
        plain = inspect.unwrap(function)
        if not getattr(plain, "__name__", "").isidentifier():
            raise ImproperlyConfigured(
                f"{plain!r:.200} can't take from {queue_name!r}: it is no function with a name. "
                "Declare one with def, which calls it."
            )
        check_plain(function)
        return declare(Declaration(queue_name, function, once, using, max_attempts, event=event))

    return decorate


def check_plain(function: Callable[..., Any]) -> None:
    """Raise ImproperlyConfigured for a function that gives no result when it is called."""
    plain = inspect.unwrap(function)
    kinds = inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction
    if any(is_so(plain) for is_so in kinds):
        raise ImproperlyConfigured(
            f"{_place(function)} is async, or a generator: a plain function is called here. Run "
            "what is async in it with asgiref's async_to_sync."
        )


def declare(declaration: Declaration) -> Task[Any, Any]:
    """Have a worker take the tasks of a queue. Raises ImproperlyConfigured if another does."""
    queue_name, function = declaration.queue_name, declaration.function
    known = _handlers.get(queue_name)
    if known and _place(known.function) != _place(function):
        raise ImproperlyConfigured(
            f"the queue {queue_name!r} is declared twice: by {_place(known.function)} "
            f"and by {_place(function)}"
        )
    _handlers[queue_name] = declaration

    @functools.wraps(function)
    def run(self: Task[Any, Any], *args: Any, **kwargs: Any) -> Any:
        request = self.request
        if request.called_directly:
            return function(*args, **kwargs)
        return deliver(declaration, request, args, kwargs)

    # What the stubs know of its options is not all.
    make: Any = shared_task
    declared: Task[Any, Any] = make(
        name=queue_name,
        bind=True,
        base=_DeclaredTask,
        # What does not fit the function is parked, not refused.
        typing=False,
        # Several may have the same message, and with it the result's id.
        ignore_result=bool(declaration.event),
        acks_late=True,
        reject_on_worker_lost=True,
        # A failure is parked first. A process that a time limit kills parks nothing.
        acks_on_failure=True,
        acks_on_timeout=False,
        max_retries=None,
    )(run)
    _tasks[queue_name] = declared
    return declared


def every(cron: str, args: Any = None) -> Callable[[Made], Made]:
    """Declare that the relays send a task by the clock, each time once however many they are.

        @every("*/5 * * * *")
        @task("services.points.tasks.tidy")
        def tidy(args): ...

    The times are those of TIME_ZONE. For all that passed while no relay ran, the task is sent once;
    while one still waits in the outbox, no other is sent.

    Args:
        cron: minute, hour, day of the month, month and day of the week, as
            `celery.schedules.crontab` reads them.
        args: what the function gets; by default an empty dict.

    Raises ImproperlyConfigured for an expression that is none or names no day, and for what `@task`
    has not made; InvalidTask for arguments that can't be sent.
    """
    arguments = to_json({} if args is None else args)

    def declare(made: Made) -> Made:
        queue_name = next((name for name, known in _tasks.items() if known is made), None)
        if queue_name is None:
            raise ImproperlyConfigured("@every goes above @task, which tells the queue")
        schedule = periodic.Schedule(cron, queue_name, arguments)
        try:
            schedule.next_after(utc_now())
        except Exception as error:
            raise ImproperlyConfigured(
                f"{cron!r:.80} is no cron expression, as '*/5 * * * *' is one: {error}"
            ) from error
        periodic.declared[schedule.key] = schedule
        return made

    return declare


def declared_queues() -> list[str]:
    """Return the queues that the project's functions take tasks from, sorted."""
    return sorted(_handlers)


def declaration_of(queue_name: str) -> Declaration | None:
    """Return what function takes the tasks of a queue, if any."""
    return _handlers.get(queue_name)


def declarations() -> list[Declaration]:
    """Return what the project's functions take, sorted by queue."""
    return [_handlers[name] for name in sorted(_handlers)]


def _place(function: Handler) -> str:
    return f"{function.__module__}.{function.__qualname__}"
