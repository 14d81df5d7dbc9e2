"""A project of Wagtail's whose tasks go through the outbox and the embedded broker."""

import os
from pathlib import Path

FOLDER = Path(os.environ["WAGTAIL_PROJECT_FOLDER"])
SECRET_KEY = "tests-only"
USE_TZ = True
INSTALLED_APPS = [
    "eaglet.tasks", "wagtail.images", "wagtail.documents", "wagtail.search", "wagtail.admin",
    "wagtail.users", "wagtail", "taggit", "modelcluster", "django_tasks",
    "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
    "django.contrib.messages",
]  # fmt: skip
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "database.sqlite3",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = FOLDER / "media"
STATIC_URL = "/static/"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
WAGTAILADMIN_BASE_URL = "http://localhost"
EAGLET_QUEUE_DIR = FOLDER / "queues"
TASKS = {"default": {"BACKEND": "eaglet.tasks.backend.OutboxBackend"}}
