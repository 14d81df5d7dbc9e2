"""Insert a row of the outbox or the ledger as cheaply as can be: there is one for each task."""

import datetime
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from django.db import connections, transaction
from django.db.models import Model
from django.db.models.constants import OnConflict
from django.db.transaction import mark_for_rollback_on_error

from eaglet.tasks.database import adapted

_KNOWN: Final = ("postgresql", "mysql", "sqlite")


def insert(alias: str, row: Model) -> None:
    """Write a new row and give it its primary key.

    The statement is made once, and not for each row as `save` does, which spends most of its
    time on that (measured: a third to a half of it is left). No signals are sent.
    """
    connection = connections[alias]
    if connection.vendor not in _KNOWN:
        row.save(using=alias, force_insert=True)
        return
    returning = connection.features.can_return_columns_from_insert
    names, sql = _statement(type(row), connection.vendor, returning=returning)
    values = _adapted(alias, names, row.__dict__)
    with mark_for_rollback_on_error(using=alias), connection.cursor() as cursor:
        cursor.execute(sql, values)
        row.pk = cursor.fetchone()[0] if returning else cursor.lastrowid
    row._state.db = alias
    row._state.adding = False


def upsert(
    alias: str, model: type[Model], rows: Sequence[Mapping[str, Any]], key: str, changed: list[str]
) -> None:
    """Write rows, each with all attributes of the model; change those whose `key` is there.

    Of several with one key the last is written.
    """
    connection = connections[alias]
    rows = list({row[key]: row for row in rows}.values())
    # psycopg sends a statement for each row; the drivers of the others do not.
    together = len(rows) if connection.vendor == "postgresql" else 0
    names, sql = _statement(model, connection.vendor, together=together)
    fields = model._meta.concrete_fields
    suffix = connection.ops.on_conflict_suffix_sql(fields, OnConflict.UPDATE, changed, [key])
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        values = [_adapted(alias, names, row) for row in rows]
        if together:
            cursor.execute(f"{sql} {suffix}", [row[name] for row in values for name in names])
        else:
            cursor.executemany(f"{sql} {suffix}", values)


def _adapted(alias: str, names: list[str], row: Mapping[str, Any]) -> dict[str, Any]:
    connection = connections[alias]
    return {
        name: adapted(row[name], connection)
        if isinstance(row[name], datetime.datetime)
        else row[name]
        for name in names
    }


@lru_cache
def _statement(
    model: type[Model], vendor: str, *, returning: bool = False, together: int = 0
) -> tuple[list[str], str]:
    quote = "`{}`".format if vendor == "mysql" else '"{}"'.format
    meta = model._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    # By name: Django searches the text of other statements for %s at every use, on SQLite.
    values = f"({', '.join(f'%({field.attname})s' for field in fields)})"
    if together:
        values = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * together)
    columns = ", ".join(quote(field.column) for field in fields)
    sql = (
        f"INSERT INTO {quote(meta.db_table)} ({columns}) "  # noqa: S608 - names of our own
        f"VALUES {values}"
    )
    if returning:
        sql += f" RETURNING {quote(meta.pk.column)}"
    return [field.attname for field in fields], sql
