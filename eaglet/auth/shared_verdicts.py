"""Good verdicts that processes share, for those that ask at every request.

With EAGLET_TOKEN_CACHE_SECONDS = 0 nothing is kept in a process, so that a revocation counts at
once. Where the cache EAGLET_TOKEN_CACHE_ALIAS is one that processes share, it is asked instead
of the database: one round trip brings the verdict and the *generation*.

What is promised, and by what:

- A verdict counts only while the generation it was made under stands. Whoever changes what a
  token may do *closes* the generation before the change is committed, and again after. While it
  is closed (CLOSED_SECONDS) no verdict counts and none is kept: every request asks the
  database. Then the next to ask starts a new generation, of a random name.
- So a verdict read from the database before a commit can't come back after it: the generation
  was read before the database was, and is not the one that stands. A process that dies right
  after its commit has closed the generation already. Two changes at once only close it twice.
- A request that begins after the commit is therefore never let in by an older verdict, as long
  as the change was committed within CLOSED_SECONDS of being made, or the process lived on, and
  the cache took the message.
- Where none of that holds (the cache could not be reached by the one that revoked, but can by
  others; it has several servers, and a read goes to a replica that lags; somebody changed rows
  in SQL), a verdict is accepted for SHARED_SECONDS after it was read, at most.
- No verdict outlives its token, and refusals are not kept.
- A cache that fails is not asked for a while; the database is. A lost entry is as none.

The name of an entry has the token's digest in it, never the token. SECRET_KEY and the database's
name are in it too, so that services sharing a cache do not take each other's tokens. Whoever can
write the cache can let tokens in, as with Django's sessions there; a cache is trusted.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import logging
import secrets
import time
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed
from django.db import connections, router
from django.utils.encoding import force_bytes

from eaglet.auth.models import AccessToken
from eaglet.auth.tokens.verified import VerifiedAccessToken, VerifiedApp
from eaglet.circuit_breaker import Breaker
from eaglet.outage_warning import OutageWarning, reason_of
from eaglet.shared_cache import shared_cache

logger = logging.getLogger("eaglet.auth")

SHARED_SECONDS: Final = 5
"""How long a verdict is kept, at most: what a lost message costs."""

CLOSED_SECONDS: Final = 10
"""How long nothing is taken from the cache after a change."""

GENERATION_SECONDS: Final = 24 * 3600
"""How long a generation stands without a change; its end costs every token one query."""

_CLOSED: Final = "closed"


class Answer(NamedTuple):
    """What the cache has for a token: its record, or the generation to keep one under.

    Attributes:
        token: the record, if a verdict counts.
        generation: the one that stands; None if none does, and nothing is to be kept.
    """

    token: VerifiedAccessToken | None
    generation: str | None


NOTHING: Final = Answer(None, None)


class SharedVerdicts:
    """The verdicts in the shared cache; each method does nothing where there is none."""

    def __init__(self) -> None:
        self._breaker = Breaker(threshold=1)
        self._warning = OutageWarning(logger)
        # Settled once for a process: asking costs a tenth of what the database does.
        self._is_there: bool | None = None
        setting_changed.connect(self._settle_again)

    def ask(self, digest: str) -> Answer:
        """What is known of the token of a digest."""
        if self._is_there is False:
            return NOTHING
        try:
            cache = shared_cache()
            self._is_there = cache is not None
            if cache is None or not self._breaker.allow():
                return NOTHING
            name = _name(settings.SECRET_KEY)
            at, generation_at = f"{name}.{digest}", f"{name}.generation"
            found = cache.get_many((at, generation_at))
            generation = found.get(generation_at)
            if generation is None:
                generation = secrets.token_hex(8)
                # Another process may have been faster; it is not asked again for its own.
                if not cache.add(generation_at, generation, GENERATION_SECONDS):
                    generation = _CLOSED
        # Whatever it is: the database knows.
        except Exception as error:  # noqa: BLE001
            self._failed("read", error)
            return NOTHING
        self._breaker.succeeded()
        if generation == _CLOSED:
            return NOTHING
        return Answer(_read(found.get(at), generation), generation)

    def keep(self, digest: str, token: VerifiedAccessToken, generation: str, age: float) -> None:
        """Keep a good verdict, read from the database `age` seconds ago."""
        left = token.expires_at.timestamp() - time.time()
        # Whole ones: of a second's fraction some caches make nothing, and some for ever.
        timeout = int(min(SHARED_SECONDS - age, left))
        if timeout < 1:
            return
        try:
            cache = shared_cache()
            if cache is not None:
                at = f"{_name(settings.SECRET_KEY)}.{digest}"
                cache.set(at, _written(token, generation), timeout)
        except Exception as error:  # noqa: BLE001
            self._failed("written", error)

    def close(self) -> None:
        """Let no verdict count that there is, nor one that is being made."""
        try:
            cache = shared_cache()
            if cache is None:
                return
            # Processes that have not got a new SECRET_KEY yet go by the former one.
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
                cache.set(f"{_name(key)}.generation", _CLOSED, CLOSED_SECONDS)
        # A revocation must not fail for this; but somebody should know what it costs.
        except Exception as error:  # noqa: BLE001
            logger.warning(
                "the shared cache could not be told that access has changed; verdicts in it may "
                "be accepted for up to %s s more: %s",
                SHARED_SECONDS,
                reason_of(error),
            )

    def _settle_again(self, *, setting: str, **kwargs: Any) -> None:
        if setting in ("CACHES", "EAGLET_TOKEN_CACHE_ALIAS"):
            self._is_there = None

    def _failed(self, what: str, error: Exception) -> None:
        self._breaker.failed()
        message = "the shared cache can't be %s, and the database is asked: %s"
        self._warning.warn(message, what, error)


def _name(key: str | bytes) -> str:
    database = connections[router.db_for_write(AccessToken)].settings_dict["NAME"]
    return _name_for(force_bytes(key), str(database))


@lru_cache(maxsize=16)
def _name_for(key: bytes, database: str) -> str:
    purpose = f"eaglet.auth: shared verdicts\0{database}".encode()
    return f"eaglet_auth.{hmac.new(key, purpose, hashlib.sha256).hexdigest()[:32]}"


def _written(token: VerifiedAccessToken, generation: str) -> list[Any]:
    app = token.app
    # Plain types: a project's cache may serialise as JSON.
    return [
        generation,
        token.expires_at.timestamp(),
        app.pk,
        app.name,
        app.app_key,
        list(token.grants),
    ]


def _read(kept: Any, generation: str) -> VerifiedAccessToken | None:
    try:
        made_under, expires_at, pk, name, app_key, granted = kept
        if made_under != generation or time.time() >= expires_at:
            return None
        moment = datetime.datetime.fromtimestamp(expires_at, tz=datetime.timezone.utc)
        return VerifiedAccessToken(VerifiedApp(pk, name, app_key), moment, frozenset(granted))
    except (TypeError, ValueError):
        return None
