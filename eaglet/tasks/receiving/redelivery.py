"""Publish again what is due in the ledger, and note in it what the worker has done."""

import datetime
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

from celery.worker.state import requests
from django.db import connections
from kombu.connection import Connection

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.broker.headers import PARKED_AS, REPLAY
from eaglet.tasks.database import DATABASE_FAULTS, utc_now
from eaglet.tasks.display import as_column, as_line, describe
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.models.process import Heartbeat
from eaglet.tasks.receiving.celery_task import Request, done
from eaglet.tasks.receiving.consumer import row_for
from eaglet.tasks.receiving.ledger import note_many
from eaglet.tasks.receiving.stored_message import StoredMessage, publish_stored
from eaglet.tasks.retention import Pruner

logger = logging.getLogger("eaglet.tasks.received")

LOOK_EVERY_SECONDS: Final = 0.5
WRITE_EVERY_SECONDS: Final = 0.1
NOTED_AFTER_SECONDS: Final = 1.0
"""A task that takes longer is seen to be started; others when they have ended."""

MOST_KEPT: Final = 10_000
"""So many done tasks are kept in memory while the database is away."""

BATCH_SIZE: Final = 500
LEASE_SECONDS: Final = 20
"""How long a task waits that a worker was about to publish when it died."""

LONGEST_RUN_SECONDS: Final = 24 * 3600
"""How long a task may run, unless CELERY_TASK_TIME_LIMIT allows longer."""
_CLOSE_EVERY_SECONDS: Final = 600
STOP_SECONDS: Final = 10
_LOCK_TIMEOUT_SECONDS: Final = 0.5
_LOCKED_FOR_SECONDS: Final = 20
"""SQLite may be locked for so long before that is told of."""

State = ReceivedTask.State


class Redelivery:
    """Publish what is due, prune the ledger and write to it, on a thread of each worker's.

    What is due: retries, replays, and tasks that were put off to their time. Of two workers that
    find the same one due, one publishes it. What was done is written in batches: a message is
    acknowledged when it was run, and noted within a fraction of a second.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._pruner = Pruner()
        self._heartbeat = Heartbeat("worker")
        self._close_at = self._look_at = 0.0
        self._at_work = threading.Lock()
        self._locked_since: dict[str, float] = {}
        self._database = connections[ledger_alias()]
        self._thread = threading.Thread(target=self._run, name="eaglet-redelivery", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, once what was begun has ended and what was done is noted."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        # Kept for good: a child that is forked has it too, and must not end the session as it
        # forgets this thread.
        database = connections[ledger_alias()]
        database.inc_thread_sharing()  # `pause` closes it
        if database.vendor == "sqlite":
            # A handler with `once` has it locked for as long as it runs: what waits for that here
            # would keep `pause`, and with it the worker, waiting.
            options = {**database.settings_dict["OPTIONS"], "timeout": _LOCK_TIMEOUT_SECONDS}
            database.settings_dict = {**database.settings_dict, "OPTIONS": options}
        self._database = database
        while not self._stop.wait(WRITE_EVERY_SECONDS):
            self._safely(self.write, "what is done can't be noted")
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + LOOK_EVERY_SECONDS
                self._safely(self.look, "tasks that are due can't be published")
        self._safely(self.write, "what is done can't be noted")
        with self._at_work:
            self._heartbeat.end(ledger_alias())
            self._database.close()

    def pause(self) -> None:
        """Wait until no step is under way, and begin none until `resume`, where SQLite is used.

        A child that is forked has SQLite's memory of the locks of this process, and waits for them
        for ever (https://www.sqlite.org/howtocorrupt.html §2.6: no connection across a fork).
        """
        if self._database.vendor == "sqlite":
            self._at_work.acquire()
            self._database.close()

    def resume(self) -> None:
        """Begin steps again, after `pause`; in a child too, where there is no thread for them."""
        if self._database.vendor == "sqlite":
            self._at_work.release()

    def _safely(self, step: Callable[[], None], fault: str) -> None:
        with self._at_work:
            try:
                step()
                self._locked_since.pop(fault, None)
            except BrokerUnavailable as error:
                logger.warning("%s: %s", fault, error)
            except DATABASE_FAULTS as error:
                self._database.close()
                if not self._is_locked_briefly(fault, error):
                    logger.warning("%s: %s", fault, describe(error))
            except Exception:
                logger.exception("%s", fault)
                self._database.close()

    def _is_locked_briefly(self, fault: str, error: Exception) -> bool:
        """Tell whether SQLite is locked, and has not been for long."""
        if getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
            return False
        now = time.monotonic()
        if now - self._locked_since.setdefault(fault, now) < _LOCKED_FOR_SECONDS:
            return True
        del self._locked_since[fault]
        return False

    def write(self) -> None:
        """Note what was done since, and what takes long. Raises what the database raises."""
        now = time.time()
        long = [
            request
            for request in list(requests.values())
            if isinstance(request, Request)
            and not request.is_noted
            and request.time_start
            and request.time_start < now - NOTED_AFTER_SECONDS
        ]
        while done or long:
            batch = [done.popleft() for _ in range(min(len(done), BATCH_SIZE))]
            try:
                note_many(
                    [row for request in long if (row := row_for(request))],
                    [row for request, at in batch if (row := row_for(request, at))],
                )
            except DATABASE_FAULTS:
                # They are tried again, as many as there is room for.
                done.extendleft(reversed(batch[: MOST_KEPT - len(done)]))
                raise
            for request in long:
                request.is_noted = True
            long = []

    def look(self) -> None:
        """Beat, prune if it is time, and publish all that is due. Raises as `publish_due` does."""
        self._heartbeat.beat(ledger_alias())
        self._pruner.prune_when_it_is_time([ledger_alias()])
        if time.monotonic() >= self._close_at:
            self._close_at = time.monotonic() + _CLOSE_EVERY_SECONDS
            longest = max(LONGEST_RUN_SECONDS, publishing_app().conf.task_time_limit or 0)
            begun_before = utc_now() - datetime.timedelta(seconds=longest)
            ReceivedTask.objects.using(ledger_alias()).close_lost(begun_before)
        while self.publish_due() == BATCH_SIZE:
            pass

    def publish_due(self) -> int:
        """Publish up to BATCH_SIZE tasks that are due, the longest due first; return how many.

        Raises BrokerUnavailable, and what the database raises.
        """
        now = utc_now()
        due = ReceivedTask.objects.using(ledger_alias()).due(now)[:BATCH_SIZE]
        for task in due:
            if self._stop.is_set():
                break
            self.write()
            if task.claim(now + datetime.timedelta(seconds=LEASE_SECONDS)):
                self._publish(task)
        return len(due)

    def _publish(self, task: ReceivedTask) -> None:
        if self._connection is None:
            self._connection = publishing_app().connection_for_write()
        try:
            message = StoredMessage.from_text(task.message)
            headers = {**message.headers, "retries": task.attempts}
            if task.replay:
                headers.update({REPLAY: task.replay, PARKED_AS: task.task_id, "expires": None})
            publish_stored(self._connection, message, headers)
        except BrokerUnavailable:
            self._connection.release()
            self._connection = None
            task.note_claimed(state=task.state, due_at=utc_now())
            raise
        except PublishError as error:
            logger.error("task %s is parked: %s", as_line(str(task)), error)
            now = utc_now()
            cause = f"{task.cause}\nIt could not be published again: {error}".strip()
            task.note_claimed(state=State.PARKED, ended_at=now, due_at=now, cause=as_column(cause))
        else:
            task.note_claimed(state=State.REPLAYED, due_at=utc_now())
