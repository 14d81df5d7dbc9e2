"""`manage.py replay_outbox`: have parked tasks tried again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from eaglet.setup_errors import needs_tables
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.models.outbox import outbox_aliases


class Command(BaseCommand):
    """Give parked tasks back to the relay."""

    help = (
        "Have tasks that were parked, because the broker refused them too often, tried again "
        "from the beginning. Without --task or --queue it only lists them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--task", action="append", metavar="ID", help="This task.")
        parser.add_argument("--queue", metavar="NAME", help="Every one to this queue.")
        parser.add_argument("--all", action="store_true", help="Every one.")
        parser.add_argument("--database", metavar="ALIAS", default=DEFAULT_DB_ALIAS)

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, or list. Raises CommandError where there is no outbox, or no such parked task."""
        alias = options["database"]
        if alias not in outbox_aliases():
            raise CommandError(f"the database {alias!r} has no outbox")
        parked = OutboxTask.objects.using(alias).parked()
        if options["task"]:
            parked = parked.filter(task_id__in=options["task"])
        if options["queue"]:
            parked = parked.filter(queue_name=options["queue"])
        if not (options["task"] or options["queue"] or options["all"]):
            for task in parked.order_by("parked_at", "pk").iterator():
                at = f"{task.parked_at:%Y-%m-%d %H:%M:%S}"
                self.stdout.write(f"{task.task_id} {task.queue_name} {at}: {task.last_error}")
            return
        replayed = parked.replay()
        if not replayed:
            raise CommandError("no parked task is meant")
        self.stdout.write(f"{replayed} tasks are tried again.")
