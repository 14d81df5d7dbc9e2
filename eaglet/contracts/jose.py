"""The part of JOSE that tokens and assertions are made of: signatures by asymmetric keys."""

import base64
import json
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

LARGEST_BYTES: Final = 8 * 1024

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
        header, claims = (json.loads(_decoded(part)) for part in token.split(".")[:2])
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


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def generate_key(algorithm: str) -> ECKey | OKPKey:
    """Make a private key for an algorithm."""
    return ECKey.generate_key("P-256") if algorithm == "ES256" else OKPKey.generate_key("Ed25519")
