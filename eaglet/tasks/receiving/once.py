"""The inbox: what was done with `once=True`, so that it is not done again."""

from __future__ import annotations

import datetime
import hashlib
import logging
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, connections, models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.utils import json as celery_json

from eaglet.exceptions import TaskError
from eaglet.setup_errors import require_app
from eaglet.tasks.database import in_batches

# Here, since every other model of the app imports this one.
require_app("eaglet.tasks")

logger = logging.getLogger("eaglet.tasks")


def digest_of(*parts: str) -> str:
    """What tells tasks apart in a unique column: some databases take `A` and `a` for the same."""
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()


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


def run_once(
    call: Callable[[], Any], queue_name: str, task_id: str, *, forced_by: str = "", alias: str
) -> Any:
    """Do `call` in a transaction with its inbox row, unless that row is there; gives its result.

    Of two that do the same at once, one waits for the other at the row's unique key, and does it
    only if the other was rolled back. Whoever finds it done gets the result that was kept.

    Args:
        call: the work, whose effects in the database `alias` are kept or rolled back with the row.
        queue_name: the task's queue.
        task_id: its id.
        forced_by: what makes a forced replay another task than the one that is done.
        alias: the database.

    Raises what `call` raises, what the database does, and TaskError when `call` returned though
    the transaction can only be rolled back.
    """
    key = digest_of(queue_name, task_id, forced_by)
    entry = InboxEntry(key=key, task_id=task_id, queue_name=queue_name, done_at=timezone.now())
    is_written = False
    try:
        with transaction.atomic(using=alias):
            # First of all: it is what the other one waits at, and no lock has to be made greater.
            entry.save(using=alias, force_insert=True)
            is_written = True
            result = call()
            if connections[alias].needs_rollback:
                raise TaskError(
                    f"the handler of {queue_name} returned, but its transaction can only be "
                    "rolled back: an error of the database was caught in it, without an atomic "
                    "block of its own"
                )
            InboxEntry.objects.using(alias).filter(pk=entry.pk).update(
                result=_to_text(result), done_at=timezone.now()
            )
            return result
    except IntegrityError:
        if is_written:
            raise
    # In a transaction of its own, which sees what the other has committed.
    done = InboxEntry.objects.using(alias).get(key=key)
    logger.info("task %s of %s is done already", task_id, queue_name)
    return celery_json.loads(done.result) if done.result else None


def _to_text(result: Any) -> str:
    try:
        return str(celery_json.dumps(result))
    except (TypeError, ValueError):
        return ""
