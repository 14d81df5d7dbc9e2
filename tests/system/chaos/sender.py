"""Sends numbered tasks at a steady pace, in transactions some of which are rolled back.

    python -m tests.system.chaos.sender TASKS TASKS_A_SECOND SEED

It goes on where it was killed, by what is committed, and whatever the broker does.
"""

import os
import random
import sys
import time

import django
from django.db import transaction

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
    from eaglet.tasks import send_task  # noqa: PLC0415 - needs the apps

    options = {}
    kind = choice.random()
    if kind < 0.1:
        options["order_key"] = f"member {choice.randint(1, 20)}"
    elif kind < 0.15:
        options["delay_seconds"] = choice.uniform(0, 5)
    send_task(queues[number % len(queues)], {"number": number}, **options)


if __name__ == "__main__":
    main()
