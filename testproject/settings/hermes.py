"""A service that calls `api`; it has neither admin nor sessions.

DJANGO_SETTINGS_MODULE=testproject.settings.hermes
"""

from testproject import environment
from testproject.settings.base import *

SECRET_KEY = environment.secret_key(RUN_DIR / "hermes.secret-key")
DATABASES = {"default": sqlite("hermes")}

INSTALLED_APPS = ["rest_framework", "eaglet.api", "eaglet.auth", "eaglet.client"]
INSTALLED_APPS += ["testproject.hermes"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TEMPLATES = []

ENABLE_API_AUTH = environment.flag("ENABLE_API_AUTH")
APP_KEY = environment.text("APP_KEY")
APP_SECRET = environment.text("APP_SECRET")
EAGLET_SERVICES = environment.from_json("EAGLET_SERVICES", {})
