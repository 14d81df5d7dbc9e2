"""Publish again what was received, and parked, or done."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from kombu.connection import Connection

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.broker.headers import FORCE, PARKED_AS, REPLAY
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.stored_message import StoredMessage, publish_stored


@dataclass
class Replay:
    """How many were published, which were refused and why, and what stopped it."""

    published: int = 0
    refused: list[tuple[ReceivedTask, str]] = field(default_factory=list)
    stopped_by: str = ""


def replay(tasks: Iterable[ReceivedTask], *, force: bool = False) -> Replay:
    """Publish received tasks again, each to where it came from, for a worker to take.

    What is done is not done again unless forced, also with once=True. A task is noted as replayed
    when the broker has confirmed it.
    """
    outcome = Replay()
    with publishing_app().connection_for_write() as connection:
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
    headers.pop("expires", None)
    if force:
        headers[FORCE] = "1"
    publish_stored(connection, message, headers)
