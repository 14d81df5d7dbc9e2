"""The settings most tests run under: every app of eaglet, the admin, SQLite."""

SECRET_KEY = "tests-only"
ALLOWED_HOSTS = ["*"]
# Django 6.1 warns where there is none; 5.2 and 6.0 do not know it.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "en"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "eaglet.api",
    "eaglet.auth",
    "eaglet.client",
    "eaglet.tasks",
    "django_celery_results",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    "second": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EAGLET_RESOURCE_MODULES = ["tests.api.declared"]
_OUTBOX = "eaglet.tasks.backend.OutboxBackend"
TASKS = {
    "default": {"BACKEND": _OUTBOX, "QUEUES": ["default", "other"]},
    "once": {"BACKEND": _OUTBOX, "OPTIONS": {"ONCE": True}},
}
# Nothing leaves the process of the tests.
CELERY_BROKER_URL = "memory://"
