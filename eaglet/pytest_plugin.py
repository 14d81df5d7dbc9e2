"""The fixtures that pytest has wherever eaglet is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from eaglet.client.testing import FakeServices


def pytest_collection_finish() -> None:
    """Import on this thread what a probe of the broker would import on its own.

    pytest parses the modules of every plug-in's package itself. Probes run side by side, and two
    threads that parse at a time break CPython 3.11, now and then: "SystemError: AST constructor
    recursion depth mismatch".
    """
    if "eaglet.tasks.broker.connection" in sys.modules:
        import_module("eaglet.tasks.embedded.transport")
        if find_spec("redis") is not None:
            import_module("eaglet.tasks.broker.redis_transport")


@pytest.fixture
def fake_services() -> Iterator[FakeServices]:
    """Fake services in place of all that the test calls: `eaglet.client.testing`."""
    # pytest loads this module in every run, also of projects that have nothing to do with it.
    from eaglet.client import testing  # noqa: PLC0415

    with testing.fake_services() as services:
        yield services
