"""How long the work at hand may still take, from service to service.

What travels is the time that is left, in milliseconds, not a moment: clocks differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-Timeout-Ms"
META_KEY: Final = "HTTP_X_REQUEST_TIMEOUT_MS"
_LONGEST_MS: Final = 24 * 3600 * 1000

_moment: ContextVar[float | None] = ContextVar("eaglet_deadline", default=None)


def remaining() -> float | None:
    """Seconds until the deadline, never below 0; None where there is none."""
    moment = _moment.get()
    return None if moment is None else max(0.0, moment - time.monotonic())


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Bound a block of work; a deadline already set is only ever brought forward.

    None sets no bound.
    """
    if seconds is None:
        yield
        return
    moment = time.monotonic() + seconds
    outer = _moment.get()
    token = _moment.set(moment if outer is None else min(moment, outer))
    try:
        yield
    finally:
        _moment.reset(token)


def header_value(seconds: float) -> str:
    """The header's value for so many seconds left."""
    return str(max(0, int(seconds * 1000)))


def parse_header(value: str | None) -> float | None:
    """Seconds left according to the header; None if it is missing or is not a number of them."""
    if not value or len(value) > 12 or not (value.isascii() and value.isdigit()):
        return None
    return min(int(value), _LONGEST_MS) / 1000
