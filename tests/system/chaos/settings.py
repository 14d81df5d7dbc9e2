"""The settings of the sender, the relays and the workers: one service that sends to itself."""

import os
from pathlib import Path

from tests.system.servers.database_urls import database

FOLDER = Path(os.environ["EAGLET_CHAOS_FOLDER"])
SECRET_KEY = "chaos"
USE_TZ = True
INSTALLED_APPS = ["eaglet.tasks", "tests.system.chaos.effects"]
urls = map(os.environ.get, ("EAGLET_TEST_POSTGRESQL_URL", "EAGLET_TEST_MARIADB_URL"))
if url := next(filter(None, urls), None):
    NAME = os.environ["EAGLET_CHAOS_DATABASE"]
    DATABASES = {"default": {**database(url), "NAME": NAME, "CONN_MAX_AGE": None}}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "chaos.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = os.environ["EAGLET_CHAOS_BROKER_URL"]
if CELERY_BROKER_URL.startswith("redis"):
    # What a killed worker held comes back after this; an hour would be long to wait.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 10, "unacked_restore_interval": 2}
CELERY_TASK_DEFAULT_QUEUE = "chaos.celery"
EAGLET_TASK_MAX_ATTEMPTS = 3
_OUTBOX = "eaglet.tasks.backend.OutboxBackend"
TASKS = {
    "default": {
        "BACKEND": _OUTBOX,
        "OPTIONS": {"ORDER_KEY": "tests.system.chaos.effects.tasks.order_key"},
    },
    "once": {"BACKEND": _OUTBOX, "OPTIONS": {"ONCE": True}},
}
EAGLET_SERVICE_NAME = os.environ.get("EAGLET_CHAOS_SERVICE", "chaos")
EAGLET_QUEUE_DIR = os.environ["EAGLET_QUEUE_DIR"]
EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.5

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
