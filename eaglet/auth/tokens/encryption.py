"""Encrypt the access tokens got from services, which have to be read again to be sent.

Whoever has SECRET_KEY and what is stored can read them.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


def encrypt(text: str, bound_to: str) -> str:
    """Encrypt with a key derived from SECRET_KEY (HKDF-SHA256, Fernet); return ASCII.

    `bound_to` is the one place where it can be read again, such as the digest of its row's key.
    """
    return _cipher(settings.SECRET_KEY, bound_to).encrypt(text.encode()).decode("ascii")


def decrypt(encrypted: str, bound_to: str) -> str | None:
    """Read what `encrypt` wrote under SECRET_KEY or one of SECRET_KEY_FALLBACKS, else None."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        ciphers = MultiFernet([_cipher(key, bound_to) for key in keys])
        return ciphers.decrypt(encrypted.encode()).decode()
    except (InvalidToken, UnicodeError):
        return None


@lru_cache(maxsize=256)
def _cipher(key: str | bytes, bound_to: str) -> Fernet:
    # RFC 5869. No salt: the input is a key already, and every process must derive the same.
    info = b"\0".join((b"eaglet.auth: cached access tokens", bound_to.encode()))
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
    return Fernet(base64.urlsafe_b64encode(hkdf.derive(force_bytes(key))))
