"""Where the access tokens that a client got from services are kept.

Memory is always there; an app that can keep them for longer, and for other processes, registers
its store with `register_shared_store` when it is ready.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol


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
    """A token and until when it is good, by the wall clock (seconds since the epoch)."""

    value: str = field(repr=False)
    obtained_at: float
    expires_at: float

    def is_live(self, now: float | None = None) -> bool:
        """Whether its time is not over yet."""
        return (time.time() if now is None else now) < self.expires_at


class TokenStore(Protocol):
    """A place for tokens, safe to use from several threads.

    A store never raises for what it can't read: it answers None, and a fresh token is asked for.
    """

    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key, or None."""

    def put(self, key: TokenKey, token: StoredToken) -> None:
        """Keep a token in place of any older one."""

    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key."""


class MemoryTokenStore:
    """Tokens in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[TokenKey, StoredToken] = {}

    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key, or None."""
        token = self._tokens.get(key)
        return token if token is not None and token.is_live() else None

    def put(self, key: TokenKey, token: StoredToken) -> None:
        """Keep a token in place of any older one."""
        with self._lock:
            self._tokens[key] = token

    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value."""
        with self._lock:
            token = self._tokens.get(key)
            if token is not None and token.value == value:
                del self._tokens[key]

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key."""
        with self._lock:
            self._tokens.pop(key, None)


_shared_store: TokenStore | None = None


def register_shared_store(store: TokenStore | None) -> None:
    """Name the store that other processes see too; None takes it out again."""
    global _shared_store  # noqa: PLW0603 - the one slot
    _shared_store = store


def shared_store() -> TokenStore | None:
    """The registered store, or None."""
    return _shared_store
