"""Publish tasks on a connection to the broker that is kept."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Final

import amqp
from celery import Celery
from django.core.signals import setting_changed
from kombu.connection import Connection

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.errors import concerns_every_task, is_of_the_connection, reason
from eaglet.tasks.broker.message import publish_message
from eaglet.tasks.broker.rabbitmq_confirms import (
    SILENCE_SECONDS,
    ConfirmingProducer,
    ResultCallback,
)
from eaglet.tasks.celery_config import RABBITMQ_SCHEMES, broker_scheme, make_app
from eaglet.tasks.models import OutboxTask


@cache
def publishing_app() -> Celery:
    """Return the Celery app tasks are sent with: eaglet's own, with no routes of the project's."""
    app = make_app("eaglet.sending", set_as_current=False, fixups=[])
    # What is promised of a message is not the project's to change.
    app.conf.update(
        result_backend="disabled",
        task_serializer="json",
        task_protocol=2,
        task_always_eager=False,
        task_create_missing_queues=True,
        task_default_delivery_mode="persistent",
        task_compression=None,
        task_publish_retry=False,
    )
    return app


def _clear_app(*, setting: str, **kwargs: Any) -> None:
    if setting.startswith(("CELERY_", "EAGLET_QUEUE_")):
        publishing_app.cache_clear()


setting_changed.connect(_clear_app, dispatch_uid="eaglet.tasks.broker.connection")


LONGEST_SECONDS: Final = 15.0
"""How long `Broker.publish` takes at most: a relay's claim must not end meanwhile."""

# The last that is begun may take as long as a broker may be silent.
_BEGINS_FOR_SECONDS: Final = LONGEST_SECONDS - SILENCE_SECONDS - 2


class _Broken(Exception):
    """The connection, or the channel, failed with several tasks on their way."""


class Broker:
    """A connection to the broker, made when first needed, for one thread at a time."""

    def __init__(self) -> None:
        self._app: Celery | None = None
        self._connection: Connection | None = None
        self._producer: Any = None  # kombu's stubs have no batches
        self._confirming: ConfirmingProducer | None = None

    def connect(self) -> None:
        """Connect, if need be. Raises BrokerUnavailable."""
        self._open()

    def server(self) -> tuple[str, str]:
        """Return the kind and the version of a server that says them; else two empty strings.

        Raises BrokerUnavailable. Valkey counts as the version of Redis that it replaces.
        """
        _, producer = self._open()
        channel = producer.channel
        if isinstance(channel, amqp.Channel):
            told = channel.connection.server_properties
            return str(told.get("product", "")), str(told.get("version", ""))
        try:
            return "Redis", str(channel.client.info("server")["redis_version"])
        except (AttributeError, *producer.connection.channel_errors):
            return "", ""  # no Redis either, or one that does not let this user ask

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """Give a channel to look at queues by. Raises BrokerUnavailable, also for a refusal."""
        connection = self._open()[1].connection
        try:
            with connection.channel() as channel:
                yield channel
        except (*connection.connection_errors, *connection.channel_errors) as error:
            self.close()
            raise BrokerUnavailable(reason(error)) from error

    def waiting(self, queue_name: str) -> int | None:
        """Return how many messages wait in a queue for a worker; None where there is no such queue.

        Raises BrokerUnavailable.
        """
        connection = self._open()[1].connection
        with self.channel() as channel, suppress(*connection.channel_errors):
            return int(channel.queue_declare(queue_name, passive=True).message_count)
        return None

    def publish(self, tasks: Sequence[OutboxTask], report: ResultCallback) -> None:
        """Publish tasks, each to the queue of its name, and report what became of each.

        They go together, or one by one when that fails though the broker can be reached, so that
        one which it can't take does not keep the others. Raises BrokerUnavailable when the
        connection can't be made, breaks or stays silent: what was not reported may have arrived.
        """
        if not tasks:
            return
        ends_at = time.monotonic() + _BEGINS_FOR_SECONDS
        left = {task.pk: task for task in tasks}

        def note(task: OutboxTask, error: PublishError | None) -> None:
            del left[task.pk]
            report(task, error)

        # A connection that was cut while nothing was sent is only noticed now.
        for _ in range(2 if self._connection is not None else 1):
            try:
                self._together(list(left.values()), note)
            except _Broken:
                continue
            return
        for task in list(left.values()):
            if time.monotonic() > ends_at:
                raise BrokerUnavailable("the broker takes too long")
            self._alone(task, note)

    def _together(self, tasks: Sequence[OutboxTask], report: ResultCallback) -> None:
        app, producer = self._open()
        try:
            if self._confirming is not None:
                self._confirming.publish(tasks, report)
            elif producer.supports_batch_publish:
                readable = []
                with producer.batch(max_size=len(tasks)):
                    for task in tasks:
                        try:
                            publish_message(app, producer, task)
                        except PublishError as error:
                            report(task, error)
                        else:
                            readable.append(task)
                for task in readable:
                    report(task, None)
            else:
                for task in tasks:
                    self._alone(task, report)
        except PublishError:
            raise
        except Exception as error:
            self.close()
            if concerns_every_task(error):
                raise BrokerUnavailable(reason(error)) from error
            raise _Broken from error

    def _alone(self, task: OutboxTask, report: ResultCallback) -> None:
        app, producer = self._open()
        try:
            if self._confirming is not None:
                self._confirming.publish([task], report)
                return
            publish_message(app, producer, task)
        except BrokerUnavailable:
            raise
        except PublishError as error:
            report(task, error)
            return
        except Exception as error:
            of_the_connection = is_of_the_connection(error, self._connection)
            self.close()
            if concerns_every_task(error):
                raise BrokerUnavailable(reason(error)) from error
            if of_the_connection:
                self._open()  # raises BrokerUnavailable if it is not this task, but the broker
            report(task, PublishError(reason(error)))
            return
        report(task, None)

    def close(self) -> None:
        """Close the connection; the next task gets a new one."""
        connection, self._connection = self._connection, None
        self._producer = self._confirming = None
        if connection is not None:
            with suppress(Exception):  # it is given up either way
                connection.collect(socket_timeout=0.1)

    def _open(self) -> tuple[Celery, Any]:
        app = publishing_app()
        if self._producer is None or self._app is not app:
            self.close()
            try:
                self._connect(app)
            except Exception as error:
                self.close()
                if isinstance(error, ValueError):
                    # It quotes what was wrong with it, and that may be part of a password.
                    raise BrokerUnavailable("the broker's URL can't be read") from None
                raise BrokerUnavailable(reason(error)) from error
            self._app = app
        return app, self._producer

    def _connect(self, app: Celery) -> None:
        options = app.conf.broker_transport_options
        if broker_scheme(app.conf.broker_write_url) in RABBITMQ_SCHEMES:
            # Else its channels wait for each message's confirmation by themselves.
            options = {**options, "confirm_publish": False}
        self._connection = app.connection_for_write(transport_options=options)
        # Asking for the channel connects.
        channel = self._connection.default_channel
        if isinstance(channel, amqp.Channel):
            self._confirming = ConfirmingProducer(app, self._connection)
        self._producer = app.amqp.Producer(channel, auto_declare=False)
