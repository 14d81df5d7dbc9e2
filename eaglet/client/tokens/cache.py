"""Keep the access tokens of this process: one fetch at a time for each, renewed before they end.

A fetch runs on a thread of its own, for the service's own time: whoever waits for it may give up
without taking it from the others. The store that processes share (`eaglet.tokens`) is used by the
callers themselves, before and after, and never while the service is asked. Time here is the
monotonic clock's.
"""

import logging
import os
import random
import secrets
import threading
import time
from concurrent.futures import Future, wait
from contextvars import Context
from dataclasses import replace
from typing import Final

from eaglet import deadline
from eaglet.client.http.errors import LibraryError
from eaglet.client.tokens.entry import CachedToken, PendingFetch, TokenEntry
from eaglet.client.tokens.fetch import Fetch, FetchFailed
from eaglet.exceptions import TokenUnavailable
from eaglet.tokens import StoredToken, TokenKey, shared_store

logger = logging.getLogger("eaglet.client.tokens")

LEASE_SECONDS: Final = 10.0
"""How long a process keeps the others from asking too, if it dies meanwhile."""
LEASE_WAIT_SECONDS: Final = 1.0
"""How long to wait for another process's token before asking for one oneself."""
_FIRST_PAUSE_SECONDS: Final = 0.02
_LONGEST_PAUSE_SECONDS: Final = 0.2
_HOLDER: Final = secrets.token_hex(8)


