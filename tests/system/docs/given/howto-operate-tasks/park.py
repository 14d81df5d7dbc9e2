"""Have tasks parked, two of them with ids that are known, so that each command finds some."""

import os
import uuid

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.utils import timezone  # noqa: E402

from eaglet.tasks.models import ReceivedTask  # noqa: E402
from eaglet.tasks.receiving.stored_message import StoredMessage  # noqa: E402

OTHER = "services.orders.tasks.paid"
now = timezone.now()
for number, queue in enumerate([OTHER, OTHER, "services.points.tasks.changed", OTHER], start=1):
    task_id = str(uuid.UUID(int=number))
    message = StoredMessage(
        body=b"[[{}], {}, {}]", headers={"task": queue, "id": task_id}, routing_key=queue
    )
    ReceivedTask.objects.create(
        key=task_id,
        task_id=task_id,
        queue_name=queue,
        state=ReceivedTask.State.PARKED,
        received_at=now,
        due_at=now,
        message=message.to_text(),
    )
