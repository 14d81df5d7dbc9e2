"""Make keys, secrets and tokens, and what is stored in their place.

Secrets and access tokens are stored as one SHA-256 digest: each is 256 random bits, so slowing a
guess down gains nothing. It would never do for passwords, which people choose. What a client got
from other services has to be read again, and is encrypted (`eaglet.auth.tokens.encryption`).
"""

import hashlib
import re
import secrets
from typing import Final

from eaglet.observability.redaction import Concealed

APP_KEY_PREFIX: Final = "egk_"
SECRET_PREFIX: Final = "egs_"  # noqa: S105 - a prefix
ACCESS_TOKEN_PREFIX: Final = "egt_"  # noqa: S105 - a prefix, for people and secret scanners

DIGEST_LENGTH: Final = 64
"""How many characters `digest` returns."""

_RANDOM_BYTES: Final = 32
# 32 bytes make 43 characters; 200 in all leaves room for longer ones.
_ACCESS_TOKEN: Final = re.compile(r"egt_[A-Za-z0-9_-]{43,196}")


def generate_app_key() -> str:
    """Make an app key: `egk_` and 32 hex digits. It names an app and is no secret."""
    return APP_KEY_PREFIX + secrets.token_hex(16)


def generate_secret() -> str:
    """Make an app secret: `egs_` and 256 random bits in 43 characters of base64url."""
    return Concealed(SECRET_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES))


def generate_access_token() -> str:
    """Make an access token: `egt_` and 256 random bits in 43 characters of base64url."""
    return Concealed(ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES))


def is_access_token_shaped(value: object) -> bool:
    """Return whether a value could be an access token made here: `egt_`, base64url, 200 at most."""
    return isinstance(value, str) and _ACCESS_TOKEN.fullmatch(value) is not None


def digest(value: str) -> str:
    """SHA-256 of a secret or token as 64 hex digits; takes any str, lone surrogates included."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
