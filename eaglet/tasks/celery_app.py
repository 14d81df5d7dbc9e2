"""A Celery app for projects that need none of their own: `celery -A eaglet.tasks worker`."""

from typing import Final

from celery import Celery

from eaglet.tasks.celery_config import make_app

app: Final[Celery] = make_app("eaglet")
app.autodiscover_tasks()
