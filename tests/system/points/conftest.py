import pytest

from demo.caller import Caller
from tests.system.servers.fixtures import rabbitmq, redis_server

__all__ = ["rabbitmq", "redis_server"]


@pytest.fixture(scope="session")
def caller():
    with Caller() as caller:
        yield caller
