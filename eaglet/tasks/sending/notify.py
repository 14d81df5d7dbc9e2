"""Tell idle relays, where the database can, that the outbox has something for them."""

from typing import Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

CHANNEL: Final = "eaglet_outbox"


def wake_relays_after_commit(connection: BaseDatabaseWrapper) -> None:
    """Tell the relays of an outbox that there is something for them, where a database can."""
    if connection.vendor != "postgresql":
        return
    # Not in the transaction: PostgreSQL lets only one that notifies commit at a time.
    last = connection.run_on_commit[-1][1] if connection.run_on_commit else None
    # Once is enough for all that one transaction sends.
    if not isinstance(last, _Wake):
        transaction.on_commit(_Wake(connection), using=connection.alias, robust=True)


class _Wake:
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self.__qualname__ = "wake_relays"  # what Django names in the log when it fails

    def __call__(self) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
