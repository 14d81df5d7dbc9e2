"""Delete what has been kept long enough, in small batches."""

import datetime
import logging
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from django.db.models import Model, Q

from eaglet.conf import conf
from eaglet.tasks.database import DATABASE_FAULTS, close, has_table, in_batches, utc_now
from eaglet.tasks.display import describe
from eaglet.tasks.models import InboxEntry, OutboxTask, ReceivedTask

logger = logging.getLogger("eaglet.tasks")

BATCH_SIZE: Final = 1000
_EVERY_SECONDS: Final = 60
# There is no time before the year 1.
_LONGEST_SECONDS: Final = 1000 * 365 * 24 * 3600
OF_QUEUES: Final[dict[str, float | None]] = {}
"""For how many seconds what was sent to some queues is kept, other than the settings say."""


class Retention(NamedTuple):
    """Rows that are deleted some time after they were done with, as a setting says."""

    name: str
    model: type[Model]
    done: Q
    done_at: str  # the column of when
    setting: str  # None: for ever

    def prune(self, alias: str, limit: int = BATCH_SIZE) -> int:
        """Delete one batch of what is too old; return how many rows."""
        rows = self.model._default_manager.using(alias)
        done = rows.filter(self.done)
        others = OF_QUEUES if self.done else {}  # the inbox is kept for as long as it has to be
        keys: list[int] = []
        for name, seconds in [("", getattr(conf, self.setting)), *others.items()]:
            if seconds is not None:
                mine = done.filter(queue_name=name) if name else done.exclude(queue_name__in=others)
                before = utc_now() - datetime.timedelta(seconds=min(seconds, _LONGEST_SECONDS))
                old = mine.filter(**{f"{self.done_at}__lt": before}).order_by(self.done_at)
                keys += old.values_list("pk", flat=True)[: limit - len(keys)]
        return sum(rows.filter(pk__in=some).delete()[0] for some in in_batches(keys))


_OVER: Final = Q(state__in=[OutboxTask.State.SENT, OutboxTask.State.CANCELLED])
_DONE: Final = Q(state=ReceivedTask.State.DONE)
RETENTIONS: Final = (
    Retention("sent tasks", OutboxTask, _OVER, "due_at", "EAGLET_TASK_RETENTION_SECONDS"),
    Retention("received tasks", ReceivedTask, _DONE, "due_at", "EAGLET_TASK_RETENTION_SECONDS"),
    Retention("inbox entries", InboxEntry, Q(), "done_at", "EAGLET_INBOX_RETENTION_SECONDS"),
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
