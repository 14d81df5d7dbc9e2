"""What a process knows of one access token: its value, its time, and how getting it has gone."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from eaglet.token_store import renewal_seconds


class BackOff(NamedTuple):
    """How many seconds a service is left alone: after two failures in a row, and at most."""

    first: float
    longest: float


AFTER_REFUSAL: Final = BackOff(1, 30)
"""Of one that says no: to the credentials, or to the token it issued."""

AFTER_FAULT: Final = BackOff(1, 2)
"""Of one that is not in order (HTTP 500 and up): it may be at any moment."""

AFTER_ABSENCE: Final = BackOff(0.25, 2)
"""Of one that does not answer, which is how a restart looks: asking costs it nothing."""


@dataclass(frozen=True)
class Held:
    """A token, and when it is to be renewed and ends, by the monotonic clock."""

    value: str = field(repr=False)
    renew_at: float
    expires_at: float

    @classmethod
    def of(cls, value: str, left: float, lifetime: float) -> Held:
        """Hold a token that is good for `left` of the `lifetime` seconds it had."""
        # Jittered, so that processes that got it together do not all renew it together.
        early = renewal_seconds(lifetime) * random.uniform(0.5, 1)  # noqa: S311
        expires_at = time.monotonic() + left
        return cls(value, expires_at - early, expires_at)


class Fetching:
    """A fetch under way, for others to wait for."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.failure: str | None = None


class TokenEntry:
    """What is known under one key; `lock` guards all but `held`, which is replaced as a whole."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: Held | None = None
        self.refused: str | None = None
        self.has_worked = False
        self.failures = 0
        self.refusals = 0
        self.not_before = 0.0
        self.failure = ""
        self.fetching: Fetching | None = None

    def keep(self, held: Held) -> None:
        """Hold a new token; that ends a row of failures to get one."""
        with self.lock:
            if self.held is None or self.held.value != held.value:
                self.has_worked = False
            self.held = held
            self.failures = 0

    def note_failure(self, reason: str, back_off: BackOff) -> None:
        """Count an attempt to get a token that failed."""
        with self.lock:
            self.failures += 1
            self._leave_alone(reason, back_off)

    def note_refusal(self, refused: Held) -> bool:
        """Drop a token that the service refused, unless a newer one is held; True if dropped.

        One that never worked counts as a failure to get one: else a service that refuses
        whatever it issues would be asked at every call.
        """
        with self.lock:
            if self.held is not refused:
                return False
            self.held = None
            # In the store it may be for a moment yet.
            self.refused = refused.value
            if not self.has_worked:
                self.refusals += 1
                self._leave_alone("the token that was issued was refused", AFTER_REFUSAL)
            return True

    def note_acceptance(self) -> None:
        """Take note that the token works."""
        with self.lock:
            self.has_worked = True
            self.refusals = 0

    def _leave_alone(self, reason: str, back_off: BackOff) -> None:
        self.failure = reason
        further = self.failures + self.refusals - 2
        if further >= 0:
            delay = min(back_off.first * 2 ** min(further, 10), back_off.longest)
            self.not_before = time.monotonic() + delay * random.uniform(0.75, 1)  # noqa: S311
