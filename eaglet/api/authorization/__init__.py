"""The documented path of what guards resources."""

from eaglet.api.request.caller import VerifiedToken
from eaglet.api.security.decorator import (
    TokenVerifier,
    access_token_required,
    call_refused,
    register_verifier,
    verifier,
)

__all__ = [
    "TokenVerifier",
    "VerifiedToken",
    "access_token_required",
    "call_refused",
    "register_verifier",
    "verifier",
]
