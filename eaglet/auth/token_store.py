"""The tokens this service got from others, in the database, encrypted, and the leases for them."""

from __future__ import annotations

import datetime
import logging
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, NamedTuple, TypeVar

from django.db import connections, router, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.database_clock import epoch_now
from eaglet.auth.models import CachedToken, CachedTokenQuerySet
from eaglet.auth.tokens import encryption, timestamps
from eaglet.outage_warning import OutageWarning
from eaglet.own_thread import OwnThread
from eaglet.token_store import LEASE_SECONDS, Claim, StoredToken, TokenKey

logger = logging.getLogger("eaglet.auth")

T = TypeVar("T")

BUSY_MILLISECONDS: Final = 900
"""How long SQLite waits for whoever is writing: not for longer than a caller waits for it."""

_USER_IN_URL = re.compile(r"(?<=//)[^/@]*@")


class _Row(NamedTuple):
    """A row, read; `now` and `lease_until` are seconds since the epoch, the database's."""

    token: StoredToken | None
    encrypted_token: str
    lease_holder: str
    lease_until: float
    now: float

    @property
    def is_leased(self) -> bool:
        # A lease that ends later than any can was written before somebody put the clock back.
        # Not to the instant: within one tick of a coarse clock, rounding would end a new lease.
        latest = self.now + LEASE_SECONDS + 1
        return bool(self.lease_holder) and self.now < self.lease_until <= latest


class DatabaseTokenStore:
    """An `eaglet.token_store.TokenStore` over CachedToken.

    Each operation has a connection of its own, in autocommit, on a thread of its own, and closes
    it: a caller's transaction neither holds back nor takes back what is written. Time is the
    database's. A database that is down, or lacks the table, is no error: there is no token then,
    and a warning in the log now and then.

    In a transaction that Django's TestCase has opened, or where the database is SQLite's in
    memory, the caller's connection is used: no other sees what is in there, and what a test
    writes is to go with it.
    """

    def __init__(self) -> None:
        self._own_thread = OwnThread("eaglet-token-store")
        self._warning = OutageWarning(logger)

    def is_private(self) -> bool:
        """Whether the caller's connection is used, which no other thread may see."""
        return _is_private(router.db_for_write(CachedToken))

    @sensitive_variables()
    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key; None if there is none or it can't be decrypted."""

        def read(using: str) -> StoredToken | None:
            row = _read(key, using)
            return None if row is None else row.token

        return self._attempt("read", read)

    @sensitive_variables()
    def claim(
        self, key: TokenKey, holder: str, suits: Callable[[StoredToken], bool]
    ) -> Claim | None:
        """The token for a key if it suits, else the lease if nobody has it."""

        def claim(using: str) -> Claim:
            row = _read(key, using) or _made(key, using)
            if row.token is not None and suits(row.token):
                return Claim(row.token)
            if row.is_leased:
                return Claim()
            # Of those who read the same, one changes it: whoever took or gave back the lease in
            # between has changed one of the two.
            unchanged = _rows(key, using).filter(
                lease_holder=row.lease_holder, encrypted_token=row.encrypted_token
            )
            until = timestamps.to_field(_moment(row.now + LEASE_SECONDS))
            return Claim(is_granted=unchanged.update(lease_holder=holder, lease_until=until) == 1)

        return self._attempt("leased", claim)

    def extend(self, key: TokenKey, holder: str) -> None:
        """Have the holder's lease last another LEASE_SECONDS from now."""

        def extend(using: str) -> None:
            row = _read(key, using)
            if row is not None:
                until = timestamps.to_field(_moment(row.now + LEASE_SECONDS))
                _rows(key, using).filter(lease_holder=holder).update(lease_until=until)

        self._attempt("leased", extend)

    def release(self, key: TokenKey, holder: str) -> None:
        """End the holder's lease, if it is still that one's."""

        def release(using: str) -> None:
            rows = _rows(key, using).filter(lease_holder=holder)
            rows.update(lease_holder="", lease_until=None)

        self._attempt("leased", release)

    @sensitive_variables()
    def put(self, key: TokenKey, token: StoredToken, holder: str = "") -> bool:
        """Keep a token and end the holder's lease; True if that is done.

        From whoever has not the lease it is kept if it lasts longer than the one that is kept.
        """
        asked_at = time.monotonic()
        encrypted = encryption.encrypt(token.value)

        def write(using: str) -> bool:
            row = _read(key, using) or _made(key, using)
            # It may have taken a while to get here.
            ends_at = _moment(row.now + token.left_seconds - (time.monotonic() - asked_at))
            expires_at = timestamps.to_field(ends_at)
            lifetime = datetime.timedelta(seconds=token.lifetime_seconds)
            values = {
                "encrypted_token": encrypted,
                "obtained_at": timestamps.to_field(ends_at - lifetime),
                "expires_at": expires_at,
                "updated_at": timestamps.to_field(_moment(row.now)),
            }
            rows = _rows(key, using)
            if not holder or not rows.filter(lease_holder=holder).update(
                **values, lease_holder="", lease_until=None
            ):
                replaceable = Q(expires_at=None) | Q(expires_at__lt=expires_at)
                if row.token is None:  # it has ended, or can't be decrypted
                    replaceable |= Q(encrypted_token=row.encrypted_token)
                rows.filter(replaceable).update(**values)
            return True

        return self._attempt("written", write) or False

    @sensitive_variables()
    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""

        def drop(using: str) -> None:
            row = _rows(key, using).first()
            if row is not None and row.decrypted_token() == value:
                # Encrypted anew each time, so this is the very token that was read.
                _rows(key, using).filter(encrypted_token=row.encrypted_token).forget()

        self._attempt("dropped", drop)

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key, but not a lease."""
        self._attempt("dropped", lambda using: _rows(key, using).forget())

    @sensitive_variables()
    def _attempt(self, what: str, operation: Callable[[str], T]) -> T | None:
        try:
            # Of the primary, for reading too: a replica may not know yet who has the lease.
            using = router.db_for_write(CachedToken)
            if _is_private(using):
                with _shielded(using):
                    return operation(using)
            return self._own_thread.run(lambda: _on_own_connection(using, operation))
        # Whatever it is: a cache that can't be reached must not fail the call it serves.
        except Exception as error:  # noqa: BLE001
            self._warning.warn("a cached access token could not be %s: %s", what, error)
            return None


def _is_private(using: str) -> bool:
    connection = connections[using]
    # What tells TestCase's own transactions; Django's `durable` goes by it too.
    if any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        return True
    is_in_memory = getattr(connection, "is_in_memory_db", None)  # SQLite's alone have it
    return is_in_memory is not None and is_in_memory()


def _shielded(using: str) -> AbstractContextManager[None]:
    """A savepoint, where a failure would otherwise break the caller's transaction."""
    if connections[using].in_atomic_block:
        return transaction.atomic(using=using)
    return nullcontext()


