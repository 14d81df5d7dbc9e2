"""Delete what has been kept long enough, in small batches."""

import datetime
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model

from eaglet.conf import conf
from eaglet.tasks.database import DATABASE_FAULTS, close, has_table, in_batches, utc_now
from eaglet.tasks.display import describe
from eaglet.tasks.models import InboxEntry, OutboxTask, ReceivedTask

logger = logging.getLogger("eaglet.tasks")

BATCH_SIZE: Final = 1000
_EVERY_SECONDS: Final = 60


@dataclass(frozen=True)
class Retention:
    """Rows that are deleted some time after they were done with.

    Args:
        name: what they are called, for messages.
        model: whose rows they are.
        done_at: the column of when a row was done with.
        done: filters for the rows that are done with.
        seconds: how long they are kept; None: for ever. Asked each time.
    """

    name: str
    model: type[Model]
    done_at: str
    done: Mapping[str, Any]
    seconds: Callable[[], float | None]

    def prune(self, alias: str, limit: int = BATCH_SIZE) -> int:
        """Delete one batch of what is too old; return how many rows."""
        seconds = self.seconds()
        if seconds is None:
            return 0
        before = utc_now() - datetime.timedelta(seconds=seconds)
        rows = self.model._default_manager.using(alias)
        old = rows.filter(**self.done, **{f"{self.done_at}__lt": before}).order_by(self.done_at)
        keys = list(old.values_list("pk", flat=True)[:limit])
        return sum(rows.filter(pk__in=some).delete()[0] for some in in_batches(keys))


RETENTIONS: Final = (
    Retention(
        "sent tasks",
        OutboxTask,
        "due_at",
        {"state__in": [OutboxTask.State.SENT, OutboxTask.State.CANCELLED]},
        lambda: conf.EAGLET_TASK_RETENTION_SECONDS,
    ),
    Retention(
        "received tasks",
        ReceivedTask,
        "due_at",
        {"state": ReceivedTask.State.DONE},
        lambda: conf.EAGLET_TASK_RETENTION_SECONDS,
    ),
    Retention(
        "inbox entries", InboxEntry, "done_at", {}, lambda: conf.EAGLET_INBOX_RETENTION_SECONDS
    ),
)


class Pruner:
    """Prune a little now and then, beside other work."""

    def __init__(self) -> None:
        self._next_at = float("-inf")

    def prune_when_it_is_time(self, aliases: Iterable[str]) -> None:
        """Delete one batch of each kind, once a minute; at once again while there is more."""
        if time.monotonic() < self._next_at:
            return
        most = 0
        for alias in aliases:
            try:
                for retention in RETENTIONS:
                    if has_table(alias, retention.model):
                        most = max(most, retention.prune(alias))
            except DATABASE_FAULTS as error:
                logger.warning("old rows of %r could not be deleted: %s", alias, describe(error))
                close(alias)
        # A full batch tells that there is more.
        if most < BATCH_SIZE:
            self._next_at = time.monotonic() + _EVERY_SECONDS
