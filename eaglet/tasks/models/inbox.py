"""Keep what was done with `once=True`, so that it is not done again: the inbox."""

from django.db import models, router
from django.utils.translation import gettext_lazy as _

from eaglet.tasks.database import InstantField


class InboxEntry(models.Model):
    """A task that was done, written in the transaction of its effects."""

    key = models.CharField(max_length=64, unique=True, editable=False)
    task_id = models.CharField(_("task id"), max_length=255, editable=False)
    queue_name = models.CharField(_("queue"), max_length=255, editable=False)
    # JSON text, as Celery keeps a result; "" for what JSON can't carry.
    result = models.TextField(_("result"), default="", editable=False)
    done_at = InstantField(_("done at"), db_index=True, editable=False)

    class Meta:
        verbose_name = _("inbox entry")
        verbose_name_plural = _("inbox entries")

    def __str__(self) -> str:
        return f"{self.queue_name} {self.task_id}"


def inbox_alias(using: str | None = None) -> str:
    """Return the database the inbox is in: `using`, else the one the routers say."""
    return using or router.db_for_write(InboxEntry)
