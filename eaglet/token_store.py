"""Where the access tokens that a client got from services are kept, and who may ask for the next.

Every process keeps its own in memory. A store is what processes share besides: the tokens, and for
each key a *lease*, so that of all who need a new token one asks for it. An app that has such a
store registers it with `register_shared_store` when it is ready.

Machines' clocks differ, so no moment is handed over, only how many seconds are left, and a store
goes by its own clock alone.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

LEASE_SECONDS: Final = 5.0
"""How long a lease lasts that is not extended: that of a process that has died."""

EARLIEST_RENEWAL_SECONDS: Final = 60.0


@dataclass(frozen=True)
class TokenKey:
    """Whose token it is: the service at an address, and the credentials it was got with."""

    address: str
    service: str
    app_key: str
    secret_digest: str

    @classmethod
    def of(cls, address: str, service: str, app_key: str, app_secret: str) -> TokenKey:
        """Make a key; only a SHA-256 digest of the secret goes into it."""
        return cls(address, service, app_key, hashlib.sha256(app_secret.encode()).hexdigest())

    @property
    def digest(self) -> str:
        """One fixed-length name for the key: SHA-256 over its parts, hex."""
        parts = (self.address, self.service, self.app_key, self.secret_digest)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class StoredToken:
    """A token, and for how many seconds it is good.

    Attributes:
        value: the token.
        lifetime_seconds: how long it was good when it was asked for.
        left_seconds: how long it still is, at least.
    """

    value: str = field(repr=False)
    lifetime_seconds: float
    left_seconds: float


def renewal_seconds(lifetime_seconds: float) -> float:
    """How long before its end to renew a token: a tenth of its life, a minute at most."""
    return min(lifetime_seconds / 10, EARLIEST_RENEWAL_SECONDS)


@dataclass(frozen=True)
class Claim:
    """What a process that needs a token is told: here is one; or ask for one; or wait.

    Attributes:
        token: one that suits, which another process has got.
        is_granted: whether the lease is the claimant's, who is to ask the service.
    """

    token: StoredToken | None = None
    is_granted: bool = False


class TokenStore(Protocol):
    """A place for tokens that processes share, safe to use from several threads.

    A store never raises for what it can't do, nor keeps its caller for more than a second or so:
    it answers None or False, and its caller does without it. What it writes is there at once,
    whatever transaction its caller is in.
    """

    def is_private(self) -> bool:
        """Whether this thread alone sees what is kept just now: a test's transaction, say."""

    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key, or None."""

    def claim(
        self, key: TokenKey, holder: str, suits: Callable[[StoredToken], bool]
    ) -> Claim | None:
        """The token for a key if it suits, else the lease if nobody has it.

        The lease lasts LEASE_SECONDS unless it is extended, and ends with `put` or `release`.
        None if the store can't be used.
        """

    def extend(self, key: TokenKey, holder: str) -> None:
        """Have the holder's lease last another LEASE_SECONDS from now."""

    def release(self, key: TokenKey, holder: str) -> None:
        """End the holder's lease, if it is still that one's."""

    def put(self, key: TokenKey, token: StoredToken, holder: str = "") -> bool:
        """Keep a token and end the holder's lease; True if that is done.

        From whoever has not the lease it is kept if it lasts longer than the one that is kept.
        """

    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key, but not a lease."""


class MemoryTokenStore:
    """A store for the threads of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[TokenKey, tuple[StoredToken, float]] = {}
        self._leases: dict[TokenKey, tuple[str, float]] = {}

    def is_private(self) -> bool:
        """Never."""
        return False

    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key, or None."""
        token, ends_at = self._tokens.get(key, (None, 0.0))
        left = ends_at - time.monotonic()
        if token is None or left <= 0:
            return None
        return StoredToken(token.value, token.lifetime_seconds, left)

    def claim(
        self, key: TokenKey, holder: str, suits: Callable[[StoredToken], bool]
    ) -> Claim | None:
        """The token for a key if it suits, else the lease if nobody has it."""
        with self._lock:
            token = self.get(key)
            if token is not None and suits(token):
                return Claim(token)
            now = time.monotonic()
            if self._leases.get(key, ("", 0.0))[1] > now:
                return Claim()
            self._leases[key] = (holder, now + LEASE_SECONDS)
            return Claim(is_granted=True)

    def extend(self, key: TokenKey, holder: str) -> None:
        """Have the holder's lease last another LEASE_SECONDS from now."""
        with self._lock:
            if self._holds(key, holder):
                self._leases[key] = (holder, time.monotonic() + LEASE_SECONDS)

    def release(self, key: TokenKey, holder: str) -> None:
        """End the holder's lease, if it is still that one's."""
        with self._lock:
            if self._holds(key, holder):
                del self._leases[key]

    def put(self, key: TokenKey, token: StoredToken, holder: str = "") -> bool:
        """Keep a token and end the holder's lease."""
        with self._lock:
            kept = self.get(key)
            if self._holds(key, holder):
                del self._leases[key]
            elif kept is not None and kept.left_seconds >= token.left_seconds:
                return True
            self._tokens[key] = (token, time.monotonic() + token.left_seconds)
            return True

    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value."""
        with self._lock:
            token = self._tokens.get(key)
            if token is not None and token[0].value == value:
                del self._tokens[key]

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key."""
        with self._lock:
            self._tokens.pop(key, None)

    def _holds(self, key: TokenKey, holder: str) -> bool:
        return self._leases.get(key, ("", 0.0))[0] == holder != ""


_shared_store: TokenStore | None = None


def register_shared_store(store: TokenStore | None) -> None:
    """Name the store that other processes see too; None takes it out again."""
    global _shared_store  # noqa: PLW0603 - the one slot
    _shared_store = store


def shared_store() -> TokenStore | None:
    """The registered store, or None."""
    return _shared_store
