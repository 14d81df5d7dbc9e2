"""Revocation between processes that share a database and no cache."""

import pytest

from tests.auth.tokens.revocation_between_processes import *  # noqa: F403
from tests.auth.tokens.revocation_between_processes import CACHE_SECONDS, Landscape
from tests.auth.tokens.service_process import ServiceProcess

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "service.sqlite3")}
    process = ServiceProcess(DATABASES={"default": entry})
    process.migrate()
    process.end()
    return entry


@pytest.fixture(scope="module")
def landscape(database):
    landscape = Landscape(
        lambda: ServiceProcess(DATABASES={"default": database}, EAGLET_TOKEN_CACHE_SECONDS=0)
    )
    yield landscape
    landscape.end()


@pytest.fixture(scope="module")
def cached_landscape(database):
    settings = {"EAGLET_TOKEN_CACHE_SECONDS": CACHE_SECONDS}
    landscape = Landscape(lambda: ServiceProcess(DATABASES={"default": database}, **settings))
    yield landscape
    landscape.end()
