"""Look one token up in one statement, which the ORM compiles once for each database.

Compiling it takes the ORM several times as long as the database takes to answer.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from eaglet.auth.models import AccessToken

Rows = Sequence[Sequence[Any]]
"""One for each grant of the app: when the token expires and was revoked, when its secret was
revoked, the app's id, name, app key and whether it is on, and the grant or None."""

_FIELDS = (
    "expires_at", "revoked_at", "secret__revoked_at",
    "app_id", "app__name", "app__app_key", "app__is_active", "app__grants__grant",
)  # fmt: skip
_DIGEST = "digest"


class _Statement(NamedTuple):
    sql: str  # its parameters have names: Django searches the text of others at every use
    parameters: dict[str, Any]
    converters: dict[int, tuple[list[Any], Any]]  # by place: functions and the expression


# Which converters there are depends on USE_TZ.
_statements: dict[tuple[str, str, bool], _Statement] = {}


def find(alias: str, digest: str) -> Rows:
    """Return the rows of the token with a digest; only the first row's values are converted."""
    connection = connections[alias]
    key = (alias, connection.vendor, settings.USE_TZ)
    statement = _statements.get(key)
    if statement is None:
        statement = _statements[key] = _compiled(connection)
    rows: Rows
    parameters = {**statement.parameters, _DIGEST: digest}
    if getattr(getattr(connection, "Database", None), "__name__", "") == "psycopg":
        # It is there only where PostgreSQL is used.
        from eaglet.auth.tokens import prepared  # noqa: PLC0415

        rows = prepared.fetch(connection, statement.sql, parameters)
    else:
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, parameters)
            rows = cursor.fetchall()
    if not rows or not statement.converters:
        return rows
    first = list(rows[0])
    for place, (functions, expression) in statement.converters.items():
        for convert in functions:
            first[place] = convert(first[place], expression, connection)
    return [first, *rows[1:]]


def _compiled(connection: BaseDatabaseWrapper) -> _Statement:
    # One for another service is none here.
    tokens = AccessToken.objects.filter(digest=_DIGEST, audience="")
    compiler = tokens.values_list(*_FIELDS).query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    names = [_DIGEST if one == _DIGEST else f"p{place}" for place, one in enumerate(parameters)]
    named = sql % tuple(f"%({name})s" for name in names)
    converters = compiler.get_converters([column for column, *_ in compiler.select])
    return _Statement(named, dict(zip(names, parameters, strict=True)), converters)
