"""The outbox row in the sender's transaction, and what follows when that has committed."""

from __future__ import annotations

import datetime
import logging
import uuid
from functools import partial
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from eaglet.conf import conf
from eaglet.exceptions import NoSubscriber, TaskError
from eaglet.observability import spans
from eaglet.setup_errors import missing_table
from eaglet.setup_errors import remedy as migration_remedy
from eaglet.tasks.broker.headers import described, sent_by
from eaglet.tasks.database import utc_now
from eaglet.tasks.display import describe
from eaglet.tasks.insert import insert
from eaglet.tasks.metrics import count, count_sent
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending.publisher import publisher

logger = logging.getLogger("eaglet.tasks")

OF_SENDER: Final = "its sender"
"""What a task is claimed by that its sender is about to publish."""

CHANNEL: Final = "eaglet_outbox"
"""Where PostgreSQL tells idle relays that there is something for them."""

MOST_AT_ONCE: Final = 500
"""Tasks of one transaction that its process publishes; more would keep the caller too long."""

GRACE_SECONDS: Final = 1.0
"""How long, beyond the publish timeout, the relay leaves a new task to its sender."""


def sender_keeps_seconds() -> float:
    """Return how long after it is written a task is its sender's, and not yet the relay's."""
    return conf.EAGLET_PUBLISH_TIMEOUT_SECONDS + GRACE_SECONDS


def outbox_alias(using: str | None) -> str:
    """Return the database whose transaction a task is part of: `using`, else the routers'.

    Raises TaskError when another database has a transaction open and this one has none: the task
    would be sent even if that one is rolled back.
    """
    alias = using or router.db_for_write(OutboxTask)
    connection = connections[alias]
    if connection.vendor == "mongodb":
        raise TaskError(
            f"the database {alias!r} is MongoDB, where transaction.atomic does nothing and no "
            "outbox can be: write the document first, then send the task with an SQL database's "
            "outbox, and have its receiver look whether the document is there."
        )
    if using is not None and not router.allow_migrate_model(alias, OutboxTask):
        raise TaskError(f"the database {alias!r} has no outbox, says the project's router")
    if not _in_transaction(connection):
        for other in connections.all(initialized_only=True):
            if other.alias != alias and _in_transaction(other):
                remedy = (
                    "That is MongoDB, where transaction.atomic rolls nothing back: send it after "
                    "the block."
                    if other.vendor == "mongodb"
                    else f"Send it with using={other.alias!r} if the outbox is migrated there, or "
                    f"open a transaction on {alias!r} too."
                )
                raise TaskError(
                    f"a transaction is open on the database {other.alias!r} and none on "
                    f"{alias!r}, where the outbox is: the task would be sent even if that "
                    f"transaction is rolled back. {remedy}"
                )
    return alias


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    if getattr(connection, "in_atomic_block_mongo", False):
        return True
    return connection.in_atomic_block or (
        connection.connection is not None and not connection.autocommit
    )


def put(
    alias: str,
    queue_name: str,
    arguments: str,
    task_id: str,
    *,
    order_key: str = "",
    unique_key: str = "",
    priority: int = 0,
    not_before: datetime.datetime | None = None,
    kind: int = OutboxTask.Kind.TASK.value,
) -> OutboxTask:
    """Write a task to the outbox, in the transaction open on `alias`, if any; publish it after.

    The relay does so while the broker is left alone, for a key or a later time, and with what a
    transaction sends beyond MOST_AT_ONCE. Returns the task, or the one that waits with its unique
    key.
    """
    for_relay = order_key or unique_key or not_before is not None
    at_once = not for_relay and publisher().is_available
    at_once = at_once and not _batch_of(connections[alias]).is_full
    now = utc_now()
    keeps = datetime.timedelta(seconds=sender_keeps_seconds() if at_once else 0)
    message = partial(described, "create", queue_name, task_id)
    with spans.in_span("PRODUCER", f"create {queue_name}", message):
        request_id, traceparent = sent_by()
    task = OutboxTask(
        task_id=task_id,
        kind=kind,
        queue_name=queue_name,
        arguments=arguments,
        state=int(OutboxTask.State.IN_ORDER if order_key else OutboxTask.State.PENDING),
        written_at=now,
        due_at=not_before or now + keeps,
        not_before=not_before,
        claimed_by=OF_SENDER if at_once else "",
        order_key=order_key,
        unique_key=unique_key,
        priority=priority,
        request_id=request_id,
        traceparent=traceparent,
    )
    try:
        if unique_key:
            task.place = task.place_of_key()
            waiting = OutboxTask.objects.using(alias).insert_unless_waiting(task)
            if waiting.task_id != task_id:
                return waiting
        else:
            insert(alias, task)
    except DatabaseError as error:
        if table := missing_table(error):
            raise ImproperlyConfigured(migration_remedy(table)) from error
        raise
    hand_over(alias, task, at_once)
    return task


def cancel(alias: str, task_id: str) -> bool:
    """Cancel a task that nobody is about to publish, or only this transaction after its commit."""
    batch = _batch_of(connections[alias])
    return OutboxTask.objects.using(alias).cancel(
        task_id, OF_SENDER if batch.may_lose(task_id) else ""
    )


