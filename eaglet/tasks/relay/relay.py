"""Publish what stands in the outbox and was not published after its commit."""

from __future__ import annotations

import datetime
import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from django.utils import timezone

from eaglet.conf import conf
from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker import connection
from eaglet.tasks.database import DATABASE_FAULTS, close
from eaglet.tasks.display import describe
from eaglet.tasks.metrics import count, count_sent
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.outboxes import is_migrated, outbox_aliases
from eaglet.tasks.relay import notifications
from eaglet.tasks.relay.ordering import OrderedClaims, in_waves
from eaglet.tasks.retention import Pruner
from eaglet.tasks.sending.outbox import sender_keeps_seconds

logger = logging.getLogger("eaglet.tasks.relay")

BATCH_SIZE: Final = 500
"""Tasks claimed at a time."""

AT_ONCE: Final = 100
"""Tasks on their way to the broker together, which may be repeated when a relay dies."""

LEASE_SECONDS: Final = 20
"""How long a claim holds, and so how long the tasks of a relay that died wait."""

_BEGINS_FOR_SECONDS: Final = LEASE_SECONDS - connection.LONGEST_SECONDS
"""For how long something of a batch may be begun; the rest is given back then."""

LONGEST_PAUSE_SECONDS: Final = 5
_LOOK_FOR_TABLES_EVERY_SECONDS: Final = 30


@dataclass
class Progress:
    """What a relay has done so far; `stopped_by` is why the last round could not go on."""

    published: int = 0
    refused: int = 0
    parked: int = 0
    stopped_by: str = ""


@dataclass
class _Batch:
    """Claimed tasks; nothing is known yet of those that are `left`."""

    alias: str
    left: set[int]
    ended: bool = False
    published: int = 0
    # The order keys of this batch that go no further in it.
    stopped: set[str] = field(default_factory=set)


