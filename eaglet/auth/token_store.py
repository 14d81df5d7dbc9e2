"""The tokens this service got from others, in the database, encrypted."""

from __future__ import annotations

import datetime
import logging
import re
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TypeVar

from django.db import router, transaction
from django.views.decorators.debug import sensitive_variables

from eaglet.auth import clock, crypto
from eaglet.auth.models import CachedToken, CachedTokenQuerySet
from eaglet.redaction import redact_text
from eaglet.token_store import StoredToken, TokenKey

logger = logging.getLogger("eaglet.auth")

T = TypeVar("T")

WARN_EVERY_SECONDS: Final = 60.0
"""How often a database that can't be used is complained of, at most."""

_USER_IN_URL = re.compile(r"(?<=//)[^/@]*@")


class DatabaseTokenStore:
    """An `eaglet.token_store.TokenStore` over CachedToken.

    A database that is down, or lacks the table, is no error: there is no token then, and a
    warning in the log now and then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._warned_at: float | None = None

    @sensitive_variables()
    def get(self, key: TokenKey) -> StoredToken | None:
        """The live token for a key; None if there is none or it can't be decrypted."""

        def read(using: str) -> StoredToken | None:
            row = self._rows(key, using).live().first()
            value = row.decrypted_token() if row is not None else None
            if row is None or value is None or row.obtained_at is None or row.expires_at is None:
                return None
            return StoredToken(
                value,
                clock.from_field(row.obtained_at).timestamp(),
                clock.from_field(row.expires_at).timestamp(),
            )

        return self._attempt("read", router.db_for_read(CachedToken), read)

    @sensitive_variables()
    def put(self, key: TokenKey, token: StoredToken) -> None:
        """Keep a token in place of any older one."""
        values = {
            "encrypted_token": crypto.encrypt(token.value),
            "obtained_at": _moment(token.obtained_at),
            "expires_at": _moment(token.expires_at),
        }
        # For people to read; the digest is the key. A URL may have a password in it.
        names = {
            "address": _USER_IN_URL.sub("", key.address)[:200],
            "service": key.service[:200],
            "app_key": key.app_key[:200],
        }

        def write(using: str) -> None:
            CachedToken.objects.using(using).update_or_create(
                digest=key.digest, defaults=values, create_defaults={**names, **values}
            )

        self._attempt("written", router.db_for_write(CachedToken), write)

    @sensitive_variables()
    def discard(self, key: TokenKey, value: str) -> None:
        """Drop the token, if it is still the one of that value: a newer one stays."""

        def drop(using: str) -> None:
            rows = self._rows(key, using)
            row = rows.first()
            if row is not None and row.decrypted_token() == value:
                # Encrypted anew each time, so this is the very token that was read.
                rows.filter(encrypted_token=row.encrypted_token).forget()

        self._attempt("dropped", router.db_for_write(CachedToken), drop)

    def clear(self, key: TokenKey) -> None:
        """Drop whatever is kept for the key."""
        self._attempt(
            "dropped",
            router.db_for_write(CachedToken),
            lambda using: self._rows(key, using).forget(),
        )

    def _rows(self, key: TokenKey, using: str) -> CachedTokenQuerySet:
        return CachedToken.objects.using(using).filter(digest=key.digest)

    @sensitive_variables()
    def _attempt(self, what: str, using: str, operation: Callable[[str], T]) -> T | None:
        try:
            with _shielded(using):
                return operation(using)
        # Whatever it is: a cache that can't be reached must not fail the call it serves.
        except Exception as error:  # noqa: BLE001
            self._warn(what, error)
            return None

    def _warn(self, what: str, error: Exception) -> None:
        with self._lock:
            now = time.monotonic()
            if self._warned_at is not None and now - self._warned_at < WARN_EVERY_SECONDS:
                return
            self._warned_at = now
        # The first line only: PostgreSQL puts the row into the next.
        reason = redact_text(str(error).partition("\n")[0])
        logger.warning(
            "a cached access token could not be %s: %s: %s", what, type(error).__name__, reason
        )


def _shielded(using: str) -> AbstractContextManager[None]:
    """A savepoint, where a failure would otherwise break the caller's transaction."""
    if transaction.get_connection(using).in_atomic_block:
        return transaction.atomic(using=using)
    return nullcontext()


def _moment(timestamp: float) -> datetime.datetime:
    moment = datetime.datetime.fromtimestamp(timestamp, tz=datetime.timezone.utc)
    return clock.to_field(moment)
