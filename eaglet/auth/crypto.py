"""Making keys, secrets and tokens, and what is stored in their place.

Secrets and access tokens are stored as one SHA-256 digest. A fast hash is right for them because
each is 256 random bits: there is nothing to guess, so slowing a guess down gains nothing, and
every request would pay for it. It would never do for passwords, which people choose.

The access tokens a client got from other services have to be read again, so those are encrypted,
not hashed: whoever has SECRET_KEY and the table can read them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

APP_KEY_PREFIX: Final = "egk_"
SECRET_PREFIX: Final = "egs_"  # noqa: S105 - a prefix
ACCESS_TOKEN_PREFIX: Final = "egt_"  # noqa: S105 - a prefix, for people and secret scanners

DIGEST_LENGTH: Final = 64
"""How many characters `digest` returns."""

_RANDOM_BYTES: Final = 32
# 32 bytes make 43 characters; 200 in all leaves room for longer ones.
_ACCESS_TOKEN: Final = re.compile(r"egt_[A-Za-z0-9_-]{43,196}")
_ENCRYPTION_PURPOSE: Final = b"eaglet.auth: cached access tokens"


def generate_app_key() -> str:
    """Make an app key: `egk_` and 32 hex digits. It names an app and is no secret."""
    return APP_KEY_PREFIX + secrets.token_hex(16)


def generate_secret() -> str:
    """Make an app secret: `egs_` and 256 random bits in 43 characters of base64url."""
    return SECRET_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def generate_access_token() -> str:
    """Make an access token: `egt_` and 256 random bits in 43 characters of base64url."""
    return ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def is_access_token_shaped(value: object) -> bool:
    """Whether a value could be an access token made here: `egt_`, base64url, 200 at most."""
    return isinstance(value, str) and _ACCESS_TOKEN.fullmatch(value) is not None


def digest(value: str) -> str:
    """SHA-256 of a secret or token as 64 hex digits; takes any str, lone surrogates included."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def digests_match(left: str, right: str) -> bool:
    """Compare two digests in a time that does not tell how much of them agrees."""
    return hmac.compare_digest(left.encode(), right.encode())


def encrypt(text: str) -> str:
    """Encrypt with a key derived from SECRET_KEY (HKDF-SHA256, Fernet); returns ASCII."""
    return _cipher().encrypt(text.encode()).decode("ascii")


def decrypt(encrypted: str) -> str | None:
    """Read what `encrypt` wrote under SECRET_KEY or one of SECRET_KEY_FALLBACKS, else None."""
    try:
        return _cipher().decrypt(encrypted.encode()).decode()
    except (InvalidToken, UnicodeError):
        return None


def _cipher() -> MultiFernet:
    return _cipher_for((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _cipher_for(keys: tuple[str | bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str | bytes) -> bytes:
    # RFC 5869. No salt: the input is a key already, and every process must derive the same.
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_ENCRYPTION_PURPOSE)
    return base64.urlsafe_b64encode(hkdf.derive(force_bytes(key)))
