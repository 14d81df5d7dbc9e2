"""The settings of the workers that tests start."""

import os

from tests.system.servers.database_urls import database

SECRET_KEY = "receiver"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "eaglet.tasks",
    "django_celery_results",
    "tests.tasks.receiver",
]
if url := os.environ.get("EAGLET_TEST_RECEIVER_DATABASE_URL"):
    DATABASES = {"default": {**database(url), "NAME": os.environ["EAGLET_TEST_RECEIVER_DATABASE"]}}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["EAGLET_TEST_RECEIVER_DATABASE"],
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL",
            },
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CELERY_BROKER_URL = os.environ["EAGLET_TEST_RECEIVER_BROKER_URL"]
# A queue of the test's own: these brokers outlive it.
CELERY_TASK_DEFAULT_QUEUE = os.environ["EAGLET_TEST_RECEIVER_QUEUE"]
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 5, "unacked_restore_interval": 1}
EAGLET_SERVICE_NAME = os.environ["EAGLET_TEST_RECEIVER_SERVICE"]
CELERY_WORKER_LOST_WAIT = 0.5
EAGLET_HANDLER_MAX_ATTEMPTS = 3
EAGLET_HANDLER_BACKOFF_SECONDS = 0.1
