"""Settings of the test project, which runs in one of five roles (EAGLET_ROLE).

- `api`: a service; it answers `demo.data`.
- `hermes`: a service that calls it; neither admin nor sessions.
- `member`: the member service; it changes points, and sends a task with every change.
- `template_message`: the template message service; it takes those tasks.
- `catalog`: products in MongoDB, at EAGLET_MONGO_URL, and orders in SQL. It needs `eaglet[mongo]`.

All but hermes issue tokens and have the admin. Each role has its own database and its own
SECRET_KEY in the run folder (EAGLET_RUN_DIR).
"""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from testproject import environment

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = environment.run_folder(BASE_DIR / ".run")
ROLE = environment.text("EAGLET_ROLE", "api")
ROLES = ("api", "hermes", "member", "template_message", "catalog")
if ROLE not in ROLES:
    raise ImproperlyConfigured(f"EAGLET_ROLE is one of {', '.join(ROLES)}; not {ROLE!r}")

SECRET_KEY = environment.secret_key(RUN_DIR / f"{ROLE}.secret-key")
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

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": RUN_DIR / f"{ROLE}.sqlite3",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            # Several processes share the file: wait for a lock instead of failing half-way.
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["rest_framework", "eaglet.api", "eaglet.auth"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

WITH_ADMIN = ROLE != "hermes"
if WITH_ADMIN:
    INSTALLED_APPS += [
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
    # Cookies know no ports: two projects on one machine would log each other out.
    SESSION_COOKIE_NAME = f"eaglet_testproject_{ROLE}_session"
    CSRF_COOKIE_NAME = f"eaglet_testproject_{ROLE}_csrf"
    EAGLET_TOKEN_CACHE_SECONDS = float(environment.text("EAGLET_TOKEN_CACHE_SECONDS", "5"))

if ROLE == "api":
    INSTALLED_APPS += ["testproject.demo"]
elif ROLE == "hermes":
    INSTALLED_APPS += ["eaglet.client", "testproject.hermes"]
    ENABLE_API_AUTH = environment.flag("ENABLE_API_AUTH")
    APP_KEY = environment.text("APP_KEY")
    APP_SECRET = environment.text("APP_SECRET")
    EAGLET_SERVICES = environment.from_json("EAGLET_SERVICES", {})
elif ROLE == "member":
    INSTALLED_APPS += ["eaglet.tasks", "testproject.member_service"]
    # A refusal takes back what the request has changed, and the task it has sent.
    DATABASES["default"]["ATOMIC_REQUESTS"] = True
elif ROLE == "catalog":
    # Before the apps that live there.
    INSTALLED_APPS = ["eaglet.mongo", *INSTALLED_APPS, "testproject.catalog", "testproject.orders"]
    DATABASES["apps_default"] = {
        "ENGINE": "mongo",
        "NAME": environment.text("EAGLET_MONGO_NAME", "catalog"),
        "USER": None,
        "PASSWORD": None,
        "HOST": environment.text("EAGLET_MONGO_URL", "127.0.0.1"),
        "PORT": None,
        "ALIAS": "apps",
    }
    EAGLET_MONGO_APPS = {"apps": ["catalog"]}
else:
    INSTALLED_APPS += [
        "eaglet.tasks",
        "django_celery_results",
        "testproject.template_message_service",
    ]

if "eaglet.tasks" in INSTALLED_APPS:
    # Empty: the embedded broker, which keeps its messages in the folder.
    CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL")
    CELERY_BROKER_TRANSPORT_OPTIONS = environment.from_json("CELERY_BROKER_TRANSPORT_OPTIONS", {})
    EAGLET_QUEUE_DIR = environment.text("EAGLET_QUEUE_DIR", str(RUN_DIR / "queue"))
    # Every Celery worker listens to a default queue besides; by default they all have the same.
    CELERY_TASK_DEFAULT_QUEUE = f"testproject.{ROLE}"
    # Celery's own handlers would write past the filter.
    CELERY_WORKER_HIJACK_ROOT_LOGGER = False
    # DEBUG is off with the embedded broker: all of this runs on one machine.
    SILENCED_SYSTEM_CHECKS = ["eaglet_tasks.W001"]

EAGLET_RESOURCE_MODULES = environment.names("EAGLET_RESOURCE_MODULES")

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
