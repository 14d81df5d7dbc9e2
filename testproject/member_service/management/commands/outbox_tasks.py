"""`manage.py outbox_tasks`: what stands in the outbox, one JSON object to a line."""

import json

from django.core.management.base import BaseCommand

from eaglet.tasks.models import OutboxTask


class Command(BaseCommand):
    help = "Print the tasks in the outbox, in the order they were written in."

    def handle(self, *args, **options):
        tasks = OutboxTask.objects.filter(kind=OutboxTask.Kind.TASK)
        for task in tasks.order_by("pk"):
            row = {
                "task_id": task.task_id,
                "state": task.State(task.state).name.lower(),
                "last_error": task.last_error,
                "arguments": task.arguments,
            }
            self.stdout.write(json.dumps(row))
