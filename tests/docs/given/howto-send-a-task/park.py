"""Have two tasks of points parked, with ids that are known."""

import os
import uuid

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.utils import timezone  # noqa: E402

from eaglet.tasks.models import OutboxTask  # noqa: E402

now = timezone.now()
OutboxTask.objects.all().delete()
for number in (1, 2):
    OutboxTask.objects.create(
        task_id=str(uuid.UUID(int=number)),
        queue_name="services.points.tasks.changed",
        arguments="{}",
        state=OutboxTask.State.PARKED,
        written_at=now,
        due_at=now,
        parked_at=now,
    )
