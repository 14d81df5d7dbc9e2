"""The receiver's ledger: what became of each task that a worker took, and what it parked."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, models, router, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eaglet.tasks.database import in_batches
from eaglet.tasks.display import as_column
from eaglet.tasks.receiving.once import digest_of
from eaglet.tasks.receiving.stored_message import StoredMessage


@dataclass(frozen=True)
class Delivery:
    """One delivery of a task to a worker, as far as the ledger is concerned.

    `replay` tells one replay from another and from the first delivery, which has none.
    """

    task_id: str
    queue_name: str
    message: StoredMessage
    worker: str = ""
    received_at: datetime.datetime | None = None
    request_id: str = ""
    traceparent: str = ""
    replay: str = ""
    # Whether that replay is to do what is done already.
    is_forced: bool = False
    # Of how many, by the message's own count.
    attempt: int = 1
    # Whether it comes for the first time by all that is known of it.
    is_first: bool = True

    @property
    def key(self) -> str:
        """What the ledger's row is found by."""
        return digest_of(self.queue_name, self.task_id)


@dataclass(frozen=True)
class Beginning:
    """What the ledger says as a task is begun: the how-manieth attempt it is.

    `ended` is why there is nothing to be done: it is parked, or a replay finds it done.
    """

    attempt: int
    ended: str = ""


class ReceivedTaskQuerySet(models.QuerySet["ReceivedTask"]):
    """Queries over what was received, and its steps."""

    def parked(self) -> ReceivedTaskQuerySet:
        """Those that were parked, and wait to be replayed."""
        return self.filter(state=ReceivedTask.State.PARKED)

    def begin(self, delivery: Delivery) -> Beginning:
        """Note that a worker begins with a task."""
        now = timezone.now()
        if delivery.is_first:
            row = ReceivedTask(
                **_told_by(delivery),
                state=ReceivedTask.State.STARTED,
                received_at=delivery.received_at or now,
                started_at=now,
                noted_at=now,
                attempts=1,
            )
            try:
                with transaction.atomic(using=self.db):
                    row.save(using=self.db, force_insert=True)
            except IntegrityError:
                pass  # a repeat
            else:
                return Beginning(1)
        return self._begin_again(delivery, now)

    def _begin_again(self, delivery: Delivery, now: datetime.datetime) -> Beginning:
        known = self.filter(key=delivery.key)
        changes: dict[str, Any] = {
            "state": ReceivedTask.State.STARTED,
            "started_at": now,
            "noted_at": now,
            "ended_at": None,
            "worker": as_column(delivery.worker, 255),
        }
        done = known.filter(state=ReceivedTask.State.DONE)
        if delivery.replay and not delivery.is_forced and done.exists():
            return Beginning(0, "done already")
        if delivery.replay and known.exclude(replay=delivery.replay).update(
            replay=delivery.replay, attempts=1, **changes
        ):
            return Beginning(1)
        if not delivery.replay and known.filter(state=ReceivedTask.State.PARKED).exists():
            return Beginning(0, "parked already")
        # What is done stays so, whatever a repeat comes to.
        if done.exists():
            done.update(attempts=F("attempts") + 1)
            return Beginning(delivery.attempt)
        if not known.update(attempts=F("attempts") + 1, **changes):
            return self.begin(replace(delivery, is_first=True))
        return Beginning(known.values_list("attempts", flat=True)[0])

    def note_done(self, delivery: Delivery) -> None:
        """Note that it was done, also where its beginning could not be noted."""
        now = timezone.now()
        changes: dict[str, Any] = {
            "state": ReceivedTask.State.DONE,
            "ended_at": now,
            "noted_at": now,
            "cause": "",
            "traceback": "",
        }
        if not self.filter(key=delivery.key).update(**changes):
            self._keep(delivery, {**changes, "attempts": delivery.attempt})

    def note_failure(self, delivery: Delivery, cause: str, traceback: str) -> None:
        """Note why an attempt failed that will be repeated."""
        self.filter(key=delivery.key).exclude(state=ReceivedTask.State.DONE).update(
            state=ReceivedTask.State.RETRYING,
            noted_at=timezone.now(),
            cause=as_column(cause),
            traceback=as_column(traceback),
        )

    def park(self, delivery: Delivery, cause: str, traceback: str = "") -> None:
        """Keep a task that is not tried any more, to be replayed; a repeat changes nothing."""
        now = timezone.now()
        changes: dict[str, Any] = {
            "state": ReceivedTask.State.PARKED,
            "ended_at": now,
            "noted_at": now,
            "cause": as_column(cause),
            "traceback": as_column(traceback),
        }
        row, is_new = self._keep(delivery, changes)
        if not is_new:
            self.filter(pk=row.pk).exclude(state=ReceivedTask.State.DONE).update(**changes)

    def _keep(self, delivery: Delivery, changes: dict[str, Any]) -> tuple[ReceivedTask, bool]:
        received_at = delivery.received_at or timezone.now()
        defaults = {**_told_by(delivery), "received_at": received_at, **changes}
        return self.get_or_create(key=delivery.key, defaults=defaults)

    def note_replayed(self, task: ReceivedTask) -> None:
        """Note that it was published again, unless a worker has had it meanwhile."""
        self.parked().filter(pk=task.pk, noted_at=task.noted_at).update(
            state=ReceivedTask.State.REPLAYED, noted_at=timezone.now()
        )

    def prune(self, ended_before: datetime.datetime, limit: int) -> int:
        """Delete up to `limit` of those done before then; gives how many. Others are kept."""
        old = self.filter(state=ReceivedTask.State.DONE, noted_at__lt=ended_before)
        keys = list(old.order_by("noted_at").values_list("pk", flat=True)[:limit])
        return sum(self.filter(pk__in=some).delete()[0] for some in in_batches(keys))


