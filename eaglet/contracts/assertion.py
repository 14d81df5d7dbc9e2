"""Say who this service is by a key, in place of a secret (RFC 7523)."""

import secrets
import time
from os import PathLike
from pathlib import Path
from typing import Final, TypeAlias

from joserfc import jwt

from eaglet.contracts.jose import ASSERTION_TYPE, KEY_TYPES, REGISTRY, read_key
from eaglet.exceptions import TokenUnavailable
from eaglet.observability.redaction import Concealed

File: TypeAlias = str | PathLike[str] | None

_LIFETIME_SECONDS: Final = 60
_LARGEST_BYTES: Final = 64 * 1024


def in_place_of_secret(app_key: str, key: File, platforms: File, at: str) -> dict[str, str]:
    """Return the parameters of §2.2: what the `platforms` file holds now, or a `key` signs.

    `at` is the URL of the token endpoint or the issuer. Raises TokenUnavailable where the file can
    not be read, or holds no private key.
    """
    form = {"client_assertion_type": ASSERTION_TYPE}
    if platforms:
        return {**form, "client_assertion": Concealed(_content(platforms).strip())}
    file = str(key)
    try:
        signing = read_key(_content(file).encode())
    except ValueError:
        raise TokenUnavailable(f"{file} holds no private key") from None
    told = signing.as_dict(private=False)
    kind = told.get("kty"), told.get("crv")
    algorithm = next((name for name, one in KEY_TYPES.items() if one == kind), None)
    if algorithm is None or not signing.is_private:
        raise TokenUnavailable(f"{file} holds no private key of {', '.join(KEY_TYPES)}")
    now = int(time.time())
    claims = {
        "iss": app_key,
        "sub": app_key,
        "aud": at,
        "iat": now,
        "exp": now + _LIFETIME_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    header = {"alg": algorithm, "typ": "JWT", "kid": signing.thumbprint()}
    signed = jwt.encode(header, claims, signing, registry=REGISTRY)
    return {**form, "client_assertion": Concealed(signed)}


def _content(file: str | PathLike[str]) -> str:
    try:
        with Path(file).open("rb") as opened:
            return Concealed(opened.read(_LARGEST_BYTES).decode("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not ASCII"
        raise TokenUnavailable(f"{file} can't be read: {reason}") from None
