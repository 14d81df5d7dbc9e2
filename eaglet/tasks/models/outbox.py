"""Keep tasks written in the sender's transaction, until the broker has them and after."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from django.db import IntegrityError, OperationalError, connections, models, router, transaction
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from eaglet.tasks.database import (
    ExactCharField,
    InstantField,
    digest_of,
    has_table,
    in_batches,
    utc_now,
)

LONGEST_REFUSAL_PAUSE_SECONDS: Final = 600
"""The longest back-off between two attempts: 1 s after the first, doubled with each."""

UNCLAIMED: Final = Q(claimed_by="")
_DEADLOCK: Final = 1213  # MariaDB's and MySQL's ER_LOCK_DEADLOCK


class OutboxTaskQuerySet(models.QuerySet["OutboxTask"]):
    """Query and claim rows of the outbox, by conditional updates."""

    def waiting(self) -> OutboxTaskQuerySet:
        """Return those the broker has not confirmed, without the parked."""
        return self.filter(state__in=OutboxTask.WAITING)

    def parked(self) -> OutboxTaskQuerySet:
        """Return those that are not tried any more until they are replayed."""
        return self.filter(state=OutboxTask.State.PARKED)

    def insert_unless_waiting(self, task: OutboxTask) -> OutboxTask:
        """Write a task unless one with its unique key waits; return the one that does now.

        No relay takes that before the transaction has committed, so it is run after.
        """
        # Of those that meet in the index MariaDB ends one, which may try again if this is all
        # that its transaction was to do.
        for _try in range(0 if connections[self.db].in_atomic_block else 5):
            try:
                return self._insert_unless_waiting(task)
            except OperationalError as error:
                if error.args[:1] != (_DEADLOCK,):
                    raise
        return self._insert_unless_waiting(task)

    def _insert_unless_waiting(self, task: OutboxTask) -> OutboxTask:
        has_target = connections[self.db].features.supports_update_conflicts_with_target
        with transaction.atomic(using=self.db, savepoint=False):
            self.bulk_create(
                [task],
                # Of one that waits nothing changes, but it is locked. One that is claimed has left
                # its place.
                update_conflicts=True,
                update_fields=["place"],
                unique_fields=["place"] if has_target else None,
            )
            return self.select_for_update().get(place=task.place)

    def cancel(self, task_id: str, held_by: str) -> bool:
        """Cancel a task that waits, and is claimed by nobody or by `held_by`."""
        changes = {"state": OutboxTask.State.CANCELLED, "due_at": utc_now(), "place": None}
        mine = self.waiting().filter(task_id=task_id, claimed_by__in={"", held_by})
        return bool(mine.update(claimed_by="", **changes))

    def due(self, now: datetime.datetime) -> OutboxTaskQuerySet:
        """Return those to be published now in any order, the longest due first."""
        pending = self.filter(state=OutboxTask.State.PENDING)
        return pending.filter(due_at__lte=now).order_by("due_at", "pk")

    def claim(
        self, owner: str, until: datetime.datetime, queues: Sequence[str], limit: int
    ) -> list[list[OutboxTask]]:
        """Take up to `limit` due tasks, which no other may before `until`; return each queue's.

        Each queue has an equal part; what one leaves of its part, those after it have.
        """
        now = utc_now()
        due = self.due(now)
        if connections[self.db].features.has_select_for_update_skip_locked:
            # Two that claim at once get different ones, and neither waits for the other.
            with transaction.atomic(using=self.db):
                tasks = due.select_for_update(skip_locked=True)._parts_of(queues, limit)
                for some in in_batches([task.pk for part in tasks for task in part]):
                    self.filter(pk__in=some).update(claimed_by=owner, due_at=until, place=None)
        else:
            tasks = due._parts_of(queues, limit)
            keys = [task.pk for part in tasks for task in part]
            mine = {task.pk for task in self.claim_these(keys, owner, until, Q(due_at__lte=now))}
            tasks = [[task for task in part if task.pk in mine] for part in tasks]
        for part in tasks:
            for task in part:
                task.claimed_by = owner
        return tasks

    def _parts_of(self, queues: Sequence[str], limit: int) -> list[list[OutboxTask]]:
        parts: list[list[OutboxTask]] = []
        for number, queue_name in enumerate(queues):
            part = -(-limit // (len(queues) - number))
            rows = self.filter(queue_name=queue_name)
            # Two statements, each of which is a range of the index.
            tasks = list(rows.filter(priority__gt=0).order_by("-priority", "due_at", "pk")[:part])
            tasks += rows.filter(priority=0)[: part - len(tasks)]
            parts.append(tasks)
            limit -= len(parts[-1])
        return parts

    def claim_these(
        self,
        keys: Sequence[int],
        owner: str,
        until: datetime.datetime,
        free: Q = UNCLAIMED,
    ) -> list[OutboxTask]:
        """Take those of these that wait and are `free`; return them, in order."""
        # A conditional UPDATE, which every database does atomically for each row: of two that
        # claim at once, a task goes to one.
        claimed: list[OutboxTask] = []
        for some in in_batches(keys):
            wanted = self.waiting().filter(free, pk__in=some)
            wanted.update(claimed_by=owner, due_at=until, place=None)
            claimed += self.waiting().filter(pk__in=some, claimed_by=owner)
        return sorted(claimed, key=lambda task: task.pk)

    def mark_sent(self, tasks: Iterable[OutboxTask]) -> int:
        """Note that the broker has confirmed them."""
        now = utc_now()
        return self._update_waiting(
            [task.pk for task in tasks],
            state=OutboxTask.State.SENT,
            sent_at=now,
            due_at=now,
            attempts=F("attempts") + 1,
            claimed_by="",
            last_error="",
        )

    def release(
        self,
        keys: Sequence[int],
        owner: str,
        due_at: datetime.datetime,
        error: str = "",
        *,
        attempted: bool = False,
    ) -> int:
        """Leave those that `owner` holds to the relay; `attempted`: the fault was their own."""
        changes: dict[str, Any] = {"due_at": due_at, "claimed_by": ""}
        if error:
            changes["last_error"] = error
        if attempted:
            changes["attempts"] = F("attempts") + 1
        # Not those that another has taken over meanwhile.
        released = self.filter(claimed_by=owner)._update_waiting(keys, **changes)
        self._restore_places(keys)
        return released

    def _restore_places(self, keys: Sequence[int]) -> None:
        for some in in_batches(keys):
            for task in self.waiting().filter(UNCLAIMED, pk__in=some).exclude(unique_key=""):
                # Unless another was sent meanwhile, and has it: then both go.
                with suppress(IntegrityError), transaction.atomic(using=self.db):
                    unclaimed = self.waiting().filter(UNCLAIMED, pk=task.pk)
                    unclaimed.update(place=task.place_of_key())

    def note_refusal(self, task: OutboxTask, error: str, attempts_allowed: int) -> bool:
        """Put off a task that the broker has refused, or park it; return whether it is parked."""
        now = utc_now()
        parked = task.attempts + 1 >= attempts_allowed
        pause = min(2.0 ** min(task.attempts, 20), LONGEST_REFUSAL_PAUSE_SECONDS)
        changes: dict[str, Any] = (
            {"state": OutboxTask.State.PARKED, "parked_at": now, "due_at": now}
            if parked
            else {"due_at": now + datetime.timedelta(seconds=pause)}
        )
        held = self.filter(claimed_by=task.claimed_by)
        held._update_waiting(
            [task.pk],
            attempts=F("attempts") + 1,
            claimed_by="",
            last_error=error,
            **changes,
        )
        self._restore_places([] if parked else [task.pk])
        return parked

    def replay(self, *, force: bool = False) -> int:
        """Have those that are parked tried again from the beginning; return how many."""
        waiting = Case(
            When(order_key="", then=OutboxTask.State.PENDING), default=OutboxTask.State.IN_ORDER
        )
        return self.parked().update(state=waiting, attempts=0, parked_at=None, due_at=utc_now())

    def _update_waiting(self, keys: Sequence[int], **changes: Any) -> int:
        return sum(
            self.waiting().filter(pk__in=some).update(**changes) for some in in_batches(keys)
        )


class OutboxTask(models.Model):
    """A task to be sent, or sent, to a queue."""

    class State(models.IntegerChoices):
        """How far it has come."""

        PENDING = 0, _("waiting")
        SENT = 1, _("sent")
        # The broker refused it too often; `last_error` is the cause.
        PARKED = 2, _("parked")
        # It has an order key: it is published when those of its key before it have been.
        IN_ORDER = 3, _("waiting in order")
        CANCELLED = 4, _("cancelled")

    class Kind(models.IntegerChoices):
        """What it is, and so where it is published."""

        TASK = 0, _("task")
        # To the queues that are bound to its name.
        EVENT = 1, _("event")
        # With none of them it is parked.
        NEEDED_EVENT = 2, _("event that needs a subscriber")

    WAITING = (State.PENDING, State.IN_ORDER)

    task_id = models.CharField(_("task id"), max_length=36, unique=True, editable=False)
    kind = models.PositiveSmallIntegerField(
        _("kind"), choices=Kind, default=Kind.TASK, db_default=0, editable=False
    )
    # Of an event its name.
    queue_name = ExactCharField(_("queue"), max_length=255, editable=False)
    # JSON text in ASCII, as `arguments.to_json` writes it.
    arguments = models.TextField(_("arguments"), editable=False)
    state = models.PositiveSmallIntegerField(
        _("state"), choices=State, default=State.PENDING, editable=False
    )
    written_at = InstantField(_("written at"), editable=False)
    # When it is next looked at: while it waits, to be published; once sent, to be deleted.
    due_at = InstantField(_("due at"), editable=False)
    sent_at = InstantField(_("sent at"), null=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    claimed_by = models.CharField(max_length=36, default="", editable=False)
    last_error = models.TextField(_("last error"), default="", editable=False)
    # When its sender wants it published at the earliest.
    not_before = InstantField(_("not before"), null=True, editable=False)
    order_key = ExactCharField(
        _("order key"), max_length=255, default="", db_default="", editable=False
    )
    unique_key = models.CharField(
        _("unique key"), max_length=255, default="", db_default="", editable=False
    )
    # Of its unique key, for as long as it waits and nobody publishes it.
    place = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=0, db_default=0, editable=False
    )
    parked_at = InstantField(_("parked at"), null=True, editable=False)
    # Of the call that sent it.
    request_id = models.CharField(
        _("request id"), max_length=128, default="", db_default="", editable=False
    )
    traceparent = models.CharField(
        _("traceparent"), max_length=55, default="", db_default="", editable=False
    )

    objects = OutboxTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("sent task")
        verbose_name_plural = _("sent tasks")
        indexes = [
            models.Index(fields=["state", "due_at"], name="eaglet_outbox_due"),
            models.Index(
                fields=["state", "queue_name", "-priority", "due_at", "id"],
                name="eaglet_outbox_queue",
            ),
            models.Index(fields=["state", "order_key", "id"], name="eaglet_outbox_order"),
            models.Index(fields=["traceparent"], name="eaglet_outbox_trace"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_name} {self.task_id}"

    @property
    def is_event(self) -> bool:
        """Return whether it goes to all that subscribe to it."""
        return self.kind != OutboxTask.Kind.TASK

    def place_of_key(self) -> str | None:
        """Return what only one task that waits may have."""
        parts = [self.queue_name, self.unique_key, *(["event"] if self.is_event else [])]
        return digest_of(*parts) if self.unique_key else None


def outbox_aliases() -> list[str]:
    """Return the databases that may have an outbox by the routers; replicas have none."""
    return [
        alias
        for alias in connections
        if router.allow_migrate_model(alias, OutboxTask)
        and not connections[alias].settings_dict["TEST"].get("MIRROR")
    ]


def migrated_outboxes() -> list[str]:
    """Return those where the outbox's table is there."""
    return [alias for alias in outbox_aliases() if has_table(alias, OutboxTask)]
