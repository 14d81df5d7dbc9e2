"""Publishing one task on a connection to the broker that is kept."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

from celery import Celery
from django.core.signals import setting_changed
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from kombu.messaging import Producer

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.configuration import make_app
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.shown import describe, redacted_repr

_app: Celery | None = None
_app_lock = threading.Lock()


def publishing_app() -> Celery:
    """The Celery app tasks are sent with.

    It is eaglet's own, so that sending needs no Celery app of the project's, and takes neither
    routes from one nor the options of a task that happens to be declared here.
    """
    global _app  # noqa: PLW0603
    with _app_lock:
        if _app is None:
            _app = make_app("eaglet.sending", set_as_current=False, fixups=[])
            # The sender keeps no results, and what it promises of a message is not the
            # project's to change.
            _app.conf.update(
                result_backend="disabled",
                task_serializer="json",
                task_protocol=2,
                task_always_eager=False,
            )
        return _app


def _forget_app(*, setting: str, **kwargs: Any) -> None:
    global _app  # noqa: PLW0603
    if setting.startswith(("CELERY_", "EAGLET_QUEUE_")):
        _app = None


setting_changed.connect(_forget_app, dispatch_uid="eaglet.tasks.broker")


def _renew_lock() -> None:
    global _app_lock  # noqa: PLW0603
    _app_lock = threading.Lock()


# Another thread may hold it at the moment of a fork, and is not there to let go in the child.
os.register_at_fork(after_in_child=_renew_lock)


class Broker:
    """A connection to the broker, made when first needed, for one thread at a time."""

    def __init__(self) -> None:
        self._app: Celery | None = None
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def publish(self, task: OutboxTask) -> None:
        """Publish a task to the queue of its name; returns when the broker has confirmed it.

        Raises BrokerUnavailable when the connection can't be made or breaks, and PublishError
        when the broker refuses this task. Both leave no connection behind.
        """
        try:
            args = [json.loads(task.arguments)]
        except ValueError as error:
            raise PublishError(describe(error)) from error
        kept = self._producer is not None
        try:
            self._publish(task, args)
        except BrokerUnavailable as error:
            # A connection that was cut while nothing was sent is only noticed now.
            if not kept or _timed_out(error):
                raise
            self._publish(task, args)

    def _publish(self, task: OutboxTask, args: list[Any]) -> None:
        app, producer = self._open()
        try:
            app.send_task(
                task.queue_name,
                args=args,
                task_id=task.task_id,
                queue=task.queue_name,
                producer=producer,
                retry=False,
                # RabbitMQ would confirm, and drop, what no queue takes.
                mandatory=True,
                # What Celery keeps beside the result, and shows.
                argsrepr=redacted_repr(args),
                kwargsrepr="{}",
                add_to_parent=False,
            )
        except Exception as error:
            unavailable = self._is_of_the_connection(error)
            self.close()
            raise (BrokerUnavailable if unavailable else PublishError)(describe(error)) from error

    def close(self) -> None:
        """Close the connection; the next task gets a new one."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            try:
                connection.collect(socket_timeout=0.1)
            except Exception:  # noqa: BLE001 - it is given up either way
                return

    def _open(self) -> tuple[Celery, Producer]:
        app = publishing_app()
        if self._producer is None or self._app is not app:
            self.close()
            try:
                self._connection = app.connection_for_write()
                # Asking for the channel connects.
                channel = self._connection.default_channel
                self._producer = app.amqp.Producer(channel, auto_declare=False)
            except ValueError:
                self.close()
                # What was wrong with it is quoted by the error, and may be part of a password.
                raise BrokerUnavailable("the broker's URL can't be read") from None
            except Exception as error:
                self.close()
                raise BrokerUnavailable(describe(error)) from error
            self._app = app
        return app, self._producer

    def _is_of_the_connection(self, error: Exception) -> bool:
        connection = self._connection
        if isinstance(error, OSError) or connection is None:
            return True
        if isinstance(error, OperationalError):
            # What kombu makes of both; only the cause tells them apart.
            cause = error.__cause__
            return isinstance(cause, connection.connection_errors) or not isinstance(
                cause, connection.channel_errors
            )
        return isinstance(error, connection.connection_errors)


def _timed_out(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, TimeoutError):
        cause = cause.__cause__
    return cause is not None
