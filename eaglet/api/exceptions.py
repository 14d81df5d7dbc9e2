"""What the framework itself refuses with, as Django REST framework exceptions.

So a project's own exception handler sees nothing it does not know.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, ParseError

from eaglet.exceptions import ParamFault


class InvalidParams(APIException):
    """Parameters are missing or wrong: 400, with every fault in it."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid"

    def __init__(self, faults: Iterable[ParamFault]) -> None:
        self.faults = tuple(faults)
        super().__init__({fault.param: [fault.reason] for fault in self.faults})


class MalformedRequest(ParseError):
    """The request can't be read: 400."""


class LengthRequired(APIException):
    """The body has no Content-Length, and its end can't be told: 411."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = _("A Content-Length is required.")
    default_code = "length_required"


class PayloadTooLarge(APIException):
    """The body, or the number of parameters, is over the project's limit: 413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("Request too large.")
    default_code = "too_large"


class TokenRefused(AuthenticationFailed):
    """No access token, or a bad one: 401 and what RFC 6750 §3 says about it.

    `error="invalid_token"` is only said where a token was sent (§3.1).
    """

    default_detail = _("A good access token is required.")

    def __init__(self, *, sent: bool) -> None:
        super().__init__()
        self.auth_header = 'Bearer error="invalid_token"' if sent else "Bearer"
