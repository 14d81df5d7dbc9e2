"""The worker's consumer: what Celery's drops, unreadable or taken by nobody, is parked.

Celery logs such a message, body and all, and rejects or acknowledges it. Here it is written to the
ledger first and acknowledged then; while the database is away it stays with the broker. No body is
logged.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any, Final

from celery import signals
from celery.exceptions import NotRegistered
from celery.utils.objects import Bunch
from celery.worker import consumer as celery_consumer
from django.db import connections
from kombu.message import Message

from eaglet.exceptions import InvalidMessage, TaskNotParked
from eaglet.tasks.broker.headers import PARKED_AS, REPLAY, REQUEST_ID, TRACEPARENT
from eaglet.tasks.display import describe
from eaglet.tasks.models import ledger_alias
from eaglet.tasks.receiving.delivery import Delivery
from eaglet.tasks.receiving.execution import park
from eaglet.tasks.receiving.stored_message import StoredMessage

logger = logging.getLogger("eaglet.tasks.received")

AGAIN_AFTER_SECONDS: Final = 5.0


class Consumer(celery_consumer.Consumer):
    """Celery's consumer, which parks what it can't have run."""

    connection_errors: tuple[type[Exception], ...]

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Message], None]:
        """What is called with each message."""
        handle = super().create_task_handler(*args, **kwargs)

        def on_task_received(message: Message) -> None:
            fault = _fault_in(message)
            if fault is None:
                handle(message)
            else:
                self._park(message, InvalidMessage(fault))

        return on_task_received

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
        if message.acknowledged:
            return
        delivery = _delivery_of(message, self.hostname, body)
        try:
            park(delivery, error)
        except TaskNotParked:
            # Not given back, or it would be here again at once: kept, and parked a little later.
            # If the worker ends before, the broker gives it to another.
            self.timer.call_after(AGAIN_AFTER_SECONDS, self._park, (message, error, body))
            return
        finally:
            # Children that are forked later must not share it.
            connections[ledger_alias()].close()
        message.ack_log_error(logger, self.connection_errors)
        self._tell(message, delivery, error)

    def _tell(self, message: Message, delivery: Delivery, error: InvalidMessage) -> None:
        """Tell the sender's result, and whoever listens to Celery's signals, as Celery does."""
        name = _name_of(message)
        known = bool(name and delivery.task_id and name in self.app.tasks)
        if name and not known:
            signals.task_unknown.send(
                sender=self, message=message, exc=error, name=name, id=delivery.task_id
            )
        else:
            signals.task_rejected.send(sender=self, message=message, exc=error)
        if not name:
            return
        request = Bunch(
            name=name, chord=None, root_id=None, errbacks=None,
            correlation_id=message.properties.get("correlation_id"),
            reply_to=message.properties.get("reply_to"),
        )  # fmt: skip
        try:
            self.app.backend.mark_as_failure(
                delivery.task_id, error if known else NotRegistered(name), request=request
            )
        except Exception as fault:  # noqa: BLE001 - it is parked; a result is a courtesy
            logger.warning("the result of a parked task was not kept: %s", describe(fault))


def _fault_in(message: Message) -> str | None:
    """Why Celery's consumer would fall over a message; None for what it can deal with itself."""
    headers = message.headers
    if not isinstance(headers, dict) or "task" not in headers:
        return _fault_in_protocol_1(message)
    if not isinstance(headers["task"], str) or not isinstance(headers.get("id"), str):
        return "its headers name no task, or no id"
    try:
        payload = message.payload
    except Exception:  # noqa: BLE001 - Celery will come by it, and call `on_decode_error`
        return None
    if isinstance(payload, dict) and "args" in payload:
        return None
    if not (
        isinstance(payload, list | tuple)
        and len(payload) == 3
        and isinstance(payload[0], list | tuple)
        and isinstance(payload[1], dict)
        and isinstance(payload[2], dict | None)
    ):
        return "its body is not arguments as Celery's protocol 2 has them"
    return None


def _fault_in_protocol_1(message: Message) -> str | None:
    try:
        payload = message.payload
    except Exception:  # noqa: BLE001 - as above
        return None
    if isinstance(payload, dict) and "task" in payload:
        if not isinstance(payload["task"], str) or not isinstance(payload.get("id"), str):
            return "its body names no task, or no id"
        if not isinstance(payload.get("args", []), list):
            return "its arguments are no list"
        if not isinstance(payload.get("kwargs", {}), dict):
            return "its named arguments are no object"
    return None


def _name_of(message: Message) -> str:
    name = (message.headers or {}).get("task") if isinstance(message.headers, dict) else None
    if name is None:
        decoded = getattr(message, "_decoded_cache", None)
        name = decoded.get("task") if isinstance(decoded, dict) else None
    return name if isinstance(name, str) else ""


def _delivery_of(message: Message, hostname: str, body: Any) -> Delivery:
    headers = message.headers if isinstance(message.headers, dict) else {}
    decoded = body if isinstance(body, dict) else {}
    task_id = headers.get("id") or decoded.get("id")
    stored = StoredMessage.from_message(message)

    def text(name: str, longest: int) -> str:
        value = headers.get(name)
        return value if isinstance(value, str) and len(value) <= longest else ""

    return Delivery(
        # What has no id can't be told from another like it.
        task_id=(
            task_id
            if isinstance(task_id, str) and task_id
            else text(PARKED_AS, 255) or f"none-{uuid.uuid4()}"
        ),
        queue_name=_name_of(message) or stored.routing_key,
        message=stored,
        worker=hostname,
        request_id=text(REQUEST_ID, 128),
        traceparent=text(TRACEPARENT, 55),
        replay=text(REPLAY, 36),
        is_first=False,
    )
