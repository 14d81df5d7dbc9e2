"""Publish what stands in one outbox and was not published after its commit."""

import datetime
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from django.db import router

from eaglet.conf import conf
from eaglet.exceptions import BrokerUnavailable, NoSubscriber, PublishError
from eaglet.tasks.broker import connection
from eaglet.tasks.database import DATABASE_FAULTS, close, has_table, utc_now
from eaglet.tasks.display import describe
from eaglet.tasks.metrics import count, count_sent
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.models.process import Heartbeat
from eaglet.tasks.relay import claims, notifications
from eaglet.tasks.relay.periodic import Clock
from eaglet.tasks.retention import Pruner
from eaglet.tasks.sending.outbox import sender_keeps_seconds

logger = logging.getLogger("eaglet.tasks.relay")

LEASE_SECONDS: Final = 20
"""How long a claim holds, and so how long the tasks of a relay that died wait."""

SHARE_SECONDS: Final = 0.25
"""For how long those with an order key may be published before the others have their turn."""

_BEGINS_FOR_SECONDS: Final = LEASE_SECONDS - SHARE_SECONDS - connection.LONGEST_SECONDS
"""For how long something of a batch may be begun; the rest is given back then."""

BATCH_SECONDS: Final = 1.0
"""How long a batch is to take, by the last one's pace: what comes meanwhile waits for its end."""

LONGEST_PAUSE_SECONDS: Final = 5
_LOOK_FOR_TABLE_EVERY_SECONDS: Final = 30


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

    left: set[int]
    ended: bool = False
    # The order keys of this batch that go no further in it.
    stopped: set[str] = field(default_factory=set)


