"""The database's clock, which is the same for all who use it, unlike their own."""

from __future__ import annotations

import time
from typing import Final

from django.db import connections
from django.db.models import FloatField, Value
from django.db.models.expressions import Expression, RawSQL

# Not Django's `Now`: on MariaDB that is in the session's time zone, on SQLite always in UTC.
_EPOCH_NOW: Final = {
    "postgresql": "EXTRACT(EPOCH FROM clock_timestamp())::double precision",
    "mysql": "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1e6",
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
}


def epoch_now(using: str) -> Expression:
    """Seconds since 1970-01-01 00:00 UTC, by the database.

    SQLite's is the operating system's; a database not known here has this machine's.
    """
    sql = _EPOCH_NOW.get(connections[using].vendor)
    if sql is None:
        return Value(time.time(), output_field=FloatField())
    return RawSQL(sql, (), output_field=FloatField())  # noqa: S611 - a constant
