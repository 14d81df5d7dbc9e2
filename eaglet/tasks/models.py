"""The outbox: tasks written in the sender's transaction, until the broker has them and after."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def _in_batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    # Some databases take no more than 999 parameters in a statement.
    return (keys[start : start + 500] for start in range(0, len(keys), 500))


class OutboxTaskQuerySet(models.QuerySet["OutboxTask"]):
    """Queries over the outbox."""

    def pending(self) -> OutboxTaskQuerySet:
        """Those the broker has not confirmed."""
        return self.filter(state=OutboxTask.State.PENDING)

    def due(self, now: datetime.datetime) -> OutboxTaskQuerySet:
        """Those to be published now, the longest due first."""
        return self.pending().filter(due_at__lte=now).order_by("due_at", "pk")

    def claim(self, owner: str, until: datetime.datetime, limit: int) -> list[OutboxTask]:
        """Take up to `limit` due tasks, which no other may take before `until`."""
        now = timezone.now()
        keys = list(self.due(now).values_list("pk", flat=True)[:limit])
        return self._claim(keys, owner, until, models.Q(due_at__lte=now))

    def claim_these(
        self, tasks: Iterable[OutboxTask], owner: str, until: datetime.datetime
    ) -> list[OutboxTask]:
        """Take those of these tasks that are there and that nobody has taken."""
        return self._claim([task.pk for task in tasks], owner, until, models.Q(claimed_by=""))

    def _claim(
        self, keys: Sequence[int], owner: str, until: datetime.datetime, free: models.Q
    ) -> list[OutboxTask]:
        # A conditional UPDATE, which every database does atomically for each row: of two that
        # claim at once, a task goes to one.
        claimed: list[OutboxTask] = []
        for some in _in_batches(keys):
            self.pending().filter(free, pk__in=some).update(claimed_by=owner, due_at=until)
            mine = self.pending().filter(pk__in=some, claimed_by=owner)
            claimed += sorted(mine, key=lambda task: task.pk)
        return claimed

    def mark_sent(self, tasks: Iterable[OutboxTask]) -> int:
        """Note that the broker has confirmed them."""
        now = timezone.now()
        return self._update_in_batches(
            tasks,
            state=OutboxTask.State.SENT,
            sent_at=now,
            due_at=now,
            attempts=F("attempts") + 1,
            claimed_by="",
            last_error="",
        )

    def give_back(
        self,
        tasks: Iterable[OutboxTask],
        due_at: datetime.datetime,
        error: str = "",
        *,
        attempted: bool = False,
    ) -> int:
        """Leave them to the relay, from `due_at` on.

        `error` is why they were not published; `attempted`, whether the fault was their own.
        """
        changes: dict[str, Any] = {"due_at": due_at, "claimed_by": ""}
        if error:
            changes["last_error"] = error
        if attempted:
            changes["attempts"] = F("attempts") + 1
        tasks = list(tasks)
        held = self.filter(claimed_by=tasks[0].claimed_by) if tasks else self
        # Not those that another has taken over meanwhile.
        return held._update_in_batches(tasks, **changes)

    def prune(self, sent_before: datetime.datetime, limit: int) -> int:
        """Delete up to `limit` of those sent before then; gives how many."""
        old = self.filter(state=OutboxTask.State.SENT, due_at__lt=sent_before).order_by("due_at")
        keys = list(old.values_list("pk", flat=True)[:limit])
        return self.filter(pk__in=keys).delete()[0] if keys else 0

    def _update_in_batches(self, tasks: Iterable[OutboxTask], **changes: Any) -> int:
        return sum(
            self.pending().filter(pk__in=some).update(**changes)
            for some in _in_batches([task.pk for task in tasks])
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

    task_id = models.CharField(_("task id"), max_length=36, unique=True, editable=False)
    queue_name = models.CharField(_("queue"), max_length=255, editable=False)
    # JSON text in ASCII, as `arguments.to_json` writes it.
    arguments = models.TextField(_("arguments"), editable=False)
    state = models.PositiveSmallIntegerField(
        _("state"), choices=State, default=State.PENDING, editable=False
    )
    written_at = models.DateTimeField(_("written at"), editable=False)
    # When it is next to be looked at: while it waits, by the relay that publishes it; once it
    # is sent, by the one that deletes it after the retention.
    due_at = models.DateTimeField(_("due at"), editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    claimed_by = models.CharField(max_length=36, default="", editable=False)
    last_error = models.TextField(_("last error"), default="", editable=False)
    # The newer columns have their defaults in the database too: processes of the version before
    # go on sending while a service is being upgraded.
    #
    # When its sender wants it published at the earliest.
    not_before = models.DateTimeField(_("not before"), null=True, editable=False)
    order_key = models.CharField(
        _("order key"), max_length=255, default="", db_default="", editable=False
    )
    parked_at = models.DateTimeField(_("parked at"), null=True, editable=False)
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
            models.Index(fields=["state", "order_key", "id"], name="eaglet_outbox_order"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_name} {self.task_id}"
