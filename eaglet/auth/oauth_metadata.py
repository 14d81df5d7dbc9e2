"""What clients read before they ask for anything: RFC 8414's metadata."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from oauthlib.oauth2 import (
    IntrospectEndpoint,
    MetadataEndpoint,
    RequestValidator,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types import ClientCredentialsGrant
from oauthlib.oauth2.rfc6749.tokens import TokenBase

from eaglet.auth.issuer import check_issuer
from eaglet.auth.oauth import GRANT_TYPE

TOKEN_PATH: Final = "oauth/token/"  # noqa: S105 - a path
INTROSPECT_PATH: Final = "oauth/introspect/"
REVOKE_PATH: Final = "oauth/revoke/"
WELL_KNOWN_PATH: Final = ".well-known/oauth-authorization-server"


@lru_cache(maxsize=8)
def metadata(issuer: str) -> str:
    """The metadata as JSON; nothing in it is taken from a request.

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
