"""Run a statement that PostgreSQL plans once for a connection, instead of at every use.

To plan a join of four tables takes it ten times as long as to run it
(https://www.psycopg.org/psycopg3/docs/advanced/prepare.html). A pooler that gives each transaction
another connection (PgBouncer) may not know the statement: then the process asks as everywhere
else. Inside of a transaction that could not be mended, so nothing is prepared there.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Cursor

logger = logging.getLogger("eaglet.auth")

# https://www.postgresql.org/docs/current/errcodes-appendix.html: there is no such statement,
# there is one already, and the types of its columns have changed.
_NOT_USABLE: Final = frozenset({"26000", "42P05", "0A000"})

_without: set[str] = set()
"""The aliases at which preparing has failed."""


class _PreparingCursor(Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> _PreparingCursor:
        return super().execute(query, params, prepare=True)


def fetch(connection: BaseDatabaseWrapper, sql: str, params: Mapping[str, Any]) -> list[Any]:
    """Return all rows of a statement, through Django's cursor."""
    if (
        connection.alias not in _without
        and not connection.in_atomic_block
        # How a project says that its pooler works by transactions; see Django's documentation.
        and not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    ):
        try:
            return _fetch(connection, sql, params, prepare=True)
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _NOT_USABLE:
                raise
            _without.add(connection.alias)
            logger.warning(
                "a prepared statement could not be used, so none is any more: %s",
                str(error).partition("\n")[0],
            )
    return _fetch(connection, sql, params, prepare=False)


def _fetch(
    connection: BaseDatabaseWrapper, sql: str, params: Mapping[str, Any], *, prepare: bool
) -> list[Any]:
    with connection.cursor() as cursor:
        if prepare:
            raw = connection.connection
            if raw.prepare_threshold is None:  # then psycopg prepares nothing, asked or not
                raw.prepare_threshold = sys.maxsize
            # Django's own binds parameters in the text, which would be another one each time.
            cursor.cursor = _PreparingCursor(raw)
        cursor.execute(sql, params)
        rows: list[Any] = cursor.fetchall()
    return rows
