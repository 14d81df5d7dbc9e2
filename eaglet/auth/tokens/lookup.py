"""The one statement that checks a token, written for each database.

It brings the token, its secret, its app and the app's grants. Through Django's own cursor,
because the ORM would spend several times the query's own time on compiling it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret
from eaglet.auth.planned_once import PlannedOnce

Rows = Sequence[tuple[Any, ...]]
"""One for each grant of the app: when the token expires and was revoked, when its secret was
revoked, the app's id, name, app key and whether it is on, and the grant or None."""


class TokenQuery:
    """The look-up of one token, written for one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        def column(alias: str, model: type[Model], name: str) -> str:
            return f"{alias}.{quote(str(_field(model, name).column))}"

        def table(alias: str, model: type[Model]) -> str:
            return f"{quote(model._meta.db_table)} {alias}"

        quote = connection.ops.quote_name
        columns = (
            column("t", AccessToken, "expires_at"),
            column("t", AccessToken, "revoked_at"),
            column("s", AppSecret, "revoked_at"),
            column("a", App, "id"),
            column("a", App, "name"),
            column("a", App, "app_key"),
            column("a", App, "is_active"),
            column("g", AppGrant, "grant"),
        )
        # Every name is from a model and quoted by the backend; the digest is a parameter. Short
        # aliases and a named parameter, because Django searches the text for %s on SQLite.
        sql = (
            f"SELECT {', '.join(columns)} FROM {table('t', AccessToken)}"  # noqa: S608
            f" INNER JOIN {table('s', AppSecret)}"
            f" ON {column('s', AppSecret, 'id')} = {column('t', AccessToken, 'secret')}"
            f" INNER JOIN {table('a', App)}"
            f" ON {column('a', App, 'id')} = {column('t', AccessToken, 'app')}"
            f" LEFT OUTER JOIN {table('g', AppGrant)}"
            f" ON {column('g', AppGrant, 'app')} = {column('a', App, 'id')}"
            f" WHERE {column('t', AccessToken, 'digest')} = %(digest)s"
        )
        self._statement = PlannedOnce(sql, "digest")
        self._expires_at = _field(AccessToken, "expires_at").get_col(AccessToken._meta.db_table)
        # What makes Python's value of a raw one, as the backend has it: on SQLite, of text.
        self._converters = connection.ops.get_db_converters(self._expires_at)

    def fetch(self, connection: BaseDatabaseWrapper, digest: str) -> Rows:
        """The rows for a token, none if there is no such token; `expires_at` is converted."""
        rows: Rows = self._statement.fetch(connection, digest)
        if not rows or not self._converters:
            return rows
        expires_at, *others = rows[0]
        for convert in self._converters:
            expires_at = convert(expires_at, self._expires_at, connection)
        return [(expires_at, *others), *rows[1:]]


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101 - for the type checker
    return field


# Which converters there are depends on USE_TZ.
_queries: dict[tuple[str, str, bool], TokenQuery] = {}


def fetch(alias: str, digest: str) -> Rows:
    """The rows for a token in the database of an alias."""
    connection = connections[alias]
    key = (alias, connection.vendor, settings.USE_TZ)
    query = _queries.get(key)
    if query is None:
        query = _queries[key] = TokenQuery(connection)
    return query.fetch(connection, digest)
