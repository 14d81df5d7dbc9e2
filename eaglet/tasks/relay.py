"""The relay: publishes what stands in the outbox and was not published after its commit."""

from __future__ import annotations

import datetime
import logging
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, InterfaceError, close_old_connections, connections, router
from django.utils import timezone

from eaglet.conf import conf
from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker import Broker
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.outbox import sender_keeps_seconds
from eaglet.tasks.shown import describe

logger = logging.getLogger("eaglet.tasks.relay")

BATCH_SIZE: Final = 100
"""Tasks claimed at a time: what may be repeated when a relay dies. Batches of 100 come to 98 %
of the speed of publishing without an outbox (measured)."""

LEASE_SECONDS: Final = 60
"""How long a claim holds. A relay that needs longer gives the rest of its batch back."""

LONGEST_PAUSE_SECONDS: Final = 5
LONGEST_REFUSAL_PAUSE_SECONDS: Final = 600
_PRUNE_EVERY_SECONDS: Final = 60
_LOOK_FOR_TABLES_EVERY_SECONDS: Final = 30
# The latter is no kind of the former, and what some drivers raise when a server goes away.
_DATABASE_FAILURES: Final = (DatabaseError, InterfaceError)
_PRUNE_AT_ONCE: Final = 1000


@dataclass
class Progress:
    """What a relay has done so far."""

    published: int = 0
    refused: int = 0
    # Why the last round could not go on.
    stopped_by: str = ""


def outbox_aliases() -> list[str]:
    """The databases that may have an outbox, says the project's router; replicas have none.

    A replica is what Django's documentation marks as one: `"TEST": {"MIRROR": …}`.
    """
    return [
        alias
        for alias in connections
        if router.allow_migrate_model(alias, OutboxTask)
        and not connections[alias].settings_dict["TEST"].get("MIRROR")
    ]


def is_migrated(alias: str) -> bool:
    """Whether the outbox's table is there; a project migrates it where it sends from."""
    with connections[alias].cursor() as cursor:
        tables = connections[alias].introspection.table_names(cursor)
    return OutboxTask._meta.db_table in tables


