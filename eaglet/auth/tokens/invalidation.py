"""Tell this process that what a token may do has changed.

Other processes learn of it when what they keep runs out (EAGLET_TOKEN_CACHE_SECONDS, from the
commit); changes made past the ORM, in SQL, are learned of that way too.
"""

from functools import partial
from typing import Any, TypeVar

from django.db import models, transaction
from django.dispatch import Signal

M = TypeVar("M", bound=models.Model)

access_changed: Signal = Signal()
"""Sent, without arguments, when tokens, secrets, grants or apps have changed."""

# Written at every use, and of no weight for what a token may do.
_WEIGHTLESS = frozenset({"last_used_at"})


def announce_change(using: str) -> None:
    """Send `access_changed`, and again when the transaction open on `using` commits.

    At once because this connection sees the change already; at the commit because until then
    another thread may read the old state.
    """
    access_changed.send(None)
    if transaction.get_connection(using).in_atomic_block:
        transaction.on_commit(partial(access_changed.send, None), using=using, robust=True)


def announce_row(
    *, sender: type[models.Model], using: str, created: bool = False, **kwargs: Any
) -> None:
    """Receive `post_save` and `post_delete`; nothing is kept yet of what is new, but grants."""
    if not created or sender._meta.model_name == "appgrant":
        announce_change(using)


class AnnouncingQuerySet(models.QuerySet[M]):
    """A QuerySet whose bulk changes, which send no signal of their own, are announced."""

    def update(self, **kwargs: Any) -> int:
        """Update the rows, and announce it unless only the last use was written."""
        count = super().update(**kwargs)
        if count and not kwargs.keys() <= _WEIGHTLESS:
            announce_change(self.db)
        return count

    update.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, and announce it."""
        # A deleted QuerySet forgets which database it was for.
        self._for_write = True
        using = self.db
        deleted = super().delete()
        if deleted[0]:
            announce_change(using)
        return deleted

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]
