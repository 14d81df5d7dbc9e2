"""The access tokens of this process: one fetch at a time for each, renewed before they end.

Behind the memory stands the store that `eaglet.token_store` may have been given, which other
processes see too. Here time is the monotonic clock's; in the store, the wall clock's.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from eaglet import deadline
from eaglet.client.failures import LibraryError
from eaglet.client.token_entry import Fetching, Held, TokenEntry
from eaglet.exceptions import TokenUnavailable
from eaglet.token_store import StoredToken, TokenKey, TokenStore, shared_store

logger = logging.getLogger("eaglet.client.tokens")

LONGEST_RENEWAL_SECONDS: Final = 5.0
"""How long one caller may try to renew a token that is still good."""


@dataclass(frozen=True)
class FetchedToken:
    """A token as a service has just given it, and for how many seconds from being asked."""

    value: str = field(repr=False)
    lifetime_seconds: float


Fetch = Callable[[], FetchedToken]
"""Asks the service for a token; raises TokenUnavailable."""


class TokenCache:
    """Tokens by key, safe to use from several threads and after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[TokenKey, TokenEntry] = {}

    def token(self, key: TokenKey, fetch: Fetch) -> str:
        """The token for a key: the one held, or one fetched.

        A token close to its end is renewed by the first caller to see that, while others go on
        with it. Raises TokenUnavailable, also without asking, while the service is to be left
        alone after failures.
        """
        entry = self._entry(key)
        held = entry.held
        if held is not None:
            now = time.monotonic()
            if now < held.renew_at:
                return held.value
            if now < held.expires_at:
                return self._renewed_early(key, entry, held, fetch)
        return self._obtained(key, entry, None, fetch)

    def replacement(self, key: TokenKey, refused: str, fetch: Fetch) -> str:
        """A token in place of one that the service refused.

        If a newer one is held by now, it is that; else a new one is fetched. Raises
        TokenUnavailable as `token` does.
        """
        entry = self._entry(key)
        held = entry.held
        if held is not None and held.value == refused:
            entry.note_refusal(held)
            store = shared_store()
            if store is not None:
                _discard(store, key, refused)
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
        store = shared_store()
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

    def _renewed_early(self, key: TokenKey, entry: TokenEntry, held: Held, fetch: Fetch) -> str:
        with entry.lock:
            if entry.held is not None and entry.held is not held:
                return entry.held.value
            if entry.fetching is not None or time.monotonic() < entry.not_before:
                return held.value
            fetching = entry.fetching = Fetching()
        left = deadline.remaining()
        limit = LONGEST_RENEWAL_SECONDS if left is None else min(left / 2, LONGEST_RENEWAL_SECONDS)
        # The token at hand is still good, so a failure, which is logged, is none of the call's.
        with suppress(TokenUnavailable), deadline.within(limit):
            return self._fetched(key, entry, fetching, held.value, fetch)
        return held.value

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
                return self._fetched(key, entry, mine, refused, fetch)
            if not fetching.over.wait(deadline.remaining()):
                raise TokenUnavailable(
                    "no access token: another thread's request for it takes too long"
                )
            if fetching.failure is not None:
                raise TokenUnavailable(fetching.failure)

    def _fetched(
        self,
        key: TokenKey,
        entry: TokenEntry,
        fetching: Fetching,
        unwanted: str | None,
        fetch: Fetch,
    ) -> str:
        """Fetch as the one thread that does; the shared store may have a newer token already."""
        try:
            store = shared_store()
            held = _from_store(store, key, unwanted) if store is not None else None
            if held is None:
                asked_at = time.monotonic(), time.time()
                fetched = fetch()
                left = fetched.lifetime_seconds - (time.monotonic() - asked_at[0])
                held = Held.of(fetched.value, left, fetched.lifetime_seconds)
                if store is not None:
                    _into_store(store, key, fetched, asked_at[1])
            entry.keep(held)
            return held.value
        except TokenUnavailable as error:
            # Where only this caller's time was short, those who wait try for themselves.
            if deadline.remaining() != 0:
                fetching.failure = str(error)
            entry.note_failure(str(error))
            logger.warning("no access token: %s", error)
            raise
        finally:
            with entry.lock:
                entry.fetching = None
            fetching.over.set()


def _from_store(store: TokenStore, key: TokenKey, unwanted: str | None) -> Held | None:
    try:
        stored = store.get(key)
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        logger.warning("the token store can't be read: %s", LibraryError.of(error))
        return None
    if stored is None or stored.value == unwanted or not stored.is_live():
        return None
    return Held.of(
        stored.value, stored.expires_at - time.time(), stored.expires_at - stored.obtained_at
    )


def _into_store(store: TokenStore, key: TokenKey, token: FetchedToken, asked_at: float) -> None:
    stored = StoredToken(token.value, asked_at, asked_at + token.lifetime_seconds)
    try:
        store.put(key, stored)
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        logger.warning("the token store can't be written: %s", LibraryError.of(error))


def _discard(store: TokenStore, key: TokenKey, value: str) -> None:
    try:
        store.discard(key, value)
    except Exception as error:  # noqa: BLE001 - a store may raise anything
        logger.warning("the token store can't be written: %s", LibraryError.of(error))


tokens = TokenCache()
"""The tokens of this process."""

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=tokens.after_fork)
