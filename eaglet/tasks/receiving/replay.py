"""Publishing again what was received, and parked, or done."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kombu.connection import Connection

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.broker.errors import concerns_every_task, is_of_the_connection, reason
from eaglet.tasks.broker.headers import FORCE, PARKED_AS, REPLAY
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.stored_message import StoredMessage


@dataclass
class Replay:
    """What became of it: how many were published, which were refused and why, what stopped it."""

    published: int = 0
    refused: list[tuple[ReceivedTask, str]] = field(default_factory=list)
    stopped_by: str = ""


def replay(tasks: Iterable[ReceivedTask], *, force: bool = False) -> Replay:
    """Publish received tasks again, each to where it came from, for a worker to take.

    What is done already is not done again, unless that is forced: then a handler with once=True
    does it one more time. A task is noted as replayed when the broker has confirmed it; when this
    process dies just before, it stays parked, and a second replay repeats it.
    """
    outcome = Replay()
    app = publishing_app()
    with app.connection_for_write() as connection:
        for task in tasks:
            try:
                _publish(connection, task, force)
            except PublishError as error:
                if isinstance(error, BrokerUnavailable):
                    outcome.stopped_by = str(error)
                    break
                outcome.refused.append((task, str(error)))
            else:
                outcome.published += 1
                ReceivedTask.objects.using(task._state.db or ledger_alias()).note_replayed(task)
    return outcome


def _publish(connection: Connection, task: ReceivedTask, force: bool) -> None:
    message = StoredMessage.from_text(task.message)
    headers = {**message.headers, REPLAY: str(uuid.uuid4()), PARKED_AS: task.task_id}
    headers.pop(FORCE, None)
    if force:
        headers[FORCE] = "1"
    try:
        connection.ensure_connection(max_retries=1, timeout=5)
        with connection.channel() as channel:
            producer: Any = connection.Producer(channel, auto_declare=False)
            producer.publish(
                message.body,
                exchange=message.exchange,
                routing_key=message.routing_key,
                content_type=message.content_type,
                content_encoding=message.content_encoding,
                headers=headers,
                delivery_mode=2,
                priority=message.priority,
                # RabbitMQ would confirm, and drop, what no queue takes.
                mandatory=True,
            )
    except ValueError:
        # What was wrong with the URL is quoted by the error, and may be part of a password.
        raise BrokerUnavailable("the broker's URL, or the message, can't be used") from None
    except Exception as error:
        away = concerns_every_task(error) or is_of_the_connection(error, connection)
        raise (BrokerUnavailable if away else PublishError)(reason(error)) from error
