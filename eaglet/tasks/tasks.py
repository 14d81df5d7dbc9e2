"""The relay as a Celery task, for projects that run beat anyway."""

import threading

from celery import shared_task

from eaglet.tasks.relay.relay import Relay


@shared_task(name="eaglet.tasks.relay_tasks", ignore_result=True)
def relay_tasks() -> int:
    """Publish what stands in every outbox, as `manage.py relay_tasks --once` does.

    Scheduled by the project: `CELERY_BEAT_SCHEDULE = {"relay": {"task":
    "eaglet.tasks.relay_tasks", "schedule": 10}}`. Gives how many tasks were published; what the
    broker did not take is for the next time.
    """
    relay = Relay()
    relay.run_once(threading.Event())
    return relay.progress.published