class OutboxRelay:
    """Publish the tasks of one outbox that are due, with a connection to the broker of its own.

    `on_published` is called after each batch that published something.
    """

    def __init__(self, alias: str, batch_size: int, on_published: Callable[[], None]) -> None:
        self.alias = alias
        self.progress = Progress()
        self._largest_batch = self._batch_size = batch_size
        self._on_published = on_published
        self._broker = connection.Broker()
        self._owner = str(uuid.uuid4())
        self._outbox = OutboxTask.objects.using(alias)
        self._claims: claims.Claims | None = None
        self._look_for_table_at = 0.0
        self._pruner = Pruner()
        self._heartbeat = Heartbeat("relay")
        self._clock = Clock(alias) if alias == router.db_for_write(OutboxTask) else None
        self._last_round_at = time.monotonic()

    def is_alive(self) -> bool:
        """Return whether it goes on: a round takes no longer than its claims."""
        return time.monotonic() - self._last_round_at < 2 * LEASE_SECONDS

    @property
    def has_table(self) -> bool:
        """Return whether the outbox's table has been found."""
        return self._claims is not None

    def run(self, stop: threading.Event) -> None:
        """Publish what becomes due, until `stop` is set; what was begun is ended."""
        pause = 1.0
        # What it has seen it notices the loss of: a queue folder is not made anew then.
        with suppress(BrokerUnavailable):
            self._broker.connect()
        while not stop.is_set():
            published = self.run_round(stop)
            if self.progress.stopped_by:
                stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            pause = 1.0
            self._pruner.prune_when_it_is_time([self.alias])
            if not published:
                self._wait(stop)
        self._heartbeat.end(self.alias)
        self._broker.close()

    def run_once(self, stop: threading.Event) -> None:
        """Publish all that is due now, and what is still its sender's for some seconds; end."""
        until = utc_now() + datetime.timedelta(seconds=sender_keeps_seconds())
        while not stop.is_set():
            if not self.run_round(stop):
                if self.progress.stopped_by or not self._sender_keeps_some(until):
                    break
                stop.wait(0.1)
        self._pruner.prune_when_it_is_time([self.alias])
        self._broker.close()

    def run_round(self, stop: threading.Event) -> int:
        """Publish one batch; return how many tasks."""
        self._last_round_at = time.monotonic()
        self.progress.stopped_by = ""
        try:
            if self._claims is None:
                self._look_for_the_table()
            if self._claims is not None:
                self._heartbeat.beat(self.alias)
                if self._clock is not None:
                    self._clock.send_due()
                self._watch.begin()
                return self._run_batch(self._claims, stop)
        except DATABASE_FAULTS as error:
            self._stopped_by(f"the outbox of {self.alias!r}: {describe(error)}")
            # Not `close_if_unusable`: this one keeps its connection for good otherwise.
            close(self.alias)
        return 0

    def _look_for_the_table(self) -> None:
        if time.monotonic() < self._look_for_table_at:
            return
        if has_table(self.alias, OutboxTask):
            self._watch = notifications.watch(self.alias)
            self._claims = claims.Claims(self._outbox, self._owner)
        elif not self._look_for_table_at:
            logger.warning("%r has no table of an outbox (yet), and is passed over", self.alias)
        self._look_for_table_at = time.monotonic() + _LOOK_FOR_TABLE_EVERY_SECONDS

    def _wait(self, stop: threading.Event) -> None:
        if self._claims is None:
            stop.wait(notifications.LOOK_EVERY_SECONDS)
            return
        try:
            self._watch.wait(stop, notifications.seconds_until_due(self.alias))
        except DATABASE_FAULTS as error:
            logger.warning("the outbox of %r can't be read: %s", self.alias, describe(error))
            close(self.alias)

    def _sender_keeps_some(self, until: datetime.datetime) -> bool:
        if self._claims is None:
            return False
        # One that was attempted, and is due soon, was refused: that is no reason to wait. Nor
        # is one that was asked for later. One that has come due meanwhile is one.
        pending = self._outbox.filter(state=OutboxTask.State.PENDING, due_at__lte=until)
        return pending.filter(attempts=0, not_before=None).exists()

    def _run_batch(self, outbox_claims: claims.Claims, stop: threading.Event) -> int:
        began = time.monotonic()
        good_until = began + _BEGINS_FOR_SECONDS
        until = utc_now() + datetime.timedelta(seconds=LEASE_SECONDS)
        in_order = deque(outbox_claims.claim_in_order(until, self._batch_size))
        in_any_order = deque(outbox_claims.claim(until, self._batch_size))
        batch = _Batch({task.pk for some in (*in_order, *in_any_order) for task in some})
        if not batch.left:
            return 0
        before = self.progress.published
        try:
            while in_order or in_any_order:
                for waves in filter(None, (in_order, in_any_order)):
                    if stop.is_set() or batch.ended or time.monotonic() > good_until:
                        return self.progress.published - before
                    self._publish(batch, waves)
        finally:
            left, reason = sorted(batch.left), self.progress.stopped_by
            self._outbox.release(left, self._owner, utc_now(), reason)
            if published := self.progress.published - before:
                pace = published / (time.monotonic() - began)
                room = max(claims.AT_ONCE, int(pace * BATCH_SECONDS))
                self._batch_size = min(self._largest_batch, room)
                logger.info("published %d tasks of %s", published, self.alias)
                self._on_published()
        return published

    def _publish(self, batch: _Batch, waves: deque[list[OutboxTask]]) -> None:
        """Publish one wave after the other, to about AT_ONCE tasks, or until the time is over."""
        sent: list[OutboxTask] = []
        refused: list[tuple[OutboxTask, PublishError]] = []
        share_ends_at = time.monotonic() + SHARE_SECONDS

        def report(task: OutboxTask, error: PublishError | None) -> None:
            batch.left.discard(task.pk)
            if error is None:
                sent.append(task)
                return
            refused.append((task, error))
            if task.order_key:
                batch.stopped.add(task.order_key)

        try:
            begun = 0
            while waves and begun + len(waves[0]) <= claims.AT_ONCE:
                wave = [task for task in waves.popleft() if task.order_key not in batch.stopped]
                self._broker.publish(wave, report)
                begun += len(wave)
                if time.monotonic() > share_ends_at:
                    break
        except BrokerUnavailable as error:
            self._stopped_by(str(error))
            batch.ended = True
        finally:
            self._outbox.mark_sent(sent)
            count_sent("relay", sent)
            self.progress.published += len(sent)
            for task, refusal in refused:
                self._refused(task, refusal)

    def _refused(self, task: OutboxTask, error: PublishError) -> None:
        allowed = 1 if isinstance(error, NoSubscriber) else conf.EAGLET_TASK_MAX_ATTEMPTS
        parked = self._outbox.note_refusal(task, str(error), allowed)
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
        logger.warning("nothing of %r can be published: %s", self.alias, reason)
