"""Tokens between processes over real database servers."""

import pytest

from tests.client.tokens.between_processes import *  # noqa: F403
from tests.client.tokens.caller_process import CallerProcess
from tests.system.servers.database_urls import database
from tests.system.servers.fixtures import service_for

pytestmark = pytest.mark.services


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def shared(request):
    """The settings of processes that share tokens through a server, and the server."""
    with service_for(request, request.param) as server:
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


def test_a_token_got_in_a_transaction_is_kept_after_the_commit(callers, service):
    calling, other = callers(2)
    calling.begin_transaction()
    assert calling.call() == "secret data"
    calling.commit()
    assert other.call() == "secret data"
    assert len(service.token_requests) == 1


def test_a_long_transaction_keeps_nobody_waiting(callers, service):
    calling, other = callers(2)
    assert other.call() == "secret data"
    calling.begin_transaction()
    assert calling.call() == "secret data"
    assert len(service.token_requests) == 1
    service.issuer.valid.clear()
    assert other.call() == "secret data"
    assert calling.call() == "secret data"
    assert len(service.token_requests) <= 3
    calling.roll_back()


def test_without_the_server_each_process_fetches_by_itself(callers, service, shared):
    processes = callers(2)
    server = shared[0]
    server.kill()
    try:
        for process in processes:
            assert process.call() == "secret data"
    finally:
        server.restore()
    assert len(service.token_requests) == 2
