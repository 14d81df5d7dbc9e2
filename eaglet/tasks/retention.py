"""Deleting what has been kept long enough, in small batches."""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connections
from django.utils import timezone

from eaglet.conf import conf
from eaglet.tasks.database import DATABASE_FAULTS
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
        table: their table: a database where it is not migrated is passed over.
        seconds: how long they are kept; None: for ever. Asked each time.
        prune: deletes up to so many that were done with before a time, and gives how many:
            `prune(alias, before, limit)`.
    """

    name: str
    table: str
    seconds: Callable[[], float | None]
    prune: Callable[[str, datetime.datetime, int], int]


def _prune_outbox(alias: str, before: datetime.datetime, limit: int) -> int:
    return OutboxTask.objects.using(alias).prune(before, limit)


def _prune_received(alias: str, before: datetime.datetime, limit: int) -> int:
    return ReceivedTask.objects.using(alias).prune(before, limit)


def _prune_inbox(alias: str, before: datetime.datetime, limit: int) -> int:
    return InboxEntry.objects.using(alias).prune(before, limit)


RETENTIONS: Final[list[Retention]] = [
    Retention(
        "sent tasks",
        OutboxTask._meta.db_table,
        lambda: conf.EAGLET_TASK_RETENTION_SECONDS,
        _prune_outbox,
    ),
    Retention(
        "received tasks",
        ReceivedTask._meta.db_table,
        lambda: conf.EAGLET_TASK_RETENTION_SECONDS,
        _prune_received,
    ),
    Retention(
        "inbox entries",
        InboxEntry._meta.db_table,
        lambda: conf.EAGLET_INBOX_RETENTION_SECONDS,
        _prune_inbox,
    ),
]
"""What is pruned; whoever else keeps rows adds to it."""


def prune_batch(retention: Retention, alias: str, limit: int = BATCH_SIZE) -> int:
    """Delete one batch of what is too old; gives how many rows."""
    seconds = retention.seconds()
    if seconds is None:
        return 0
    return retention.prune(alias, timezone.now() - datetime.timedelta(seconds=seconds), limit)


def prune(retention: Retention, alias: str, limit: int = BATCH_SIZE) -> Iterator[int]:
    """Delete all that is too old, a batch at a time; gives how many rows each batch had."""
    while deleted := prune_batch(retention, alias, limit):
        yield deleted


class Pruner:
    """Prunes a little now and then, beside other work."""

    def __init__(self) -> None:
        self._next_at = float("-inf")

    def prune_when_it_is_time(self, aliases: Iterable[str]) -> None:
        """Delete one batch of each kind, once a minute; at once again while there is more."""
        if time.monotonic() < self._next_at:
            return
        most = 0
        for alias in aliases:
            tables = _tables(alias)
            for retention in RETENTIONS:
                if retention.table not in tables:
                    continue
                try:
                    most = max(most, prune_batch(retention, alias))
                except DATABASE_FAULTS as error:
                    logger.warning(
                        "%s of %r could not be deleted: %s", retention.name, alias, describe(error)
                    )
                    connections[alias].close()
        # A full batch tells that there is more.
        if most < BATCH_SIZE:
            self._next_at = time.monotonic() + _EVERY_SECONDS


def _tables(alias: str) -> set[str]:
    try:
        with connections[alias].cursor() as cursor:
            return set(connections[alias].introspection.table_names(cursor))
    except DATABASE_FAULTS:
        connections[alias].close()
        return set()
