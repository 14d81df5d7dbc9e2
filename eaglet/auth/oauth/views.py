"""`/oauth/token/`, `/oauth/introspect/`, `/oauth/revoke/` and the metadata, over HTTP.

They speak the RFCs' own JSON, never the envelope. Project-wide permissions and authenticators of
Django REST framework do not apply, because whoever calls has no token yet; throttles do.
"""

import functools
import json
import logging
import math
from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables
from oauthlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    OAuth2Error,
    ServerError,
    TemporarilyUnavailableError,
)
from rest_framework.exceptions import Throttled

from eaglet.api.dispatch.view import View
from eaglet.api.json_response import JsonBytesResponse
from eaglet.api.request.client_address import client_address
from eaglet.api.request.transactions import machine_view
from eaglet.api.throttling import check_project_throttles
from eaglet.auth.issuer.signing_keys import PUBLISHED_FOR_SECONDS, published_keys
from eaglet.auth.oauth import metadata as oauth_metadata
from eaglet.auth.oauth.request import read_form, take_credentials
from eaglet.auth.oauth.validator import AppValidator, Attempt, Server
from eaglet.auth.throttling import client_authentication, token_request
from eaglet.conf import conf

logger = logging.getLogger("eaglet.auth")


def _endpoint(name: str, attempt: Attempt, *parameters: str) -> View:
    """Return the view of an endpoint: of oauthlib's `create_<name>_response`.

    The other parameters must be ignored (RFC 6749 §3.2), and oauthlib has uses for some of them.
    """

    @sensitive_variables()
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            refusal = _refuse(InvalidRequestError("The request method must be POST."), 405)
            refusal.headers["Allow"] = "POST"
            return refusal
        try:
            check_project_throttles(request)
            form = read_form(request)
            credentials = take_credentials(request, form)
            server = Server(AppValidator(credentials, client_address(request), attempt))
            known = {name: form[name] for name in parameters if name in form}
            # oauthlib looks for a query in the URI, and there is none any more.
            respond = getattr(server, f"create_{name}_response")
            _headers, body, status = respond("/", "POST", known, {})
            return _answer(body or "{}", status)
        except OAuth2Error as error:
            return _refuse(error, error.status_code)
        except Throttled as throttled:
            busy = TemporarilyUnavailableError("Too many requests; try again later.")
            refusal = _refuse(busy, 429)
            if (seconds := getattr(throttled, "wait", None)) is not None:
                refusal.headers["Retry-After"] = str(math.ceil(seconds))
            return refusal
        except Exception:
            logger.exception("%s failed", request.path)
            return _refuse(ServerError(), 500)

    view.__name__ = name
    return machine_view(view)


def _answer(body: str, status: int) -> HttpResponse:
    response = JsonBytesResponse(body.encode(), status)
    # RFC 6749 §5.1.
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    if status == 401:
        # RFC 6749 §5.2; a realm is required (RFC 7617 §2).
        response.headers["WWW-Authenticate"] = 'Basic realm="eaglet", charset="UTF-8"'
    return response


def _refuse(error: OAuth2Error, status: int) -> HttpResponse:
    # Never translated: a description is ASCII (RFC 6749 §5.2).
    return _answer(json.dumps(dict(error.twotuples)), status)


token = _endpoint("token", token_request, "grant_type", "scope", "resource")
"""Issue a token (RFC 6749 §4.4), for the service that `resource` names (RFC 8707)."""
introspect = _endpoint("introspect", client_authentication, "token", "token_type_hint")
"""Tell what a token is (RFC 7662)."""
revoke = _endpoint("revocation", client_authentication, "token", "token_type_hint")
"""Revoke a token, and answer the same if there is none (RFC 7009)."""


def _public(answer: Callable[..., HttpResponse]) -> View:
    """Return the view of what anybody may read by GET, in no transaction of the request's."""

    @functools.wraps(answer)
    def view(request: HttpRequest, **kwargs: str) -> HttpResponse:
        response = answer(**kwargs)
        if request.method not in ("GET", "HEAD") and response.status_code != 404:
            response = JsonBytesResponse(b'{"error": "invalid_request"}', 405)
            response.headers["Allow"] = "GET, HEAD"
        return response

    return machine_view(view)


@_public
def metadata(issuer_path: str = "") -> HttpResponse:
    """Answer RFC 8414's metadata, at the issuer's own path too; 404 without EAGLET_ISSUER."""
    issuer = conf.EAGLET_ISSUER
    # The issuer's own path is written after the well-known one (RFC 8414 §3.1).
    if issuer is None or issuer_path.strip("/") not in ("", urlsplit(issuer).path.strip("/")):
        return JsonBytesResponse(b'{"error": "not_found"}', 404)
    return JsonBytesResponse(oauth_metadata.metadata(issuer).encode())


@_public
def jwks() -> HttpResponse:
    """Answer with the public keys that tokens for other services are signed with (RFC 7517)."""
    response = JsonBytesResponse(json.dumps(published_keys()).encode())
    response.headers["Cache-Control"] = f"public, max-age={PUBLISHED_FOR_SECONDS}"
    return response
