"""Have two tasks of points parked, with ids that are known."""

import os
import uuid

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()

from django.utils import timezone  # noqa: E402

from eaglet.tasks.models import ReceivedTask  # noqa: E402
from eaglet.tasks.stored_message import StoredMessage  # noqa: E402

QUEUE = "services.points.tasks.changed"
now = timezone.now()
ReceivedTask.objects.all().delete()
for number in (1, 2):
    task_id = str(uuid.UUID(int=number))
    message = StoredMessage(
        body=b"[[{}], {}, {}]", headers={"task": QUEUE, "id": task_id}, routing_key=QUEUE
    )
    ReceivedTask.objects.create(
        key=task_id,
        task_id=task_id,
        queue_name=QUEUE,
        state=ReceivedTask.State.PARKED,
        received_at=now,
        noted_at=now,
        message=message.to_text(),
    )
