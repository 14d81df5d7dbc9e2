"""A service; it answers `demo.data`.

DJANGO_SETTINGS_MODULE=testproject.settings.api
"""

from testproject import environment
from testproject.settings.base import *

SECRET_KEY = environment.secret_key(RUN_DIR / "api.secret-key")
DATABASES = {"default": sqlite("api")}
# Cookies know no ports: two services on one machine would log each other out.
SESSION_COOKIE_NAME = "eaglet_api_session"
CSRF_COOKIE_NAME = "eaglet_api_csrf"

INSTALLED_APPS += ["testproject.demo"]
