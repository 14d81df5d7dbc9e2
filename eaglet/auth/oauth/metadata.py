"""Make what clients read before they ask for anything: RFC 8414's metadata."""

import json
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from eaglet.conf import conf
from eaglet.contracts.jose import KEY_TYPES

GRANT_TYPE: Final = "client_credentials"
TOKEN_PATH: Final = "oauth/token/"  # noqa: S105 - a path
INTROSPECT_PATH: Final = "oauth/introspect/"
REVOKE_PATH: Final = "oauth/revoke/"
WELL_KNOWN_PATH: Final = ".well-known/oauth-authorization-server"
JWKS_PATH: Final = ".well-known/jwks.json"

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def metadata(issuer: str) -> str:
    """Return the metadata as JSON (RFC 8414 §2); nothing in it is taken from a request.

    Raises what `check_issuer` raises.
    """
    check_issuer(issuer)
    claims: dict[str, object] = {
        "issuer": issuer,
        # Required, and there is no authorization endpoint for one.
        "response_types_supported": [],
        "grant_types_supported": [GRANT_TYPE],
    }
    paths = {"token": TOKEN_PATH, "introspection": INTROSPECT_PATH, "revocation": REVOKE_PATH}
    for name, path in paths.items():
        claims[f"{name}_endpoint"] = f"{issuer.rstrip('/')}/{path}"
        claims[f"{name}_endpoint_auth_methods_supported"] = [
            "client_secret_basic", "client_secret_post", "private_key_jwt",
        ]  # fmt: skip
        claims[f"{name}_endpoint_auth_signing_alg_values_supported"] = list(KEY_TYPES)
    if conf.EAGLET_AUDIENCES:
        claims["jwks_uri"] = f"{issuer.rstrip('/')}/{JWKS_PATH}"
    return json.dumps(claims)


def check_issuer(issuer: str) -> None:
    """Raise ImproperlyConfigured for what RFC 8414 §2 does not let an issuer be.

    On this machine itself, plain HTTP will do.
    """
    parts = urlsplit(issuer)
    is_bare = parts.username is None and "?" not in issuer and "#" not in issuer
    schemes = ("https", "http") if parts.hostname in _LOOPBACK else ("https",)
    if parts.scheme not in schemes or not parts.hostname or not is_bare:
        raise ImproperlyConfigured(
            f"EAGLET_ISSUER must be an https URL without query or fragment, not {issuer!r}"
        )
