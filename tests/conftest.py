import signal
from itertools import groupby

import pytest
from celery import _state
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import translation

from eaglet.api import health, registry
from eaglet.api.dispatch.plan import clear_compiled
from eaglet.tasks.receiving import decorator


@pytest.fixture(scope="session", autouse=True)
def _features_of_sqlite(django_db_blocker):
    """Find them before a test without a database runs checks, which ask for them (Django 6.1)."""
    for connection in connections.all():
        if connection.vendor == "sqlite":
            with django_db_blocker.unblock():
                _ = connection.features.supports_json_field
            # SQLite's own keeps one in memory open, and the tests' databases are others.
            BaseDatabaseWrapper.close(connection)


@pytest.fixture(autouse=True)
def _language_of_the_settings():
    """LocaleMiddleware leaves the language of the last request active."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _readiness_of_each_test():
    """It is kept for a second."""
    yield
    health.clear_results()


@pytest.fixture
def no_tasks(monkeypatch):
    """Begin without tasks that are received; afterwards Celery, too, forgets those of the test."""
    before = set(_state._on_app_finalizers)
    known = [(app._tasks, set(app._tasks)) for app in _state._get_active_apps()]
    monkeypatch.setattr(decorator, "_handlers", {})
    yield
    _state._on_app_finalizers.intersection_update(before)
    for tasks, names in known:
        for name in set(tasks) - names:
            del tasks[name]


@pytest.fixture
def declared():
    """Leave the registry, after the test, as it was before."""
    before = list(registry.registered())
    yield
    for resource in list(registry.registered()):
        if resource not in before:
            registry.unregister(resource)
    for resource in before:
        registry.register(resource)
    clear_compiled()


@pytest.fixture(params=["fast path", "REST framework"])
def path_taken(request, settings):
    """Run a test both ways a call can go."""
    settings.EAGLET_FAST_PATH = request.param == "fast path"
    return request.param


def pytest_configure(config):
    # What is run in the background of a shell ignores it, and so would every process of a test.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        "--ends",
        action="store_true",
        help="of a test that is run with many inputs, and is not slow, run the first and the last",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before they are put in random order
def pytest_collection_modifyitems(config, items):
    if config.getoption("ends"):
        _keep_ends(config, items)
    result = yield
    # At the end no core then waits for one long file.
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    return result


def _keep_ends(config, items):
    kept, left = [], []
    for _, group in groupby(items, lambda item: (item.path, item.parent, item.originalname)):
        inputs = list(group)
        if inputs[0].get_closest_marker("slow") is None:
            inputs, left = [inputs[0], *inputs[1:][-1:]], left + inputs[1:-1]
        kept += inputs
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def pytest_make_parametrize_id(config, val):
    """Name a text that no stream can carry, such as a lone surrogate, by its escapes."""
    if isinstance(val, str) and val != _carried(val):
        return ascii(val)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable():
    """Let reports reach the process that shows them, whatever a test has logged."""
    return _carried((yield))


def _carried(value):
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_carried(key): _carried(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_carried, value))
    return value
