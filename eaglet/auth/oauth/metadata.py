"""Make what clients read before they ask for anything: RFC 8414's metadata."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from oauthlib.oauth2 import (
    IntrospectEndpoint,
    MetadataEndpoint,
    RequestValidator,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types import ClientCredentialsGrant
from oauthlib.oauth2.rfc6749.tokens import TokenBase

from eaglet.auth.oauth.endpoints import GRANT_TYPE

TOKEN_PATH: Final = "oauth/token/"  # noqa: S105 - a path
INTROSPECT_PATH: Final = "oauth/introspect/"
REVOKE_PATH: Final = "oauth/revoke/"
WELL_KNOWN_PATH: Final = ".well-known/oauth-authorization-server"


@lru_cache(maxsize=8)
def metadata(issuer: str) -> str:
    """Return the metadata as JSON; nothing in it is taken from a request.

    Raises what `check_issuer` raises.
    """
    check_issuer(issuer)
    base = issuer.rstrip("/")
    claims = {
        "issuer": issuer,
        "token_endpoint": f"{base}/{TOKEN_PATH}",
        "introspection_endpoint": f"{base}/{INTROSPECT_PATH}",
        "revocation_endpoint": f"{base}/{REVOKE_PATH}",
        # Required, and there is no authorization endpoint for one.
        "response_types_supported": [],
    }
    validator = RequestValidator()
    grants = {GRANT_TYPE: ClientCredentialsGrant(validator)}
    endpoints = [
        TokenEndpoint(GRANT_TYPE, TokenBase(), grants),  # type: ignore[arg-type]
        IntrospectEndpoint(validator),
        RevocationEndpoint(validator),
    ]
    endpoint = MetadataEndpoint(endpoints, claims)
    _headers, body, _status = endpoint.create_metadata_response(f"/{WELL_KNOWN_PATH}")
    return str(body)


def check_issuer(issuer: str) -> None:
    """Raise ImproperlyConfigured for what RFC 8414 §2 does not let an issuer be."""
    parts = urlsplit(issuer) if isinstance(issuer, str) else None
    if (
        parts is None
        or parts.scheme != "https"
        or not parts.hostname
        or parts.username is not None
        or "?" in issuer
        or "#" in issuer
    ):
        raise ImproperlyConfigured(
            f"EAGLET_ISSUER must be an https URL without query or fragment, not {issuer!r}"
        )


def path_of(issuer: str) -> str:
    """The issuer's own path, which clients write after the well-known one (RFC 8414 §3.1)."""
    return urlsplit(issuer).path.strip("/")
