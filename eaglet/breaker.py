"""A circuit breaker: what has just failed repeatedly is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Opens after so many failures in a row; then lets one trial through each time it is due.

    Args:
        threshold: failures in a row that open it.
        open_seconds: how long it stays open at first; doubled by each trial that fails.
        longest_open_seconds: how long it stays open at most.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        threshold: int = 3,
        open_seconds: float = 1,
        longest_open_seconds: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._longest = longest_open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again_at = 0.0
        self._pause = open_seconds

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused just now."""
        return self._failures >= self._threshold and self._clock() < self._closed_again_at

    def allow(self) -> bool:
        """Whether to try now; while it is open, only the one caller whose trial is due may."""
        if self._failures < self._threshold:
            return True
        with self._lock:
            now = self._clock()
            if now < self._closed_again_at:
                return False
            # Whoever else asks while this trial runs is refused.
            self._closed_again_at = now + self._pause
            return True

    def succeeded(self) -> None:
        """Note a success, which closes it."""
        with self._lock:
            self._failures = 0
            self._pause = self._open_seconds

    def failed(self, *, open_now: bool = False) -> None:
        """Note a failure; with `open_now` it opens whatever the threshold says."""
        with self._lock:
            trial = self._failures >= self._threshold
            self._failures = self._threshold if open_now else self._failures + 1
            if trial:
                self._pause = min(self._pause * 2, self._longest)
            if self._failures >= self._threshold:
                self._closed_again_at = self._clock() + self._pause
