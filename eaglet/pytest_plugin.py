"""The fixtures that pytest has wherever eaglet is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from eaglet.client.testing import FakeServices


@pytest.fixture
def fake_services() -> Iterator[FakeServices]:
    """Fake services in place of all that the test calls: `eaglet.client.testing`."""
    # pytest loads this module in every run, also of projects that have nothing to do with it.
    from eaglet.client import testing  # noqa: PLC0415

    with testing.fake_services() as services:
        yield services
