"""A fixture for each service. Without services a test that asks for one is skipped, and says so.

Tests elsewhere import what they ask for into their conftest.py.
"""

import os
from contextlib import contextmanager

import pytest

from .control import CONTROL, ControlledServer

MISSING = "make test-services"


@contextmanager
def service_for(request, name):
    """A service, for a fixture that starts from it; restored in the end."""
    if request.node.get_closest_marker("services") is None:
        pytest.fail(f"{name} is for tests marked `services`: no other runs where there is one")
    url = os.environ.get(f"EAGLET_TEST_{name.upper()}_URL")
    if url is None:
        missing = pytest.fail if os.environ.get("EAGLET_TEST_SERVICES") else pytest.skip
        missing(f"needs {name}: {MISSING}")
    service = ControlledServer(name, url, os.environ.get(CONTROL))
    try:
        yield service
    finally:
        service.restore()


def _fixture(server, name):
    @pytest.fixture(name=name)
    def service(request):
        with service_for(request, server) as service:
            yield service

    return service


rabbitmq = _fixture("rabbitmq", "rabbitmq")
redis_server = _fixture("redis", "redis_server")
postgresql = _fixture("postgresql", "postgresql")
mariadb = _fixture("mariadb", "mariadb")
