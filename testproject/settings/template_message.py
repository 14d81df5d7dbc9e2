"""The template message service: it takes the tasks that the member service sends.

DJANGO_SETTINGS_MODULE=testproject.settings.template_message
"""

from testproject import environment
from testproject.settings.base import *

SECRET_KEY = environment.secret_key(RUN_DIR / "template_message.secret-key")
DATABASES = {"default": sqlite("template_message")}
EAGLET_SERVICE_NAME = "template_message"
# Of all its processes: the worker drops what the server keeps.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": RUN_DIR / "template_message.cache",
    }
}
# It asks the member service.
ENABLE_API_AUTH = environment.flag("ENABLE_API_AUTH")
APP_KEY = environment.text("APP_KEY")
APP_SECRET = environment.text("APP_SECRET")
EAGLET_SERVICES = environment.from_json("EAGLET_SERVICES", {})
# Cookies know no ports: two services on one machine would log each other out.
SESSION_COOKIE_NAME = "eaglet_template_message_session"
CSRF_COOKIE_NAME = "eaglet_template_message_csrf"

INSTALLED_APPS += [
    "eaglet.client",
    "eaglet.tasks",
    "django_celery_results",
    "testproject.template_message_service",
]
# Every Celery worker listens to a default queue besides; by default they all have the same.
CELERY_TASK_DEFAULT_QUEUE = "testproject.template_message"
