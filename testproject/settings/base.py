"""What the services of the test project have in common; each has a module of its own beside this.

What a run leaves behind, a database and a SECRET_KEY of each service among it, is in the run
folder: EAGLET_RUN_DIR, by default `.run` in the checkout.
"""

from pathlib import Path
from typing import Any

from testproject import environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
RUN_DIR = environment.run_folder(BASE_DIR / ".run")

# Off, so that answers are those of production: a fault shows a reference, and no traceback.
DEBUG = environment.flag("EAGLET_DEBUG")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]

ROOT_URLCONF = "testproject.urls"
WSGI_APPLICATION = "testproject.wsgi.application"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def sqlite(name: str) -> dict[str, Any]:
    """An entry of DATABASES: a file in the run folder."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": RUN_DIR / f"{name}.sqlite3",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            # Several processes share the file: wait for a lock instead of failing half-way.
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }


INSTALLED_APPS = [
    "rest_framework",
    "eaglet.api",
    "eaglet.auth",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "testproject.operators",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
EAGLET_TOKEN_CACHE_SECONDS = float(environment.text("EAGLET_TOKEN_CACHE_SECONDS", "5"))
# Whom it issues tokens for, or whose it takes, and as what.
EAGLET_AUDIENCES = environment.from_json("EAGLET_AUDIENCES", {})
EAGLET_ISSUER = environment.text("EAGLET_ISSUER") or None
EAGLET_AUDIENCE = environment.text("EAGLET_AUDIENCE") or None
EAGLET_TOKEN_VERIFIERS = environment.names("EAGLET_TOKEN_VERIFIERS") or ["database"]
EAGLET_RESOURCE_MODULES = environment.names("EAGLET_RESOURCE_MODULES")

# Of those that send tasks or take them. Without a URL: the embedded broker, in this folder.
CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "eaglet://")
CELERY_BROKER_TRANSPORT_OPTIONS = environment.from_json("CELERY_BROKER_TRANSPORT_OPTIONS", {})
EAGLET_QUEUE_DIR = environment.text("EAGLET_QUEUE_DIR", str(RUN_DIR / "queue"))
# Celery's own handlers would write past the filter.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# DEBUG is off with the embedded broker: all of this runs on one machine.
SILENCED_SYSTEM_CHECKS = ["eaglet_tasks.W001"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redacting": {"()": "eaglet.observability.redaction.RedactingFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["redacting"],
        }
    },
    "root": {"handlers": ["stderr"], "level": environment.text("EAGLET_LOG_LEVEL", "INFO")},
    # Django's own handlers would write request lines past the filter.
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
