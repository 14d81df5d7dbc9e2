"""Telling that what a token may do has changed, or is about to.

This process hears of it at once, and so do those that share a cache of verdicts
(`eaglet.auth.shared_verdicts`). Others learn of it when their verdicts run out
(EAGLET_TOKEN_CACHE_SECONDS); changes made past the ORM, in SQL, are learned of that way too.

It is told before the commit as well as after: a process that dies right after its commit can't
tell any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models, transaction
from django.dispatch import Signal

M = TypeVar("M", bound=models.Model)

access_changed: Signal = Signal()
"""Sent, without arguments, when tokens, secrets, grants or apps have changed."""

# Written at every use, and of no weight in a verdict.
_WEIGHTLESS = frozenset({"last_used_at"})


def announce_change(using: str) -> None:
    """Send `access_changed` now, and again when the transaction open on `using` commits.

    Now, because this connection sees the change already; at the commit, because until then
    another thread may have read the old state.
    """
    access_changed.send(sender=None)
    connection = transaction.get_connection(using)
    if connection.in_atomic_block:
        transaction.on_commit(_send, using=using, robust=True)


def _send() -> None:
    access_changed.send(sender=None)


def announce_saving(*, instance: models.Model, using: str, **kwargs: Any) -> None:
    """Receive `pre_save`: without a transaction, saving commits before `post_save` is sent."""
    if not instance._state.adding:
        announce_change(using)


def announce_saved(*, created: bool, using: str, **kwargs: Any) -> None:
    """Receive `post_save` of an app, token or secret; a new one has had no verdict yet."""
    if not created:
        announce_change(using)


def announce_row(*, using: str, **kwargs: Any) -> None:
    """Receive what is sent of rows that all count: of grants, and before and after deletion."""
    announce_change(using)


class AnnouncingQuerySet(models.QuerySet[M]):
    """A QuerySet whose bulk changes, which send no signal of their own, are told of.

    Each is a transaction of its own, if none is open, so that it can be told of before it ends.
    """

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """Insert the rows, and tell of it."""
        self._for_write = True
        with transaction.atomic(using=self.db, savepoint=False):
            created = super().bulk_create(objs, *args, **kwargs)
            announce_change(self.db)
        return created

    def update(self, **kwargs: Any) -> int:
        """Update the rows, and tell of it unless only the last use was written."""
        if kwargs.keys() <= _WEIGHTLESS:
            return super().update(**kwargs)
        self._for_write = True
        with transaction.atomic(using=self.db, savepoint=False):
            count = super().update(**kwargs)
            if count:
                announce_change(self.db)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, and tell of it."""
        # A deleted QuerySet forgets which database it was for.
        self._for_write = True
        using = self.db
        with transaction.atomic(using=using, savepoint=False):
            deleted = super().delete()
            if deleted[0]:
                announce_change(using)
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]
