"""The access tokens of this process: one fetch at a time for each, renewed before they end.

Behind the memory stands the store that processes share, where there is one (`token_stores.py`),
and who of them asks the service (`token_turn.py`). Time here is the monotonic clock's.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final

from eaglet import deadline
from eaglet.client.http.errors import LibraryError
from eaglet.client.tokens import turn as token_turn
from eaglet.client.tokens.entry import AFTER_REFUSAL, BackOff, Fetching, Held, TokenEntry
from eaglet.client.tokens.stores import chosen_store
from eaglet.client.tokens.turn import NoTimeLeft, Turn
from eaglet.exceptions import TokenUnavailable
from eaglet.token_store import StoredToken, TokenKey, TokenStore, renewal_seconds

logger = logging.getLogger("eaglet.client.tokens")

LONGEST_RENEWAL_SECONDS: Final = 60.0
"""How long a renewal behind the callers may take, waiting for other processes included."""


@dataclass(frozen=True)
class FetchedToken:
    """A token as a service has just given it, and for how many seconds from being asked."""

    value: str = field(repr=False)
    lifetime_seconds: float


class Undecided(TokenUnavailable):
    """The service did not say no: it is away, or not in order."""

    def __init__(self, message: str, back_off: BackOff) -> None:
        super().__init__(message)
        self.back_off = back_off


Fetch = Callable[[], FetchedToken]
"""Asks the service for a token, within a time of its own; raises TokenUnavailable or Undecided."""


class TokenCache:
    """Tokens by key, safe to use from several threads and after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[TokenKey, TokenEntry] = {}

    def token(self, key: TokenKey, fetch: Fetch) -> str:
        """The token for a key: the one held, or one fetched.

        One close to its end is renewed on a thread of its own; nobody waits for that while it is
        good. Raises TokenUnavailable, also without asking, while the service is to be left alone
        after failures.
        """
        entry = self._entry(key)
        held = entry.held
        if held is not None:
            now = time.monotonic()
            if now < held.renew_at:
                return held.value
            if now < held.expires_at:
                self._renew_behind(key, entry, held, fetch)
                return held.value
        return self._obtained(key, entry, None, fetch)

    def replacement(self, key: TokenKey, refused: str, fetch: Fetch) -> str:
        """A token in place of one that the service refused.

        If a newer one is held by now, and good, it is that; else a new one is fetched. Raises
        TokenUnavailable as `token` does.
        """
        entry = self._entry(key)
        held = entry.held
        # Of threads whose calls were refused together, one takes it out of the store.
        if held is not None and held.value == refused and entry.note_refusal(held):
            store = chosen_store()
            if store is not None:
                token_turn.discard(store, key, refused)
        return self._obtained(key, entry, refused, fetch)

    def accepted(self, key: TokenKey, value: str) -> None:
        """Take note that the service took the token."""
        entry = self._entry(key)
        held = entry.held
        if not entry.has_worked and held is not None and held.value == value:
            entry.note_acceptance()

    def forget(self, key: TokenKey) -> None:
        """Drop the token for a key, here and in the shared store, and the memory of failures."""
        self._entries.pop(key, None)
        store = chosen_store()
        if store is not None:
            store.clear(key)

    def forget_all(self) -> None:
        """Drop every token this process knows of, as `forget` does."""
        for key in list(self._entries):
            self.forget(key)

    def after_fork(self) -> None:
        """Keep the tokens, but nothing that threads of the parent were about."""
        self._lock = threading.Lock()
        for entry in self._entries.values():
            entry.lock = threading.Lock()
            entry.fetching = None

    def _entry(self, key: TokenKey) -> TokenEntry:
        entry = self._entries.get(key)
        if entry is None:
            with self._lock:
                entry = self._entries.setdefault(key, TokenEntry())
        return entry

    def _renew_behind(self, key: TokenKey, entry: TokenEntry, held: Held, fetch: Fetch) -> None:
        """Start the one thread that renews the token, unless it is at work or just has been."""
        with entry.lock:
            if (
                entry.held is not held
                or entry.fetching is not None
                or time.monotonic() < entry.not_before
            ):
                return
            fetching = entry.fetching = Fetching()

        def renew(store: TokenStore | None) -> None:
            try:
                with deadline.within(LONGEST_RENEWAL_SECONDS):
                    self._fetched(key, entry, fetching, None, store, fetch)
            except TokenUnavailable as error:  # the token at hand may still do
                logger.warning("an access token was not renewed early, %s", error)
            except Exception as error:  # noqa: BLE001 - nobody is there to catch it
                logger.error("an access token was not renewed: %s", LibraryError.of(error))

        try:
            store = chosen_store()
            if store is not None and store.is_private():
                store = None  # the thread would not see what the caller does
            # In a context of its own: the caller's deadline is not the renewal's.
            threading.Thread(
                target=Context().run, args=(renew, store), name="eaglet-token", daemon=True
            ).start()
        except Exception as error:  # noqa: BLE001 - no thread is to be had: the process ends, say
            logger.warning("an access token is not renewed early: %s", LibraryError.of(error))
            _end(entry, fetching)

    def _obtained(self, key: TokenKey, entry: TokenEntry, refused: str | None, fetch: Fetch) -> str:
        """The token that is fetched now, be it by this thread or another."""
        while True:
            with entry.lock:
                held = entry.held
                if (
                    held is not None
                    and held.value != refused
                    and time.monotonic() < held.expires_at
                ):
                    return held.value
                fetching = entry.fetching
                if fetching is None:
                    wait = entry.not_before - time.monotonic()
                    if wait > 0:
                        raise TokenUnavailable(
                            f"no access token, and none is asked for within the next {wait:.1f} s "
                            f"after {entry.failures + entry.refusals} failures in a row, "
                            f"the last: {entry.failure}"
                        )
                    mine = entry.fetching = Fetching()
            if fetching is None:
                return self._fetched(key, entry, mine, refused, chosen_store(), fetch)
            if not fetching.over.wait(deadline.remaining()):
                raise TokenUnavailable(
                    "no access token, as another thread's request for it takes too long"
                )
            if fetching.failure is not None:
                raise TokenUnavailable(fetching.failure)

    def _fetched(
        self,
        key: TokenKey,
        entry: TokenEntry,
        fetching: Fetching,
        refused: str | None,
        store: TokenStore | None,
        fetch: Fetch,
    ) -> str:
        """Fetch as the one thread that does; another process may have a newer token already."""
        turn = Turn(store, key)
        try:
            stored = turn.awaited(_better_than(entry.held, {refused, entry.refused}))
            if stored is not None:
                held = Held.of(stored.value, stored.left_seconds, stored.lifetime_seconds)
                entry.keep(held)
                return held.value
            asked_at = time.monotonic()
            with turn.extended():
                fetched = fetch()
            ends_at = asked_at + fetched.lifetime_seconds
            left = ends_at - time.monotonic()
            entry.keep(Held.of(fetched.value, left, fetched.lifetime_seconds))
            _end(entry, fetching)  # the other threads need not wait for the store
            turn.hand_over(fetched.value, fetched.lifetime_seconds, ends_at)
            return fetched.value
        except TokenUnavailable as error:
            # Where only this caller's time was short, those who wait try for themselves.
            if deadline.remaining() != 0:
                fetching.failure = str(error)
            if not isinstance(error, NoTimeLeft):
                back_off = error.back_off if isinstance(error, Undecided) else AFTER_REFUSAL
                entry.note_failure(str(error), back_off)
            failure = TokenUnavailable(str(error))
            failure.__cause__ = error.__cause__
        finally:
            _end(entry, fetching)
            turn.give_up()
        raise failure


def _better_than(held: Held | None, refused: set[str | None]) -> Callable[[StoredToken], bool]:
    """Whether a token is no refused one and lasts longer than the one held."""

    def suits(token: StoredToken) -> bool:
        if token.value in refused:
            return False
        if held is None or held.value in refused:
            return True
        left = max(held.expires_at - time.monotonic(), 0.0)
        return token.left_seconds > left + renewal_seconds(token.lifetime_seconds) / 4

    return suits


def _end(entry: TokenEntry, fetching: Fetching) -> None:
    with entry.lock:
        if entry.fetching is fetching:
            entry.fetching = None
    fetching.over.set()


tokens = TokenCache()
"""The tokens of this process."""

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=tokens.after_fork)
