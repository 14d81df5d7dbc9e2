"""Sends numbered tasks at a steady pace, in transactions some of which are rolled back.

    python -m tests.system.chaos.sender TASKS TASKS_A_SECOND SEED

It goes on where it was killed, by what is committed, and whatever the broker does.
"""

import datetime
import os
import random
import sys
import time

import django
from django.db import transaction
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.system.chaos.settings")
ROLLED_BACK = -1
POISONED = "chaos.poison"
"""A queue whose tasks no broker could take."""


def main():
    total, pace, seed = (int(argument) for argument in sys.argv[1:])
    django.setup()
    from eaglet.tasks.models import OutboxTask  # noqa: PLC0415
    from tests.system.chaos.effects.tasks import ONCE, REPEATABLE  # noqa: PLC0415 - needs the apps

    queues = [REPEATABLE, ONCE]
    first = sent = OutboxTask.objects.exclude(queue_name=POISONED).count()
    choice = random.Random(seed + sent)
    began = time.monotonic()
    while sent < total:
        count = min(choice.randint(1, 20), total - sent)
        rolled_back = choice.random() < 0.1
        numbers = [ROLLED_BACK] * count if rolled_back else range(sent, sent + count)
        with transaction.atomic():
            for number in numbers:
                send(choice, queues, number)
            transaction.set_rollback(rolled_back)
        if not rolled_back:
            sent += count
        time.sleep(max(0.0, began + (sent - first) / pace - time.monotonic()))


def send(choice, queues, number):
    from eaglet.tasks import publish_event, send_task  # noqa: PLC0415 - needs the apps
    from tests.system.chaos.effects.tasks import EVENT  # noqa: PLC0415

    kind = choice.random()
    key = f"member {choice.randint(1, 20)}" if kind < 0.1 else None
    delay = choice.uniform(0, 5) if 0.1 <= kind < 0.15 else None
    queue = queues[number % len(queues)]
    if os.environ["EAGLET_CHAOS_EVENTS"]:
        publish_event(EVENT, {"number": number}, order_key=key, delay_seconds=delay)
    elif os.environ["EAGLET_CHAOS_DJANGO"]:
        enqueue(queue, number, key, delay)
    else:
        send_task(queue, {"number": number}, order_key=key, delay_seconds=delay)


def enqueue(queue, number, key, delay):
    from tests.system.chaos.effects.tasks import DJANGO  # noqa: PLC0415 - needs the apps

    at = None if delay is None else timezone.now() + datetime.timedelta(seconds=delay)
    DJANGO[queue].using(run_after=at).enqueue(number, key=key)


if __name__ == "__main__":
    main()
