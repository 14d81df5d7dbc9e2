"""Of the service under each server: `api`, which calls another service besides."""

from testproject import environment
from testproject.settings import api
from testproject.settings.api import *  # noqa: F403

INSTALLED_APPS = [*api.INSTALLED_APPS, "eaglet.client", "testproject.hermes"]
ENABLE_API_AUTH = True
APP_KEY = environment.text("APP_KEY")
APP_SECRET = environment.text("APP_SECRET")
EAGLET_SERVICES = environment.from_json("EAGLET_SERVICES", {})
