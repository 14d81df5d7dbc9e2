"""Publish again what is due in the ledger: retries, and tasks that were put off to their time."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from typing import Final

from django.db import connections
from django.utils import timezone
from kombu.connection import Connection

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.database import DATABASE_FAULTS
from eaglet.tasks.display import as_column, as_line, describe
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.stored_message import StoredMessage, publish_stored
from eaglet.tasks.retention import Pruner

logger = logging.getLogger("eaglet.tasks.received")

LOOK_EVERY_SECONDS: Final = 0.5
BATCH_SIZE: Final = 500
LEASE_SECONDS: Final = 20
"""How long a task waits that a worker was about to publish when it died."""

LONGEST_RUN_SECONDS: Final = 24 * 3600
"""How long a task may run, unless CELERY_TASK_TIME_LIMIT allows longer."""
_CLOSE_EVERY_SECONDS: Final = 600

State = ReceivedTask.State


class Redelivery:
    """Publish what is due, and prune the ledger, on a thread of each worker's.

    Of two workers that find the same task due, one publishes it.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._pruner = Pruner()
        self._close_at = 0.0
        self._thread = threading.Thread(target=self._run, name="eaglet-redelivery", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what was begun has ended."""
        self._stop.set()

    def _run(self) -> None:
        # Kept for good: a child that is forked has it too, and must not end the session as it
        # forgets this thread.
        self._database = connections[ledger_alias()]
        while not self._stop.wait(LOOK_EVERY_SECONDS):
            try:
                self.look()
            except BrokerUnavailable as error:
                logger.warning("tasks that are due can't be published: %s", error)
            except DATABASE_FAULTS as error:
                logger.warning("the ledger can't be read: %s", describe(error))
                self._database.close()
            except Exception:
                logger.exception("tasks that are due can't be published")
                self._database.close()
        self._database.close()

    def look(self) -> None:
        """Prune if it is time, and publish all that is due. Raises as `publish_due` does."""
        self._pruner.prune_when_it_is_time([ledger_alias()])
        if time.monotonic() >= self._close_at:
            self._close_at = time.monotonic() + _CLOSE_EVERY_SECONDS
            longest = max(LONGEST_RUN_SECONDS, publishing_app().conf.task_time_limit or 0)
            begun_before = timezone.now() - datetime.timedelta(seconds=longest)
            ReceivedTask.objects.using(ledger_alias()).close_lost(begun_before)
        while self.publish_due() == BATCH_SIZE:
            pass

    def publish_due(self) -> int:
        """Publish up to BATCH_SIZE tasks that are due, the longest due first; return how many.

        Raises BrokerUnavailable, and what the database raises.
        """
        now = timezone.now()
        due = ReceivedTask.objects.using(ledger_alias()).due(now)[:BATCH_SIZE]
        for task in due:
            if self._stop.is_set():
                break
            if task.claim(now + datetime.timedelta(seconds=LEASE_SECONDS)):
                self._publish(task)
        return len(due)

    def _publish(self, task: ReceivedTask) -> None:
        if self._connection is None:
            self._connection = publishing_app().connection_for_write()
        try:
            message = StoredMessage.from_text(task.message)
            publish_stored(self._connection, message, {**message.headers, "retries": task.attempts})
        except BrokerUnavailable:
            self._connection.release()
            self._connection = None
            task.note_claimed(state=task.state, due_at=timezone.now())
            raise
        except PublishError as error:
            logger.error("task %s is parked: %s", as_line(str(task)), error)
            now = timezone.now()
            cause = f"{task.cause}\nIt could not be published again: {error}".strip()
            task.note_claimed(state=State.PARKED, ended_at=now, due_at=now, cause=as_column(cause))
        else:
            task.note_claimed(state=State.REPLAYED, due_at=timezone.now())
