"""Say who this service is by a key, in place of a secret (RFC 7523)."""

import secrets
import time
from pathlib import Path
from typing import Final

from joserfc import jwt

from eaglet.client.services.resolve import Service
from eaglet.contracts.jose import KEY_TYPES, REGISTRY, read_key
from eaglet.exceptions import TokenUnavailable
from eaglet.observability.redaction import Concealed

_LIFETIME_SECONDS: Final = 60
_LARGEST_BYTES: Final = 64 * 1024


def assertion(service: Service, audience: str) -> str:
    """Return what the platform's file holds now, or what the service's own key signs.

    `audience` is the token endpoint's URL. Raises TokenUnavailable where neither can be had.
    """
    if service.assertion_file is not None:
        return Concealed(_content(service.assertion_file).strip())
    file = str(service.private_key_file)
    try:
        key = read_key(_content(file).encode())
    except ValueError:
        raise TokenUnavailable(f"{file} holds no private key") from None
    told = key.as_dict(private=False)
    kind = told.get("kty"), told.get("crv")
    algorithm = next((name for name, one in KEY_TYPES.items() if one == kind), None)
    if algorithm is None or not key.is_private:
        raise TokenUnavailable(f"{file} holds no private key of {', '.join(KEY_TYPES)}")
    now = int(time.time())
    claims = {
        "iss": service.app_key,
        "sub": service.app_key,
        "aud": audience,
        "iat": now,
        "exp": now + _LIFETIME_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    header = {"alg": algorithm, "typ": "JWT", "kid": key.thumbprint()}
    return Concealed(jwt.encode(header, claims, key, registry=REGISTRY))


def _content(file: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            return Concealed(opened.read(_LARGEST_BYTES).decode("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not ASCII"
        raise TokenUnavailable(f"{file} can't be read: {reason}") from None
