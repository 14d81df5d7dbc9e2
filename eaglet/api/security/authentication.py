"""Authenticate a request by the access token it carries."""

import logging
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from eaglet.api.exceptions import MalformedRequest, TokenRefused
from eaglet.api.request.args import TOKEN_PARAMETER, Args
from eaglet.api.request.caller import TokenUser, VerifiedToken
from eaglet.api.security.decorator import call_refused, verifier
from eaglet.exceptions import InvalidAccessToken
from eaglet.observability.redaction import Concealed, one_line

logger = logging.getLogger("eaglet.api")


def check_header(http_request: HttpRequest, args: Args) -> bool:
    """Verify the token of the Authorization header (RFC 6750 §2.1); tell whether there is one.

    Raises TokenRefused (401) for a bad one.
    """
    token = bearer_token(http_request)
    if token:
        args.authenticate(_verify(token))
    return bool(token)


def identify(http_request: HttpRequest, args: Args, *, in_parameter: bool) -> VerifiedToken | None:
    """Verify the token a request carries, and remove it from `args`; None if it carries none.

    It stands in the Authorization header, or, with `in_parameter`, in `access_token`, where the
    original's callers send it. Raises TokenRefused (401) for a bad token, one given several times
    or one that is no str; MalformedRequest (400) if header and parameter differ.
    """
    token = bearer_token(http_request)
    if in_parameter and TOKEN_PARAMETER in args:
        given = args[TOKEN_PARAMETER]
        if not isinstance(given, str) or args.token_differs:
            raise TokenRefused(sent=True)
        if token and given and token != given:
            raise MalformedRequest(_("the header and the parameter carry different tokens"))
        args.remove_parameter(TOKEN_PARAMETER)
        token = token or Concealed(given)
    if token and args.auth is None:
        args.authenticate(_verify(token))
    return args.auth


def bearer_token(http_request: HttpRequest) -> Concealed:
    """Return the token of the Authorization header (RFC 6750 §2.1); an empty one without any."""
    scheme, _space, token = http_request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return Concealed(token.strip() if scheme.lower() == "bearer" else "")


def _verify(token: Concealed) -> VerifiedToken:
    try:
        return verifier().verify(token)
    except InvalidAccessToken:
        raise TokenRefused(sent=True) from None


def require_token(
    grants: tuple[str, ...], args: Args, http_request: HttpRequest, *, in_parameter: bool
) -> None:
    """Let a request in by its token; raise TokenRefused (401) or PermissionDenied (403).

    The grants that are missing stand in the log, not in the answer.
    """
    token = identify(http_request, args, in_parameter=in_parameter)
    if token is None:
        raise TokenRefused(sent=False)
    missing = [grant for grant in grants if not token.allows(grant)]
    if missing:
        logger.warning(
            "app %s (%s) lacks the grant %s",
            one_line(token.app.name),
            token.app.app_key,
            ", ".join(missing),
        )
        call_refused.send(sender=type(token), token=token, grants=missing)
        raise PermissionDenied


class AccessTokenAuthentication(BaseAuthentication):
    """Make a good token the user of a request, before a project's own authenticators.

    So a project-wide permission sees an authenticated user where a guarded method is called.
    """

    def __init__(self, args: Args, in_parameter: bool) -> None:
        self.args = args
        self.in_parameter = in_parameter

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the token's user and record, or None if the request carries no token."""
        token = identify(request._request, self.args, in_parameter=self.in_parameter)
        return None if token is None else (TokenUser(token.app), token)

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme, for the WWW-Authenticate header of a 401."""
        return "Bearer"
