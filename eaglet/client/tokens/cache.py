"""The access tokens of this process: one fetch at a time for each, renewed before they end.

A fetch runs on a thread of its own, for the service's own time: whoever waits for it may give up
without taking it from the others. The store that processes share (`eaglet.tokens`) is used by the
callers themselves, before and after, and never while the service is asked. Time here is the
monotonic clock's.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import threading
import time
from contextvars import Context
from dataclasses import dataclass, field, replace
from typing import Final

from eaglet import deadline
from eaglet.client.http.errors import LibraryError
from eaglet.client.tokens.fetch import AFTER_REFUSAL, BackOff, Fetch, FetchFailed
from eaglet.exceptions import TokenUnavailable
from eaglet.tokens import StoredToken, TokenKey, shared_store

logger = logging.getLogger("eaglet.client.tokens")

EARLIEST_RENEWAL_SECONDS: Final = 60.0
LEASE_SECONDS: Final = 10.0
"""How long a process keeps the others from asking too, if it dies meanwhile."""
LEASE_WAIT_SECONDS: Final = 1.0
"""How long to wait for another process's token before asking for one oneself."""
_FIRST_PAUSE_SECONDS: Final = 0.02
_LONGEST_PAUSE_SECONDS: Final = 0.2
_HOLDER: Final = secrets.token_hex(8)


def renewal_seconds(lifetime_seconds: float) -> float:
    """Return how long before its end to renew a token: a tenth of its life, at most a minute."""
    return min(lifetime_seconds / 10, EARLIEST_RENEWAL_SECONDS)


@dataclass(frozen=True)
class CachedToken:
    """A token, and when it is to be renewed and ends."""

    value: str = field(repr=False)
    lifetime_seconds: float
    renew_at: float
    expires_at: float

    @classmethod
    def of(cls, value: str, left: float, lifetime: float) -> CachedToken:
        """Keep a token that is good for `left` of the `lifetime` seconds it had."""
        # Jittered, so that processes that got it together do not all renew it together.
        early = renewal_seconds(lifetime) * random.uniform(0.5, 1)  # noqa: S311
        expires_at = time.monotonic() + left
        return cls(value, lifetime, expires_at - early, expires_at)


class PendingFetch:
    """A fetch under way: what came of it, once it is over.

    The caller that began it is told first (`is_done`), and puts the token into the shared store
    before the others go on (`over`): other processes may be waiting for it.
    """

    def __init__(self, *, is_renewal: bool) -> None:
        self.is_renewal = is_renewal
        self.is_awaited = not is_renewal
        self.is_done = threading.Event()
        self.over = threading.Event()
        self.value: str | None = None
        self.failure: Exception | None = None