def _told_by(delivery: Delivery) -> dict[str, Any]:
    return {
        "key": delivery.key,
        "task_id": as_column(delivery.task_id, 255),
        "queue_name": as_column(delivery.queue_name, 255),
        "worker": as_column(delivery.worker, 255),
        "message": delivery.message.to_text(),
        "request_id": delivery.request_id,
        "traceparent": delivery.traceparent,
        "replay": delivery.replay,
    }


class ReceivedTask(models.Model):
    """A task that a worker of this service has taken."""

    class State(models.IntegerChoices):
        """How far it has come."""

        STARTED = 1, _("started")
        DONE = 2, _("done")
        # It failed, and is with the broker again, for a while later.
        RETRYING = 3, _("failed, to be tried again")
        # It is not tried any more; `cause` says why.
        PARKED = 4, _("parked")
        # It was published again, and no worker has begun with it.
        REPLAYED = 5, _("replayed")

    key = models.CharField(max_length=64, unique=True, editable=False)
    task_id = models.CharField(_("task id"), max_length=255, db_index=True, editable=False)
    queue_name = models.CharField(_("queue"), max_length=255, editable=False)
    state = models.PositiveSmallIntegerField(_("state"), choices=State, editable=False)
    received_at = models.DateTimeField(_("received at"), editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)
    # When its state changed last.
    noted_at = models.DateTimeField(editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    worker = models.CharField(_("worker"), max_length=255, default="", editable=False)
    cause = models.TextField(_("cause"), default="", editable=False)
    traceback = models.TextField(_("traceback"), default="", editable=False)
    # As `StoredMessage.to_text` writes it: what a replay publishes.
    message = models.TextField(editable=False)
    replay = models.CharField(max_length=36, default="", editable=False)
    request_id = models.CharField(_("request id"), max_length=128, default="", editable=False)
    traceparent = models.CharField(_("traceparent"), max_length=55, default="", editable=False)

    objects = ReceivedTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("received task")
        verbose_name_plural = _("received tasks")
        indexes = [models.Index(fields=["state", "noted_at"], name="eaglet_received_state")]

    def __str__(self) -> str:
        return f"{self.queue_name} {self.task_id}"


def ledger_alias() -> str:
    """The database the ledger is in, by the project's routers."""
    return router.db_for_write(ReceivedTask)
