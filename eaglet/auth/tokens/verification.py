"""Tell good access tokens from bad ones, at every request.

A token found good is kept in this process for EAGLET_TOKEN_CACHE_SECONDS; a refusal never is.
Where that is 0, the database is asked each time, by one statement. Where reads go to a replica,
what it lags behind comes on top.
"""

import datetime
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from django.core.signals import setting_changed
from django.db import router

from eaglet.auth import grants, keys, refusals
from eaglet.auth.models import AccessToken, Reason
from eaglet.auth.tokens import timestamps
from eaglet.auth.tokens.invalidation import access_changed
from eaglet.auth.tokens.lookup import Rows, find
from eaglet.conf import conf
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken
from eaglet.observability.redaction import Concealed

MAX_CACHED: Final = 10_000
"""How many verifications a process keeps; at one more it starts over."""


@dataclass(frozen=True, slots=True)
class VerifiedApp:
    """The app a token was issued to, as a request sees it; `pk` is its app key if not one here."""

    pk: int | str
    name: str
    app_key: str

    @property
    def id(self) -> int | str:
        """Return its primary key."""
        return self.pk


@dataclass(frozen=True, slots=True)
class VerifiedAccessToken:
    """The record of a good token; the token itself is not in it.

    Attributes:
        app: whom it was issued to.
        expires_at: when its time is over, aware.
        grants: what the app may do, as written: `app.resource:verb` with `*`.
    """

    app: VerifiedApp
    expires_at: datetime.datetime
    grants: frozenset[str]

    def allows(self, grant: str) -> bool:
        """Return whether the app is granted `app.resource:verb`."""
        return grants.EVERYTHING in self.grants or grants.allows(self.grants, grant)


class CachedVerification(NamedTuple):
    """A token found good, and until when that counts."""

    token: VerifiedAccessToken
    good_until: float  # by the monotonic clock
    expires_at: float  # by the wall clock


class CachingVerifier(ABC):
    """Remembers the tokens that were found good; safe to use from several threads."""

    def __init__(self) -> None:
        # Cleared by being replaced: a thread that read the database before the change puts what
        # it found into the old dict, where nobody looks.
        self._cached: dict[tuple[str, bytes], CachedVerification] = {}
        access_changed.connect(self.clear)
        setting_changed.connect(self.clear)

    @abstractmethod
    def place(self) -> str:
        """Return where the verdict comes from: the one of another place does not count."""

    @abstractmethod
    def look_up(self, place: str, token: str) -> VerifiedAccessToken:
        """Return a token's record; raise InvalidAccessToken or ExpiredAccessToken."""

    def verify(self, token: str) -> VerifiedAccessToken:
        """Return the token's record; raise InvalidAccessToken or ExpiredAccessToken."""
        if not isinstance(token, str):
            raise InvalidAccessToken("not an access token of this service")
        place = self.place()
        if cached := self._cached:
            found = cached.get((place, _digest_in_process(token)))
            if found is not None and time.monotonic() < found[1] and time.time() < found[2]:
                return found[0]
        # What goes wrong from here on may be reported with the variables of every frame.
        token = Concealed(token)
        keep_for = conf.EAGLET_TOKEN_CACHE_SECONDS
        if keep_for <= 0:
            return self.look_up(place, token)
        cached = self._cached
        # Before it is looked up, so that what is kept outlives a commit it did not see by no more
        # than the time it is kept.
        asked_at = time.monotonic()
        verified = self.look_up(place, token)
        if len(cached) >= MAX_CACHED:
            cached.clear()
        cached[place, _digest_in_process(token)] = CachedVerification(
            verified, asked_at + keep_for, verified.expires_at.timestamp()
        )
        return verified

    def clear(self, **kwargs: Any) -> None:
        """Drop whatever this process keeps."""
        self._cached = {}


class DatabaseTokenVerifier(CachingVerifier):
    """Verifies access tokens against the database."""

    def place(self) -> str:
        """Return the database that is read from."""
        return router.db_for_read(AccessToken)

    def look_up(self, place: str, token: str) -> VerifiedAccessToken:
        """Return a token's record by one statement; none for what does not look like a token."""
        if not keys.is_access_token_shaped(token):
            raise InvalidAccessToken("not an access token of this service")
        digest = keys.digest(token)
        del token
        rows = find(place, digest)
        if not rows and (primary := router.db_for_write(AccessToken)) != place:
            # A token issued a moment ago may not have reached the replica.
            rows = find(primary, digest)
        return _judge(rows)


def _digest_in_process(token: str) -> bytes:
    # Not the one that is stored: this takes less than half of its time, and leaves the caches of
    # the processor to others. It never leaves this process.
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def _judge(rows: Rows) -> VerifiedAccessToken:
    if not rows:
        raise InvalidAccessToken("no such access token")
    expires_at, revoked_at, secret_revoked_at, pk, name, app_key, is_active, _grant = rows[0]
    if revoked_at is not None or secret_revoked_at is not None:
        refusals.note(pk, Reason.REVOKED)
        raise InvalidAccessToken("the access token was revoked")
    if not is_active:
        refusals.note(pk, Reason.SWITCHED_OFF)
        raise InvalidAccessToken("the access token's app is switched off")
    expires_at = timestamps.from_field(expires_at)
    if expires_at <= timestamps.now():
        raise ExpiredAccessToken("the access token has expired")
    granted = frozenset(row[-1] for row in rows if row[-1] is not None)
    return VerifiedAccessToken(VerifiedApp(pk, name, app_key), expires_at, granted)