class TokenEntry:
    """What is known under one key; `lock` guards all but `token`, which is replaced as a whole."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.token: CachedToken | None = None
        self.pending: PendingFetch | None = None
        self.is_unsaved = False
        self.refused: str | None = None
        self.has_worked = False
        self.failures = 0
        self.refusals = 0
        self.not_before = 0.0
        self.failure = ""

    def keep(self, token: CachedToken, *, is_unsaved: bool) -> None:
        """Keep a new token, in the shared store or not yet; that ends a row of failures."""
        with self.lock:
            if self.token is None or self.token.value != token.value:
                self.has_worked = False
            self.token = token
            self.is_unsaved = is_unsaved
            self.failures = 0

    def take_unsaved(self) -> CachedToken | None:
        """Return the token, if it is to be put into the shared store, to one caller."""
        with self.lock:
            token, self.is_unsaved = self.token if self.is_unsaved else None, False
            return token

    def note_failure(self, reason: str, back_off: BackOff) -> None:
        """Count an attempt to get a token that failed."""
        with self.lock:
            self.failures += 1
            self._leave_alone(reason, back_off)

    def note_refusal(self, refused: CachedToken) -> bool:
        """Drop a token that the service refused, unless a newer one is kept; True if dropped.

        One that never worked counts as a failure to get one: else a service that refuses
        whatever it issues would be asked at every call.
        """
        with self.lock:
            if self.token is not refused:
                return False
            self.token = None
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
        if token is not None:
            now = time.monotonic()
            if now < token.expires_at:
                if now >= token.renew_at:
                    self._renew(key, entry, token, fetch)
                elif entry.is_unsaved:
                    store = shared_store()
                    if store is not None and not store.in_transaction():
                        _save(key, entry)
                return token.value
        return self._obtain(key, entry, None, fetch)

    def replacement(self, key: TokenKey, refused: str, fetch: Fetch) -> str:
        """Return a token in place of one that the service refused.

        If a newer one is kept by now, and good, it is that; else a new one is fetched. Raises
        TokenUnavailable as `token` does.
        """
        entry = self._entry(key)
        token = entry.token
        store = shared_store()
        # Of threads whose calls were refused together, one takes it out of the store.
        if token is not None and token.value == refused and entry.note_refusal(token) and store:
            store.discard(key, refused)
        return self._obtain(key, entry, refused, fetch)

    def accepted(self, key: TokenKey, value: str) -> None:
        """Take note that the service took the token."""
        entry = self._entry(key)
        token = entry.token
        if not entry.has_worked and token is not None and token.value == value:
            entry.note_acceptance()

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

    def _renew(self, key: TokenKey, entry: TokenEntry, token: CachedToken, fetch: Fetch) -> None:
        """Start to renew a token, unless that is under way, here or in another process."""
        with entry.lock:
            if (
                entry.token is not token
                or entry.pending is not None
                or time.monotonic() < entry.not_before
            ):
                return
            pending = entry.pending = PendingFetch(is_renewal=True)
        has_started = False
        try:
            if _is_our_turn(key, entry, pending, {entry.refused}):
                _start(entry, pending, fetch)
                has_started = True
            elif pending.value is None:  # another process is at it: look again in a while
                pause = LEASE_WAIT_SECONDS * random.uniform(0.2, 1)  # noqa: S311
                with entry.lock:
                    if entry.token is token:
                        entry.token = replace(token, renew_at=time.monotonic() + pause)
        except RuntimeError as error:  # no thread is to be had: the process ends, say
            logger.warning("an access token is not renewed early: %s", LibraryError.of(error))
        finally:
            if not has_started:
                _end(entry, pending)

    def _obtain(self, key: TokenKey, entry: TokenEntry, refused: str | None, fetch: Fetch) -> str:
        """Return the token that is fetched now, be it for this thread or another."""
        while True:
            with entry.lock:
                token = entry.token
                if (
                    token is not None
                    and token.value != refused
                    and time.monotonic() < token.expires_at
                ):
                    return token.value
                pending = entry.pending
                if pending is None:
                    _raise_if_left_alone(entry)
                    mine = entry.pending = PendingFetch(is_renewal=False)
            if pending is None:
                return self._fetched(key, entry, mine, refused, fetch)
            value = _outcome(pending)
            if value is not None and value != refused:
                return value

    def _fetched(
        self,
        key: TokenKey,
        entry: TokenEntry,
        pending: PendingFetch,
        refused: str | None,
        fetch: Fetch,
    ) -> str:
        """Fetch for this thread and all that wait; another process may have a token already."""
        refusals = {refused, entry.refused}
        try:
            _wait_for_turn(key, entry, pending, refusals)
            if pending.value is not None:
                _end(entry, pending)
                return pending.value
            try:
                _start(entry, pending, fetch)
            except RuntimeError:  # no thread is to be had: the process ends, say
                _run(entry, pending, fetch)
        except BaseException:
            _end(entry, pending)
            raise
        try:
            pending.is_done.wait(deadline.remaining())
            _save(key, entry)
        finally:
            with entry.lock:
                pending.is_awaited = False
            if pending.is_done.is_set():
                _end(entry, pending)
        return _outcome(pending) or ""


def _wait_for_turn(
    key: TokenKey, entry: TokenEntry, pending: PendingFetch, refused: set[str | None]
) -> None:
    """Wait until this process is to fetch, or another's token is there, or a second is over.

    What is counted is the waiting, not the looking: on a busy machine all take longer.
    """
    left = LEASE_WAIT_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while not _is_our_turn(key, entry, pending, refused) and pending.value is None:
        callers = deadline.remaining()
        if callers == 0:
            raise TokenUnavailable(
                "no access token, as another process's request for it takes too long"
            )
        if left <= 0:
            return
        wait = min(left, pause * random.uniform(0.5, 1))  # noqa: S311 - not all at once
        time.sleep(wait if callers is None else min(wait, callers))
        left -= wait
        pause = min(pause * 1.6, _LONGEST_PAUSE_SECONDS)


def _is_our_turn(
    key: TokenKey, entry: TokenEntry, pending: PendingFetch, refused: set[str | None]
) -> bool:
    """Return whether to fetch now: no other process has a token for us, or is fetching one.

    Keeps another process's token, where there is one, and gives it to those who wait.
    """
    store = shared_store()
    if store is None:
        return True
    stored = store.get(key)
    if stored is not None and _is_better(stored, entry.token, refused):
        token = CachedToken.of(stored.value, stored.left_seconds, stored.lifetime_seconds)
        entry.keep(token, is_unsaved=False)
        pending.value = stored.value
        return False
    return store.in_transaction() or store.lease(key, _holder(), LEASE_SECONDS, stored)


def _is_better(stored: StoredToken, kept: CachedToken | None, refused: set[str | None]) -> bool:
    """Return whether a token is no refused one and lasts longer than the one kept."""
    if stored.value in refused:
        return False
    if kept is None or kept.value in refused:
        return True
    left = max(kept.expires_at - time.monotonic(), 0.0)
    return stored.left_seconds > left + renewal_seconds(stored.lifetime_seconds) / 4


def _start(entry: TokenEntry, pending: PendingFetch, fetch: Fetch) -> None:
    # In a context of its own: the deadline of the caller is not the fetch's.
    threading.Thread(
        target=Context().run, args=(_run, entry, pending, fetch), name="eaglet-token", daemon=True
    ).start()


def _run(entry: TokenEntry, pending: PendingFetch, fetch: Fetch) -> None:
    asked_at = time.monotonic()
    try:
        fetched = fetch()
        left = asked_at + fetched.lifetime_seconds - time.monotonic()
        token = CachedToken.of(fetched.value, left, fetched.lifetime_seconds)
        entry.keep(token, is_unsaved=shared_store() is not None)
        pending.value = fetched.value
    except Exception as error:  # noqa: BLE001 - raised in the threads that wait
        pending.failure = error.with_traceback(None)  # its frames hold the secret
        if isinstance(error, FetchFailed):
            entry.note_failure(str(error), error.back_off)
        if pending.is_renewal:  # the token at hand may still do
            logger.warning("an access token was not renewed early, %s", LibraryError.of(error))
    finally:
        pending.is_done.set()
        with entry.lock:
            is_awaited = pending.is_awaited
        if not is_awaited:
            _end(entry, pending)


def _outcome(pending: PendingFetch) -> str | None:
    """Wait for a fetch; return its token, or None if it was given up before it had begun."""
    if not pending.over.wait(deadline.remaining()):
        raise TokenUnavailable("no access token, as the request for it takes too long")
    failure = pending.failure
    if isinstance(failure, FetchFailed):  # each thread that waits gets an error of its own
        error = TokenUnavailable(str(failure))
        error.__cause__ = failure.__cause__
        raise error
    if failure is not None:
        raise failure
    return pending.value


def _end(entry: TokenEntry, pending: PendingFetch) -> None:
    with entry.lock:
        if entry.pending is pending:
            entry.pending = None
    pending.over.set()


def _save(key: TokenKey, entry: TokenEntry) -> None:
    """Put a token that was fetched here into the shared store, once."""
    store = shared_store()
    token = entry.take_unsaved()
    if store is not None and token is not None:
        left = token.expires_at - time.monotonic()
        store.put(key, StoredToken(token.value, token.lifetime_seconds, left), _holder())


def _raise_if_left_alone(entry: TokenEntry) -> None:
    wait = entry.not_before - time.monotonic()
    if wait > 0:
        raise TokenUnavailable(
            f"no access token, and none is asked for within the next {wait:.1f} s after "
            f"{entry.failures + entry.refusals} failures in a row, the last: {entry.failure}"
        )


def _holder() -> str:
    return f"{os.getpid()}-{_HOLDER}"


tokens = TokenCache()
"""The tokens of this process."""

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=tokens.after_fork)