def _on_own_connection(using: str, operation: Callable[[str], T]) -> T:
    """Run it on a thread that nothing else runs on, whose connection is thus its own."""
    connection = connections[using]
    try:
        connection.ensure_connection()
        if not connection.get_autocommit():  # a project may have it off
            connection.set_autocommit(True)
        if connection.vendor == "sqlite":
            # What came too late would be a lease of nobody.
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        return operation(using)
    finally:
        connection.close()


def _rows(key: TokenKey, using: str) -> CachedTokenQuerySet:
    return CachedToken.objects.using(using).filter(digest=key.digest)


@sensitive_variables()
def _read(key: TokenKey, using: str) -> _Row | None:
    row = _rows(key, using).annotate(database_now=epoch_now(using)).first()
    if row is None:
        return None
    now = float(vars(row)["database_now"])
    return _Row(
        _token_of(row, now),
        row.encrypted_token,
        row.lease_holder,
        0.0 if row.lease_until is None else timestamps.from_field(row.lease_until).timestamp(),
        now,
    )


@sensitive_variables()
def _token_of(row: CachedToken, now: float) -> StoredToken | None:
    if row.obtained_at is None or row.expires_at is None:
        return None
    ends_at = timestamps.from_field(row.expires_at).timestamp()
    lifetime = ends_at - timestamps.from_field(row.obtained_at).timestamp()
    # No longer than it ever was: somebody may have put the clock back.
    left = min(ends_at - now, lifetime)
    value = row.decrypted_token() if left > 0 else None
    return None if value is None else StoredToken(value, lifetime, left)


def _made(key: TokenKey, using: str) -> _Row:
    """Make the row for a key, unless another has just made it, and read it."""
    # For people to read; the digest is the key. A URL may have a password in it.
    names = {
        "address": _USER_IN_URL.sub("", key.address)[:200],
        "service": key.service[:200],
        "app_key": key.app_key[:200],
    }
    row = CachedToken(digest=key.digest, **names)
    CachedToken.objects.using(using).bulk_create([row], ignore_conflicts=True)
    made = _read(key, using)
    if made is None:
        raise LookupError("its row was deleted as it was made")
    return made


def _moment(timestamp: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(timestamp, tz=datetime.timezone.utc)
