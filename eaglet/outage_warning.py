"""Warning of something that goes on failing: now and then, and not each time."""

from __future__ import annotations

import logging
import time
from typing import Final

from eaglet.observability.redaction import redact_text

WARN_EVERY_SECONDS: Final = 60.0


class OutageWarning:
    """The warnings of one thing: one in WARN_EVERY_SECONDS at most."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._warned_at: float | None = None

    def warn(self, message: str, what: str, error: Exception) -> None:
        """Log a message with two `%s`: what could not be done, and the error."""
        now = time.monotonic()
        if self._warned_at is not None and now - self._warned_at < WARN_EVERY_SECONDS:
            return
        self._warned_at = now
        self._logger.warning(message, what, reason_of(error))


def reason_of(error: Exception) -> str:
    """An error in one line that may be logged.

    Of its text the first line alone: PostgreSQL puts the row into the next.
    """
    # The type stays out of the redacting: its name may look like that of a secret.
    first_line, _, _ = str(error).partition("\n")
    return f"{type(error).__name__}: {redact_text(first_line)}"
