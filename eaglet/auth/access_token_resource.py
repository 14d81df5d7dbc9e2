"""Declare the resource `auth.access_token`: app key and secret in, access token out.

Importing this module declares it; the app does so where tokens are to be issued.
"""

from collections.abc import Callable
from typing import Any

from django.db import connections, transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import AuthenticationFailed, ParseError

from eaglet.api.dispatch.view import View
from eaglet.api.request.args import Args
from eaglet.api.request.client_address import client_address
from eaglet.api.resource import ApiResource
from eaglet.api.responses import envelope_response
from eaglet.api.security.decorator import public
from eaglet.auth.throttling import token_request
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.conf import conf
from eaglet.encoding import format_datetime
from eaglet.exceptions import InvalidAppKey
from eaglet.observability.redaction import Concealed
from eaglet.params import param_required


class WithSecretInQuery:
    """A handler that is there only while EAGLET_SECRET_IN_QUERY is on."""

    def __init__(self, handler: Callable[[Args], Any]) -> None:
        self.handler = handler

    def __get__(self, instance: object, owner: type) -> Callable[[Args], Any]:
        if not conf.EAGLET_SECRET_IN_QUERY:
            raise AttributeError("EAGLET_SECRET_IN_QUERY is off")
        return self.handler


class AAccessToken(ApiResource):
    """Access tokens, for an app key and secret."""

    app = "auth"
    resource = "access_token"

    # Whoever asks for a token has none yet. Throttles stay the project's.
    authentication_classes = []
    permission_classes = []

    @classmethod
    def as_view(cls, **initkwargs: Any) -> View:  # type: ignore[override]
        """Return the view, outside of any transaction: a refusal is counted."""
        view = super().as_view(**initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(alias)(view)
        return view

    @WithSecretInQuery
    @public
    @param_required(["app_key:str", "app_secret:str"])
    def get(args: Args) -> HttpResponse:
        """Issue an access token."""
        return _issue(args)

    @staticmethod
    @public
    @param_required(["app_key:str", "app_secret:str"])
    def post(args: Args) -> HttpResponse:
        """Issue an access token."""
        return _issue(args)


@sensitive_variables()
def _issue(args: Args) -> HttpResponse:
    app_key = args["app_key"]
    args["app_secret"] = Concealed(args["app_secret"])
    request = args.request._request
    if "app_secret" in request.GET and not conf.EAGLET_SECRET_IN_QUERY:
        raise ParseError(_("The app secret must be in the request body, not in the URL."))
    try:
        with token_request(client_address(request), app_key):
            issued = issue_access_token(app_key, args["app_secret"])
    except InvalidAppKey:
        raise AuthenticationFailed(_("Incorrect app key or secret.")) from None
    response = envelope_response(
        {
            "access_token": issued.token,
            "expire_time": format_datetime(issued.expires_at),
            "expires_in": issued.expires_in,
            "token_type": "Bearer",
        }
    )
    # RFC 6749 §5.1.
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Pragma"] = "no-cache"
    return response
