"""The part of JOSE that access tokens are made of: signatures by ES256 or EdDSA, nothing else."""

from typing import Any, Final

from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

ACCESS_TOKEN_TYPES: Final = ("at+jwt", "application/at+jwt")
"""What `typ` says of an access token (RFC 9068 §2.1)."""

KEY_TYPES: Final = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}
"""By algorithm: `kty` and `crv` of the keys it goes with, and with no others (RFC 8725 §3.1)."""


class Registry(JWSRegistry):
    """Knows these algorithms alone; EdDSA without joserfc's warning that RFC 9864 renames it."""

    def get_alg(self, name: str) -> Any:
        """Return an algorithm; raise UnsupportedAlgorithmError for any but these."""
        if name not in KEY_TYPES:
            raise UnsupportedAlgorithmError(f"{name[:20]!r} is not allowed")
        return self.algorithms[name]


REGISTRY: Final = Registry()


def generate_key(algorithm: str) -> ECKey | OKPKey:
    """Make a private key for an algorithm."""
    return ECKey.generate_key("P-256") if algorithm == "ES256" else OKPKey.generate_key("Ed25519")
