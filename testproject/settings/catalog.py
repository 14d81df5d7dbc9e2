"""Products in MongoDB, at EAGLET_MONGO_URL, and orders in SQL; it needs `eaglet[mongo]`.

DJANGO_SETTINGS_MODULE=testproject.settings.catalog
"""

from testproject import environment
from testproject.settings.base import *

SECRET_KEY = environment.secret_key(RUN_DIR / "catalog.secret-key")
DATABASES = {"default": sqlite("catalog")}
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
# Cookies know no ports: two services on one machine would log each other out.
SESSION_COOKIE_NAME = "eaglet_catalog_session"
CSRF_COOKIE_NAME = "eaglet_catalog_csrf"

# eaglet.mongo comes before the apps that live there.
INSTALLED_APPS = ["eaglet.mongo", *INSTALLED_APPS, "testproject.catalog", "testproject.orders"]
