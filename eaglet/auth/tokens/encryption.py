"""Encrypting the access tokens got from services, which have to be read again to be sent.

Whoever has SECRET_KEY and what is stored can read them.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

# The name is older than the module; another would make unreadable what is stored.
_ENCRYPTION_PURPOSE: Final = b"eaglet.auth: cached access tokens"


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
