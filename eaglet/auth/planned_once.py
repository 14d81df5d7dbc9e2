"""A statement that PostgreSQL plans once for a connection, instead of at every use.

To plan a join of four tables takes it ten times as long as to run it. Django's own way
(`prepare_threshold` with `server_side_binding`) is a project's to choose, as it concerns every
query; this is SQL's PREPARE and EXECUTE, through Django's cursor, for one statement.

A pooler that gives each transaction another server connection (PgBouncer) may not know the
statement. Then this is noticed, and from then on the process asks as everywhere else. Inside of a
transaction that could not be mended, so nothing is prepared there.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

logger = logging.getLogger("eaglet.auth")

# https://www.postgresql.org/docs/current/errcodes-appendix.html: there is no such statement,
# there is one already, and the types of its columns have changed.
_NOT_USABLE: Final = frozenset({"26000", "42P05", "0A000"})


class PlannedOnce:
    """A query of one text parameter, `%(NAME)s` in its SQL."""

    def __init__(self, sql: str, parameter: str) -> None:
        self._sql = sql
        self._parameter = parameter
        # By its text, so that a statement found under the name is this one, whoever made it.
        name = f"eaglet_{hashlib.sha256(sql.encode()).hexdigest()[:32]}"
        numbered = sql.replace(f"%({parameter})s", "$1")
        self._prepare = f"PREPARE {name} (varchar) AS {numbered}"
        self._execute = f"EXECUTE {name} (%s)"
        self._usable = True
        # Whether a connection of the driver's has it; the first use of each is not worth it.
        self._prepared: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()

    def fetch(self, connection: BaseDatabaseWrapper, value: str) -> Sequence[tuple[Any, ...]]:
        """The rows for a value."""
        with connection.cursor() as cursor:
            if not (
                self._usable and _can_prepare(connection) and self._run(connection, cursor, value)
            ):
                cursor.execute(self._sql, {self._parameter: value})
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _run(self, connection: BaseDatabaseWrapper, cursor: CursorWrapper, value: str) -> bool:
        """Run it as prepared; returns whether that could be done."""
        prepared = self._prepared.get(connection.connection)
        if prepared is None:
            self._prepared[connection.connection] = False
            return False
        try:
            if not prepared:
                cursor.execute(self._prepare)
                self._prepared[connection.connection] = True
            cursor.execute(self._execute, [value])
        except DatabaseError as error:
            if _code(error) not in _NOT_USABLE:
                raise
            self._usable = False
            logger.warning(
                "a prepared statement could not be used, so none is any more: %s",
                str(error).partition("\n")[0],
            )
            return False
        return True


def _can_prepare(connection: BaseDatabaseWrapper) -> bool:
    return (
        connection.vendor == "postgresql"
        and not connection.in_atomic_block
        # How a project says that its pooler works by transactions; see Django's documentation.
        and not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        # The driver prepares by itself then, and EXECUTE takes no parameters that it binds.
        and not connection.settings_dict["OPTIONS"].get("server_side_binding")
    )


def _code(error: DatabaseError) -> str | None:
    # psycopg 3, and 2.
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
