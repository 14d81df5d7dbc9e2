"""`manage.py prune_tasks`: delete what has been kept long enough."""

from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from eaglet.setup_errors import needs_tables
from eaglet.tasks.database import has_table
from eaglet.tasks.retention import RETENTIONS


class Command(BaseCommand):
    """Delete in small batches, each its own transaction."""

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

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Prune. Raises CommandError for a database that is not there."""
        for alias in options["database"] or list(connections):
            if alias not in connections:
                raise CommandError(f"the database {alias!r} is not in DATABASES")
            for retention in RETENTIONS:
                if has_table(alias, retention.model):
                    deleted = sum(iter(partial(retention.prune, alias), 0))
                    self.stdout.write(f"{alias}: {deleted} {retention.name} deleted.")
