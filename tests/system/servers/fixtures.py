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


@pytest.fixture
def rabbitmq(request):
    with service_for(request, "rabbitmq") as service:
        yield service


@pytest.fixture
def redis_server(request):
    with service_for(request, "redis") as service:
        yield service


@pytest.fixture
def postgresql(request):
    with service_for(request, "postgresql") as service:
        yield service


@pytest.fixture
def mariadb(request):
    with service_for(request, "mariadb") as service:
        yield service
