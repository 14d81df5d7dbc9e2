"""`@task`: what a service does with the tasks sent to it, and the worker that takes them."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, Final

from celery import Celery, Task, shared_task
from celery.fixups.django import DjangoFixup
from celery.signals import (
    after_setup_logger,
    after_setup_task_logger,
    beat_init,
    celeryd_init,
    task_postrun,
    task_prerun,
    task_received,
)
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections, connections, router

from eaglet.tasks.celery_config import apply_defaults
from eaglet.tasks.models.received import ledger_alias
from eaglet.tasks.receiving import tracing
from eaglet.tasks.receiving.celery_task import deliver
from eaglet.tasks.receiving.execution import Declaration
from eaglet.tasks.receiving.once import InboxEntry, inbox_alias
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.retention import Pruner
from eaglet.tasks.sending.arguments import check_queue_name

Handler = Callable[[Any], Any]

_pruner: Final = Pruner()
_handlers: Final[dict[str, Declaration]] = {}


def task(
    queue_name: str,
    *,
    once: bool = False,
    using: str | None = None,
    max_attempts: int | None = None,
) -> Callable[[Handler], Task[Any, Any]]:
    """Declare the function that takes the tasks sent to a queue.

    The function takes the arguments as the sender gave them, as plain JSON: mostly one dict.
    What it returns is kept as the task's result. A worker of the project listens to the queue
    without being told; it acknowledges a task only once the function has ended, and gives it
    back to the broker when the process dies before, so a task may be run more than once.

    A function that raises is tried again, with pauses that double; after so many attempts the
    task is parked with its cause, and acknowledged. With `param_required` on the function, what
    does not fit is parked at once.

    Args:
        queue_name: the queue.
        once: run it in a transaction with a row of the inbox: its effects in that database
            happen exactly once, however often the task is delivered, for as long as that row is
            kept (EAGLET_INBOX_RETENTION_SECONDS).
        using: the database whose inbox that is; by default the one the project's routers say.
        max_attempts: how often it is tried; by default EAGLET_HANDLER_MAX_ATTEMPTS.

    Raises InvalidTask for a name that no queue could have, and ImproperlyConfigured when two
    functions declare the same queue.
    """
    if callable(queue_name):
        raise ImproperlyConfigured('@task takes the queue\'s name: @task("service.tasks.changed")')
    check_queue_name(queue_name)
    if max_attempts is not None and max_attempts < 1:
        raise ImproperlyConfigured(f"max_attempts of {queue_name!r} is at least 1")

    def declare(function: Handler) -> Task[Any, Any]:
        known = _handlers.get(queue_name)
        if known is not None and _place(known.function) != _place(function):
            raise ImproperlyConfigured(
                f"the queue {queue_name!r} is declared twice: by {_place(known.function)} "
                f"and by {_place(function)}"
            )
        declaration = Declaration(queue_name, function, once, using, max_attempts)
        _handlers[queue_name] = declaration

        @functools.wraps(function)
        def run(self: Task[Any, Any], *args: Any, **kwargs: Any) -> Any:
            if self.request.called_directly:
                return function(*args, **kwargs)
            return deliver(declaration, self, args, kwargs)

        # What the stubs know of its options is not all.
        make: Any = shared_task
        declared: Task[Any, Any] = make(
            name=queue_name,
            bind=True,
            # What does not fit the function is parked, not refused.
            typing=False,
            acks_late=True,
            reject_on_worker_lost=True,
            # A failure is parked first. A process that a time limit kills parks nothing.
            acks_on_failure=True,
            acks_on_timeout=False,
            max_retries=None,
        )(run)
        return declared

    return declare


def declared_queues() -> list[str]:
    """The queues that the project's functions take tasks from, sorted."""
    return sorted(_handlers)


def declarations() -> list[Declaration]:
    """What the project's functions take, sorted by queue."""
    return [_handlers[name] for name in sorted(_handlers)]


def _place(function: Handler) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def prepare_worker(*, instance: Any, **kwargs: Any) -> None:
    """Have a worker about to start listen to every declared queue, configured as eaglet needs."""
    app: Celery = instance.app
    apply_defaults(app)
    # Whatever the project says: with pickle, whoever can write to the broker runs code here.
    app.conf["accept_content"] = ["json"]
    if not app.conf.value_set_for("worker_consumer"):
        app.conf["worker_consumer"] = "eaglet.tasks.receiving.consumer:Consumer"
    for fixup in getattr(app, "_fixups", ()):
        if isinstance(fixup, DjangoFixup):
            # It has read the setting already, before there was a default for it.
            fixup.worker_fixup.db_reuse_max = app.conf["CELERY_DB_REUSE_MAX"]
    try:
        discover()
    except Exception as error:
        # Celery only logs what a signal's handler raises, and the worker would listen to nothing.
        traceback.print_exc()
        raise SystemExit(f"the worker can't start: {error}") from error
    _check_inboxes()
    queues = app.amqp.queues
    for name in declared_queues():
        # Unless the project declares it: as Celery makes the queue of a sender, so that both
        # declare the same one. `-Q` still narrows the choice.
        queues.select_add(queues.get(name) or queues.new_missing(name))


def _check_inboxes() -> None:
    for declaration in declarations():
        alias = inbox_alias(declaration.using)
        if declaration.once and (
            alias not in connections or not router.allow_migrate_model(alias, InboxEntry)
        ):
            raise SystemExit(
                f"the worker can't start: {declaration.queue_name} is declared with once=True, "
                f"and the database {alias!r} has no inbox"
            )


def prune_now_and_then(*, task: Any, **kwargs: Any) -> None:
    """Delete what is kept long enough: a service that only receives has no relay to do it."""
    if not task.request.is_eager:
        _pruner.prune_when_it_is_time([ledger_alias()])


def prepare_beat(*, sender: Any, **kwargs: Any) -> None:
    """Configure the app that beat is about to send from."""
    apply_defaults(sender.app)


def keep_connections_as_requests_do(*, task: Any, **kwargs: Any) -> None:
    """Close what is broken or older than CONN_MAX_AGE, as Django does around a request."""
    if not task.request.is_eager:
        close_old_connections()


def connect_signals() -> None:
    """Connect what prepares workers and beat; a second time changes nothing."""
    celeryd_init.connect(prepare_worker, dispatch_uid="eaglet.tasks.worker", weak=False)
    beat_init.connect(prepare_beat, dispatch_uid="eaglet.tasks.beat", weak=False)
    task_received.connect(tracing.note_receipt, dispatch_uid="eaglet.tasks.receipt", weak=False)
    task_prerun.connect(tracing.take_up, dispatch_uid="eaglet.tasks.trace", weak=False)
    task_postrun.connect(tracing.put_down, dispatch_uid="eaglet.tasks.trace", weak=False)
    for made in (after_setup_logger, after_setup_task_logger):
        made.connect(tracing.format_with_trace, dispatch_uid="eaglet.tasks.log_lines", weak=False)
    task_postrun.connect(prune_now_and_then, dispatch_uid="eaglet.tasks.retention", weak=False)
    for signal in (task_prerun, task_postrun):
        signal.connect(
            keep_connections_as_requests_do, dispatch_uid="eaglet.tasks.connections", weak=False
        )
