"""Keep the public keys of an issuer, and ask for them no more often than it can bear."""

import logging
import math
import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from eaglet.contracts.discovery import AGAIN_AFTER_SECONDS, LARGEST_BYTES, IssuerAway, read_object
from eaglet.contracts.fetching import fetch
from eaglet.contracts.jose import KEY_TYPES, REGISTRY, Untrusted, decoded

logger = logging.getLogger("eaglet.auth")

FRESH_FOR_SECONDS: Final = 300.0
STALE_FOR_SECONDS: Final = 24 * 3600.0
"""How long the keys count that were read last, while the issuer is away."""
_PATIENCE_SECONDS: Final = 2.0
_MOST_KEYS: Final = 100
_LEAST_RSA_BITS: Final = 2048  # RFC 7518 §3.3


class PublicKey:
    """A public key, and the one algorithm that it goes with."""

    def __init__(self, algorithm: str, key: ECKey | OKPKey | RSAKey) -> None:
        self.algorithm = algorithm
        self._key = key

    def has_signed(self, token: str, told: Untrusted) -> bool:
        """Return whether a JWT that says this of itself is signed by it, and by its algorithm."""
        signed, _dot, signature = token.rpartition(".")
        if told.algorithm != self.algorithm:
            return False
        try:
            # Header and claims are read already: joserfc would read and judge them once more.
            algorithm = REGISTRY.get_alg(self.algorithm)
            return bool(algorithm.verify(signed.encode(), decoded(signature), self._key))
        except (JoseError, ValueError):
            return False


class PublishedKeys:
    """The keys at a URL by their id; safe to use from several threads.

    A key id that nobody knows has them read again, and so does their age, on a thread; if that
    brings no such key, not again for AGAIN_AFTER_SECONDS, whatever strangers send.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url
        self._lock = Lock()
        self._keys: dict[str, PublicKey] = {}
        self._read_at = -math.inf
        self._not_before = 0.0
        self._reading: Thread | None = None
        self._is_away = False

    def get(self, kid: str) -> PublicKey | None:
        """Return the key of an id, or None. Raises IssuerAway where no key at all is known.

        What was not in use for long is read again first: a key may have been withdrawn.
        """
        age = self._age()
        if kid not in self._keys or age > FRESH_FOR_SECONDS:
            is_usable = kid in self._keys and (self._is_away or age < 2 * FRESH_FOR_SECONDS)
            self._read_again(kid, 0 if is_usable else _PATIENCE_SECONDS)
        if self._age() > STALE_FOR_SECONDS:
            raise IssuerAway("the issuer's keys can't be read")
        return self._keys.get(kid)

    def _age(self) -> float:
        return time.monotonic() - self._read_at

    def _read_again(self, kid: str, patience: float) -> None:
        """Begin to, unless that was done a moment ago; wait so many seconds for it at most."""
        with self._lock:
            now = time.monotonic()
            if now >= self._not_before:
                self._not_before = now + AGAIN_AFTER_SECONDS
                self._reading = Thread(
                    target=self._read, args=(kid,), name="eaglet-jwks", daemon=True
                )
                self._reading.start()
            reading = self._reading
        if reading is not None and patience:
            reading.join(patience)

    def _read(self, kid: str) -> None:
        try:
            content = fetch(self._url(), largest_bytes=LARGEST_BYTES)
            self._keys = _keys_in(read_object(content))
        except (IssuerAway, OSError, ValueError) as error:
            self._is_away = True
            logger.warning("the issuer's keys can't be read: %s", type(error).__name__)
        else:
            self._is_away, self._read_at = False, time.monotonic()
            if kid in self._keys:
                self._not_before = 0.0


def _keys_in(found: dict[str, Any]) -> dict[str, PublicKey]:
    if not isinstance(listed := found.get("keys"), list):
        raise ValueError("the answer is no JWK set")  # noqa: TRY004 - of the answer
    keys: dict[str, PublicKey] = {}
    for told in listed[:_MOST_KEYS]:
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
            is_weak = kind == "RSA" and key.raw_value.key_size < _LEAST_RSA_BITS
            return None if is_weak else PublicKey(algorithm, key)
    return None