def hand_over(alias: str, task: OutboxTask, at_once: bool) -> None:
    """Have a written task published after the commit: by this process, or by a relay."""
    connection = connections[alias]
    if connection.in_atomic_block or connection.get_autocommit():
        if at_once:
            _publish_after_commit(connection, task)
        else:
            _wake_relays_after_commit(connection)
    # Else Django can't tell when the transaction commits: the relay will find it.


def _wake_relays_after_commit(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor != "postgresql":
        return
    # Not in the transaction: PostgreSQL lets only one that notifies commit at a time. And once is
    # enough for all that one transaction sends.
    last = connection.run_on_commit[-1][1] if connection.run_on_commit else None
    if not isinstance(last, _Wake):
        transaction.on_commit(_Wake(connection), using=connection.alias, robust=True)


class _Wake:
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self.__qualname__ = "wake_relays"  # what Django names in the log when it fails

    def __call__(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _publish_after_commit(connection: BaseDatabaseWrapper, task: OutboxTask) -> None:
    batch = _batch_of(connection)
    # Not `savepoint_ids`: those of `transaction.savepoint()` are not among them.
    in_savepoint = connection.in_atomic_block and connection.savepoint_state > 0
    batch.add(task, may_be_rolled_back_alone=in_savepoint)
    transaction.on_commit(batch.after_commit, using=connection.alias)


def _batch_of(connection: BaseDatabaseWrapper) -> _Batch:
    # Django forgets these when the transaction ends either way, and those of a savepoint with it:
    # one that is there is of this transaction. An attribute of our own would outlive a rollback.
    for _, callback, *_ in reversed(connection.run_on_commit):
        batch = getattr(callback, "__self__", None)
        if isinstance(batch, _Batch) and not batch.is_published:
            return batch
    return _Batch(connection.alias)


class _Batch:
    """Publish what one transaction sends as a whole, under one deadline."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._tasks: list[OutboxTask] = []
        self._some_may_be_gone = False
        self.is_published = False

    @property
    def is_full(self) -> bool:
        return len(self._tasks) >= MOST_AT_ONCE

    def add(self, task: OutboxTask, *, may_be_rolled_back_alone: bool) -> None:
        self._tasks.append(task)
        self._some_may_be_gone |= may_be_rolled_back_alone

    def may_lose(self, task_id: str) -> bool:
        """Return whether a task is among these; if so, see before publishing that it waits."""
        is_here = any(task.task_id == task_id for task in self._tasks)
        self._some_may_be_gone |= is_here
        return is_here

    def after_commit(self) -> None:
        if self.is_published:
            return
        self.is_published = True
        try:
            self._publish()
        except SoftTimeLimitExceeded:  # of the task this is done in
            raise
        except Exception:
            # The commit stands, whatever fails now; what is not marked sent goes out again.
            logger.exception("tasks are left to the relay")

    def _publish(self) -> None:
        if not (tasks := self._still_ours()):
            return
        tasks.sort(key=lambda task: -task.priority)
        result = publisher().publish(tasks, conf.EAGLET_PUBLISH_TIMEOUT_SECONDS)
        # Copies: a thread that was given up may go on adding to them.
        sent, refused = list(result.sent), list(result.refused)
        outbox = OutboxTask.objects.using(self._alias)
        if sent:
            self._mark(sent)
            count_sent("sender", sent)
        count("sender", "refused", len(refused))
        for task, error in refused:
            logger.error("task %s to %s was refused: %s", task.task_id, task.queue_name, error)
            if isinstance(error, NoSubscriber):
                outbox.note_refusal(task, str(error), attempts_allowed=1)
                continue
            keys = [task.pk]
            outbox.release(keys, task.claimed_by, utc_now(), str(error), attempted=True)
        done = {task.pk for task in (*sent, *(task for task, _ in refused))}
        left = [task for task in tasks if task.pk not in done]
        if left:
            reason = str(result.unavailable or "the broker did not confirm in time")
            logger.warning("%d tasks are left to the relay: %s", len(left), reason)
            count("sender", "left", len(left))
            keys = [task.pk for task in left]
            outbox.release(keys, left[0].claimed_by, utc_now(), reason)

    def _mark(self, sent: list[OutboxTask]) -> None:
        try:
            OutboxTask.objects.using(self._alias).mark_sent(sent)
        except (DatabaseError, InterfaceError) as error:
            logger.warning(
                "%d tasks were published and could not be marked, so they will be again: %s",
                len(sent),
                describe(error),
            )

    def _still_ours(self) -> list[OutboxTask]:
        # Not what was rolled back, or taken by the relay because it all took so long.
        tasks, now = self._tasks, utc_now()
        keeps = datetime.timedelta(seconds=sender_keeps_seconds())
        if not self._some_may_be_gone and now < tasks[0].written_at + keeps / 2:
            return tasks
        outbox = OutboxTask.objects.using(self._alias)
        owner = str(uuid.uuid4())
        free = Q(claimed_by=OF_SENDER)
        return outbox.claim_these([task.pk for task in tasks], owner, now + keeps, free)