class Relay:
    """Publish the tasks that are due, of every outbox; several relays may run at once.

    `on_progress` is called after each batch that published something.
    """

    def __init__(
        self,
        aliases: Sequence[str] | None = None,
        batch_size: int = BATCH_SIZE,
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self.aliases = list(aliases or outbox_aliases())
        self.progress = Progress()
        self._batch_size = batch_size
        self._on_progress = on_progress
        self._broker = connection.Broker()
        self._owner = str(uuid.uuid4())
        self._ordered: dict[str, OrderedClaims] = {}
        self._watches: dict[str, notifications.Watch] = {}
        self._look_for_table_at: dict[str, float] = {}
        self._pruner = Pruner()
        self._last_round_at = time.monotonic()

    def is_alive(self) -> bool:
        """Return whether it goes on: a round takes no longer than its claims on each outbox."""
        longest = (1 + len(self.aliases)) * LEASE_SECONDS
        return time.monotonic() - self._last_round_at < longest

    def run(self, stop: threading.Event) -> None:
        """Publish what becomes due, until `stop` is set; what was begun is ended."""
        pause = 1.0
        # What it has seen it notices the loss of: a queue folder is not made anew then.
        with suppress(BrokerUnavailable):
            self._broker.connect()
        while not stop.is_set():
            published = self.run_round(stop)
            self._pruner.prune_when_it_is_time(self._watches)
            if self.progress.stopped_by:
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            pause = 1.0
            if not published:
                self._wait(stop)
        self._broker.close()

    def run_once(self, stop: threading.Event) -> None:
        """Publish all that is due now, and what is still its sender's for some seconds; end."""
        until = timezone.now() + datetime.timedelta(seconds=sender_keeps_seconds())
        while not stop.is_set():
            if not self.run_round(stop):
                if self.progress.stopped_by or not self._senders_keep_some(until):
                    break
                stop.wait(0.1)
        self._pruner.prune_when_it_is_time(self._watches)
        self._broker.close()

    def run_round(self, stop: threading.Event) -> int:
        """Publish one batch of each outbox; return how many tasks."""
        self._last_round_at = time.monotonic()
        self.progress.stopped_by = ""
        published = 0
        for alias in self.aliases:
            if stop.is_set() or self.progress.stopped_by:
                break
            try:
                if self._serves(alias):
                    self._watches[alias].begin()
                    published += self._run_batch(alias, stop)
            except DATABASE_FAULTS as error:
                self._stopped_by(f"the outbox of {alias!r}: {describe(error)}")
                # Not `close_if_unusable`: this one keeps its connection for good otherwise.
                close(alias)
        return published

    def _serves(self, alias: str) -> bool:
        if alias in self._watches:
            return True
        now = time.monotonic()
        if now >= self._look_for_table_at.get(alias, now):
            self._look_for_table_at[alias] = now + _LOOK_FOR_TABLES_EVERY_SECONDS
            if is_migrated(alias):
                outbox = OutboxTask.objects.using(alias)
                self._ordered[alias] = OrderedClaims(outbox, self._owner)
                self._watches[alias] = notifications.watch(alias)
            elif not self._watches and alias == self.aliases[-1]:
                self._stopped_by("no database has the outbox's table: run migrate")
        return alias in self._watches

    def _wait(self, stop: threading.Event) -> None:
        try:
            seconds = min(map(notifications.seconds_until_due, self._watches), default=1.0)
            notifications.wait(list(self._watches.values()), stop, seconds)
        except DATABASE_FAULTS as error:
            logger.warning("an outbox can't be read: %s", describe(error))
            for alias in self._watches:
                close(alias)

    def _senders_keep_some(self, until: datetime.datetime) -> bool:
        # One that was attempted, and is due soon, was refused: that is no reason to wait. Nor
        # is one that was asked for later. One that has come due meanwhile is one.
        return any(
            OutboxTask.objects.using(alias)
            .filter(state=OutboxTask.State.PENDING, attempts=0, not_before=None)
            .filter(due_at__lte=until)
            .exists()
            for alias in self._watches
        )

    def _run_batch(self, alias: str, stop: threading.Event) -> int:
        outbox = OutboxTask.objects.using(alias)
        good_until = time.monotonic() + _BEGINS_FOR_SECONDS
        until = timezone.now() + datetime.timedelta(seconds=LEASE_SECONDS)
        ordered = self._ordered[alias].claim(until, self._batch_size)
        unordered = outbox.claim(self._owner, until, self._batch_size)
        left = {*unordered, *(key for run in ordered for key in run)}
        if not left:
            return 0
        batch = _Batch(alias, left)
        try:
            for some in (*in_waves(ordered), unordered):
                for start in range(0, len(some), AT_ONCE):
                    if stop.is_set() or batch.ended or time.monotonic() > good_until:
                        break
                    self._publish(batch, some[start : start + AT_ONCE])
        finally:
            outbox.release(
                sorted(batch.left), self._owner, timezone.now(), self.progress.stopped_by
            )
        self.progress.published += batch.published
        if batch.published:
            logger.info("published %d tasks of %s", batch.published, alias)
            self._on_progress(self.progress)
        return batch.published

    def _publish(self, batch: _Batch, keys: Sequence[int]) -> None:
        outbox = OutboxTask.objects.using(batch.alias)
        held = outbox.held_by(self._owner, keys)
        tasks = [task for task in held if task.order_key not in batch.stopped]
        sent: list[OutboxTask] = []
        refused: list[tuple[OutboxTask, PublishError]] = []

        def report(task: OutboxTask, error: PublishError | None) -> None:
            if error is None:
                sent.append(task)
            else:
                refused.append((task, error))

        try:
            self._broker.publish(tasks, report)
        except BrokerUnavailable as error:
            self._stopped_by(str(error))
            batch.ended = True
        finally:
            outbox.mark_sent(sent)
            count_sent("relay", sent)
            batch.left.difference_update(task.pk for task in sent)
            batch.published += len(sent)
            for task, refusal in refused:
                self._refused(batch, task, refusal)

    def _refused(self, batch: _Batch, task: OutboxTask, error: PublishError) -> None:
        batch.left.discard(task.pk)
        if task.order_key:
            batch.stopped.add(task.order_key)
        allowed = conf.EAGLET_TASK_MAX_ATTEMPTS
        outbox = OutboxTask.objects.using(batch.alias)
        parked = outbox.note_refusal(task, str(error), allowed)
        self.progress.refused += 1
        self.progress.parked += parked
        count("relay", "parked" if parked else "refused")
        logger.error(
            "task %s to %s was refused%s: %s",
            task.task_id,
            task.queue_name,
            f" {allowed} times and is parked" if parked else "",
            error,
        )

    def _stopped_by(self, reason: str) -> None:
        self.progress.stopped_by = reason
        logger.warning("nothing can be published: %s", reason)