class TokenCache:
    """Tokens by key, safe to use from several threads and after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[TokenKey, TokenEntry] = {}

    def token(self, key: TokenKey, fetch: Fetch) -> str:
        """Return the token for a key: the one kept, or one fetched.

        One close to its end is renewed; nobody waits for that while it is good. Raises
        TokenUnavailable, also without asking, while the service is to be left alone after
        failures.
        """
        entry = self._entry(key)
        token = entry.token
        if token is None or not token.is_good():
            return _obtain(key, entry, None, fetch)
        if time.monotonic() >= token.renew_at:
            _renew(key, entry, token, fetch)
        elif entry.is_unsaved:
            _save(key, entry)
        return token.value

    def replacement(self, key: TokenKey, refused: str, fetch: Fetch) -> str:
        """Return a token in place of one that the service refused.

        If a newer one is kept by now, and good, it is that; else a new one is fetched. Raises
        TokenUnavailable as `token` does.
        """
        entry = self._entry(key)
        store = shared_store()
        # Of threads whose calls were refused together, one takes it out of the store.
        if entry.note_refusal(refused) and store is not None:
            store.discard(key, refused)
        return _obtain(key, entry, refused, fetch)

    def accepted(self, key: TokenKey, value: str) -> None:
        """Take note that the service took the token."""
        self._entry(key).note_acceptance(value)

    def clear(self, key: TokenKey) -> None:
        """Drop the token for a key, here and in the shared store, and the memory of failures."""
        self._entries.pop(key, None)
        store = shared_store()
        stored = store.get(key) if store is not None else None
        if store is not None and stored is not None:
            # In a transaction it stays in the store until the commit.
            self._entry(key).refused = stored.value
            store.discard(key, stored.value)

    def clear_all(self) -> None:
        """Drop every token this process knows of, as `clear` does."""
        for key in list(self._entries):
            self.clear(key)

    def after_fork(self) -> None:
        """Keep the tokens, but nothing that threads of the parent were about."""
        self._lock = threading.Lock()
        for entry in self._entries.values():
            entry.lock = threading.Lock()
            entry.pending = None

    def _entry(self, key: TokenKey) -> TokenEntry:
        entry = self._entries.get(key)
        if entry is None:
            with self._lock:
                entry = self._entries.setdefault(key, TokenEntry())
        return entry


def _obtain(key: TokenKey, entry: TokenEntry, refused: str | None, fetch: Fetch) -> str:
    """Return the token that is fetched now, be it for this thread or another."""
    while True:
        with entry.lock:
            token = entry.token
            if token is not None and token.value != refused and token.is_good():
                return token.value
            pending = entry.pending
            is_ours = pending is None
            if pending is None:
                entry.raise_if_left_alone()
                pending = entry.pending = Future()
        if is_ours:
            _begin(key, entry, pending, {refused, entry.refused}, fetch, LEASE_WAIT_SECONDS)
        if not wait([pending], deadline.remaining()).done:
            raise TokenUnavailable("no access token, as the request for it takes too long")
        if is_ours:
            _save(key, entry)
        error = pending.exception()
        if isinstance(error, FetchFailed):  # each thread that waits gets an error of its own
            raise TokenUnavailable(str(error)) from error.__cause__
        if error is not None:
            raise error
        value = pending.result()
        if value is not None and (is_ours or value != refused):
            return value


def _renew(key: TokenKey, entry: TokenEntry, token: CachedToken, fetch: Fetch) -> None:
    """Start to renew a token, unless that is under way, here or in another process."""
    with entry.lock:
        is_left_alone = time.monotonic() < entry.not_before
        if entry.token is not token or entry.pending is not None or is_left_alone:
            return
        pending = entry.pending = Future()
    pending.add_done_callback(_warn)
    if not _begin(key, entry, pending, {entry.refused}, fetch):
        # Another process is at it: look again in a while.
        pause = LEASE_WAIT_SECONDS * random.uniform(0.2, 1)  # noqa: S311
        with entry.lock:
            if entry.token is token:
                entry.token = replace(token, renew_at=time.monotonic() + pause)


def _warn(renewed: PendingFetch) -> None:
    error = renewed.exception()
    if error is not None:  # the token at hand may still do
        logger.warning("an access token was not renewed early, %s", LibraryError.of(error))


def _begin(
    key: TokenKey,
    entry: TokenEntry,
    pending: PendingFetch,
    refused: set[str | None],
    fetch: Fetch,
    patience: float | None = None,
) -> bool:
    """Fetch for all that wait, on a thread; False, and an end, where another process does.

    With `patience` it waits so many seconds for the other's token, then fetches all the same.
    """
    is_our_turn = False
    try:
        is_our_turn = _is_our_turn(key, entry, refused, patience)
    finally:
        if not is_our_turn:
            entry.end(pending)
    if not is_our_turn:
        return False

    def run() -> None:
        try:
            token = fetch()
            entry.keep(token, is_unsaved=shared_store() is not None)
            entry.end(pending, token.value)
        except Exception as error:  # noqa: BLE001 - raised in the threads that wait
            if isinstance(error, FetchFailed):
                entry.note_failure(str(error), is_away=error.is_away)
            entry.end(pending, error=error.with_traceback(None))  # its frames hold the secret

    # Outside of the deadline of the caller.
    thread = threading.Thread(target=Context().run, args=(run,), name="eaglet-token", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread is to be had: the process ends, say
        run()
    return True


def _is_our_turn(
    key: TokenKey, entry: TokenEntry, refused: set[str | None], patience: float | None
) -> bool:
    """Return whether to fetch; keep another process's token if there is one for us.

    What is counted is the waiting, not the looking: on a busy machine all take longer.
    """
    store = shared_store()
    pause = _FIRST_PAUSE_SECONDS
    while store is not None:
        stored = store.get(key)
        if stored is not None and entry.is_better(stored, refused):
            entry.keep(stored, is_unsaved=False)
            return False
        if store.in_transaction() or store.lease(key, _holder(), LEASE_SECONDS, stored):
            return True
        if patience is None:
            return False
        callers = deadline.remaining()
        if callers == 0:
            raise TokenUnavailable(
                "no access token, as another process's request for it takes too long"
            )
        if patience <= 0:
            return True
        seconds = min(patience, pause * random.uniform(0.5, 1))  # noqa: S311 - not all at once
        time.sleep(seconds if callers is None else min(seconds, callers))
        patience -= seconds
        pause = min(pause * 1.6, _LONGEST_PAUSE_SECONDS)
    return True


def _save(key: TokenKey, entry: TokenEntry) -> None:
    """Put a token that was fetched here into the shared store, once."""
    store = shared_store()
    token = entry.take_unsaved()
    if store is not None and token is not None:
        left = token.expires_at - time.monotonic()
        store.put(key, StoredToken(token.value, token.lifetime_seconds, left), _holder())


def _holder() -> str:
    return f"{os.getpid()}-{_HOLDER}"


tokens = TokenCache()
"""The tokens of this process."""

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=tokens.after_fork)
