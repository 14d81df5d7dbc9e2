"""The member service: it changes points, and sends a task with every change.

DJANGO_SETTINGS_MODULE=testproject.settings.member
"""

from testproject import environment
from testproject.settings.base import *

SECRET_KEY = environment.secret_key(RUN_DIR / "member.secret-key")
DATABASES = {"default": sqlite("member")}
EAGLET_SERVICE_NAME = "member"
# A refusal takes back what the request has changed, and the task it has sent.
DATABASES["default"]["ATOMIC_REQUESTS"] = True
# Cookies know no ports: two services on one machine would log each other out.
SESSION_COOKIE_NAME = "eaglet_member_session"
CSRF_COOKIE_NAME = "eaglet_member_csrf"

INSTALLED_APPS += ["eaglet.tasks", "testproject.member_service"]
# Every Celery worker listens to a default queue besides; by default they all have the same.
CELERY_TASK_DEFAULT_QUEUE = "testproject.member"
