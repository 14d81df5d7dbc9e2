"""Count token requests over all processes, in a table.

Tokens can't be issued without the database anyway. A count is committed at once: the views that
count run outside of any transaction, so no refusal takes its own count back.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, models, router, transaction

from eaglet.auth.models import TokenRequestCount

logger = logging.getLogger("eaglet.auth")

PRUNE_ONE_IN: Final = 100
"""Of so many counts in the table, one prunes it."""

PRUNE_AT_ONCE: Final = 1000
"""How many rows that prunes at most: more than are added between two of them."""


@dataclass(frozen=True)
class Bucket:
    """What is counted together: `number` is its name, 63 bits of a digest of kind, caller, window.

    The window ends at `ends_at`, in seconds since 1970; `most` is how many are allowed in it.
    """

    number: int
    ends_at: int
    most: int

    @classmethod
    def of(cls, most: int, seconds: int, *names: str) -> Bucket:
        """Return the bucket whose window is open now; windows last so many seconds."""
        ends_at = (int(time.time()) // seconds + 1) * seconds
        name = "\0".join((str(ends_at), *names)).encode("utf-8", "surrogatepass")
        return cls(int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1, ends_at, most)


def add(bucket: Bucket) -> None:
    """Count one more."""
    row = _rows().filter(bucket=bucket.number)
    one_more = {"requests": models.F("requests") + 1}
    if not row.update(**one_more):
        values = {"ends_at": bucket.ends_at, "requests": 1}
        _row, is_first = row.get_or_create(bucket=bucket.number, defaults=values)
        if not is_first:  # another process was faster
            row.update(**one_more)
    if secrets.randbelow(PRUNE_ONE_IN) == 0:
        prune_token_request_counts()


def full(buckets: Sequence[Bucket]) -> list[Bucket]:
    """Return those in which there are as many as are allowed."""
    if not buckets:
        return []
    wanted = _rows().filter(bucket__in=[bucket.number for bucket in buckets])
    found = dict(wanted.values_list("bucket", "requests"))
    return [bucket for bucket in buckets if found.get(bucket.number, 0) >= bucket.most]


def prune_token_request_counts() -> int:
    """Delete rows whose window is over, PRUNE_AT_ONCE of them at most; return how many.

    What the database can't delete just now stays for the next time, and stands in the log.
    """
    rows = _rows()
    over = rows.filter(ends_at__lt=int(time.time())).order_by("ends_at")
    try:
        with transaction.atomic(using=rows.db):
            numbers = list(over.values_list("pk", flat=True)[:PRUNE_AT_ONCE])
            return rows.filter(pk__in=numbers).delete()[0] if numbers else 0
    except DatabaseError as error:
        reason = str(error).partition("\n")[0]
        logger.warning("counts of token requests were not pruned: %s", reason)
        return 0


def _rows() -> models.QuerySet[TokenRequestCount]:
    return TokenRequestCount.objects.using(router.db_for_write(TokenRequestCount))
