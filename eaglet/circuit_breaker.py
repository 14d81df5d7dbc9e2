"""A circuit breaker: refuse calls for a while to what has just failed repeatedly.

No maintained library fits threads that call at the same time: pybreaker holds its lock for as
long as a call takes and reads the wall clock, as purgatory does; circuitbreaker lets every caller
through once its time is over, not one.
"""

import threading
import time
from collections.abc import Callable
from enum import IntEnum


class State(IntEnum):
    """Say what a breaker does with calls."""

    CLOSED = 0
    """All calls are let through."""
    HALF_OPEN = 1
    """One call is on its way as a trial; others are refused."""
    OPEN = 2
    """All calls are refused."""


class Breaker:
    """Open after `threshold` failures in a row; then let one trial through each time it is due.

    Args:
        threshold: failures in a row that open it.
        open_seconds: how long it stays open at first; doubled by each trial that fails.
        longest_open_seconds: how long it stays open at most.
        clock: seconds that never go back.
        trial_seconds: how long a trial of which nobody reports keeps others away; None for as
            long as it stays open.
    """

    def __init__(
        self,
        threshold: int = 3,
        open_seconds: float = 1,
        longest_open_seconds: float = 30,
        clock: Callable[[], float] = time.monotonic,
        trial_seconds: float | None = None,
    ) -> None:
        self._threshold = threshold
        self._open_seconds = open_seconds
        self._longest = longest_open_seconds
        self._clock = clock
        self._trial_seconds = trial_seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again_at = 0.0
        self._pause = open_seconds
        self._is_on_trial = False

    @property
    def is_open(self) -> bool:
        """Tell whether calls are refused just now."""
        return self._failures >= self._threshold and self._clock() < self._closed_again_at

    @property
    def state(self) -> State:
        """Return the state; it stays OPEN while a trial is due that nobody has asked for."""
        if self._failures < self._threshold:
            return State.CLOSED
        return State.HALF_OPEN if self._is_on_trial else State.OPEN

    @property
    def retry_in(self) -> float:
        """Return the seconds until a trial is due; 0 if one is due, or the breaker is closed."""
        if self._failures < self._threshold:
            return 0
        return max(0.0, self._closed_again_at - self._clock())

    def allow(self) -> bool:
        """Tell whether to call now; while open, only the one caller that gets a due trial may."""
        if self._failures < self._threshold:
            return True
        with self._lock:
            if self._failures < self._threshold:
                return True
            now = self._clock()
            if now < self._closed_again_at:
                return False
            # Whoever else asks while this trial runs is refused.
            self._is_on_trial = True
            pause = self._pause if self._trial_seconds is None else self._trial_seconds
            self._closed_again_at = now + pause
            return True

    def succeeded(self) -> bool:
        """Record a success, which closes it; return whether it was open before."""
        if not self._failures:
            return False
        with self._lock:
            was_open = self._failures >= self._threshold
            self._failures = 0
            self._pause = self._open_seconds
            self._is_on_trial = False
            return was_open

    def failed(self, *, open_now: bool = False) -> bool:
        """Record a failure; return whether it opened the breaker.

        `open_now` opens it whatever the threshold. While it is open only the trial's failure
        counts: calls that were under way when it opened, and fail too, say nothing new.
        """
        with self._lock:
            if self._failures >= self._threshold:
                if self._is_on_trial:
                    self._is_on_trial = False
                    self._pause = min(self._pause * 2, self._longest)
                    self._closed_again_at = self._clock() + self._pause
                return False
            self._failures = self._threshold if open_now else self._failures + 1
            if self._failures < self._threshold:
                return False
            self._closed_again_at = self._clock() + self._pause
            return True

    def undecided(self) -> None:
        """Record that a trial ended without a verdict: the next caller may have another."""
        with self._lock:
            if self._is_on_trial:
                self._is_on_trial = False
                self._closed_again_at = self._clock()
