"""A fixture for each service. Without services a test that asks for one is skipped, and says so.

Tests elsewhere import what they ask for into their conftest.py.
"""

import os

import pytest

from .controlled import CONTROL, ControlledService

MISSING = "make test-services"


def _service(request, name):
    if request.node.get_closest_marker("services") is None:
        pytest.fail(f"{name} is for tests marked `services`: no other runs where there is one")
    url = os.environ.get(f"EAGLET_TEST_{name.upper()}_URL")
    if url is None:
        missing = pytest.fail if os.environ.get("EAGLET_TEST_SERVICES") else pytest.skip
        missing(f"needs {name}: {MISSING}")
    service = ControlledService(name, url, os.environ[CONTROL])
    yield service
    service.restore()


@pytest.fixture
def rabbitmq(request):
    yield from _service(request, "rabbitmq")


@pytest.fixture
def redis_server(request):
    yield from _service(request, "redis")


@pytest.fixture
def postgresql(request):
    yield from _service(request, "postgresql")


@pytest.fixture
def mariadb(request):
    yield from _service(request, "mariadb")
