"""Telling good access tokens from bad ones, at every request.

A good verdict is kept in this process for EAGLET_TOKEN_CACHE_SECONDS; a refusal never is. Where
that is 0, a cache that processes share is asked, if there is one, and else the database: one
prepared statement. Where reads go to a replica, what it lags behind comes on top.
"""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from django.core.signals import setting_changed
from django.db import router

from eaglet.auth import keys
from eaglet.auth.models import AccessToken
from eaglet.auth.models.refused_calls import Reason, counter
from eaglet.auth.shared_verdicts import SharedVerdicts
from eaglet.auth.tokens import timestamps
from eaglet.auth.tokens.invalidation import access_changed
from eaglet.auth.tokens.lookup import Rows, fetch
from eaglet.auth.tokens.verified import VerifiedAccessToken, VerifiedApp
from eaglet.conf import conf
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken

MAX_VERDICTS: Final = 10_000
"""How many verdicts a process keeps; at one more it starts over."""


class _Verdict(NamedTuple):
    token: VerifiedAccessToken
    good_until: float  # by the monotonic clock
    expires_at: float  # by the wall clock


class DatabaseTokenVerifier:
    """Verifies access tokens against the database; safe to use from several threads."""

    def __init__(self) -> None:
        # Cleared by being replaced: a thread that read the database before the change puts its
        # verdict into the old dict, where nobody looks.
        self._verdicts: dict[tuple[str, bytes], _Verdict] = {}
        self._shared = SharedVerdicts()
        access_changed.connect(self._forget_at_change)
        setting_changed.connect(self._forget_at_setting)

    def verify(self, token: str) -> VerifiedAccessToken:
        """The token's record; raises InvalidAccessToken or ExpiredAccessToken.

        What does not look like a token is refused without asking the database.
        """
        if not isinstance(token, str):
            raise InvalidAccessToken("not an access token of this service")
        alias = router.db_for_read(AccessToken)
        if verdicts := self._verdicts:
            verdict = verdicts.get((alias, _digest_in_process(token)))
            if verdict is not None and time.monotonic() < verdict[1] and time.time() < verdict[2]:
                return verdict[0]
        if not keys.is_access_token_shaped(token):
            raise InvalidAccessToken("not an access token of this service")
        digest = keys.digest(token)
        keep_for = conf.EAGLET_TOKEN_CACHE_SECONDS
        key = (alias, _digest_in_process(token)) if keep_for > 0 else None
        # What goes wrong from here on may be told with the variables of every frame.
        del token
        return self._ask_shared(alias, digest) if key is None else self._ask(key, digest, keep_for)

    def forget(self) -> None:
        """Drop every verdict of this process."""
        self._verdicts = {}

    def _forget_at_change(self, **kwargs: Any) -> None:
        self.forget()
        self._shared.close()

    def _forget_at_setting(self, *, setting: str, **kwargs: Any) -> None:
        if setting == "EAGLET_TOKEN_CACHE_SECONDS":
            self.forget()

    def _ask(self, key: tuple[str, bytes], digest: str, keep_for: float) -> VerifiedAccessToken:
        verdicts = self._verdicts
        # Before the query, so that a verdict outlives a commit it did not see by no more than
        # the time it is kept.
        asked_at = time.monotonic()
        alias, _key = key
        token = _look_up(alias, digest)
        if len(verdicts) >= MAX_VERDICTS:
            verdicts.clear()
        verdicts[key] = _Verdict(token, asked_at + keep_for, token.expires_at.timestamp())
        return token

    def _ask_shared(self, alias: str, digest: str) -> VerifiedAccessToken:
        asked_at = time.monotonic()
        known, generation = self._shared.ask(digest)
        if known is not None:
            return known
        token = _look_up(alias, digest)
        if generation is not None:
            self._shared.keep(digest, token, generation, age=time.monotonic() - asked_at)
        return token


def _digest_in_process(token: str) -> bytes:
    # Not the one that is stored: this takes less than half of its time, and leaves the caches of
    # the processor to others. It never leaves this process.
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def _look_up(alias: str, digest: str) -> VerifiedAccessToken:
    rows = fetch(alias, digest)
    if not rows and (primary := router.db_for_write(AccessToken)) != alias:
        # A token issued a moment ago may not have reached the replica.
        rows = fetch(primary, digest)
    return _judge(rows)


def _judge(rows: Rows) -> VerifiedAccessToken:
    if not rows:
        raise InvalidAccessToken("no such access token")
    expires_at, revoked_at, secret_revoked_at, pk, name, app_key, is_active, _grant = rows[0]
    if revoked_at is not None or secret_revoked_at is not None:
        counter.note(pk, Reason.REVOKED)
        raise InvalidAccessToken("the access token was revoked")
    if not is_active:
        counter.note(pk, Reason.SWITCHED_OFF)
        raise InvalidAccessToken("the access token's app is switched off")
    expires_at = timestamps.from_field(expires_at)
    if expires_at <= timestamps.now():
        raise ExpiredAccessToken("the access token has expired")
    granted = frozenset(row[-1] for row in rows if row[-1] is not None)
    return VerifiedAccessToken(VerifiedApp(pk, name, app_key), expires_at, granted)
