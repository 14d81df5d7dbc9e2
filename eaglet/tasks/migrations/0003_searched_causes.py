"""Index the causes of failures: in full, they are found among any number of tasks.

Not in the models, as Django has no index of a text that every database could have: MariaDB takes
the beginning of it only, and PostgreSQL's B-tree none that is long. What makes a table anew on
SQLite (AlterField, most of all) has to make its index again.
"""

from collections.abc import Iterator

from django.apps.registry import Apps
from django.db import migrations, router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_COLUMNS = {"OutboxTask": "last_error", "ReceivedTask": "cause"}
# What did not fail is not in PostgreSQL's: it costs nothing there.
_INDEXES = {
    "sqlite": "({column})",
    "postgresql": "USING hash ({column}) WHERE {column} <> ''",
    "mysql": "({column}(100))",
}


def _tables(apps: Apps, editor: BaseDatabaseSchemaEditor) -> Iterator[tuple[str, str]]:
    """Give each table that this database has, where it is known how to index it, and the column."""
    connection = editor.connection
    for name, column in _COLUMNS.items() if connection.vendor in _INDEXES else ():
        model = apps.get_model("eaglet_tasks", name)
        if router.allow_migrate_model(connection.alias, model):
            yield model._meta.db_table, column


def add_indexes(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Index the tables."""
    for table, column in _tables(apps, editor):
        index = _INDEXES[editor.connection.vendor].format(column=column)
        editor.execute(f"CREATE INDEX {table}_why ON {table} {index}")


def remove_indexes(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away."""
    for table, _ in _tables(apps, editor):
        where = f" ON {table}" if editor.connection.vendor == "mysql" else ""
        editor.execute(f"DROP INDEX {table}_why{where}")


class Migration(migrations.Migration):
    dependencies = [("eaglet_tasks", "0002_processes_and_searches")]

    operations = [migrations.RunPython(add_indexes, remove_indexes, atomic=False)]
