"""Pass on from service to service how long the current work may still take.

The header carries the milliseconds that are left, not a moment: clocks differ.
"""

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
    """Return the seconds until the deadline, at least 0; None if there is no deadline."""
    moment = _moment.get()
    return None if moment is None else max(0.0, moment - time.monotonic())


def enter(seconds: float | None) -> Token[float | None] | None:
    """Set a deadline that holds until `leave` is called with what this returns.

    An earlier deadline that is already set stays. None sets no deadline, and returns None.
    """
    if seconds is None:
        return None
    moment = time.monotonic() + seconds
    outer = _moment.get()
    return _moment.set(moment if outer is None else min(moment, outer))


def leave(token: Token[float | None]) -> None:
    """Restore the deadline from before `enter`."""
    _moment.reset(token)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Set a deadline for a `with` block, as `enter` does."""
    token = enter(seconds)
    try:
        yield
    finally:
        if token is not None:
            leave(token)


def header_value(seconds: float) -> str:
    """Return the header's value: whole milliseconds."""
    return str(max(0, int(seconds * 1000)))


def parse_header(value: str | None) -> float | None:
    """Return the seconds left, 86,400 at most; None for a missing or malformed header."""
    if not value or len(value) > 12 or not (value.isascii() and value.isdigit()):
        return None
    return min(int(value), _LONGEST_MS) / 1000
