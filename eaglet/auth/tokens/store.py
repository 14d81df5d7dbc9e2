"""Keep the tokens got from other services in the database, encrypted, and the leases for them."""

import datetime
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from django.db import Error, connections, router, transaction
from django.db.models import Q
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.models import CachedToken, CachedTokenQuerySet
from eaglet.auth.tokens import encryption
from eaglet.observability.redaction import redact_text
from eaglet.tokens import StoredToken, TokenKey

logger = logging.getLogger("eaglet.auth")

T = TypeVar("T")

# How long to wait for a lock, a second: reading it, setting it, and what is set.
_LOCK_WAIT: Final = {
    "postgresql": ("SHOW lock_timeout", "SET lock_timeout = '{}'", "1s"),
    "mysql": ("SELECT @@innodb_lock_wait_timeout", "SET innodb_lock_wait_timeout = {}", 1),
    "sqlite": ("PRAGMA busy_timeout", "PRAGMA busy_timeout = {}", 1000),
}


class DatabaseTokenStore:
    """An `eaglet.tokens.TokenStore` over CachedToken, on the caller's own connection.

    Inside the caller's transaction it reads in a savepoint, and writes after the commit; outside it
    waits a second at most for locks. What fails is a warning in the log.

    Where machines' clocks differ, a token is kept too long, and renewed when it is refused, or is
    fetched again too early.
    """

    def in_transaction(self) -> bool:
        """Return whether the caller has a transaction open."""
        return _in_transaction(router.db_for_write(CachedToken))

    @sensitive_variables()
    def get(self, key: TokenKey) -> StoredToken | None:
        """Return the live token for a key; None if there is none or it can't be decrypted."""

        def read(using: str) -> StoredToken | None:
            row = _rows(key, using).first()
            return None if row is None else _token_in(row, key)

        return _attempt("read", read)

    @sensitive_variables()
    def lease(self, key: TokenKey, holder: str, seconds: float, seen: StoredToken | None) -> bool:
        """Take the lease by one conditional UPDATE; True also where the database can't be used."""

        def lease(using: str) -> bool:
            now = timezone.now()
            row = _row(key, using)
            kept = _token_in(row, key)
            if (kept and kept.value) != (seen and seen.value):
                return False
            free = Q(lease_holder__in=["", holder]) | Q(lease_until=None) | Q(lease_until__lte=now)
            until = now + datetime.timedelta(seconds=seconds)
            unchanged = _rows(key, using).filter(encrypted_token=row.encrypted_token)
            return unchanged.filter(free).update(lease_holder=holder, lease_until=until) == 1

        return _attempt("leased", lease) is not False

    @sensitive_variables()
    def put(self, key: TokenKey, token: StoredToken, holder: str = "") -> None:
        """Keep a token and end the holder's lease, after the caller's transaction."""
        encrypted = encryption.encrypt(token.value, key.digest)
        lifetime = datetime.timedelta(seconds=token.lifetime_seconds)
        ends_at = timezone.now() + datetime.timedelta(seconds=token.left_seconds)

        def write(using: str) -> None:
            row = _row(key, using)
            replaceable = Q(expires_at=None) | Q(expires_at__lt=ends_at)
            if holder:
                replaceable |= Q(lease_holder=holder)
            if _token_in(row, key) is None:  # it has ended, or can't be decrypted
                replaceable |= Q(encrypted_token=row.encrypted_token)
            _rows(key, using).filter(replaceable).update(
                encrypted_token=encrypted,
                obtained_at=ends_at - lifetime,
                expires_at=ends_at,
                updated_at=timezone.now(),
                lease_holder="",
                lease_until=None,
            )

        _write_after_commit(write)

    @sensitive_variables()
    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""

        def drop(using: str) -> None:
            row = _rows(key, using).first()
            if row is not None and encryption.decrypt(row.encrypted_token, key.digest) == value:
                # Encrypted anew each time, so this is the very token that was read.
                _rows(key, using).filter(encrypted_token=row.encrypted_token).forget()

        _write_after_commit(drop)


@sensitive_variables()
def _attempt(what: str, operation: Callable[[str], T]) -> T | None:
    """Run an operation on the caller's connection; None, and a warning, if that fails."""
    try:
        # The primary's, for reading too: a replica may not know yet who has the lease.
        using = router.db_for_write(CachedToken)
        connection = connections[using]
        was_open = connection.connection is not None
        try:
            # In a savepoint: a failure would otherwise break the caller's transaction.
            is_nested = _in_transaction(using)
            with transaction.atomic(using=using) if is_nested else _patient_for_a_second(using):
                return operation(using)
        finally:
            if not was_open and not connection.in_atomic_block:
                connection.close()  # nobody else would, on a thread that answers no requests
    # Whatever it is: a store that can't be reached must not fail the call it serves.
    except Exception as error:  # noqa: BLE001
        _warn(what, error)
        return None


@sensitive_variables()
def _warn(what: str, error: Exception) -> None:
    # The first line alone: PostgreSQL puts the row into the next.
    reason = redact_text(str(error).partition("\n")[0])
    logger.warning(
        "a cached access token could not be %s: %s: %s", what, type(error).__name__, reason
    )


def _in_transaction(using: str) -> bool:
    connection = connections[using]
    is_manual = connection.connection is not None and not connection.autocommit
    return connection.in_atomic_block or is_manual


def _write_after_commit(write: Callable[[str], None]) -> None:
    """Write now, or when the transaction that is open has been committed."""
    try:
        # This connects, to know whether a transaction is open.
        transaction.on_commit(
            partial(_attempt, "written", write), using=router.db_for_write(CachedToken)
        )
    except TransactionManagementError:
        pass  # who commits by hand does without
    except Error as error:
        _warn("written", error)


@contextmanager
def _patient_for_a_second(using: str) -> Iterator[None]:
    """Have each statement of a block wait a second at most for what others have locked."""
    connection = connections[using]
    if connection.vendor not in _LOCK_WAIT:
        yield
        return
    query, command, limit = _LOCK_WAIT[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        before = cursor.fetchone()[0]
        cursor.execute(command.format(limit))
        try:
            yield
        finally:
            cursor.execute(command.format(before))


def _rows(key: TokenKey, using: str) -> CachedTokenQuerySet:
    return CachedToken.objects.using(using).filter(digest=key.digest)


def _row(key: TokenKey, using: str) -> CachedToken:
    """Return the row for a key; make it unless there is one."""
    row = _rows(key, using).first()
    if row is None:
        # Names are for people to read; the digest is the key.
        names = {"address": key.address, "service": key.service, "app_key": key.app_key}
        row = CachedToken(digest=key.digest, **{name: text[:200] for name, text in names.items()})
        # Another process may make it meanwhile.
        CachedToken.objects.using(using).bulk_create([row], ignore_conflicts=True)
    return row


@sensitive_variables()
def _token_in(row: CachedToken, key: TokenKey) -> StoredToken | None:
    """Return the token in a row, if it is live and was encrypted for that key."""
    if row.obtained_at is None or row.expires_at is None:
        return None
    lifetime = (row.expires_at - row.obtained_at).total_seconds()
    # No longer than it ever was: somebody may have put the clock back.
    left = min((row.expires_at - timezone.now()).total_seconds(), lifetime)
    value = encryption.decrypt(row.encrypted_token, key.digest) if left > 0 else None
    return None if value is None else StoredToken(value, lifetime, left)
