"""Prepare the workers: the queues they listen to, their settings, what surrounds each task."""

import os
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Final

from celery import Celery
from celery.fixups.django import DjangoFixup
from celery.signals import (
    after_setup_logger,
    after_setup_task_logger,
    beat_init,
    celeryd_init,
    task_postrun,
    task_prerun,
    task_received,
    worker_ready,
    worker_shutdown,
)
from celery.utils.dispatch import Signal
from django.db import close_old_connections, connections, router
from django.utils.module_loading import autodiscover_modules

from eaglet.conf import Settings
from eaglet.imports import import_named
from eaglet.tasks.broker.queues import event_queue, task_queue
from eaglet.tasks.broker.worker_queues import name_control_queue_anew
from eaglet.tasks.celery_config import apply_defaults
from eaglet.tasks.models import InboxEntry, inbox_alias
from eaglet.tasks.receiving import tracing
from eaglet.tasks.receiving.decompression import bound_decompression
from eaglet.tasks.receiving.decorator import declarations
from eaglet.tasks.receiving.redelivery import Redelivery
from eaglet.tasks.receiving.validation import most_bytes

_SOON_SECONDS: Final = 0.5

_redelivery: Redelivery | None = None
_closed = threading.local()


def discover() -> None:
    """Import every module that declares tasks; what an import raises is raised."""
    autodiscover_modules("tasks")
    import_named(Settings.EAGLET_TASK_MODULES)


def prepare_worker(*, instance: Any, **kwargs: Any) -> None:
    """Have a worker about to start listen to every declared queue, configured as eaglet needs."""
    app: Celery = instance.app
    _require_broker(app)
    apply_defaults(app)
    # Whatever the project says: with pickle, whoever can write to the broker runs code here.
    app.conf["accept_content"] = ["json"]
    name_control_queue_anew(app)
    bound_decompression(most_bytes)
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
    for one in declarations():
        name = one.queue_name
        # `-Q` still narrows the choice.
        queue = event_queue(name, one.event) if one.event else task_queue(app, name)
        app.amqp.queues.select_add(queue)


def _require_broker(app: Celery) -> None:
    # Only a process that eaglet configures would find the embedded broker: what the project
    # sends with its own app, and `celery inspect`, would look for a RabbitMQ on this machine.
    if not app.conf.broker_url:
        raise SystemExit(
            f"the Celery app {app.main!r} has no broker, and only eaglet's own takes the embedded "
            "one by itself. Set CELERY_BROKER_URL, for every process that uses this app."
        )


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


def start_redelivery(**kwargs: Any) -> None:
    """Have a worker that is ready publish what is due in the ledger."""
    global _redelivery  # noqa: PLW0603
    if _redelivery is None:
        _redelivery = Redelivery()
        os.register_at_fork(
            before=_redelivery.pause,
            after_in_parent=_redelivery.resume,
            after_in_child=_redelivery.resume,
        )
        _redelivery.start()


def stop_redelivery(**kwargs: Any) -> None:
    """Have a worker that ends publish no more, and note what it has done."""
    if _redelivery is not None:
        _redelivery.stop()


def prepare_beat(*, sender: Any, **kwargs: Any) -> None:
    """Configure the app that beat is about to send from."""
    _require_broker(sender.app)
    apply_defaults(sender.app)


def close_connections_as_requests_do(*, task: Any, **kwargs: Any) -> None:
    """Close what is broken or older than CONN_MAX_AGE, as Django does around a request."""
    # Between two tasks that follow each other once is enough.
    closed_at = getattr(_closed, "at", 0.0)
    is_next = "retval" not in kwargs and time.monotonic() - closed_at < _SOON_SECONDS
    if not (is_next or task.request.is_eager):
        close_old_connections()
        _closed.at = time.monotonic()


_RECEIVERS: Final[tuple[tuple[Signal, Callable[..., None]], ...]] = (
    (celeryd_init, prepare_worker),
    (beat_init, prepare_beat),
    (task_received, tracing.note_receipt),
    (task_prerun, tracing.take_up),
    (task_prerun, close_connections_as_requests_do),
    (task_postrun, tracing.put_down),
    (task_postrun, close_connections_as_requests_do),
    (after_setup_logger, tracing.format_with_trace),
    (after_setup_task_logger, tracing.format_with_trace),
    (worker_ready, start_redelivery),
    (worker_shutdown, stop_redelivery),
)


def connect_signals() -> None:
    """Connect what prepares workers and beat; a second time changes nothing."""
    for signal, receiver in _RECEIVERS:
        signal.connect(receiver, dispatch_uid=f"eaglet.tasks.{receiver.__name__}", weak=False)
