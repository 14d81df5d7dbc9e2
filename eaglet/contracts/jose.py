"""The part of JOSE that tokens and assertions are made of: signatures by asymmetric keys."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

ACCESS_TOKEN_TYPES: Final = ("at+jwt", "application/at+jwt")
"""What `typ` says of an access token (RFC 9068 §2.1)."""

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""What a client says it sends in place of a secret (RFC 7523 §2.2)."""

SIGNED_BY: Final = ("ES256", "EdDSA")
"""What is signed by here; RS256 is what others sign by (RFC 9068 §4 has it taken)."""

KEY_TYPES: Final = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"), "RS256": ("RSA", None)}
"""By algorithm: `kty` and `crv` of the keys it goes with, and with no others (RFC 8725 §3.1)."""

LARGEST_BYTES: Final = 8000
"""How long a JWT may be: what fits a header line of the usual servers, 8 KiB in all."""
LEEWAY_SECONDS: Final = 10

# Of the year 9999: later ones have no datetime.
_LAST_MOMENT: Final = 253402300799.0

# Nothing in a token says where keys are to be had (RFC 8725 §3.10), or what else to heed.
_REFUSED_HEADERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})


class Registry(JWSRegistry):
    """Knows these algorithms alone; EdDSA without joserfc's warning that RFC 9864 renames it."""

    def get_alg(self, name: str) -> Any:
        """Return an algorithm; raise UnsupportedAlgorithmError for any but these."""
        if name not in KEY_TYPES:
            raise UnsupportedAlgorithmError(f"{name[:20]!r} is not allowed")
        return self.algorithms[name]


REGISTRY: Final = Registry()


def read_key(content: bytes) -> ECKey | OKPKey | RSAKey:
    """Return the key in a PEM file or a JWK (RFC 7517); ValueError for what is none."""
    given: Any = content
    if content.lstrip().startswith(b"{"):
        given = json.loads(content)
    for kind in (ECKey, OKPKey, RSAKey):
        try:
            key: ECKey | OKPKey | RSAKey = kind.import_key(given)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        return key
    raise ValueError("no key")


class Expired(ValueError):
    """The time of a token is over."""


def is_meant_for(claims: Mapping[str, Any], *names: str) -> bool:
    """Tell whether one of these names is among the audience of a token (RFC 7519 §4.1.3)."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    return any(name and name in audiences for name in names)


def expiry(claims: Mapping[str, Any]) -> float:
    """Return when a token ends, in seconds since 1970.

    Raises Expired for one that has ended, and ValueError for one without an `exp` (RFC 7519
    §4.1.4), or whose `nbf` or `iat` is to come; for these, clocks may differ by LEEWAY_SECONDS.
    """
    now = time.time()
    if any(
        name in claims and _moment(claims, name) > now + LEEWAY_SECONDS for name in ("nbf", "iat")
    ):
        raise ValueError("not good yet")
    ends_at = _moment(claims, "exp")
    if ends_at <= now:
        raise Expired("it has expired")
    return ends_at


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"has no {name}")
    return float(min(value, _LAST_MOMENT))


class Untrusted(NamedTuple):
    """What a JWT says of itself, which anybody can write."""

    algorithm: str
    kid: str
    type: str
    claims: dict[str, Any]


def read_untrusted(token: str) -> Untrusted:
    """Return header and claims of a JWT that nobody has verified.

    Raises ValueError for what is none, is too large, or names keys of its own.
    """
    if len(token) > LARGEST_BYTES or token.count(".") != 2 or not token.isascii():
        raise ValueError("not a JWT")
    try:
        header, claims = (json.loads(decoded(part)) for part in token.split(".")[:2])
    except RecursionError:
        raise ValueError("not a JWT") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("not a JWT")  # noqa: TRY004 - of the text
    if not _REFUSED_HEADERS.isdisjoint(header):
        raise ValueError("a JWT that says what to verify it with")
    named = [header.get(name, "") for name in ("alg", "kid", "typ")]
    if not all(isinstance(one, str) for one in named):
        raise ValueError("not a JWT")
    return Untrusted(named[0], named[1], named[2], claims)


def decoded(part: str) -> bytes:
    """Return the bytes that a part of a JWT stands for (RFC 7515 §2); ValueError for none."""
    content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # Python passes over characters that are none of the alphabet, and over bits left over.
    if base64.urlsafe_b64encode(content).rstrip(b"=") != part.encode():
        raise ValueError("not base64url")
    return content


def generate_key(algorithm: str) -> ECKey | OKPKey:
    """Make a private key for an algorithm."""
    return ECKey.generate_key("P-256") if algorithm == "ES256" else OKPKey.generate_key("Ed25519")
