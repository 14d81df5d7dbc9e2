"""Delete the rows of expired access tokens, revoked or not.

They go as tokens are issued, and by `manage.py prune_tokens`, in batches: each is found through an
index, locks what it is about to delete and passes over what somebody else has locked. It changes
no access, so nothing is announced.
"""

import datetime
import logging
import random
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Final

from django.db import DatabaseError, connections, models, transaction
from django.utils import timezone

from eaglet.auth.models import AccessToken, CachedToken

logger = logging.getLogger("eaglet.auth")

ISSUES_A_BATCH: Final = 40
"""After how many issued tokens a batch is deleted, on average."""

BATCH_WHEN_ISSUING: Final = 100
"""How many rows that batch has at most: more than twice those issued, so that none pile up."""

BATCH_SIZE: Final = 500
"""How many rows `prune` deletes at a time; SQLite takes 999 at most."""

ABANDONED_AFTER: Final = datetime.timedelta(days=7)
"""How long after its last renewal the row of an expired token of another service is deleted."""

_PAUSE_SECONDS: Final = 0.01


def prune_now_and_then(using: str) -> None:
    """Delete a batch of expired tokens, once in ISSUES_A_BATCH calls or so; never raises."""
    # Not a count: processes that serve a few requests each would never get to it.
    if random.randrange(ISSUES_A_BATCH) != 0:  # noqa: S311 - nothing secret about it
        return
    try:
        _delete(using, BATCH_WHEN_ISSUING)
    # The token is issued; the next one to issue may have more luck.
    except DatabaseError as error:
        logger.warning("expired access tokens could not be deleted: %s", type(error).__name__)


def prune(using: str, *, batch_size: int = BATCH_SIZE) -> Iterator[int]:
    """Delete every expired token, batch by batch; yield how many after each.

    Between batches it pauses, so that others get the lock of a database that has but one (SQLite).
    """
    # None either if the rest is locked: whoever has locked it is deleting it.
    while deleted := _delete(using, batch_size):
        yield deleted
        time.sleep(_PAUSE_SECONDS)


def prune_cached_tokens(using: str) -> int:
    """Delete expired tokens got from others that nobody renews; return how many."""
    now = timezone.now()
    dead = models.Q(expires_at__isnull=True) | models.Q(expires_at__lte=now)
    rows = CachedToken.objects.using(using).filter(dead, updated_at__lt=now - ABANDONED_AFTER)
    return rows.delete()[0]


def _delete(using: str, size: int) -> int:
    dead = AccessToken.objects.using(using).expired().order_by("expires_at")
    skips_locked = connections[using].features.has_select_for_update_skip_locked
    # A transaction to hold the locks in. On SQLite there is none to hold, and one that begins by
    # reading could not wait for its turn to write.
    with transaction.atomic(using=using) if skips_locked else nullcontext():
        # In two steps: MariaDB takes no LIMIT in a subquery, and PostgreSQL may run one twice.
        rows = dead.select_for_update(skip_locked=True) if skips_locked else dead
        keys = list(rows.values_list("pk", flat=True)[:size])
        # Dead for good: nothing brings an expired token back.
        chosen = AccessToken.objects.using(using).filter(pk__in=keys)
        return chosen._raw_delete(using) if keys else 0
