"""A Celery app for projects that need none of their own: what `manage.py worker` runs."""

from typing import Final

from celery import Celery

from eaglet.setup_errors import settings_named
from eaglet.tasks.celery_config import make_app

with settings_named():
    app: Final[Celery] = make_app("eaglet")
app.autodiscover_tasks()
