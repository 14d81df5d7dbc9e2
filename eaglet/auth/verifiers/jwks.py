"""Keep the public keys of an issuer, and ask for them no more often than it can bear."""

import logging
import math
import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from eaglet.contracts.discovery import (
    AGAIN_AFTER_SECONDS,
    LARGEST_BYTES,
    IssuerAway,
    read_object,
)
from eaglet.contracts.fetching import fetch
from eaglet.contracts.jose import KEY_TYPES

logger = logging.getLogger("eaglet.auth")

FRESH_FOR_SECONDS: Final = 300.0
STALE_FOR_SECONDS: Final = 24 * 3600.0
"""How long the keys count that were read last, while the issuer is away."""
_MOST_KEYS: Final = 100


class PublicKey:
    """A public key, and the one algorithm that it goes with."""

    def __init__(self, algorithm: str, key: ECKey | OKPKey | RSAKey) -> None:
        self.algorithm = algorithm
        self.key = key


class PublishedKeys:
    """The keys at a URL by their id; safe to use from several threads.

    A key id that nobody knows has them read again, at most once in AGAIN_AFTER_SECONDS, whatever
    strangers send; so does their age, on a thread, while those that are there are used.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._lock = Lock()
        self._keys: dict[str, PublicKey] = {}
        self._read_at: float | None = None
        self._not_before = 0.0

    def get(self, kid: str) -> PublicKey | None:
        """Return the key of an id, or None. Raises IssuerAway where no key at all is known."""
        age = time.monotonic() - self._read_at if self._read_at is not None else math.inf
        if age > STALE_FOR_SECONDS:
            with self._lock:  # of many that come at once, one reads them for all
                if self._is_due() and not self._read():
                    self._keys = {}
            if not self._keys:
                raise IssuerAway("the issuer's keys can't be read")
        elif kid not in self._keys:
            with self._lock:
                if kid not in self._keys and self._is_due():
                    self._read()
        elif age > FRESH_FOR_SECONDS and self._is_due():
            Thread(target=self._read, name="eaglet-jwks", daemon=True).start()
        return self._keys.get(kid)

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now < self._not_before:
            return False
        self._not_before = now + AGAIN_AFTER_SECONDS
        return True

    def _read(self) -> bool:
        try:
            content = fetch(self._url(), largest_bytes=LARGEST_BYTES)
            self._keys = _keys_in(read_object(content))
        except (IssuerAway, OSError, ValueError) as error:
            logger.warning("the issuer's keys can't be read: %s", type(error).__name__)
            return False
        self._read_at = time.monotonic()
        return True


def _keys_in(found: dict[str, Any]) -> dict[str, PublicKey]:
    listed = found.get("keys")
    keys: dict[str, PublicKey] = {}
    for told in listed[:_MOST_KEYS] if isinstance(listed, list) else ():
        kid = told.get("kid") if isinstance(told, dict) else None
        if isinstance(kid, str) and told.get("use", "sig") == "sig":
            key = public_key(told)
            if key is not None:
                keys[kid] = key
    return keys


def public_key(told: dict[str, Any]) -> PublicKey | None:
    """Return the key that a JWK is (RFC 7517); None for one that no algorithm here goes with."""
    for algorithm, (kind, curve) in KEY_TYPES.items():
        if told.get("kty") == kind and told.get("crv") == curve:
            if told.get("alg", algorithm) != algorithm:
                return None
            try:
                key: Any = import_key(told)
            except (JoseError, ValueError):
                return None
            return PublicKey(algorithm, key)
    return None
