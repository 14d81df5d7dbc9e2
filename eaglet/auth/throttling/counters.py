"""Counting over all processes, in a table.

In a cache that processes share it would cost more: Django's API takes three round trips to Redis
where the table takes two statements, and tokens can't be issued without the database anyway. A
count is one statement, committed at once: the views that count run outside of any transaction,
so no refusal takes its own count back.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db import DatabaseError, connections, router, transaction

from eaglet.auth.models.token_request_count import TokenRequestCount

logger = logging.getLogger("eaglet.auth")

PRUNE_ONE_IN: Final = 100
"""Of so many counts in the table, one prunes it."""

PRUNE_AT_ONCE: Final = 1000
"""How many rows that prunes at most: more than are added between two of them."""


@dataclass(frozen=True)
class Bucket:
    """What is counted together: a kind, a caller, and a window of time.

    Attributes:
        number: its name, 63 bits of a digest.
        ends_at: when the window ends, in seconds since 1970.
    """

    number: int
    ends_at: int

    @classmethod
    def of(cls, seconds: int, *names: str) -> Bucket:
        """The bucket whose window is open now; windows last so many seconds."""
        ends_at = (int(time.time()) // seconds + 1) * seconds
        name = "\0".join((str(ends_at), *names)).encode("utf-8", "surrogatepass")
        return cls(int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1, ends_at)


def add(bucket: Bucket) -> None:
    """Count one more."""
    connection = connections[router.db_for_write(TokenRequestCount)]
    with connection.cursor() as cursor:
        cursor.execute(_counting_sql(connection.vendor), [bucket.number, bucket.ends_at])
    if secrets.randbelow(PRUNE_ONE_IN) == 0:
        prune_token_request_counts()


def read(buckets: Sequence[Bucket]) -> list[int]:
    """How many there are in each bucket."""
    connection = connections[router.db_for_write(TokenRequestCount)]
    table = TokenRequestCount._meta.db_table
    places = ", ".join(["%s"] * len(buckets))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bucket, requests FROM {table} WHERE bucket IN ({places})",  # noqa: S608
            [bucket.number for bucket in buckets],
        )
        found = dict(cursor.fetchall())
    return [found.get(bucket.number, 0) for bucket in buckets]


@lru_cache(maxsize=8)
def _counting_sql(vendor: str) -> str:
    table = TokenRequestCount._meta.db_table
    insert = f"INSERT INTO {table} (bucket, ends_at, requests) VALUES (%s, %s, 1)"  # noqa: S608
    if vendor == "mysql":
        return f"{insert} ON DUPLICATE KEY UPDATE requests = requests + 1"
    return f"{insert} ON CONFLICT (bucket) DO UPDATE SET requests = {table}.requests + 1"


def prune_token_request_counts() -> int:
    """Delete rows whose window is over, PRUNE_AT_ONCE of them at most; returns how many.

    What the database can't delete just now stays for the next time, and stands in the log.
    """
    using = router.db_for_write(TokenRequestCount)
    rows = TokenRequestCount.objects.using(using)
    over = rows.filter(ends_at__lt=int(time.time())).order_by("ends_at")
    try:
        with transaction.atomic(using=using):
            numbers = list(over.values_list("pk", flat=True)[:PRUNE_AT_ONCE])
            return rows.filter(pk__in=numbers).delete()[0] if numbers else 0
    except DatabaseError as error:
        reason = str(error).partition("\n")[0]
        logger.warning("counts of token requests were not pruned: %s", reason)
        return 0
