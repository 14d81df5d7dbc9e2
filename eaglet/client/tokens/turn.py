"""One process's turn at asking a service for a token, among those that share a store."""

from __future__ import annotations

import logging
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from eaglet import deadline
from eaglet.client.http.errors import LibraryError
from eaglet.exceptions import TokenUnavailable
from eaglet.token_store import LEASE_SECONDS, StoredToken, TokenKey, TokenStore

logger = logging.getLogger("eaglet.client.tokens")

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 0.5
MOST_TRIES: Final = 4
"""How often in a row a store that has answered may fail before a process does without it."""
EXTENDED_EVERY_SECONDS: Final = LEASE_SECONDS / 5
LATER_SECONDS: Final = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0)
"""When to offer a token again that the store did not take: somebody's transaction may be in it."""


class NoTimeLeft(TokenUnavailable):
    """The caller's time was over before it was this process's turn."""


class Turn:
    """A turn, from waiting for it to handing over what came of it.

    Without a store, or with one that can't be used, it is always this process's.
    """

    def __init__(self, store: TokenStore | None, key: TokenKey) -> None:
        self._store = store
        self._key = key
        self._holder = secrets.token_hex(16)
        self._has_lease = False
        self._is_private = store is not None and _tried("asked", store.is_private) is True

    def awaited(self, suits: Callable[[StoredToken], bool]) -> StoredToken | None:
        """Wait for it; gives back a token that suits, if another process has got one by then.

        None: now is the turn to ask. Raises NoTimeLeft when the caller's time is over.
        """
        store = self._store
        pause = FIRST_PAUSE_SECONDS
        tries = 1
        while store is not None:
            left = deadline.remaining()
            if left == 0:
                raise NoTimeLeft("another process's request for it takes too long")
            claim = _tried("read", lambda: store.claim(self._key, self._holder, suits))
            if claim is None:
                tries -= 1
                if tries <= 0:
                    break
            elif claim.is_granted:
                self._has_lease = True
                break
            elif claim.token is not None:
                return claim.token
            else:
                # Another is asking. If the store fails now and then meanwhile, it is waited for.
                tries = MOST_TRIES
            left = deadline.remaining()
            wait = pause * random.uniform(0.5, 1)  # noqa: S311 - not all at once
            time.sleep(wait if left is None else min(wait, left))
            pause = min(pause * 1.6, LONGEST_PAUSE_SECONDS)
        return None

    @contextmanager
    def extended(self) -> Iterator[None]:
        """Keep the lease for as long as the service takes to answer."""
        if not self._has_lease or self._is_private:
            yield
            return
        over = threading.Event()
        # Where there are no more threads to be had, the lease lasts as long as it lasts.
        with suppress(RuntimeError):
            threading.Thread(
                target=self._extend_until, args=(over,), name="eaglet-token-lease", daemon=True
            ).start()
        try:
            yield
        finally:
            over.set()

    def hand_over(self, value: str, lifetime: float, ends_at: float) -> None:
        """Keep a token that this process has got, for the others, and end the turn.

        Args:
            value: the token.
            lifetime: for how many seconds it was good when it was asked for.
            ends_at: when it ends, by the monotonic clock.
        """
        if self._store is None:
            return
        is_expected = self._has_lease or self._is_private
        # Not given up: the others are to wait for this token rather than ask for another.
        self._has_lease = False
        if is_expected and self._is_kept(value, lifetime, ends_at):
            return
        # No caller waits for what the store did not take at once.
        with suppress(RuntimeError):
            threading.Thread(
                target=self._keep_later,
                args=(value, lifetime, ends_at),
                name="eaglet-token-later",
                daemon=True,
            ).start()

    def give_up(self) -> None:
        """End the turn, if it has not ended, without a token."""
        store = self._store
        if store is not None and self._has_lease:
            self._has_lease = False
            _tried("written", lambda: store.release(self._key, self._holder))

    def _extend_until(self, over: threading.Event) -> None:
        store = self._store
        while store is not None and not over.wait(EXTENDED_EVERY_SECONDS):
            _tried("written", lambda: store.extend(self._key, self._holder))

    def _keep_later(self, value: str, lifetime: float, ends_at: float) -> None:
        for pause in (0.0, *LATER_SECONDS):
            time.sleep(pause)
            if ends_at <= time.monotonic() or self._is_kept(value, lifetime, ends_at):
                return

    def _is_kept(self, value: str, lifetime: float, ends_at: float) -> bool:
        store = self._store
        if store is None:
            return False
        token = StoredToken(value, lifetime, ends_at - time.monotonic())
        return _tried("written", lambda: store.put(self._key, token, self._holder)) or False


def discard(store: TokenStore, key: TokenKey, value: str) -> None:
    """Drop a token that the service refused from the store, unless it has a newer one."""
    _tried("written", lambda: store.discard(key, value))


def _tried(what: str, operation: Callable[[], T]) -> T | None:
    try:
        return operation()
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        logger.warning("the token store can't be %s: %s", what, LibraryError.of(error))
        return None
