import pytest

from eaglet.api import registry
from eaglet.api.plan import forget_plans


@pytest.fixture
def declared():
    """Take out of the registry, after the test, whatever the test declares."""
    before = list(registry.registered())
    yield
    for resource in list(registry.registered()):
        if resource not in before:
            registry.unregister(resource)
    forget_plans()


@pytest.fixture(params=["fast path", "REST framework"])
def path_taken(request, settings):
    """Run a test both ways a call can go."""
    settings.EAGLET_FAST_PATH = request.param == "fast path"
    return request.param
