"""Tokens between processes over real servers: databases, and a cache that is shared."""

import pytest

from tests.client.caller_process import CallerProcess
from tests.client.tokens_between_processes import *  # noqa: F403
from tests.system.servers.database_urls import database
from tests.system.servers.fixtures import service_for

pytestmark = pytest.mark.services

IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}


def redis_cache(url):
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "OPTIONS": IMPATIENT,
        }
    }


@pytest.fixture(scope="module", params=["postgresql", "mariadb", "redis"])
def shared(request):
    """The settings of processes that share tokens through a server, and the server."""
    with service_for(request, request.param) as server:
        if server.name == "redis":
            yield server, {"CACHES": redis_cache(server.url), "INSTALLED_APPS": ["eaglet.client"]}
            return
        tables = {"DATABASES": {"default": database(server.url)}}
        _migrate(tables)
        yield server, {**tables, "INSTALLED_APPS": ["eaglet.auth", "eaglet.client"]}
        _migrate(tables, "zero")


def _migrate(tables, *args):
    # One for each time: a test may have killed the server in between.
    process = CallerProcess(**tables, INSTALLED_APPS=["eaglet.auth"])
    process.migrate(*args)
    process.end()


@pytest.fixture
def start(shared):
    def start(url, **options):
        return CallerProcess(EAGLET_SERVICES={"card": {"HOST": url}}, **shared[1], **options)

    return start


over_databases = pytest.mark.parametrize(
    "shared", ["postgresql", "mariadb"], indirect=True, scope="module"
)


@over_databases
def test_a_transaction_that_is_rolled_back_takes_no_token_with_it(callers, service):
    calling, other = callers(2)
    assert calling.call_in_transaction_that_is_rolled_back() == "secret data"
    assert other.call() == "secret data"
    assert len(service.token_requests) == 1


@over_databases
def test_a_long_transaction_keeps_nobody_waiting(callers, service):
    calling, other = callers(2)
    calling.begin_transaction()
    assert calling.call() == "secret data"
    assert other.call() == "secret data"
    assert len(service.token_requests) == 1
    service.issuer.valid.clear()
    assert other.call() == "secret data"
    assert calling.call() == "secret data"
    assert len(service.token_requests) == 2
    calling.roll_back()


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_without_the_server_each_process_fetches_by_itself(callers, service, shared, how):
    processes = callers(2)
    server = shared[0]
    getattr(server, how)()
    try:
        for process in processes:
            assert process.call() == "secret data"
    finally:
        server.restore()
    assert len(service.token_requests) == 2
