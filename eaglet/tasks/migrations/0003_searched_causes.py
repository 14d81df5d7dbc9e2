"""Index the causes of failures: in full, they are found among any number of tasks.

Not in the models, as Django has no index of a text that every database could have: MariaDB takes
the beginning of it only, and PostgreSQL's B-tree none that is long. What makes a table anew on
SQLite (AlterField, most of all) has to make its index again.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_COLUMNS = {"eaglet_tasks_outboxtask": "last_error", "eaglet_tasks_receivedtask": "cause"}
# What did not fail is not in PostgreSQL's: it costs nothing there.
_INDEXES = {
    "sqlite": "({column})",
    "postgresql": "USING hash ({column}) WHERE {column} <> ''",
    "mysql": "({column}(100))",
}


def add_indexes(_: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Index both tables, where it is known how."""
    if index := _INDEXES.get(editor.connection.vendor):
        for table, column in _COLUMNS.items():
            editor.execute(f"CREATE INDEX {table}_why ON {table} " + index.format(column=column))


def remove_indexes(_: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away."""
    vendor = editor.connection.vendor
    for table in _COLUMNS if vendor in _INDEXES else ():
        editor.execute(f"DROP INDEX {table}_why" + (f" ON {table}" if vendor == "mysql" else ""))


class Migration(migrations.Migration):
    dependencies = [("eaglet_tasks", "0002_processes_and_searches")]

    operations = [migrations.RunPython(add_indexes, remove_indexes, atomic=False)]
