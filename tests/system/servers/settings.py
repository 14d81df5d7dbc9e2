"""The usual settings, with every database on the server that EAGLET_TEST_DATABASE_URL names."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES as USUAL

from .database_urls import database

SERVER = database(os.environ["EAGLET_TEST_DATABASE_URL"])
DATABASES = {alias: {**SERVER, "NAME": alias} for alias in USUAL}
