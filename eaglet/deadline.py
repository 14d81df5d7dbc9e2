"""How long the work at hand may still take, from service to service.

What travels is the time that is left, in milliseconds, not a moment: clocks differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Final

HEADER: Final = "X-Request-Timeout-Ms"
META_KEY: Final = "HTTP_X_REQUEST_TIMEOUT_MS"
_LONGEST_MS: Final = 24 * 3600 * 1000

_moment: ContextVar[float | None] = ContextVar("eaglet_deadline", default=None)


def remaining() -> float | None:
    """Seconds until the deadline, never below 0; None where there is none."""
    moment = _moment.get()
    return None if moment is None else max(0.0, moment - time.monotonic())


def enter(seconds: float | None) -> Token[float | None] | None:
    """Bound the work at hand until `leave`, which takes what this returns.

    A deadline already set is only ever brought forward. None sets no bound, and returns None.
    """
    if seconds is None:
        return None
    moment = time.monotonic() + seconds
    outer = _moment.get()
    return _moment.set(moment if outer is None else min(moment, outer))


def leave(token: Token[float | None]) -> None:
    """End what `enter` began."""
    _moment.reset(token)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Bound a block of work, as `enter` does."""
    token = enter(seconds)
    try:
        yield
    finally:
        if token is not None:
            leave(token)


def header_value(seconds: float) -> str:
    """The header's value for so many seconds left."""
    return str(max(0, int(seconds * 1000)))


def parse_header(value: str | None) -> float | None:
    """Seconds left according to the header; None if it is missing or is not a number of them."""
    if not value or len(value) > 12 or not (value.isascii() and value.isdigit()):
        return None
    return min(int(value), _LONGEST_MS) / 1000
