"""Park what Celery's consumer drops: what is unreadable, or taken by nobody.

It is written to the ledger first and acknowledged then; while the database is away it stays with
the broker. No body is logged, as Celery does.
"""

import datetime
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from celery.exceptions import NotRegistered
from celery.utils.objects import Bunch
from celery.worker import consumer as celery_consumer
from django.db import connections
from kombu.message import Message

from eaglet.exceptions import InvalidMessage, TaskNotParked
from eaglet.tasks.broker.headers import PARKED_AS, as_header
from eaglet.tasks.broker.queues import limit_each_consumer
from eaglet.tasks.broker.worker_queues import WorkerQueues
from eaglet.tasks.display import describe
from eaglet.tasks.models import ledger_alias
from eaglet.tasks.receiving.celery_task import Request
from eaglet.tasks.receiving.decorator import declaration_of
from eaglet.tasks.receiving.delivery import Delivery, delivery_by
from eaglet.tasks.receiving.execution import park, put_off
from eaglet.tasks.receiving.ledger import row_of
from eaglet.tasks.receiving.stored_message import StoredMessage
from eaglet.tasks.receiving.validation import eta_of, fault_in, most_bytes

logger = logging.getLogger("eaglet.tasks.received")

AGAIN_AFTER_SECONDS: Final = 5.0


class Consumer(celery_consumer.Consumer):
    """Celery's consumer, which parks what it can't have run."""

    connection_errors: tuple[type[Exception], ...]
    connection: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # What others say on the event exchange ends a worker whose gossip can't read it; what
        # they say when it starts is of revoked tasks, which eaglet does not use.
        given = kwargs.get("worker_options") or {}
        options = {**given, "without_gossip": True, "without_mingle": True}
        super().__init__(*args, **{**kwargs, "worker_options": options})
        self._queues = WorkerQueues(self)

    def connect(self) -> Any:
        """Connect to the broker, and find the queues that it refuses."""
        connection = super().connect()
        limit_each_consumer(connection)
        self._queues.look_over(connection)
        return connection

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Message], None]:
        """Return what is called with each message."""
        handle = super().create_task_handler(*args, **kwargs)
        most = most_bytes()

        def on_task_received(message: Message) -> None:
            try:
                if fault := fault_in(message, declaration_of, most):
                    self._park(message, InvalidMessage(fault))
                elif not self._is_put_off(message):
                    handle(message)
            except (*self.connection_errors, *self.connection.channel_errors):
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the worker goes on
                self._park(message, InvalidMessage(f"it can't be run: {describe(error)}"))

        return on_task_received

    def _is_put_off(self, message: Message) -> bool:
        """Leave a task for later to the ledger: nothing waits in a worker's memory."""
        headers = message.headers or {}
        due_at = eta_of(headers)
        if due_at is None or due_at <= datetime.datetime.now(datetime.UTC):
            return False
        if declaration_of(headers.get("task", "")) is None:
            return False
        delivery = _delivery_of(message, self.hostname, None)
        self._keep(message, lambda: put_off(delivery, due_at))
        return True

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        """Park a task that nobody here takes."""
        name = _name_of(message)
        self._park(message, InvalidMessage(f"no task of this name is taken here: {name!r}"), body)

    def on_unknown_message(self, body: Any, message: Message) -> None:
        """Park what is no task at all."""
        self._park(message, InvalidMessage("it is not a task of Celery's protocol"), body)

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        """Park a task whose message is not as the protocol has it."""
        self._park(message, InvalidMessage(f"the message is not valid: {describe(exc)}"), body)

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """Park what can't be decoded, or may not be."""
        self._park(message, InvalidMessage(f"the body can't be read: {describe(exc)}"))

    def _park(self, message: Message, error: InvalidMessage, body: Any = None) -> None:
        delivery = _delivery_of(message, self.hostname, body)
        self._keep(
            message, lambda: park(delivery, error), lambda: self._report(message, delivery, error)
        )

    def _keep(
        self,
        message: Message,
        write: Callable[[], None],
        report: Callable[[], None] = lambda: None,
    ) -> None:
        """Write a message to the ledger, now or a little later, acknowledge and report it."""
        if message.acknowledged:
            return
        try:
            write()
        except TaskNotParked:
            # Not given back, or it would be here again at once: kept, and written a little later.
            # If the worker ends before, the broker gives it to another.
            self.timer.call_after(AGAIN_AFTER_SECONDS, self._keep, (message, write, report))
            return
        finally:
            # Children that are forked later must not share it.
            connections[ledger_alias()].close()
        message.ack_log_error(logger, self.connection_errors)
        report()

    def _report(self, message: Message, delivery: Delivery, error: InvalidMessage) -> None:
        """Note in the sender's result, as Celery does."""
        name = _name_of(message)
        if not name:
            return
        request = Bunch(
            name=name, chord=None, root_id=None, errbacks=None,
            correlation_id=message.properties.get("correlation_id"),
            reply_to=message.properties.get("reply_to"),
        )  # fmt: skip
        try:
            self.app.backend.mark_as_failure(
                delivery.task_id,
                error if name in self.app.tasks else NotRegistered(name),
                request=request,
            )
        except Exception as fault:  # noqa: BLE001 - it is parked; a result is a courtesy
            logger.warning("the result of a parked task was not kept: %s", describe(fault))


def _name_of(message: Message) -> str:
    name = (message.headers or {}).get("task") if isinstance(message.headers, dict) else None
    if name is None:
        decoded = getattr(message, "_decoded_cache", None)
        name = decoded.get("task") if isinstance(decoded, dict) else None
    return name if isinstance(name, str) else ""


def row_for(request: Request, ended_at: float | None = None) -> dict[str, Any] | None:
    """Return what the ledger is to say of a task that is running, or done.

    None for one that may be in the ledger: the process that runs it notes its end.
    """
    message = request.message
    delivery = _delivery_of(message, request.hostname, None, request.request_dict)
    if delivery.is_repeat:
        return None
    # Where it came from may be a queue bound to any exchange; its own is named like it.
    delivery.message = lambda: replace(
        StoredMessage.from_message(message), exchange="", routing_key=delivery.queue_name
    )
    return row_of(delivery, request.time_start or ended_at or time.time(), ended_at)


def _delivery_of(
    message: Message, hostname: str, body: Any, headers: dict[str, Any] | None = None
) -> Delivery:
    if headers is None:
        headers = message.headers if isinstance(message.headers, dict) else {}
    decoded = body if isinstance(body, dict) else getattr(message, "_decoded_cache", None)
    decoded = decoded if isinstance(decoded, dict) else {}
    task_id = headers.get("id") or decoded.get("id")
    return delivery_by(
        headers.get,
        message.delivery_info,
        # What has no id can't be known from another like it.
        task_id=(
            task_id
            if isinstance(task_id, str) and task_id
            else as_header(headers.get(PARKED_AS), 255) or f"none-{uuid.uuid4()}"
        ),
        queue_name=_name_of(message) or str((message.delivery_info or {}).get("routing_key") or ""),
        message=lambda: StoredMessage.from_message(message),
        worker=hostname,
    )