class Relay:
    """Publishes the tasks that are due, of every outbox; several may run at once."""

    def __init__(self, aliases: Sequence[str] | None = None, batch_size: int = BATCH_SIZE) -> None:
        self.aliases = list(aliases or outbox_aliases())
        self.progress = Progress()
        self._batch_size = batch_size
        self._broker = Broker()
        self._owner = str(uuid.uuid4())
        self._migrated: set[str] = set()
        self._looked_for_tables_at: dict[str, float] = {}
        self._pruned_at = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Publish what becomes due, until `stop` is set; a batch that was begun is ended."""
        pause = conf.EAGLET_RELAY_POLL_SECONDS
        while not stop.is_set():
            published = self.run_round(stop)
            self._prune_when_it_is_time()
            if self.progress.stopped_by:
                pause = min(pause * 2, max(LONGEST_PAUSE_SECONDS, conf.EAGLET_RELAY_POLL_SECONDS))
            else:
                pause = conf.EAGLET_RELAY_POLL_SECONDS
            if not published:
                close_old_connections()
                stop.wait(pause)
        self._broker.close()

    def run_once(self, stop: threading.Event) -> None:
        """Publish all that stands there now, and end; it waits for what is still its sender's.

        That is a few seconds at most. What the broker does not take stays where it is.
        """
        until = timezone.now() + datetime.timedelta(seconds=sender_keeps_seconds())
        while not stop.is_set():
            published = self.run_round(stop)
            if not published:
                if self.progress.stopped_by or not self._senders_keep_some(until):
                    break
                stop.wait(0.1)
        self._prune_when_it_is_time()
        self._broker.close()

    def _senders_keep_some(self, until: datetime.datetime) -> bool:
        # One that was attempted, and is due soon, was refused: that is no reason to wait.
        return any(
            OutboxTask.objects.using(alias).due(until).filter(attempts=0).exists()
            for alias in self._migrated
        )

    def run_round(self, stop: threading.Event) -> int:
        """Publish one batch of each outbox; gives how many tasks."""
        self.progress.stopped_by = ""
        published = 0
        for alias in self.aliases:
            if stop.is_set():
                break
            try:
                if self._serves(alias):
                    published += self._run_batch(alias, stop)
            except _DATABASE_FAILURES as error:
                self._stopped_by(f"the outbox of {alias!r}: {describe(error)}")
                connections[alias].close_if_unusable_or_obsolete()
        return published

    def _serves(self, alias: str) -> bool:
        if alias in self._migrated:
            return True
        now = time.monotonic()
        if now - self._looked_for_tables_at.get(alias, float("-inf")) > (
            _LOOK_FOR_TABLES_EVERY_SECONDS
        ):
            self._looked_for_tables_at[alias] = now
            if is_migrated(alias):
                self._migrated.add(alias)
            elif not self._migrated and alias == self.aliases[-1]:
                self._stopped_by("no database has the outbox's table: run migrate")
        return alias in self._migrated

    def _run_batch(self, alias: str, stop: threading.Event) -> int:
        began = time.monotonic()
        outbox = OutboxTask.objects.using(alias)
        until = timezone.now() + datetime.timedelta(seconds=LEASE_SECONDS)
        tasks = outbox.claim(self._owner, until, self._batch_size)
        sent: list[OutboxTask] = []
        left = list(tasks)
        try:
            for task in tasks:
                if stop.is_set() or time.monotonic() - began > LEASE_SECONDS / 2:
                    break
                try:
                    self._broker.publish(task)
                except BrokerUnavailable as error:
                    self._stopped_by(str(error))
                    # Behind the others: it might be what makes the broker close the connection.
                    left.remove(task)
                    later = timezone.now() + datetime.timedelta(seconds=1)
                    outbox.give_back([task], later, str(error))
                    break
                except PublishError as error:
                    self._refused(alias, task, error)
                else:
                    sent.append(task)
                left.remove(task)
        finally:
            if sent:
                outbox.mark_sent(sent)
            if left:
                outbox.give_back(left, timezone.now(), self.progress.stopped_by)
        self.progress.published += len(sent)
        if sent:
            logger.info("published %d tasks of %s", len(sent), alias)
        return len(sent)

    def _refused(self, alias: str, task: OutboxTask, error: PublishError) -> None:
        self.progress.refused += 1
        logger.error("task %s to %s was refused: %s", task.task_id, task.queue_name, error)
        pause = min(2**task.attempts, LONGEST_REFUSAL_PAUSE_SECONDS)
        due_at = timezone.now() + datetime.timedelta(seconds=pause)
        OutboxTask.objects.using(alias).give_back([task], due_at, str(error), attempted=True)

    def _stopped_by(self, reason: str) -> None:
        self.progress.stopped_by = reason
        logger.warning("nothing can be published: %s", reason)

    def _prune_when_it_is_time(self) -> None:
        retention = conf.EAGLET_TASK_RETENTION_SECONDS
        if retention is None or time.monotonic() - self._pruned_at < _PRUNE_EVERY_SECONDS:
            return
        sent_before = timezone.now() - datetime.timedelta(seconds=retention)
        deleted = 0
        for alias in self._migrated:
            try:
                deleted = max(
                    deleted, OutboxTask.objects.using(alias).prune(sent_before, _PRUNE_AT_ONCE)
                )
            except _DATABASE_FAILURES as error:
                logger.warning("sent tasks of %r could not be deleted: %s", alias, describe(error))
                connections[alias].close_if_unusable_or_obsolete()
        # A full batch tells that there is more: the next round goes on.
        if deleted < _PRUNE_AT_ONCE:
            self._pruned_at = time.monotonic()
