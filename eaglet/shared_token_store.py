"""The tokens got from services, in the cache that processes share, encrypted, and their leases.

A cache tells nobody its time, and counts whole seconds. So an entry is made to vanish before its
token is renewed, by the cache's clock: as long as it is there, the token is good for twice the time
by which it is renewed early. Whoever knows no more holds it for that long and looks again in time.
Processes of the machine that got the token know better, by the clock that they have in common
since it was started.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from functools import cache as computed_once
from pathlib import Path
from typing import Any, Final, TypeVar

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.tokens import encryption
from eaglet.outage_warning import OutageWarning
from eaglet.own_thread import OwnThread
from eaglet.shared_cache import shared_cache
from eaglet.token_store import LEASE_SECONDS, Claim, StoredToken, TokenKey, renewal_seconds

logger = logging.getLogger("eaglet.client.tokens")

T = TypeVar("T")

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class SharedCacheTokenStore:
    """An `eaglet.token_store.TokenStore` over the cache EAGLET_TOKEN_CACHE_ALIAS.

    A lease is an entry that only one can add. A cache that fails or hangs is no error: there is no
    token then, and a warning in the log now and then.
    """

    def __init__(self) -> None:
        self._own_thread = OwnThread("eaglet-token-store")
        self._warning = OutageWarning(logger)

    def is_private(self) -> bool:
        """Never: a cache knows no transactions."""
        return False

    @sensitive_variables()
    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key; None if there is none or it can't be decrypted."""
        return self._attempt("read", lambda cache: _get(cache, key))

    @sensitive_variables()
    def claim(
        self, key: TokenKey, holder: str, suits: Callable[[StoredToken], bool]
    ) -> Claim | None:
        """The token for a key if it suits, else the lease if nobody has it."""

        def claim(cache: BaseCache) -> Claim:
            token = _get(cache, key)
            if token is not None and suits(token):
                return Claim(token)
            if not cache.add(_lease(key), holder, int(LEASE_SECONDS)):
                return Claim()
            # Whoever had it until just now may have left a token.
            token = _get(cache, key)
            if token is not None and suits(token):
                cache.delete(_lease(key))
                return Claim(token)
            return Claim(is_granted=True)

        return self._attempt("leased", claim)

    def extend(self, key: TokenKey, holder: str) -> None:
        """Have the holder's lease last another LEASE_SECONDS from now."""

        def extend(cache: BaseCache) -> None:
            if cache.get(_lease(key)) == holder:
                cache.touch(_lease(key), int(LEASE_SECONDS))

        self._attempt("leased", extend)

    def release(self, key: TokenKey, holder: str) -> None:
        """End the holder's lease, if it is still that one's."""
        self._attempt("leased", lambda cache: _release(cache, key, holder))

    @sensitive_variables()
    def put(self, key: TokenKey, token: StoredToken, holder: str = "") -> bool:
        """Keep a token and end the holder's lease; True if that is done.

        From whoever has not the lease it is kept if it lasts longer than the one that is kept.
        """
        got_at = time.monotonic() - (token.lifetime_seconds - token.left_seconds)
        encrypted = encryption.encrypt(
            json.dumps([key.digest, token.value, token.lifetime_seconds, _boot_id(), got_at])
        )
        timeout = max(1, int(token.left_seconds - _known_seconds(token.lifetime_seconds)))

        def write(cache: BaseCache) -> bool:
            if not holder or cache.get(_lease(key)) != holder:
                kept = _get(cache, key)
                if kept is not None and kept.left_seconds >= token.left_seconds:
                    return True
            cache.set(_entry(key), encrypted, timeout)
            _release(cache, key, holder)
            return True

        return self._attempt("written", write) or False

    @sensitive_variables()
    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""

        def discard(cache: BaseCache) -> None:
            token = _get(cache, key)
            if token is not None and token.value == value:
                # Not deleted: by then it might be another's. What is refused has a name.
                cache.set(_refusal(key, value), 1, int(token.lifetime_seconds) + 1)

        self._attempt("dropped", discard)

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key, but not a lease."""
        self._attempt("dropped", lambda cache: cache.delete(_entry(key)))

    @sensitive_variables()
    def _attempt(self, what: str, operation: Callable[[BaseCache], T]) -> T | None:
        try:
            return self._own_thread.run(lambda: _with_cache(operation))
        # Whatever it is: a cache that can't be reached must not fail the call it serves.
        except Exception as error:  # noqa: BLE001
            message = "an access token in the shared cache could not be %s: %s"
            self._warning.warn(message, what, error)
            return None


def _with_cache(operation: Callable[[BaseCache], T]) -> T:
    # Asked for on the thread that uses it: a cache's connection belongs to one.
    cache = shared_cache()
    if cache is None:
        raise LookupError("EAGLET_TOKEN_CACHE_ALIAS names no cache that processes share")
    try:
        return operation(cache)
    finally:
        caches.close_all()


def _entry(key: TokenKey) -> str:
    return f"eaglet_client.token.{key.digest}"


def _lease(key: TokenKey) -> str:
    return f"eaglet_client.lease.{key.digest}"


def _refusal(key: TokenKey, value: str) -> str:
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"eaglet_client.refused.{key.digest[:32]}{digest[:32]}"


def _release(cache: BaseCache, key: TokenKey, holder: str) -> None:
    if holder and cache.get(_lease(key)) == holder:
        cache.delete(_lease(key))


def _known_seconds(lifetime: float) -> float:
    """For how long a token is good, at least, whose entry is there."""
    return 2 * renewal_seconds(lifetime)


@sensitive_variables()
def _get(cache: BaseCache, key: TokenKey) -> StoredToken | None:
    token = _read(cache.get(_entry(key)), key)
    if token is None or cache.get(_refusal(key, token.value)) is not None:
        return None
    return token


@sensitive_variables()
def _read(kept: Any, key: TokenKey) -> StoredToken | None:
    text = encryption.decrypt(kept) if isinstance(kept, str) else None
    if text is None:
        return None
    digest, value, lifetime, boot_id, got_at = json.loads(text)
    if digest != key.digest:  # somebody has moved it here
        return None
    left = lifetime - (time.monotonic() - got_at)
    # An entry vanishes at most a second after its token's end: another clock it is, if it is off.
    if boot_id != _boot_id() or not -1 <= left <= lifetime:
        left = _known_seconds(lifetime)
    return StoredToken(value, lifetime, left) if left > 0 else None


@computed_once
def _boot_id() -> str:
    """What is the same for all processes with the same monotonic clock; random where it can't be.

    Linux counts from the start of the machine; elsewhere each process has a clock of its own.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"unknown {time.monotonic()}"
