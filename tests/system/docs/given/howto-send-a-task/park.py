"""Have tasks parked, two of them with ids that are known, so that each command finds some."""

import os
import uuid

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.utils import timezone  # noqa: E402

from eaglet.tasks.models import OutboxTask  # noqa: E402

now = timezone.now()
OTHER = "services.orders.tasks.remind"
for number, queue in enumerate([OTHER, OTHER, "services.points.tasks.changed", OTHER], start=1):
    OutboxTask.objects.create(
        task_id=str(uuid.UUID(int=number)),
        queue_name=queue,
        arguments="{}",
        state=OutboxTask.State.PARKED,
        written_at=now,
        due_at=now,
        parked_at=now,
    )
