"""The one statement that checks an app's secret, written for each database.

Through Django's own cursor: of issuing a token, compiling this query by the ORM would be more
than half (2.9 of 4.7 times what one INSERT by the ORM costs).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

from eaglet.auth.models import App, AppSecret


class SecretQuery:
    """The look-up of a secret and its app, written for one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        quote = connection.ops.quote_name
        self._secret = _fields(AppSecret)
        self._app = _fields(App)
        columns = [f"s.{quote(str(field.column))}" for field in self._secret]
        columns += [f"a.{quote(str(field.column))}" for field in self._app]
        names = {name: quote(name) for name in ("id", "app_id", "digest", "app_key")}
        # Every name is from a model and quoted by the backend; what is looked for is a parameter.
        self.sql = (
            f"SELECT {', '.join(columns)} FROM {quote(AppSecret._meta.db_table)} s"  # noqa: S608
            f" INNER JOIN {quote(App._meta.db_table)} a ON a.{names['id']} = s.{names['app_id']}"
            f" WHERE s.{names['digest']} = %(digest)s AND a.{names['app_key']} = %(app_key)s"
        )
        # What makes Python's value of a raw one, as backend and field have it.
        self._converters = [
            (place, convert, column)
            for place, field in enumerate([*self._secret, *self._app])
            for column in [field.get_col(field.model._meta.db_table)]
            for convert in (
                connection.ops.get_db_converters(column) + column.get_db_converters(connection)
            )
        ]

    def fetch(self, connection: BaseDatabaseWrapper, app_key: str, digest: str) -> AppSecret | None:
        """The record, with its `app` loaded; None if key and digest are not of one app."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, {"digest": digest, "app_key": app_key})
            row = cursor.fetchone()
        if row is None:
            return None
        values = list(row)
        for place, convert, column in self._converters:
            values[place] = convert(values[place], column, connection)
        end = len(self._secret)
        secret: AppSecret = _record(AppSecret, self._secret, values[:end], connection.alias)
        secret.app = _record(App, self._app, values[end:], connection.alias)
        return secret


def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    # Without what nobody asks for here, which Django loads if somebody does after all.
    fields = model._meta.concrete_fields
    return [field for field in fields if field.name not in ("created_at", "updated_at")]


def _record(
    model: type[Any], fields: Sequence[Field[Any, Any]], values: Sequence[Any], alias: str
) -> Any:
    return model.from_db(alias, [field.attname for field in fields], values)


# Which converters there are depends on USE_TZ.
_queries: dict[tuple[str, str, bool], SecretQuery] = {}


def look_up(app_key: str, digest: str, *, using: str) -> AppSecret | None:
    """The secret of a digest, if it is one of the app of a key."""
    connection = connections[using]
    key = (using, connection.vendor, settings.USE_TZ)
    query = _queries.get(key)
    if query is None:
        query = _queries[key] = SecretQuery(connection)
    return query.fetch(connection, app_key, digest)
