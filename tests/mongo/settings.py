"""The tests' settings, with MongoDB: the server of EAGLET_TEST_MONGO_URL, or one that is away.

Two aliases are two databases of it. EAGLET_MONGO_APPS names no app for `archive`: one model says
itself that it lives there.
"""

import os
import uuid

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES as SQL
from tests.settings import INSTALLED_APPS as APPS

URL = os.environ.get("EAGLET_TEST_MONGO_URL") or "mongodb://127.0.0.1:1"
RUN = uuid.uuid4().hex[:8]
ENTRY = {"ENGINE": "mongo", "USER": None, "PASSWORD": None, "HOST": URL, "PORT": None}
DATABASES = {
    "default": SQL["default"],
    "apps_default": {**ENTRY, "NAME": f"eaglet_{RUN}_a", "ALIAS": "apps"},
    "archive": {**ENTRY, "NAME": f"eaglet_{RUN}_b"},
}
INSTALLED_APPS = ["eaglet.mongo", *APPS, "tests.mongo.catalogue", "tests.mongo.archive"]
EAGLET_MONGO_APPS = {"apps": ["catalogue"]}
EAGLET_MONGO_TIMEOUT_SECONDS = 1
