"""What the services of the points story have in their databases, read without their code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


class ServiceDatabase:
    """The database of a role."""

    def __init__(self, run_dir: Path, role: str) -> None:
        self._file = run_dir / f"{role}.sqlite3"

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        """What a query gives; it may write."""
        with closing(sqlite3.connect(self._file, timeout=20)) as connection, connection:
            return connection.execute(query, parameters).fetchall()

    def column(self, query: str) -> list:
        """The first column of what a query gives."""
        return [row[0] for row in self.rows(query)]
