"""`manage.py replay_tasks`: have received tasks that were parked taken again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.setup_errors import needs_tables
from eaglet.tasks.models import ReceivedTask, ledger_alias


class Command(BaseCommand):
    """Have parked tasks published again."""

    help = (
        "Have a worker publish received tasks that were parked again. Without --task, --queue or "
        "--all it only lists them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--task", action="append", metavar="ID", help="This task, parked or not."
        )
        parser.add_argument("--queue", metavar="NAME", help="Every parked one of this queue.")
        parser.add_argument("--all", action="store_true", help="Every parked one.")
        parser.add_argument(
            "--force",
            action="store_true",
            help="With --task: do it again though it is done.",
        )
        parser.add_argument("--database", metavar="ALIAS", help="The ledger's; by default yours.")

    @needs_tables
    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, or list. Raises CommandError where none is meant."""
        if options["force"] and not options["task"]:
            raise CommandError("--force goes with --task")
        received = ReceivedTask.objects.using(options["database"] or ledger_alias())
        tasks = received.order_by("due_at", "pk")
        tasks = tasks.filter(task_id__in=options["task"]) if options["task"] else tasks.parked()
        if options["queue"]:
            tasks = tasks.filter(queue_name=options["queue"])
        if not (options["task"] or options["queue"] or options["all"]):
            for task in tasks.iterator():
                at = f"{task.due_at:%Y-%m-%d %H:%M:%S}"
                self.stdout.write(f"{task.task_id} {task.queue_name} {at}: {task.cause}")
            return
        count = tasks.order_by().replay(force=options["force"])
        if not count:
            raise CommandError("no parked task is meant")
        self.stdout.write(f"{count} tasks are replayed: a worker publishes them again.")
