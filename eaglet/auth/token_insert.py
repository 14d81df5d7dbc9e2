"""The one statement that stores an issued token, written for each database.

Through Django's own cursor, like `secret_query`: the ORM takes three times as long to compile it
as the database does to run it. So `pre_save` and `post_save` are not sent for issued tokens.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eaglet.auth.models import AccessToken


class TokenInsert:
    """The INSERT of one token, written for one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        quote = connection.ops.quote_name
        self._fields = [
            field for field in AccessToken._meta.concrete_fields if not field.primary_key
        ]
        columns = ", ".join(quote(str(field.column)) for field in self._fields)
        places = ", ".join(["%s"] * len(self._fields))
        # Every name is from the model and quoted by the backend; values are parameters.
        self._sql = f"INSERT INTO {quote(AccessToken._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608

    def run(self, connection: BaseDatabaseWrapper, token: AccessToken) -> None:
        """Insert a token's row; its primary key is not read back."""
        values: list[Any] = [
            field.get_db_prep_save(field.pre_save(token, add=True), connection)
            for field in self._fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)


_inserts: dict[tuple[str, str], TokenInsert] = {}


def insert(token: AccessToken, *, using: str) -> None:
    """Store a new token in the database of an alias."""
    connection = connections[using]
    key = (using, connection.vendor)
    statement = _inserts.get(key)
    if statement is None:
        statement = _inserts[key] = TokenInsert(connection)
    statement.run(connection, token)
