"""`@task`: what a service does with the tasks sent to it, and the worker that takes them."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, Final

from celery import Celery, Task, shared_task
from celery.fixups.django import DjangoFixup
from celery.signals import beat_init, celeryd_init, task_postrun, task_prerun
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections

from eaglet.tasks.arguments import check_queue_name
from eaglet.tasks.configuration import apply_defaults
from eaglet.tasks.discovery import discover

Handler = Callable[[Any], Any]

_handlers: Final[dict[str, Handler]] = {}


def task(queue_name: str) -> Callable[[Handler], Task[Any, Any]]:
    """Declare the function that takes the tasks sent to a queue.

    The function takes the arguments as the sender gave them, as plain JSON: mostly one dict.
    What it returns is kept as the task's result. A worker of the project listens to the queue
    without being told; it acknowledges a task only once the function has ended, and gives it
    back to the broker when the process dies before, so a task may be run more than once.

    Raises InvalidTask for a name that no queue could have, and ImproperlyConfigured when two
    functions declare the same queue.
    """
    if callable(queue_name):
        raise ImproperlyConfigured('@task takes the queue\'s name: @task("service.tasks.changed")')
    check_queue_name(queue_name)

    def declare(function: Handler) -> Task[Any, Any]:
        known = _handlers.get(queue_name)
        if known is not None and _place(known) != _place(function):
            raise ImproperlyConfigured(
                f"the queue {queue_name!r} is declared twice: by {_place(known)} "
                f"and by {_place(function)}"
            )
        _handlers[queue_name] = function
        declared: Task[Any, Any] = shared_task(
            name=queue_name, acks_late=True, reject_on_worker_lost=True
        )(function)
        return declared

    return declare


def declared_queues() -> list[str]:
    """The queues that the project's functions take tasks from, sorted."""
    return sorted(_handlers)


def _place(function: Handler) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def prepare_worker(*, instance: Any, **kwargs: Any) -> None:
    """Have a worker about to start listen to every declared queue, configured as eaglet needs."""
    app: Celery = instance.app
    apply_defaults(app)
    # Whatever the project says: with pickle, whoever can write to the broker runs code here.
    app.conf["accept_content"] = ["json"]
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
    queues = app.amqp.queues
    for name in declared_queues():
        # Unless the project declares it: as Celery makes the queue of a sender, so that both
        # declare the same one. `-Q` still narrows the choice.
        queues.select_add(queues.get(name) or queues.new_missing(name))


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
    for signal in (task_prerun, task_postrun):
        signal.connect(
            keep_connections_as_requests_do, dispatch_uid="eaglet.tasks.connections", weak=False
        )
