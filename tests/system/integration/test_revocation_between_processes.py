"""Revocation between processes over real servers."""

import pytest

from tests.auth.tokens.revocation_between_processes import *  # noqa: F403
from tests.auth.tokens.revocation_between_processes import CACHE_SECONDS, Landscape
from tests.auth.tokens.service_process import ServiceProcess
from tests.system.servers.database_urls import database
from tests.system.servers.fixtures import service_for

pytestmark = pytest.mark.services


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def tables(request):
    """The entry of DATABASES for a server, with the tables of eaglet.auth."""
    with service_for(request, request.param) as service:
        entry = database(service.url)
        process = ServiceProcess(DATABASES={"default": entry})
        process.migrate()
        yield entry
        process.migrate("zero")
        process.end()


@pytest.fixture(scope="module")
def landscape(tables):
    settings = {"DATABASES": {"default": tables}, "EAGLET_TOKEN_CACHE_SECONDS": 0}
    landscape = Landscape(lambda: ServiceProcess(**settings))
    yield landscape
    landscape.end()


@pytest.fixture(scope="module")
def cached_landscape(tables):
    settings = {"DATABASES": {"default": tables}, "EAGLET_TOKEN_CACHE_SECONDS": CACHE_SECONDS}
    landscape = Landscape(lambda: ServiceProcess(**settings))
    yield landscape
    landscape.end()
