"""Keep what a process knows of one access token: itself, its renewal, failures to get one."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Container
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from eaglet.exceptions import TokenUnavailable
from eaglet.tokens import StoredToken

_EARLIEST_RENEWAL_SECONDS: Final = 60.0


PendingFetch: TypeAlias = "Future[str | None]"
"""A fetch under way: gives a token, or None where there was none to be begun."""


def renewal_seconds(lifetime_seconds: float) -> float:
    """Return how long before its end to renew a token: a tenth of its life, at most a minute."""
    return min(lifetime_seconds / 10, _EARLIEST_RENEWAL_SECONDS)


@dataclass(frozen=True)
class CachedToken:
    """A token, and when it is to be renewed and ends."""

    value: str = field(repr=False)
    lifetime_seconds: float
    renew_at: float
    expires_at: float

    @classmethod
    def of(cls, token: StoredToken) -> CachedToken:
        """Keep a token for as long as it is good."""
        # Jittered, so that processes that got it together do not all renew it together.
        early = renewal_seconds(token.lifetime_seconds) * random.uniform(0.5, 1)  # noqa: S311
        expires_at = time.monotonic() + token.left_seconds
        return cls(token.value, token.lifetime_seconds, expires_at - early, expires_at)

    def is_good(self) -> bool:
        """Return whether its time is not over."""
        return time.monotonic() < self.expires_at


class TokenEntry:
    """What is known under one key; `lock` guards all but `token`, which is replaced as a whole."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: CachedToken | None = None
        self.pending: PendingFetch | None = None
        self.is_unsaved = False
        self.refused: str | None = None
        self.not_before = 0.0
        self._has_worked = False
        self._failures = 0
        self.failure = ""

    def keep(self, token: StoredToken, *, is_unsaved: bool) -> None:
        """Keep a new token, in the shared store or not yet."""
        with self.lock:
            if self.token is None or self.token.value != token.value:
                self._has_worked = False
            self.token = CachedToken.of(token)
            self.is_unsaved = is_unsaved

    def end(
        self, pending: PendingFetch, value: str | None = None, error: Exception | None = None
    ) -> None:
        """Give those who wait for a fetch what came of it."""
        with self.lock:
            if self.pending is pending:
                self.pending = None
        if error is None:
            pending.set_result(value)
        else:
            pending.set_exception(error)

    def is_better(self, stored: StoredToken, refused: Container[str | None]) -> bool:
        """Return whether a token is no refused one and lasts longer than the one kept."""
        kept = self.token
        if stored.value in refused or kept is None or kept.value in refused:
            return stored.value not in refused
        left = max(kept.expires_at - time.monotonic(), 0.0)
        return stored.left_seconds > left + renewal_seconds(stored.lifetime_seconds) / 4

    def take_unsaved(self) -> CachedToken | None:
        """Return the token, if it is to be put into the shared store, to one caller."""
        with self.lock:
            token, self.is_unsaved = self.token if self.is_unsaved else None, False
            return token

    def note_failure(self, reason: str, *, is_away: bool) -> None:
        """Count an attempt to get a token that failed."""
        with self.lock:
            self._leave_alone(reason, is_away)

    def note_refusal(self, refused: str) -> bool:
        """Drop a token that the service refused, unless a newer one is kept; True if dropped.

        One that never worked counts as a failure to get one: else a service that refuses
        whatever it issues would be asked at every call.
        """
        with self.lock:
            if self.token is None or self.token.value != refused:
                return False
            self.token = None
            self.refused = refused  # in the store it may be for a moment yet
            if not self._has_worked:
                self._leave_alone("the token that was issued was refused", is_away=False)
            return True

    def note_acceptance(self, value: str) -> None:
        """End a row of failures: the token of that value works, if it is still the one kept."""
        if self._has_worked:
            return
        with self.lock:
            if self.token is not None and self.token.value == value:
                self._has_worked = True
                self._failures = 0

    def raise_if_left_alone(self) -> None:
        """Raise TokenUnavailable while the service is to be left alone after failures."""
        left = self.not_before - time.monotonic()
        if left > 0:
            raise TokenUnavailable(
                f"no access token, and none is asked for within the next {left:.1f} s after "
                f"{self._failures} failures in a row, the last: {self.failure}"
            )

    def _leave_alone(self, reason: str, is_away: bool) -> None:
        self._failures += 1
        self.failure = reason
        if self._failures > 1:
            # What is away may be back at any moment; what says no will say so again.
            first, longest = (0.25, 2.0) if is_away else (1.0, 30.0)
            delay = min(first * 2 ** min(self._failures - 2, 10), longest)
            self.not_before = time.monotonic() + delay * random.uniform(0.75, 1)  # noqa: S311
