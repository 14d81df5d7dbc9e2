"""The inbox: what was done with `once=True`, so that it is not done again."""

from __future__ import annotations

import datetime

from django.db import models, router
from django.utils.translation import gettext_lazy as _

from eaglet.tasks.database import in_batches


class InboxEntryQuerySet(models.QuerySet["InboxEntry"]):
    """Queries over the inbox."""

    def prune(self, done_before: datetime.datetime, limit: int) -> int:
        """Delete up to `limit` of those done before then; gives how many."""
        old = self.filter(done_at__lt=done_before).order_by("done_at")
        keys = list(old.values_list("pk", flat=True)[:limit])
        return sum(self.filter(pk__in=some).delete()[0] for some in in_batches(keys))


class InboxEntry(models.Model):
    """A task that was done, written in the transaction of its effects."""

    key = models.CharField(max_length=64, unique=True, editable=False)
    task_id = models.CharField(_("task id"), max_length=255, editable=False)
    queue_name = models.CharField(_("queue"), max_length=255, editable=False)
    # JSON text, as Celery keeps a result; "" for what JSON can't carry.
    result = models.TextField(_("result"), default="", editable=False)
    done_at = models.DateTimeField(_("done at"), db_index=True, editable=False)

    objects = InboxEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbox entry")
        verbose_name_plural = _("inbox entries")

    def __str__(self) -> str:
        return f"{self.queue_name} {self.task_id}"


def inbox_alias(using: str | None = None) -> str:
    """The database the inbox is in: `using`, else the one the project's routers write it to."""
    return using or router.db_for_write(InboxEntry)
