"""`manage.py replay_tasks`: have received tasks that were parked taken again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.replay import replay


class Command(BaseCommand):
    """Publish parked tasks again."""

    help = (
        "Publish received tasks that were parked again, for a worker to take. Without --task, "
        "--queue or --all it only lists them."
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

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay, or list. Raises CommandError where none is meant, or not all went."""
        if options["force"] and not options["task"]:
            raise CommandError("--force goes with --task")
        received = ReceivedTask.objects.using(options["database"] or ledger_alias())
        tasks = received.order_by("due_at")
        tasks = tasks.filter(task_id__in=options["task"]) if options["task"] else tasks.parked()
        if options["queue"]:
            tasks = tasks.filter(queue_name=options["queue"])
        if not (options["task"] or options["queue"] or options["all"]):
            for task in tasks.iterator():
                at = f"{task.due_at:%Y-%m-%d %H:%M:%S}"
                self.stdout.write(f"{task.task_id} {task.queue_name} {at}: {task.cause}")
            return
        outcome = replay(tasks.iterator(), force=options["force"])
        self.stdout.write(f"{outcome.published} tasks are replayed.")
        for task, why in outcome.refused:
            self.stdout.write(f"{task.task_id} {task.queue_name} was refused: {why}")
        if outcome.stopped_by:
            raise CommandError(f"the rest stays parked: {outcome.stopped_by}")
        if outcome.refused:
            raise CommandError("the broker refused some")
        if not outcome.published:
            raise CommandError("no parked task is meant")
