"""Keep what became of each task that a worker took, and what it parked: the ledger."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, Final

from django.db import models, router
from django.utils.translation import gettext_lazy as _

from eaglet.tasks.database import InstantField, utc_now, with_zone

FORCED_REPLAY: Final = "!"
"""What the id of a replay begins with that is to do again what is done."""


class ReceivedTaskQuerySet(models.QuerySet["ReceivedTask"]):
    """Query what was received, and note its steps."""

    def parked(self) -> ReceivedTaskQuerySet:
        """Return those that were parked, and wait to be replayed."""
        return self.filter(state=ReceivedTask.State.PARKED)

    def due(self, now: datetime.datetime) -> ReceivedTaskQuerySet:
        """Return those to be published again now, the longest due first."""
        return self.filter(state__in=ReceivedTask.PUT_OFF, due_at__lte=now).order_by("due_at")

    def close_lost(self, begun_before: datetime.datetime) -> int:
        """Park those that were begun before then and whose end nobody noted; return how many."""
        now = utc_now()
        lost = self.filter(state=ReceivedTask.State.STARTED, due_at__lt=begun_before)
        return lost.update(
            state=ReceivedTask.State.PARKED,
            ended_at=now,
            due_at=now,
            cause="It was begun, and no end was noted for as long as a task may run: it may have "
            "been done. Its worker died, or the database was away as it ended.",
        )

    def replay(self, *, force: bool = False) -> int:
        """Have a worker publish them again, each to where it came from; return how many.

        What is done is not done again unless forced, also with once=True.
        """
        tasks = self if force else self.exclude(state=ReceivedTask.State.DONE)
        return tasks.update(
            state=ReceivedTask.State.WAITING,
            due_at=utc_now(),
            ended_at=None,
            attempts=0,
            replay=f"{FORCED_REPLAY if force else ''}{uuid.uuid4().hex}",
        )


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
        REPLAYED = 5, _("published again")
        # It is to be begun later, or again; until then it is here, and not with the broker.
        WAITING = 6, _("waiting for its time")

    PUT_OFF = (State.RETRYING, State.WAITING)

    key = models.CharField(max_length=64, unique=True, editable=False)
    task_id = models.CharField(_("task id"), max_length=255, db_index=True, editable=False)
    queue_name = models.CharField(_("queue"), max_length=255, editable=False)
    state = models.PositiveSmallIntegerField(_("state"), choices=State, editable=False)
    received_at = InstantField(_("received at"), editable=False)
    started_at = InstantField(_("started at"), null=True, editable=False)
    ended_at = InstantField(_("ended at"), null=True, editable=False)
    # When it is next looked at: to be published again, or once done, to be deleted. Else when its
    # state changed last.
    due_at = InstantField(_("due at"), editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    worker = models.CharField(_("worker"), max_length=255, default="", editable=False)
    cause = models.TextField(_("cause"), default="", editable=False)
    traceback = models.TextField(_("traceback"), default="", editable=False)
    # As `StoredMessage.to_text` writes it: what a replay publishes.
    message = models.TextField(editable=False)
    replay = models.CharField(max_length=36, default="", editable=False)
    # What is kept of a task of Django's beside all this, as `django_tasks.store` has it.
    outcome = models.TextField(default="", db_default="", editable=False)
    request_id = models.CharField(_("request id"), max_length=128, default="", editable=False)
    traceparent = models.CharField(_("traceparent"), max_length=55, default="", editable=False)

    objects = ReceivedTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("received task")
        verbose_name_plural = _("received tasks")
        indexes = [
            models.Index(
                fields=["state", "due_at", "queue_name", "id"], name="eaglet_received_due"
            ),
            models.Index(fields=["traceparent"], name="eaglet_received_trace"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_name} {self.task_id}"

    def runtime(self) -> float | None:
        """Return the seconds it ran, or has run; None where that is not known."""
        if self.started_at is None or not (self.ended_at or self.state == self.State.STARTED):
            return None
        ended_at = with_zone(self.ended_at) if self.ended_at else utc_now()
        return (ended_at - with_zone(self.started_at)).total_seconds()

    def claim(self, until: datetime.datetime) -> bool:
        """Keep others from publishing it before `until`; return False if it is another's."""
        claimed = self._as_read().update(due_at=until)
        self.due_at = until
        return bool(claimed)

    def note_claimed(self, **changes: Any) -> None:
        """Note what became of a claimed task, unless a worker has had it meanwhile."""
        self._as_read().update(**changes)

    def _as_read(self) -> ReceivedTaskQuerySet:
        rows = ReceivedTask.objects.using(self._state.db)
        return rows.filter(pk=self.pk, state=self.state, due_at=self.due_at)


def ledger_alias() -> str:
    """Return the database the ledger is in, by the project's routers."""
    return router.db_for_write(ReceivedTask)
