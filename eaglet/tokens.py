"""The access tokens that a client got from services, as processes share them.

Every process keeps its own in memory. A store keeps them for the others too, and for each key a
*lease*, so that of all who need a new token one asks for it. An app that has such a store
registers it with `register_shared_store` when it is ready.

Machines' clocks differ: what is handed over is how many seconds are left, never a moment.
"""

from __future__ import annotations

import hashlib
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
        """Return one fixed-length name for the key: SHA-256 over its parts, hex."""
        parts = (self.address, self.service, self.app_key, self.secret_digest)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class StoredToken:
    """A token, how long it was good when it was asked for, and how long it still is, at least."""

    value: str = field(repr=False)
    lifetime_seconds: float
    left_seconds: float


class TokenStore(Protocol):
    """Keeps tokens where other processes see them, safe to use from several threads.

    A store never raises for what it can't do: its caller does without it. What it writes while
    the caller has a transaction open, it writes after the commit.
    """

    def in_transaction(self) -> bool:
        """Return whether the caller has a transaction open, in which no lease can be taken."""

    def get(self, key: TokenKey) -> StoredToken | None:
        """Return the live token for a key, or None."""

    def lease(self, key: TokenKey, holder: str, seconds: float, seen: StoredToken | None) -> bool:
        """Take the lease for so many seconds; `put` ends it.

        False if another holder has it, or another token is kept than the one that `get` gave last
        (`seen`). True also where the store can't be used.
        """

    def put(self, key: TokenKey, token: StoredToken, holder: str = "") -> None:
        """Keep a token and end the holder's lease.

        From whoever has not the lease it is kept if it lasts longer than the one that is kept.
        """

    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""


_shared_store: TokenStore | None = None


def register_shared_store(store: TokenStore | None) -> None:
    """Name the store that other processes see too; None takes it out again."""
    global _shared_store  # noqa: PLW0603 - the one slot
    _shared_store = store


def shared_store() -> TokenStore | None:
    """Return the registered store, or None."""
    return _shared_store
