"""`manage.py prune_tasks`: delete what has been kept long enough."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from eaglet.setup_errors import needs_tables
from eaglet.tasks.retention import BATCH_SIZE, RETENTIONS, prune


class Command(BaseCommand):
    """Deletes in small batches, each its own transaction."""

    help = (
        "Delete the records of tasks whose retention is over (EAGLET_TASK_RETENTION_SECONDS and "
        "the like), a batch at a time. A running relay does so by itself. What waits, and what "
        "is parked, stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--database",
            action="append",
            metavar="ALIAS",
            help="Only in this database; may be given several times.",
        )
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            help=f"Rows deleted at a time; by default {BATCH_SIZE}.",
        )

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Prune; CommandError for a database that is not there."""
        if options["batch_size"] < 1:
            raise CommandError("--batch-size is at least 1")
        for alias in options["database"] or list(connections):
            if alias not in connections:
                raise CommandError(f"the database {alias!r} is not in DATABASES")
            with connections[alias].cursor() as cursor:
                tables = connections[alias].introspection.table_names(cursor)
            for retention in RETENTIONS:
                if retention.table in tables:
                    deleted = sum(prune(retention, alias, options["batch_size"]))
                    self.stdout.write(f"{alias}: {deleted} {retention.name} deleted.")
